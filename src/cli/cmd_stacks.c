/*
 * cmd_stacks.c - `pmprof stacks`: where the ranks of a running job are. Options only; the work is done in inspect/ and render/.
 */
#include <stdio.h>

#include "cli/output.h"
#include "inspect/look.h"
#include "inspect/wait_for.h"
#include "render/stacks_doc.h"

#define GAP_NS INT64_C(250000000)

enum { KEY_ALL = 0x100, KEY_RECORD };

struct options {
	struct pmp_output output;
	struct pmp_look_options look;
	struct pmp_stacks_options stacks;
	const char *job;
};

static const struct argp_option option_table[] = {
	{"all", KEY_ALL, NULL, 0, "Also the threads of the MPI library", 0},
	{"record-only", KEY_RECORD, NULL, 0,
	 "Do not hold the processes: only what they have recorded themselves", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = &o->output;
	else if (key == KEY_ALL)
		o->stacks.has_helpers = true;
	else if (key == KEY_RECORD)
		o->look.has_no_stacks = true;
	else if (key == ARGP_KEY_ARG && !o->job)
		o->job = arg;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static const struct argp_child children[] = {{&pmp_output_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
	.options = option_table,
	.parser = parse,
	.args_doc = "[JOB|DIR|PID]",
	.doc = "Where the ranks of a running job are: the stacks of all ranks and threads, what "
	       "they "
	       "share said once.\v"
	       "PID is that of a rank or of its launcher. Without an argument there has to be "
	       "exactly "
	       "one running job. Each thread is held for a moment, usually well below a "
	       "millisecond.",
	.children = children,
};

/* @has_found: ranks that can never go on */
static int show(const struct options *o, struct pmp_pool *pool, bool *has_found,
		struct pmp_diag *diag)
{
	struct pmp_doc doc = {.pool = pool};
	struct pmp_survey job;
	struct pmp_seen seen;
	int rc = pmp_survey_find(pool, o->job, PMP_SURVEY_RUNNING, &job, diag);

	rc = rc ? rc : pmp_look(&job, &o->look, pool, &seen, diag);
	if (rc)
		return rc;
	*has_found = seen.verdict->kind >= PMP_VERDICT_POLLING;
	if (o->output.format == PMP_FORMAT_JSON)
		return pmp_output_error(pmp_stacks_json(&seen, &o->stacks, pool, stdout), diag);
	rc = pmp_stacks_doc(&seen, &o->stacks, &doc);
	return rc ? rc : pmp_output_doc(&o->output, &doc, "stacks", diag);
}

int cmd_stacks(int argc, char **argv)
{
	bool has_found = false;
	struct options o = {.look = {.gap_ns = GAP_NS}};
	struct pmp_diag diag = {""};
	struct pmp_pool *pool;
	int next = pmp_cli_parse(&argp, argc, argv, 0, &o), rc;

	if (next < argc)
		pmp_cli_usage("argument '%s' is one too many: one job at a time", argv[next]);
	pool = pmp_pool_new();
	rc = pool ? show(&o, pool, &has_found, &diag) : -PMP_ENOMEM;
	pmp_pool_free(pool);
	return rc == 0 && has_found ? PMP_EXIT_FINDINGS : pmp_cli_fail(rc, &diag);
}
