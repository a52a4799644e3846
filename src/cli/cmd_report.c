/*
 * cmd_report.c - `pmprof report FILE`: reads one file, sums it up, prints it. Options only; the work is done in metrics/ and render/.
 */
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "render/report.h"
#include "store/reader.h"
#include "store/symbols.h"

#define DEFAULT_TOP   10
#define DEFAULT_WIDTH 80
#define MIN_WIDTH     40
#define MAX_WIDTH     1000

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_MARKDOWN };

static const char *const format_names[] = {"text", "json", "csv", "md", NULL};
static const char *const sort_names[] = {"time", "count", "max", "bytes", "imbalance", NULL};

enum {
	KEY_SORT = 0x100,
	KEY_TOP,
	KEY_PATH,
	KEY_FLAT,
	KEY_RANK,
	KEY_REGION,
	KEY_FORMAT,
	KEY_TABLE,
	KEY_PER_RANK,
	KEY_ALL,
	KEY_WIDTH
};

static const struct argp_option options[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default), json, csv or md", 0},
	{"sort", KEY_SORT, "COLUMN", 0,
	 "Order calls by time (default), count, max, bytes or imbalance", 0},
	{"top", KEY_TOP, "N", 0, "Rows of long tables (10; csv and json: all)", 0},
	{"path", KEY_PATH, NULL, 0, "One row per call path (default)", 0},
	{"flat", KEY_FLAT, NULL, 0, "One row per call site, whoever called it", 0},
	{"rank", KEY_RANK, "LIST", 0, "Only these ranks, for example 0,3-5", 0},
	{"region", KEY_REGION, "NAME", 0, "Only this region and those inside it", 0},
	{"all", KEY_ALL, NULL, 0, "Every row, nothing folded", 0},
	{"table", KEY_TABLE, "NAME", 0, "csv: another table than paths", 0},
	{"per-rank", KEY_PER_RANK, NULL, 0, "json: every call on every rank", 0},
	{"width", KEY_WIDTH, "N", 0, "Columns of text (the terminal's, or 80)", 0},
	{0},
};

/* The command line, before the file is known. */
struct request {
	enum format format;
	enum pmp_sort sort;
	enum pmp_group_by paths;
	size_t top;
	unsigned width;
	bool has_all, has_per_rank;
	const char *ranks, *region, *table, *path;
};

static unsigned long parse_number(const char *option, const char *text, unsigned long min,
				  unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value < min || value > max)
		pmp_cli_usage("'%s' is no number for '--%s', use %lu to %lu", text, option, min,
			      max);
	return value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_FORMAT:
		request->format = (enum format)pmp_cli_choice("format", arg, format_names);
		break;
	case KEY_SORT:
		request->sort = (enum pmp_sort)pmp_cli_choice("column", arg, sort_names);
		break;
	case KEY_TOP:
		request->top = parse_number("top", arg, 1, UINT_MAX);
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
	case KEY_ALL:
		request->has_all = true;
		break;
	case KEY_TABLE:
		request->table = arg;
		break;
	case KEY_PER_RANK:
		request->has_per_rank = true;
		break;
	case KEY_WIDTH:
		request->width = (unsigned)parse_number("width", arg, MIN_WIDTH, MAX_WIDTH);
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

static const struct argp argp = {
	options,
	parse_option,
	"FILE",
	"Where the time of a run went: the verdict first, then the tables.\v"
	"Colours are used on a terminal only, and never when NO_COLOR is set.",
	NULL,
	NULL,
	NULL};

static void parse_request(int argc, char **argv, struct request *request)
{
	*request = (struct request){.paths = PMP_BY_PATH};
	int next = pmp_cli_parse(&argp, argc, argv, 0, request);

	if (next < argc)
		pmp_cli_usage("one file at a time, '%s' is one too many", argv[next]);
	if (!request->path)
		pmp_cli_usage("which file? pmprof report FILE.pmprof.h5");
	if (request->table && request->format != FORMAT_CSV)
		pmp_cli_usage("'--table' needs '--format csv'");
	if (request->has_per_rank && request->format != FORMAT_JSON)
		pmp_cli_usage("'--per-rank' needs '--format json'");
	if (request->top == 0)
		request->top = request->has_all || request->format == FORMAT_CSV ||
					       request->format == FORMAT_JSON
				       ? SIZE_MAX
				       : DEFAULT_TOP;
}

static unsigned terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
		return DEFAULT_WIDTH;
	return size.ws_col < MIN_WIDTH ? MIN_WIDTH : size.ws_col;
}

static struct pmp_text_options text_options(unsigned width)
{
	const char *no_colour = getenv("NO_COLOR");
	bool is_dark = no_colour && no_colour[0];

	return (struct pmp_text_options){.width = width,
					 .has_colour = isatty(STDOUT_FILENO) && !is_dark,
					 .is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
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

static int print_doc(const struct request *request, const struct pmp_summary *summary,
		     const struct pmp_report_options *report, struct pmp_pool *pool)
{
	struct pmp_doc doc = {.pool = pool};
	int rc = pmp_report_doc(summary, report, &doc);

	if (rc)
		return rc;
	if (request->format == FORMAT_MARKDOWN)
		return pmp_print_markdown(&doc, stdout);
	if (request->format == FORMAT_TEXT) {
		struct pmp_text_options text = text_options(report->width);

		return pmp_print_text(&doc, &text, stdout);
	}
	const char *table = request->table ? request->table : "paths";

	rc = pmp_print_csv(&doc, table, stdout);
	if (rc == -PMP_ENOTFOUND)
		pmp_cli_choice("table", table, pmp_doc_table_names(&doc));
	return rc;
}

static int print_report(const struct request *request, const struct pmp_model *model,
			struct pmp_pool *pool, struct pmp_diag *diag)
{
	bool is_for_people = request->format == FORMAT_TEXT || request->format == FORMAT_MARKDOWN;
	struct pmp_report_options report = {
		.sort = request->sort,
		.paths = request->paths,
		.top = request->top,
		.is_folded = is_for_people && !request->has_all,
		.has_per_rank = request->has_per_rank,
		.width = request->width ? request->width : terminal_width(),
		.path = request->path,
	};
	struct pmp_summary *summary;
	int rc = select_data(request, model, pool, &report, diag);

	if (rc == 0)
		rc = pmp_summarize(model, pool, &summary);
	if (rc)
		return rc;
	if (request->format == FORMAT_JSON)
		rc = pmp_report_json(summary, &report, stdout);
	else
		rc = print_doc(request, summary, &report, pool);
	return rc == -PMP_EIO ? pmp_fail(diag, PMP_EFULL, "cannot write the report: %m") : rc;
}

int cmd_report(int argc, char **argv)
{
	struct pmp_diag diag = {""};
	struct pmp_model *model = NULL;
	struct pmp_pool *pool = NULL;
	struct request request;
	int rc;

	setlocale(LC_CTYPE, ""); /* only to learn whether the terminal speaks UTF-8 */
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
