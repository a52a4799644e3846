/*
 * cmd_clean.c - `pmprof clean`: removes what jobs have left behind; never what belongs to one that runs.
 */
#include <stdio.h>

#include "base/fmt.h"
#include "cli/cli.h"
#include "inspect/survey.h"

enum { KEY_ALL = 0x100 };

struct options {
	const char *job;
	bool has_all, is_dry;
};

static const struct argp_option option_table[] = {
	{"all", KEY_ALL, NULL, 0, "Every job that has ended", 0},
	{"dry-run", 'n', NULL, 0, "Only say what would be removed", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == KEY_ALL)
		o->has_all = true;
	else if (key == 'n')
		o->is_dry = true;
	else if (key == ARGP_KEY_ARG && !o->job)
		o->job = arg;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse,
	.args_doc = "[JOB|DIR]",
	.doc = "Remove the data that a job has left behind. 'pmprof collect' would make a file of "
	       "them.\v"
	       "Without an argument there has to be exactly one such job. What still runs is never "
	       "touched.",
};

static void tell(const struct options *o, const struct pmp_survey *job, size_t removed,
		 uint64_t bytes)
{
	const char *plural = removed == 1 ? "" : "s";

	printf("%s %s: %zu rank%s of '%s', %s\n", o->is_dry ? "would remove" : "removed", job->name,
	       removed, plural, job->program[0] ? job->program : "?",
	       pmp_fmt_bytes((double)bytes).text);
	if (removed < job->count)
		pmp_cli_say("%zu arena%s of '%s' stay: another process is collecting",
			    job->count - removed, job->count - removed == 1 ? "" : "s", job->name);
}

static int clean_job(const struct options *o, const struct pmp_survey *job, struct pmp_diag *diag)
{
	size_t removed = job->count;
	uint64_t bytes = job->bytes;
	int rc = 0;

	if (!o->is_dry)
		rc = pmp_survey_remove(job, &removed, &bytes, diag);
	else if (!pmp_survey_is_left_over(job))
		rc = pmp_fail(diag, PMP_EINVALID,
			      "job '%s' is running: nothing of it would be removed", job->name);
	if (rc == 0 || removed)
		tell(o, job, removed, bytes);
	return rc;
}

static int clean_all(const struct options *o, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_survey *jobs;
	size_t count, found = 0;
	int rc = pmp_survey_all(pool, &jobs, &count);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!pmp_survey_is_left_over(&jobs[i]))
			continue;
		found++;
		rc = clean_job(o, &jobs[i], diag);
	}
	if (rc == 0 && found == 0)
		puts("nothing is left over");
	return rc;
}

static int clean(const struct options *o, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_survey job;
	int rc;

	if (o->has_all)
		return clean_all(o, pool, diag);
	rc = pmp_survey_find(pool, o->job, PMP_SURVEY_LEFT_OVER, &job, diag);
	return rc ? rc : clean_job(o, &job, diag);
}

int cmd_clean(int argc, char **argv)
{
	struct options o = {0};
	struct pmp_diag diag = {""};
	struct pmp_pool *pool;
	int next = pmp_cli_parse(&argp, argc, argv, 0, &o), rc;

	if (next < argc)
		pmp_cli_usage("argument '%s' is one too many: one job at a time, or --all",
			      argv[next]);
	if (o.has_all && o.job)
		pmp_cli_usage("either a job or '--all', not both");
	pool = pmp_pool_new();
	rc = pool ? clean(&o, pool, &diag) : -PMP_ENOMEM;
	if (rc == 0 && fflush(stdout))
		rc = pmp_fail(&diag, PMP_EFULL, "cannot write to the standard output: %m");
	pmp_pool_free(pool);
	return pmp_cli_fail(rc, &diag);
}
