/*
 * cmd_report.c - `pmprof report FILE`: reads one file, sums it up, prints it. Options only; the work is done in metrics/ and render/.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/environment.h"
#include "cli/output.h"
#include "render/report.h"
#include "store/reader.h"
#include "store/symbols.h"

#define DEFAULT_TOP 10

static const char *const sort_names[] = {"time", "count", "max", "bytes", "imbalance", NULL};

enum {
	KEY_SORT = 0x100,
	KEY_TOP,
	KEY_PATH,
	KEY_FLAT,
	KEY_RANK,
	KEY_REGION,
	KEY_PER_RANK,
	KEY_ALL,
	KEY_DEBUG
};

static const struct argp_option options[] = {
	{"sort", KEY_SORT, "COLUMN", 0,
	 "Order calls by time (default), count, max, bytes or imbalance", 0},
	{"top", KEY_TOP, "N", 0, "Rows of long tables (10; csv and json: all)", 0},
	{"path", KEY_PATH, NULL, 0, "One row per call path (default)", 0},
	{"flat", KEY_FLAT, NULL, 0, "One row per call site, whoever called it", 0},
	{"rank", KEY_RANK, "LIST", 0, "Only these ranks, for example 0,3-5", 0},
	{"region", KEY_REGION, "NAME", 0, "Only this region and those inside it", 0},
	{"all", KEY_ALL, NULL, 0, "Every row, nothing folded", 0},
	{"debug-dir", KEY_DEBUG, "DIR", 0,
	 "Look for debug files of stripped programs in DIR, by build-id; may be repeated", 0},
	{"per-rank", KEY_PER_RANK, NULL, 0, "json: every call on every rank", 0},
	{0},
};

/* The command line, before the file is known. */
struct request {
	struct pmp_output output;
	enum pmp_sort sort;
	enum pmp_group_by paths;
	size_t top;
	bool has_all, has_per_rank;
	const char *ranks, *region, *path;
};

/* The option stands for the variable, before what is in it. */
static void add_debug_folder(const char *folder)
{
	const char *others = pmp_env_text(PMP_ENV_PMPROF_DEBUG_DIR);
	struct stat st;
	char *all;

	if (stat(folder, &st) || !S_ISDIR(st.st_mode))
		pmp_cli_usage("'%s' is not a folder with debug files", folder);
	if (asprintf(&all, "%s%s%s", folder, *others ? ":" : "", others) >= 0) {
		setenv("PMPROF_DEBUG_DIR", all, 1);
		free(all);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->output;
		break;
	case KEY_SORT:
		request->sort = (enum pmp_sort)pmp_cli_choice("column", arg, sort_names);
		break;
	case KEY_TOP:
		request->top = pmp_cli_number("top", arg, 1, UINT_MAX);
		break;
	case KEY_PATH:
		request->paths = PMP_BY_PATH;
		break;
	case KEY_FLAT:
		request->paths = PMP_BY_SITE;
		break;
	case KEY_RANK:
		request->ranks = arg;
		break;
	case KEY_REGION:
		request->region = arg;
		break;
	case KEY_DEBUG:
		add_debug_folder(arg);
		break;
	case KEY_ALL:
		request->has_all = true;
		break;
	case KEY_PER_RANK:
		request->has_per_rank = true;
		break;
	case ARGP_KEY_ARG:
		if (request->path)
			return ARGP_ERR_UNKNOWN;
		request->path = arg;
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
	.args_doc = "FILE",
	.doc = "Where the time of a run went: the verdict first, then the tables.\v"
	       "Colours are used on a terminal only, and never when NO_COLOR is set.",
	.children = children,
};

static void parse_request(int argc, char **argv, struct request *request)
{
	*request = (struct request){.paths = PMP_BY_PATH};
	int next = pmp_cli_parse(&argp, argc, argv, 0, request);

	if (next < argc)
		pmp_cli_usage("one file at a time, '%s' is one too many", argv[next]);
	if (!request->path)
		pmp_cli_usage("which file? pmprof report FILE.pmprof.h5");
	if (request->has_per_rank && request->output.format != PMP_FORMAT_JSON)
		pmp_cli_usage("'--per-rank' needs '--format json'");
	if (request->top == 0)
		request->top = request->has_all || !pmp_output_is_for_people(&request->output)
				       ? SIZE_MAX
				       : DEFAULT_TOP;
}

static int select_data(const struct request *request, const struct pmp_model *model,
		       struct pmp_pool *pool, struct pmp_report_options *out, struct pmp_diag *diag)
{
	int rc = 0;

	if (request->ranks)
		rc = pmp_select_ranks(model, request->ranks, pool, &out->selection.ranks, diag);
	if (rc == 0 && request->region)
		rc = pmp_select_region(model, request->region, pool, &out->selection.regions, diag);
	if (rc || (!request->ranks && !request->region))
		return rc;
	out->selection_text = pmp_pool_printf(
		pool, "%s%s%s%s%s", request->ranks ? "ranks " : "",
		request->ranks ? request->ranks : "", request->ranks && request->region ? ", " : "",
		request->region ? "region " : "", request->region ? request->region : "");
	return 0;
}

static int print_report(const struct request *request, const struct pmp_model *model,
			struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_report_options report = {
		.sort = request->sort,
		.paths = request->paths,
		.top = request->top,
		.is_folded = pmp_output_is_for_people(&request->output) && !request->has_all,
		.has_per_rank = request->has_per_rank,
		.width = pmp_output_width(&request->output),
		.path = request->path,
	};
	struct pmp_doc doc = {.pool = pool};
	struct pmp_summary *summary;
	int rc = select_data(request, model, pool, &report, diag);

	if (rc == 0)
		rc = pmp_summarize(model, pool, &summary);
	if (rc)
		return rc;
	if (request->output.format == PMP_FORMAT_JSON)
		return pmp_output_error(pmp_report_json(summary, &report, stdout), diag);
	rc = pmp_report_doc(summary, &report, &doc);
	return rc ? rc : pmp_output_doc(&request->output, &doc, "paths", diag);
}

int cmd_report(int argc, char **argv)
{
	struct pmp_diag diag = {""};
	struct pmp_model *model = NULL;
	struct pmp_pool *pool = NULL;
	struct request request;
	int rc;

	parse_request(argc, argv, &request);
	rc = pmp_read(request.path, &model, &diag);
	if (rc == 0)
		rc = pmp_symbolize_model(model, &diag);
	if (rc == 0)
		rc = pmp_model_merge_paths(model);
	if (rc == 0 && !(pool = pmp_pool_new()))
		rc = -PMP_ENOMEM;
	if (rc == 0)
		rc = print_report(&request, model, pool, &diag);
	pmp_pool_free(pool);
	pmp_model_free(model);
	return pmp_cli_fail(rc, &diag);
}
