/*
 * cmd_assert.c - `pmprof assert FILE...`: are expectations met by these runs? The verdicts are metrics/expect.h's.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fmt.h"
#include "cli/expect_options.h"
#include "cli/output.h"
#include "cli/runs.h"
#include "metrics/speedup.h"
#include "render/expect_doc.h"
#include "render/utf8.h"

#define DEFAULT_FILE "pmprof.expect"
#define JSON_VERSION 1

enum { KEY_LIST = 0x100, KEY_STRONG, KEY_WEAK, KEY_MIXED };

static const struct argp_option options[] = {
	{"list", KEY_LIST, NULL, 0, "Show everything that can be expected", 0},
	{"strong", KEY_STRONG, NULL, 0, "The problem is the same on any number of ranks", 0},
	{"weak", KEY_WEAK, NULL, 0, "The problem grows with the ranks", 0},
	{"mixed", KEY_MIXED, NULL, 0, "Judge runs of different programs", 0},
	{0},
};

struct request {
	struct pmp_expect_options expect;
	struct pmp_output output;
	struct pmp_runs_options runs;
	bool has_list;
	char **paths;
	size_t path_count;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->expect;
		state->child_inputs[1] = &request->output;
		break;
	case KEY_LIST:
		request->has_list = true;
		break;
	case KEY_STRONG:
		request->runs.scaling = PMP_SCALING_STRONG;
		break;
	case KEY_WEAK:
		request->runs.scaling = PMP_SCALING_WEAK;
		break;
	case KEY_MIXED:
		request->runs.is_mixed_allowed = true;
		break;
	case ARGP_KEY_ARGS:
		request->paths = state->argv + state->next;
		request->path_count = (size_t)(state->argc - state->next);
		state->next = state->argc;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{&pmp_expect_argp, 0, "Expectations:", 0}, {&pmp_output_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "FILE...",
	.doc = "Are these expectations met? FILE is a file of a run or a folder of `pmprof "
	       "scale`.\v"
	       "Without --expect and --expect-file the file " DEFAULT_FILE
	       " of the working directory is read. Exit code: 0 all hold, 1 one does not, 5 none "
	       "fails but one cannot be decided.",
	.children = children,
};

static void parse_request(int argc, char **argv, struct request *request)
{
	*request = (struct request){
		.runs = {.scaling = PMP_SCALING_AUTO, .is_unfinished_allowed = true}};
	pmp_cli_parse(&argp, argc, argv, 0, request);
	if (request->has_list)
		return;
	if (request->path_count == 0)
		pmp_cli_usage("which file? pmprof assert FILE.pmprof.h5");
	if (request->expect.list || request->expect.file)
		return;
	if (access(DEFAULT_FILE, F_OK) != 0)
		pmp_cli_usage("nothing is expected: use --expect 'parallel_efficiency >= 0.8', or "
			      "write a file " DEFAULT_FILE);
	request->expect.file = DEFAULT_FILE;
}

static int print_list(const struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_doc doc = {.pool = pool};

	if (request->output.format == PMP_FORMAT_JSON)
		pmp_cli_usage("'--list' has no json, use csv");
	pmp_expect_list_doc(&doc);
	return pmp_pool_failed(pool) ? -PMP_ENOMEM
				     : pmp_output_doc(&request->output, &doc, "metrics", diag);
}

/* "1, 2 and 4 ranks, 5 runs each" */
static const char *runs_text(const struct pmp_series *series, struct pmp_pool *pool)
{
	const char *text = "";
	size_t least = series->points[0].count, most = 0;

	for (size_t i = 0; i < series->point_count; i++) {
		const struct pmp_point *point = &series->points[i];

		text = pmp_pool_printf(pool, "%s%s%u", text,
				       i == 0                        ? ""
				       : i + 1 < series->point_count ? ", "
								     : " and ",
				       point->ranks);
		least = point->count < least ? point->count : least;
		most = point->count > most ? point->count : most;
	}
	text = pmp_pool_printf(pool, "%s rank%s, %zu", text,
			       series->points[series->point_count - 1].ranks == 1 ? "" : "s",
			       least);
	if (least < most)
		text = pmp_pool_printf(pool, "%s to %zu", text, most);
	return pmp_pool_printf(pool, "%s run%s%s", text, most == 1 ? "" : "s",
			       series->point_count > 1 ? " each" : "");
}

