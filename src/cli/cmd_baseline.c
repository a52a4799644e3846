/*
 * cmd_baseline.c - `pmprof baseline save|list|show|remove|record`: runs under a name, to compare later ones with, and
 * the history of a machine.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fmt.h"
#include "cli/baseline.h"
#include "cli/history.h"
#include "cli/keep.h"
#include "cli/line.h"
#include "cli/output.h"
#include "cli/runs.h"
#include "metrics/stats.h"
#include "render/utf8.h"

#define KEY_MIXED      0x100
#define KEY_UNFINISHED 0x101

static const struct argp_option options[] = {
	{"mixed", KEY_MIXED, NULL, 0, "save: also programs of different names", 0},
	{"unfinished", KEY_UNFINISHED, NULL, 0, "save: also runs that did not end normally", 0},
	{0},
};

struct request {
	struct pmp_output output;
	struct pmp_runs_options runs;
	struct pmp_line operands; /* action, name, files */
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->output;
		break;
	case KEY_MIXED:
		request->runs.is_mixed_allowed = true;
		break;
	case KEY_UNFINISHED:
		request->runs.is_unfinished_allowed = true;
		break;
	case ARGP_KEY_ARG:
		pmp_line_add(&request->operands, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {{&pmp_output_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "save NAME FILE...\nlist\nshow NAME\nremove NAME\nrecord FILE...",
	.doc = "Runs under a name, to compare later ones with: pmprof diff --baseline NAME "
	       "FILE...\v"
	       "A baseline is one small JSON file in .pmprof/baselines of the working directory "
	       "(or "
	       "the nearest one above, or of the folder in PMPROF_BASELINES), fit to be committed.",
	.children = children,
};

static const char *checked_name(const struct request *request, const char *action)
{
	if (request->operands.count < 2)
		pmp_cli_usage("which baseline? pmprof baseline %s NAME", action);
	if (!pmp_keep_is_name(request->operands.words[1]))
		pmp_cli_usage(
			"'%s' is no name for a baseline, use letters, digits, '.', '_' and '-'",
			request->operands.words[1]);
	return request->operands.words[1];
}

static void forbid_more(const struct request *request, size_t most)
{
	if (request->operands.count > most)
		pmp_cli_usage("argument '%s' is one too many, see 'pmprof baseline --help'",
			      request->operands.words[most]);
}

/* "2 and 4" */
static const char *ranks_text(struct pmp_pool *pool, const struct pmp_series *series)
{
	const char *text = "";

	for (size_t i = 0; i < series->point_count; i++)
		text = pmp_pool_printf(pool, "%s%s%u", text, i ? ", " : "",
				       series->points[i].ranks);
	return text;
}

static size_t count_runs(const struct pmp_series *series)
{
	size_t count = 0;

	for (size_t i = 0; i < series->point_count; i++)
		count += series->points[i].count;
	return count;
}

static int save(const struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	const char *name = checked_name(request, "save");
	struct pmp_series *series = NULL;
	int rc;

	if (request->operands.count < 3)
		pmp_cli_usage("which runs? pmprof baseline save %s FILE...", name);
	rc = pmp_runs_load(request->operands.words + 2, request->operands.count - 2, &request->runs,
			   &series, diag);
	if (rc == 0)
		rc = pmp_baseline_save(name, series, diag);
	if (rc == 0)
		printf("saved %s: %s, %zu run%s on %s ranks, in %s\n", name, series->program,
		       count_runs(series), count_runs(series) == 1 ? "" : "s",
		       ranks_text(pool, series), pmp_baseline_path(pool, name));
	if (rc == 0 && count_runs(series) == 1)
		pmp_cli_say("a baseline of one run compares counts only; times need repeats");
	pmp_series_free(series);
	return rc;
}

static void add_row(struct pmp_doc *doc, struct pmp_doc_table *table, const char *name,
		    const struct pmp_series *series, const struct pmp_point *point)
{
	double median = pmp_median(point->times_s, point->count);

	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_STRONG, name);
	pmp_cell_text(table, PMP_STYLE_NONE, series->program);
	pmp_cell_integer(table, PMP_STYLE_NONE, point->ranks,
			 pmp_pool_printf(doc->pool, "%u", point->ranks));
	pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)point->count,
			 pmp_pool_printf(doc->pool, "%zu", point->count));
	pmp_cell_real(table, PMP_STYLE_NONE, median,
		      pmp_pool_printf(doc->pool, "%s", pmp_fmt_seconds(median).text));
	pmp_cell_text(table, PMP_STYLE_NONE,
		      pmp_pool_printf(doc->pool, "%s", point->runs[0]->created));
	pmp_cell_text(table, PMP_STYLE_NONE,
		      pmp_pool_printf(doc->pool, "%s", point->runs[0]->command));
}

