/*
 * cmd_diff.c - `pmprof diff`: what changed between the runs of one build and those of another. Options and the choice of what is
 * compared; the comparison is made in metrics/diff.c.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/baseline.h"
#include "cli/history.h"
#include "cli/line.h"
#include "cli/output.h"
#include "cli/runs.h"
#include "metrics/diff.h"
#include "render/diff_doc.h"

#define DEFAULT_TOP 12

enum {
	KEY_BASE = 0x100,
	KEY_BASELINE,
	KEY_NEW,
	KEY_RANKS,
	KEY_RELEVANT,
	KEY_ALL,
	KEY_MIXED,
	KEY_UNFINISHED,
};

static const struct argp_option options[] = {
	{"base", KEY_BASE, "FILE...", 0, "This file and those that follow are the old runs", 0},
	{"new", KEY_NEW, "FILE...", 0, "This file and those that follow are the new runs", 0},
	{"baseline", KEY_BASELINE, "NAME", 0, "The old runs are those of this baseline", 0},
	{"ranks", KEY_RANKS, "N", 0,
	 "Compare the runs with that many ranks (the most on both sides)", 0},
	{"relevant", KEY_RELEVANT, "PERCENT", 0,
	 "Ignore changes below this share of the run's time (1)", 0},
	{"all", KEY_ALL, NULL, 0, "Every row", 0},
	{"mixed", KEY_MIXED, NULL, 0, "Also programs of different names", 0},
	{"unfinished", KEY_UNFINISHED, NULL, 0, "Also runs that did not end normally", 0},
	{0},
};

/* The files of one side, as given. */
struct side {
	struct pmp_line paths;
	struct pmp_series *series;
	const struct pmp_point *point;
	const char *name;
};

struct request {
	struct pmp_output output;
	struct pmp_runs_options runs;
	struct side before, after;
	struct side *filling;  /* which one takes the next operand; NULL: not known yet */
	struct pmp_line loose; /* operands that nobody assigned to a side */
	const char *baseline;
	uint32_t ranks;
	double relevant;
	bool has_all, has_sides;
};

static double parse_percent(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value <= 100))
		pmp_cli_usage("'%s' is no percentage for '--relevant', use more than 0 to 100",
			      text);
	return value / 100;
}

static void add_operand(struct request *request, const char *path)
{
	pmp_line_add(request->filling ? &request->filling->paths : &request->loose, path);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->output;
		break;
	case KEY_BASE:
	case KEY_NEW:
		request->filling = key == KEY_BASE ? &request->before : &request->after;
		request->has_sides = true;
		add_operand(request, arg);
		break;
	case KEY_BASELINE:
		request->baseline = arg;
		break;
	case KEY_RANKS:
		request->ranks = (uint32_t)pmp_cli_number("ranks", arg, 1, INT_MAX);
		break;
	case KEY_RELEVANT:
		request->relevant = parse_percent(arg);
		break;
	case KEY_ALL:
		request->has_all = true;
		break;
	case KEY_MIXED:
		request->runs.is_mixed_allowed = true;
		break;
	case KEY_UNFINISHED:
		request->runs.is_unfinished_allowed = true;
		break;
	case ARGP_KEY_ARG:
		add_operand(request, arg);
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
	.args_doc = "OLD NEW\nOLD... -- NEW...\n--base OLD... --new NEW...\n--baseline NAME NEW...",
	.doc = "What changed between the runs of two builds: times with a test over repeats, calls "
	       "and bytes exactly.\vOLD and NEW are files, folders of files, or sets of 'pmprof "
	       "scale'. "
	       "Exit status: 0 no finding, 1 something is slower or counts changed, 5 not enough "
	       "evidence.",
	.children = children,
};

/* `OLD... -- NEW...`: argp would swallow the dashes. Return: how many arguments stand before them. */
static int take_behind_dashes(struct request *request, int argc, char **argv)
{
	int dashes = 1;

	while (dashes < argc && strcmp(argv[dashes], "--") != 0)
		dashes++;
	for (int i = dashes + 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0 && access(argv[i], F_OK))
			pmp_cli_usage("'%s' stands behind '--', where only new files are; put "
				      "options first",
				      argv[i]);
		pmp_line_add(&request->after.paths, argv[i]);
	}
	return dashes;
}