static int print_doc(const struct request *request, const struct pmp_series *series,
		     struct pmp_pool *pool, struct pmp_diag *diag)
{
	const struct pmp_findings *findings = &request->expect.findings;
	struct pmp_doc doc = {.pool = pool};

	pmp_doc_title(&doc, pmp_pool_printf(pool, "%s: %s · %s",
					    pmp_verdict_name(pmp_findings_worst(findings)),
					    series->program, runs_text(series, pool)));
	pmp_expect_doc(findings, &doc);
	return pmp_pool_failed(pool) ? -PMP_ENOMEM
				     : pmp_output_doc(&request->output, &doc, "expectations", diag);
}

static json_t *points_json(const struct pmp_series *series, struct pmp_pool *pool)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < series->point_count; i++) {
		const struct pmp_point *point = &series->points[i];

		for (size_t r = 0; r < point->count; r++) {
			const char *path = pmp_utf8_clean(pool, point->runs[r]->path, true);
			json_t *run = json_pack("{s:I,s:s,s:f,s:b,s:b}", "ranks",
						(json_int_t)point->ranks, "file", path, "time_s",
						point->times_s[r], "complete",
						(int)point->runs[r]->is_complete, "oversubscribed",
						(int)point->runs[r]->is_oversubscribed);

			if (json_array_append_new(array, run)) {
				json_decref(array);
				return NULL;
			}
		}
	}
	return array;
}

static int print_json(const struct request *request, const struct pmp_series *series,
		      struct pmp_pool *pool, struct pmp_diag *diag)
{
	const struct pmp_findings *findings = &request->expect.findings;
	json_t *runs = points_json(series, pool), *verdicts = pmp_expect_json(findings, pool);
	json_t *root = NULL;
	int rc = 0;

	if (runs && verdicts)
		root = json_pack("{s:s,s:i,s:s,s:s,s:O,s:O}", "format", "pmprof-assert", "version",
				 JSON_VERSION, "program",
				 pmp_utf8_clean(pool, series->program, true), "verdict",
				 pmp_verdict_name(pmp_findings_worst(findings)), "runs", runs,
				 "expectations", verdicts);
	if (!root)
		rc = -PMP_ENOMEM;
	else if (json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) ||
		 putchar('\n') == EOF || fflush(stdout))
		rc = -PMP_EIO;
	json_decref(runs);
	json_decref(verdicts);
	json_decref(root);
	return pmp_output_error(rc, diag);
}

static int judge(struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_series *series = NULL;
	struct pmp_speedup *speedup = NULL;
	int rc = pmp_expect_load(&request->expect, diag);

	if (rc == 0)
		rc = pmp_runs_load(request->paths, request->path_count, &request->runs, &series,
				   diag);
	if (rc == 0)
		rc = pmp_speedup_make(series, pool, &speedup);
	if (rc == 0)
		rc = pmp_expect_conclude(&request->expect, series, speedup, pool, diag);
	if (rc == 0)
		rc = request->output.format == PMP_FORMAT_JSON
			     ? print_json(request, series, pool, diag)
			     : print_doc(request, series, pool, diag);
	pmp_series_free(series);
	return rc;
}

int cmd_assert(int argc, char **argv)
{
	struct pmp_diag diag = {""};
	struct request request;
	struct pmp_pool *pool;
	int rc, code;

	parse_request(argc, argv, &request);
	pool = pmp_pool_new();
	if (!pool)
		rc = -PMP_ENOMEM;
	else
		rc = request.has_list ? print_list(&request, pool, &diag)
				      : judge(&request, pool, &diag);
	code = rc ? pmp_cli_fail(rc, &diag) : pmp_expect_exit(&request.expect);
	pmp_expect_release(&request.expect);
	pmp_pool_free(pool);
	return code;
}