static struct pmp_doc_table *open_table(struct pmp_doc *doc)
{
	static const struct pmp_column columns[] = {
		{"name", "baseline", PMP_COLUMN_NAME},    {"program", "program", PMP_COLUMN_LEFT},
		{"ranks", "ranks", PMP_COLUMN_RIGHT},     {"runs", "runs", PMP_COLUMN_RIGHT},
		{"median_s", "median", PMP_COLUMN_RIGHT}, {"created", "first run", PMP_COLUMN_LEFT},
		{"command", NULL, PMP_COLUMN_LEFT},
	};

	return pmp_doc_table(doc, "baselines", columns, sizeof(columns) / sizeof(columns[0]));
}

/* One baseline in @names, or those of all names. */
struct shelf {
	const char *const *names;
	struct pmp_series **series; /* NULL: unreadable */
	size_t count;
};

static void print_runs(struct pmp_doc *doc, const struct pmp_series *series)
{
	static const struct pmp_column columns[] = {
		{"ranks", "ranks", PMP_COLUMN_RIGHT}, {"time_s", "time", PMP_COLUMN_RIGHT},
		{"created", "when", PMP_COLUMN_NAME}, {"host", "host", PMP_COLUMN_LEFT},
		{"path", "file", PMP_COLUMN_LEFT},
	};
	struct pmp_doc_table *table =
		pmp_doc_table(doc, "runs", columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < series->point_count; i++)
		for (size_t k = 0; k < series->points[i].count; k++) {
			const struct pmp_digest *d = series->points[i].runs[k];

			pmp_doc_row(doc, table);
			pmp_cell_integer(table, PMP_STYLE_NONE, d->ranks,
					 pmp_pool_printf(doc->pool, "%u", d->ranks));
			pmp_cell_real(
				table, PMP_STYLE_NONE, d->time_s,
				pmp_pool_printf(doc->pool, "%s", pmp_fmt_seconds(d->time_s).text));
			pmp_cell_text(table, PMP_STYLE_NONE, d->created);
			pmp_cell_text(table, PMP_STYLE_NONE, d->host);
			pmp_cell_text(table, PMP_STYLE_NONE, d->path);
		}
}

static json_t *point_json(const struct pmp_point *point, struct pmp_pool *pool)
{
	json_t *times = json_array();

	for (size_t i = 0; i < point->count; i++)
		json_array_append_new(times, json_real(point->times_s[i]));
	return json_pack(
		"{s:i,s:o,s:o,s:o}", "ranks", (int)point->ranks, "times_s", times, "created",
		json_string_nocheck(pmp_utf8_clean(pool, point->runs[0]->created, true)), "command",
		json_string_nocheck(pmp_utf8_clean(pool, point->runs[0]->command, true)));
}

static int print_json(const struct shelf *shelf, struct pmp_pool *pool, struct pmp_diag *diag)
{
	json_t *list = json_array(), *whole;
	int rc = 0;

	for (size_t i = 0; i < shelf->count; i++) {
		const struct pmp_series *series = shelf->series[i];
		json_t *points = json_array();

		for (size_t k = 0; series && k < series->point_count; k++)
			json_array_append_new(points, point_json(&series->points[k], pool));
		json_array_append_new(list,
				      json_pack("{s:s,s:o,s:o}", "name", shelf->names[i], "program",
						series ? json_string_nocheck(pmp_utf8_clean(
								 pool, series->program, true))
						       : json_null(),
						"points", points));
	}
	whole = json_pack("{s:s,s:i,s:o}", "format", "pmprof-baselines", "version", 1, "baselines",
			  list);
	if (!whole)
		return -PMP_ENOMEM;
	if (json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) ||
	    putchar('\n') == EOF || fflush(stdout))
		rc = pmp_output_error(-PMP_EIO, diag);
	json_decref(whole);
	return rc;
}

static int print_shelf(const struct request *request, const struct shelf *shelf, bool has_runs,
		       struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_doc doc = {.pool = pool};
	struct pmp_doc_table *table;

	if (request->output.format == PMP_FORMAT_JSON)
		return print_json(shelf, pool, diag);
	table = open_table(&doc);
	for (size_t i = 0; i < shelf->count; i++)
		for (size_t k = 0; shelf->series[i] && k < shelf->series[i]->point_count; k++)
			add_row(&doc, table, shelf->names[i], shelf->series[i],
				&shelf->series[i]->points[k]);
	if (has_runs)
		print_runs(&doc, shelf->series[0]);
	return pmp_output_doc(&request->output, &doc, has_runs ? "runs" : "baselines", diag);
}