/* Operands that stand alone: two are OLD and NEW, in front of dashes all are OLD. */
static void assign_operands(struct request *request, bool has_dashes)
{
	struct pmp_line *loose = &request->loose;

	if (request->baseline) {
		if (request->has_sides || has_dashes)
			pmp_cli_usage("the baseline is the old side, name only new files with it");
		for (size_t i = 0; i < loose->count; i++)
			pmp_line_add(&request->after.paths, loose->words[i]);
		if (loose->count == 0)
			pmp_cli_usage("compare the baseline '%s' with what? pmprof diff --baseline "
				      "%s FILE...",
				      request->baseline, request->baseline);
		return;
	}
	if (request->has_sides && has_dashes)
		pmp_cli_usage("use either '--base' and '--new' or '--', not both");
	if (has_dashes) {
		for (size_t i = 0; i < loose->count; i++)
			pmp_line_add(&request->before.paths, loose->words[i]);
	} else if (!request->has_sides && loose->count == 2) {
		pmp_line_add(&request->before.paths, loose->words[0]);
		pmp_line_add(&request->after.paths, loose->words[1]);
	} else if (!request->has_sides && loose->count > 2) {
		pmp_cli_usage(
			"which of these %zu files are the old ones? pmprof diff OLD... -- NEW...",
			loose->count);
	} else if (loose->count > 0 && request->has_sides) {
		pmp_cli_usage("is '%s' old or new? pmprof diff --base OLD... --new NEW...",
			      loose->words[0]);
	}
	if (!has_dashes && !request->has_sides && loose->count == 1)
		pmp_cli_usage("compare '%s' with what? pmprof diff OLD NEW", loose->words[0]);
	if (request->before.paths.count == 0)
		pmp_cli_usage("compare what? pmprof diff OLD NEW, or OLD... -- NEW...");
	if (request->after.paths.count == 0)
		pmp_cli_usage("compare '%s' with what? pmprof diff OLD NEW, or OLD... -- NEW...",
			      request->before.paths.words[0]);
}

static void parse_request(int argc, char **argv, struct request *request)
{
	int own = take_behind_dashes(request, argc, argv);

	pmp_cli_parse(&argp, own, argv, ARGP_IN_ORDER, request);
	assign_operands(request, own < argc);
}

static int load_side(const struct request *request, struct side *side, struct pmp_diag *diag)
{
	return pmp_runs_load(side->paths.words, side->paths.count, &request->runs, &side->series,
			     diag);
}

static const char *name_side(struct pmp_pool *pool, const struct side *side)
{
	size_t runs = side->series->digest_count;

	if (side->paths.count == 1)
		return runs == 1
			       ? side->paths.words[0]
			       : pmp_pool_printf(pool, "%s (%zu runs)", side->paths.words[0], runs);
	return pmp_pool_printf(pool, "%s and %zu more", side->paths.words[0],
			       side->paths.count - 1);
}

/* The most ranks that both sides have, where there are processors for them; else the most ranks of each. */
static void choose_points(struct request *request)
{
	struct side *before = &request->before, *after = &request->after;

	for (size_t i = 0; i < after->series->point_count; i++) {
		const struct pmp_point *point = &after->series->points[i];
		const struct pmp_point *same = pmp_series_point(before->series, point->ranks);
		bool is_crowded = same && (same->is_oversubscribed || point->is_oversubscribed);

		if (!same || (request->ranks && point->ranks != request->ranks))
			continue;
		if (is_crowded && after->point)
			continue;
		before->point = same;
		after->point = point;
	}
	if (after->point || request->ranks)
		return;
	before->point = &before->series->points[before->series->point_count - 1];
	after->point = &after->series->points[after->series->point_count - 1];
}

static int check_sides(const struct request *request, struct pmp_diag *diag)
{
	const struct side *before = &request->before, *after = &request->after;

	if (strcmp(before->series->program, after->series->program) != 0 &&
	    !request->runs.is_mixed_allowed)
		return pmp_fail(
			diag, PMP_EFORMAT,
			"different programs: '%s' in '%s', '%s' in '%s'; '--mixed' compares "
			"them anyway",
			before->series->program, before->name, after->series->program, after->name);
	if (!after->point)
		return pmp_fail(diag, PMP_ENOTFOUND, "no runs with %u ranks on both sides",
				request->ranks);
	return 0;
}

