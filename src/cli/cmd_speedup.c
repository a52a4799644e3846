/*
 * cmd_speedup.c - `pmprof speedup FILE|FOLDER...`: runs of one program on several numbers of ranks, what they gain and where the rest
 * went. Options only; the work is done in metrics/ and render/.
 */
#include "cli/expect_options.h"
#include "cli/output.h"
#include "cli/runs.h"
#include "render/expect_doc.h"
#include "render/quote.h"
#include "render/speedup_doc.h"

enum { KEY_STRONG = 0x100, KEY_WEAK, KEY_RANKS, KEY_ALL, KEY_MIXED };

static const struct argp_option options[] = {
	{"strong", KEY_STRONG, NULL, 0, "The problem is the same on any number of ranks", 0},
	{"weak", KEY_WEAK, NULL, 0, "The problem grows with the ranks", 0},
	{"ranks", KEY_RANKS, "N", 0, "Explain this number of ranks (default: the largest)", 0},
	{"all", KEY_ALL, NULL, 0, "Explain every number of ranks, name more places", 0},
	{"mixed", KEY_MIXED, NULL, 0, "Compare runs of different programs", 0},
	{0},
};

struct request {
	struct pmp_output output;
	struct pmp_expect_options expect;
	struct pmp_runs_options runs;
	struct pmp_speedup_options doc;
	char **paths;
	size_t count;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->output;
		state->child_inputs[1] = &request->expect;
		break;
	case KEY_STRONG:
		request->runs.scaling = PMP_SCALING_STRONG;
		break;
	case KEY_WEAK:
		request->runs.scaling = PMP_SCALING_WEAK;
		break;
	case KEY_RANKS:
		request->doc.ranks = (uint32_t)pmp_cli_number("ranks", arg, 1, UINT32_MAX - 1);
		break;
	case KEY_ALL:
		request->doc.has_all = true;
		break;
	case KEY_MIXED:
		request->runs.is_mixed_allowed = true;
		break;
	case ARGP_KEY_ARGS:
		request->paths = state->argv + state->next;
		request->count = (size_t)(state->argc - state->next);
		state->next = state->argc;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{&pmp_output_argp, 0, NULL, 0}, {&pmp_expect_argp, 0, "Expectations:", 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "FILE|FOLDER...",
	.doc = "How much faster a program is on more ranks, and where the rest went.\v"
	       "A folder is a set of 'pmprof scale', or holds *.pmprof.h5 files.",
	.children = children,
};

static void parse_request(int argc, char **argv, struct request *request)
{
	*request = (struct request){.runs.scaling = PMP_SCALING_AUTO};
	pmp_cli_parse(&argp, argc, argv, 0, request);
	if (request->count == 0)
		pmp_cli_usage("which runs? pmprof speedup FILE.pmprof.h5... or a folder of them");
	request->doc.is_forced = request->expect.is_forced;
}

/* A speedup needs something to be relative to. */
static int check(const struct request *request, const struct pmp_speedup *speedup,
		 struct pmp_diag *diag)
{
	const struct pmp_point *only = speedup->points[0].point;

	if (speedup->explained == SIZE_MAX)
		return pmp_fail(diag, PMP_EFORMAT,
				"no baseline: all %zu run%s on %u rank%s, add runs on %s or a "
				"serial program (pmprof scale --serial)",
				only->count, only->count == 1 ? " is" : "s are", only->ranks,
				only->ranks == 1 ? "" : "s",
				only->ranks == 1 ? "more" : "fewer ranks");
	if (request->doc.ranks && !pmp_speedup_at(speedup, request->doc.ranks))
		return pmp_fail(diag, PMP_EINVALID, "no run on %u ranks among these",
				request->doc.ranks);
	return 0;
}

static int print_json(struct request *request, const struct pmp_speedup *speedup,
		      struct pmp_pool *pool, struct pmp_diag *diag)
{
	json_t *root = pmp_speedup_json(speedup, &request->doc, pool);
	json_t *expectations = pmp_expect_json(&request->expect.findings, pool);
	int rc = 0;

	if (!root || json_object_set_new(root, "expectations", expectations))
		rc = -PMP_ENOMEM;
	else if (json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) ||
		 putchar('\n') == EOF || fflush(stdout))
		rc = -PMP_EIO;
	json_decref(root);
	return pmp_output_error(rc, diag);
}

static int print(struct request *request, const struct pmp_speedup *speedup, struct pmp_pool *pool,
		 struct pmp_diag *diag)
{
	struct pmp_doc doc = {.pool = pool};

	if (request->output.format == PMP_FORMAT_JSON)
		return print_json(request, speedup, pool, diag);
	request->doc.width = pmp_output_width(&request->output);
	request->doc.paths = "";
	for (size_t i = 0; i < request->count; i++)
		request->doc.paths =
			pmp_pool_printf(pool, "%s%s%s", request->doc.paths, i ? " " : "",
					pmp_quote(pool, request->paths[i]));
	int rc = pmp_speedup_doc(speedup, &request->doc, &doc);

	if (rc)
		return rc;
	pmp_expect_doc(&request->expect.findings, &doc);
	return pmp_output_doc(&request->output, &doc, "speedup", diag);
}

static int run(struct request *request, struct pmp_series *series, struct pmp_diag *diag)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_speedup *speedup;
	int rc = pool ? pmp_speedup_make(series, pool, &speedup) : -PMP_ENOMEM;

	if (rc == 0)
		rc = check(request, speedup, diag);
	if (rc == 0)
		rc = pmp_expect_conclude(&request->expect, series, speedup, pool, diag);
	if (rc == 0)
		rc = print(request, speedup, pool, diag);
	int code = rc ? pmp_cli_fail(rc, diag) : pmp_expect_exit(&request->expect);

	pmp_pool_free(pool);
	return code;
}

int cmd_speedup(int argc, char **argv)
{
	struct pmp_diag diag = {""};
	struct pmp_series *series = NULL;
	struct request request;
	int rc, code;

	parse_request(argc, argv, &request);
	rc = pmp_expect_load(&request.expect, &diag);
	if (rc == 0)
		rc = pmp_runs_load(request.paths, request.count, &request.runs, &series, &diag);
	code = rc ? pmp_cli_fail(rc, &diag) : run(&request, series, &diag);
	pmp_series_free(series);
	pmp_expect_release(&request.expect);
	return code;
}