static int list(const struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct shelf shelf = {NULL, NULL, 0};
	int rc = 0;

	forbid_more(request, 1);
	shelf.names = pmp_baseline_names(pool, &shelf.count);
	shelf.series = pmp_pool_alloc(pool, shelf.count, sizeof(struct pmp_series *));
	if (!shelf.names || !shelf.series)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < shelf.count; i++) {
		struct pmp_diag own = {""};
		int failed = pmp_baseline_load(shelf.names[i], true, &shelf.series[i], &own);

		if (failed)
			rc = pmp_cli_fail(failed, &own) ? failed : rc;
	}
	if (shelf.count == 0)
		pmp_cli_say("no baselines in '%s', save one: pmprof baseline save NAME FILE...",
			    pmp_keep_folder(pool, "baselines"));
	if (shelf.count > 0 || request->output.format == PMP_FORMAT_JSON) {
		int printed = print_shelf(request, &shelf, false, pool, diag);

		rc = rc ? rc : printed;
	}
	for (size_t i = 0; i < shelf.count; i++)
		pmp_series_free(shelf.series[i]);
	return rc;
}

static int show(const struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	const char *name = checked_name(request, "show");
	struct pmp_series *series = NULL;
	const struct shelf shelf = {&name, &series, 1};
	int rc;

	forbid_more(request, 2);
	rc = pmp_baseline_load(name, true, &series, diag);
	if (rc == 0)
		rc = print_shelf(request, &shelf, true, pool, diag);
	pmp_series_free(series);
	return rc;
}

/* A damaged one can be removed, too. */
static int remove_one(const struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	const char *name = checked_name(request, "remove");
	const char *path = pmp_baseline_path(pool, name);
	struct pmp_series *series = NULL;
	int rc;

	forbid_more(request, 2);
	if (unlink(path) == 0)
		return printf("removed %s\n", path) < 0 ? -PMP_EIO : 0;
	rc = pmp_baseline_load(name, true, &series, diag); /* says why it is not there */
	pmp_series_free(series);
	return rc ? rc : pmp_fail(diag, PMP_EFULL, "cannot remove '%s': %m", path);
}

/* Append to the history of the machine, and say how the runs compare with what is in it. */
static int record(const struct request *request, struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_series *series = NULL;
	int rc;

	if (request->operands.count < 2)
		pmp_cli_usage("which runs? pmprof baseline record FILE...");
	rc = pmp_runs_load(request->operands.words + 1, request->operands.count - 1, &request->runs,
			   &series, diag);
	for (size_t i = 0; rc == 0 && i < series->point_count; i++) {
		const struct pmp_point *point = &series->points[i];
		const char *trend = pmp_history_trend(pool, point);
		size_t added;

		rc = pmp_history_add(point, &added, diag);
		if (rc == 0)
			printf("%s on %u rank%s: %zu run%s recorded in %s\n%s%s", series->program,
			       point->ranks, point->ranks == 1 ? "" : "s", added,
			       added == 1 ? "" : "s", pmp_history_path(pool, point->runs[0]),
			       trend ? trend : "", trend ? "\n" : "");
	}
	pmp_series_free(series);
	return rc;
}

static const struct action {
	const char *name;
	int (*function)(const struct request *, struct pmp_pool *, struct pmp_diag *);
} actions[] = {
	{"save", save}, {"list", list}, {"show", show}, {"remove", remove_one}, {"record", record}};

int cmd_baseline(int argc, char **argv)
{
	const char *names[sizeof(actions) / sizeof(actions[0]) + 1] = {NULL};
	struct request request = {.runs = {.is_mixed_allowed = false}};
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_diag diag = {""};
	int rc, action;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		names[i] = actions[i].name;
	pmp_cli_parse(&argp, argc, argv, 0, &request);
	if (request.operands.count == 0)
		pmp_cli_usage("what? pmprof baseline save NAME FILE..., list, show NAME, remove "
			      "NAME, record FILE...");
	action = pmp_cli_choice("action", request.operands.words[0], names);
	rc = pool ? actions[action].function(&request, pool, &diag) : -PMP_ENOMEM;
	rc = rc && !diag.text[0] && rc != -PMP_ENOMEM ? PMP_EXIT_INPUT : pmp_cli_fail(rc, &diag);
	pmp_line_free(request.operands.words);
	pmp_pool_free(pool);
	return rc;
}