/* In quotes where a shell would not take it as it is. */
static const char *quoted(struct pmp_pool *pool, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+=:,@%-";

	if (path[0] != '-' && path[strspn(path, plain)] == '\0')
		return path;
	return strchr(path, '\'') ? NULL : pmp_pool_printf(pool, "'%s'", path);
}

static int print_json(const struct request *request, const struct pmp_diff *diff,
		      const struct pmp_diff_options *view, struct pmp_pool *pool,
		      struct pmp_diag *diag)
{
	json_t *object = pmp_diff_json(diff, view, pool);
	int rc = object ? 0 : -PMP_ENOMEM;

	(void)request;
	if (rc == 0 && (json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) ||
			putchar('\n') == EOF || fflush(stdout)))
		rc = pmp_output_error(-PMP_EIO, diag);
	json_decref(object);
	return rc;
}

static int print_diff(const struct request *request, const struct pmp_diff *diff,
		      struct pmp_pool *pool, struct pmp_diag *diag)
{
	bool is_whole = request->has_all || !pmp_output_is_for_people(&request->output);
	const struct pmp_diff_options view = {
		.program = request->after.series->program,
		.before = request->before.name,
		.after = request->after.name,
		.trend = pmp_history_trend(pool, request->after.point),
		.example = quoted(pool, request->after.point->runs[0]->path),
		.top = is_whole ? SIZE_MAX : DEFAULT_TOP,
	};
	struct pmp_doc doc = {.pool = pool};
	int rc;

	if (request->output.format == PMP_FORMAT_JSON)
		return print_json(request, diff, &view, pool, diag);
	rc = pmp_diff_doc(diff, &view, &doc);
	return rc ? rc : pmp_output_doc(&request->output, &doc, "time", diag);
}

static int compare(struct request *request, struct pmp_pool *pool, struct pmp_diff **diff,
		   struct pmp_diag *diag)
{
	struct side *before = &request->before, *after = &request->after;
	int rc = request->baseline
			 ? pmp_baseline_load(request->baseline, request->runs.is_mixed_allowed,
					     &before->series, diag)
			 : load_side(request, before, diag);

	if (rc == 0)
		rc = load_side(request, after, diag);
	if (rc)
		return rc;
	before->name = request->baseline ? pmp_pool_printf(pool, "baseline %s", request->baseline)
					 : name_side(pool, before);
	after->name = name_side(pool, after);
	choose_points(request);
	rc = check_sides(request, diag);
	if (rc)
		return rc;
	return pmp_diff_make((struct pmp_diff_side){before->point->runs, before->point->count},
			     (struct pmp_diff_side){after->point->runs, after->point->count},
			     request->relevant, pool, diff);
}

static int exit_code(enum pmp_diff_verdict verdict)
{
	static const enum pmp_exit codes[] = {
		[PMP_DIFF_VERDICT_SAME] = PMP_EXIT_OK,
		[PMP_DIFF_VERDICT_FINDINGS] = PMP_EXIT_FINDINGS,
		[PMP_DIFF_VERDICT_INCONCLUSIVE] = PMP_EXIT_INCONCLUSIVE,
	};

	return (int)codes[verdict];
}

int cmd_diff(int argc, char **argv)
{
	struct request request = {.relevant = PMP_DIFF_RELEVANT};
	struct pmp_diag diag = {""};
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_diff *diff = NULL;
	int rc = pool ? 0 : -PMP_ENOMEM;

	parse_request(argc, argv, &request);
	if (rc == 0)
		rc = compare(&request, pool, &diff, &diag);
	if (rc == 0)
		rc = print_diff(&request, diff, pool, &diag);
	rc = rc ? pmp_cli_fail(rc, &diag) : exit_code(diff->verdict);
	pmp_series_free(request.before.series);
	pmp_series_free(request.after.series);
	pmp_line_free(request.before.paths.words);
	pmp_line_free(request.after.paths.words);
	pmp_line_free(request.loose.words);
	pmp_pool_free(pool);
	return rc;
}
