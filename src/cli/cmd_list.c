/*
 * cmd_list.c - `pmprof list`: the jobs of this user on this machine, running and left over.
 */
#include <stdio.h>
#include <time.h>

#include "cli/output.h"
#include "render/jobs_doc.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

static const struct argp_child children[] = {{&pmp_output_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
	.parser = parse,
	.doc = "The jobs on this machine that record: those that run, and those that have ended "
	       "and "
	       "left data.",
	.children = children,
};

static int list(const struct pmp_output *output, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_doc doc = {.pool = pool};
	struct pmp_survey *jobs;
	size_t count;
	int rc = pmp_survey_all(pool, &jobs, &count);

	if (rc)
		return rc;
	if (output->format == PMP_FORMAT_JSON)
		return pmp_output_error(pmp_jobs_json(jobs, count, pool, stdout), diag);
	rc = pmp_jobs_doc(jobs, count, (int64_t)time(NULL), &doc);
	return rc ? rc : pmp_output_doc(output, &doc, "jobs", diag);
}

int cmd_list(int argc, char **argv)
{
	struct pmp_output output = {.format = PMP_FORMAT_TEXT};
	struct pmp_diag diag = {""};
	struct pmp_pool *pool;
	int next = pmp_cli_parse(&argp, argc, argv, 0, &output), rc;

	if (next < argc)
		pmp_cli_usage("'%s' is one too many, 'pmprof list' takes no argument", argv[next]);
	pool = pmp_pool_new();
	rc = pool ? list(&output, pool, &diag) : -PMP_ENOMEM;
	pmp_pool_free(pool);
	return pmp_cli_fail(rc, &diag);
}
