/*
 * report_calls.c - calls by name, by site and by path, sorted by any column.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/report_parts.h"

#define NS 1e-9

double pmp_call_imbalance(const struct pmp_call_sum *sum, size_t ranks)
{
	if (sum->time_ns <= 0)
		return NAN;
	return (double)sum->rank_max_ns * (double)ranks / (double)sum->time_ns - 1;
}

size_t pmp_selected_ranks(const struct pmp_summary *s, const struct pmp_selection *selection)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += !selection->ranks || selection->ranks[s->ranks[i]];
	return count;
}

/* A key and the place in the file, so that equals keep their order. */
struct sortable {
	double key;
	size_t index;
};

static double sort_key(const struct pmp_call_sum *sum, enum pmp_sort by, size_t ranks)
{
	switch (by) {
	case PMP_SORT_COUNT:
		return (double)sum->count;
	case PMP_SORT_MAX:
		return (double)sum->max_ns;
	case PMP_SORT_BYTES:
		return (double)sum->bytes_out + (double)sum->bytes_in;
	case PMP_SORT_IMBALANCE: /* in seconds: a large percentage of nothing is nothing */
		return (double)sum->rank_max_ns * (double)ranks - (double)sum->time_ns;
	case PMP_SORT_TIME:
		break;
	}
	return (double)sum->time_ns;
}

static int compare_keys(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

void pmp_sort_calls(struct pmp_call_sum *sums, size_t count, enum pmp_sort by, size_t ranks)
{
	struct sortable *order = calloc(count + 1, sizeof(*order));
	struct pmp_call_sum *copy = calloc(count + 1, sizeof(*copy));

	if (order && copy && count) {
		for (size_t i = 0; i < count; i++)
			order[i] = (struct sortable){sort_key(&sums[i], by, ranks), i};
		qsort(order, count, sizeof(*order), compare_keys);
		memcpy(copy, sums, count * sizeof(*copy));
		for (size_t i = 0; i < count; i++)
			sums[i] = copy[order[i].index];
	}
	free(order);
	free(copy);
}

/* Recursion: the same call again. */
static bool is_same_place(const struct pmp_place *a, const struct pmp_place *b)
{
	return a->line == b->line && a->offset == b->offset &&
	       strcmp(a->function, b->function) == 0 && strcmp(a->file, b->file) == 0;
}

/* "main (heat.c:40) › solve (heat.c:88)": from main, or from the outermost frame of which a function is known, down to the call. */
static const char *chain_text(const struct pmp_report *report, uint32_t path)
{
	struct pmp_pool *pool = report->doc->pool;
	struct pmp_place *frames;
	size_t count = pmp_path_frames(report->summary->model, path, pool, &frames), first = count;
	const char *text = "";

	for (size_t i = 0; i < count && first == count; i++)
		if (strcmp(frames[i].function, "main") == 0 ||
		    strcmp(frames[i].function, "MAIN__") == 0)
			first = i + 1;
	while (first > 0) {
		size_t same = 1;

		while (same < first && is_same_place(&frames[first - 1], &frames[first - 1 - same]))
			same++;
		text = pmp_pool_printf(pool, "%s%s%s", text, text[0] ? " › " : "",
				       pmp_place_long_text(pool, &frames[first - 1]));
		if (same > 1)
			text = pmp_pool_printf(pool, "%s ×%zu", text, same);
		first -= same;
	}
	return text;
}

static const char *detail_text(const struct pmp_report *report, const struct pmp_call_sum *sum)
{
	struct pmp_pool *pool = report->doc->pool;
	const char *region = pmp_region_text(report->summary->model, pool, sum->region);

	return pmp_pool_printf(pool, "%s%s%s%s", region[0] ? "[" : "", region,
			       region[0] ? "] " : "", chain_text(report, sum->path));
}

/* Ranks with data among the selected ones: over these a mean is formed. */
static size_t selected_ranks(const struct pmp_report *report)
{
	return pmp_selected_ranks(report->summary, &report->options->selection);
}

/* time to imbalance: the columns that tables of calls have in common */
#define SUM_COLUMNS(sort)                                                                          \
	{"time_s", "time", PMP_COLUMN_RIGHT},                                                      \
		{"share", (sort) == PMP_SORT_IMBALANCE ? NULL : "share", PMP_COLUMN_RIGHT},        \
		{"count", "count", PMP_COLUMN_RIGHT},                                              \
		{"max_s", (sort) == PMP_SORT_IMBALANCE ? NULL : "max", PMP_COLUMN_RIGHT},          \
		{"bytes_out", "bytes", PMP_COLUMN_RIGHT}, {"bytes_in", NULL, PMP_COLUMN_RIGHT},    \
		{"imbalance", (sort) == PMP_SORT_IMBALANCE ? "max/mean-1" : NULL,                  \
		 PMP_COLUMN_RIGHT},                                                                \
	{                                                                                          \
		"rank_of_max", (sort) == PMP_SORT_IMBALANCE ? "rank" : NULL, PMP_COLUMN_RIGHT      \
	}

static void add_sum_cells(const struct pmp_report *report, struct pmp_doc_table *table,
			  const struct pmp_call_sum *sum)
{
	const struct pmp_summary *s = report->summary;
	double seconds = (double)sum->time_ns * NS;
	int64_t bytes = sum->bytes_out ? sum->bytes_out : sum->bytes_in;

	pmp_cell_seconds(report, table, seconds);
	pmp_cell_percent(report, table, PMP_STYLE_NONE, s->core_s > 0 ? seconds / s->core_s : NAN);
	pmp_cell_count(report, table, sum->count);
	pmp_cell_seconds(report, table, (double)sum->max_ns * NS);
	pmp_cell_integer(table, PMP_STYLE_NONE, sum->bytes_out,
			 bytes ? pmp_keep(report, pmp_fmt_bytes((double)bytes)) : "");
	pmp_cell_integer(table, PMP_STYLE_NONE, sum->bytes_in, "");
	pmp_cell_percent(report, table, PMP_STYLE_NONE,
			 pmp_call_imbalance(sum, selected_ranks(report)));
	pmp_cell_integer(table, PMP_STYLE_NONE, sum->rank_of_max,
			 pmp_pool_printf(report->doc->pool, "%u", sum->rank_of_max));
}

int pmp_report_calls(const struct pmp_report *report)
{
	static const struct pmp_column columns[] = {{"call", "call", PMP_COLUMN_NAME},
						    SUM_COLUMNS(PMP_SORT_TIME)};
	const struct pmp_summary *s = report->summary;
	struct pmp_call_sum *sums;
	size_t count;
	int rc = pmp_query_calls(s->model, &report->options->selection, PMP_BY_CALL,
				 report->doc->pool, &sums, &count);

	if (rc)
		return rc;
	pmp_sort_calls(sums, count, report->options->sort, selected_ranks(report));
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "calls", columns, PMP_COUNT_OF(columns));

	table->is_for_machines = true; /* people get the call paths */
	for (size_t i = 0; i < count; i++) {
		pmp_doc_row(report->doc, table);
		pmp_cell_text(table, PMP_STYLE_NONE, pmp_call_info(sums[i].call)->name);
		add_sum_cells(report, table, &sums[i]);
	}
	return 0;
}

static void add_path(const struct pmp_report *report, struct pmp_doc_table *table,
		     const struct pmp_call_sum *sum)
{
	const struct pmp_model *model = report->summary->model;
	struct pmp_pool *pool = report->doc->pool;
	struct pmp_place place = pmp_place_of_path(model, sum->path);
	bool has_path = report->options->paths == PMP_BY_PATH;

	pmp_doc_row(report->doc, table);
	pmp_cell_text(table, PMP_STYLE_STRONG, pmp_call_info(sum->call)->name);
	pmp_cell_text(table, PMP_STYLE_NONE,
		      has_path ? pmp_place_text(pool, &place) : pmp_place_long_text(pool, &place));
	add_sum_cells(report, table, sum);
	pmp_cell_text(table, PMP_STYLE_NONE, pmp_region_text(model, pool, sum->region));
	pmp_cell_text(table, PMP_STYLE_NONE, place.function);
	pmp_cell_text(table, PMP_STYLE_NONE, place.file);
	pmp_cell_integer(table, PMP_STYLE_NONE, place.line, "");
	pmp_cell_text(table, PMP_STYLE_NONE, has_path ? chain_text(report, sum->path) : "");
	if (has_path)
		pmp_doc_detail(table, detail_text(report, sum));
}

static const char *sort_text(const struct pmp_report *report, size_t shown, size_t count)
{
	static const char *const by[] = {[PMP_SORT_TIME] = "time",
					 [PMP_SORT_COUNT] = "count",
					 [PMP_SORT_MAX] = "longest call",
					 [PMP_SORT_BYTES] = "bytes",
					 [PMP_SORT_IMBALANCE] = "imbalance"};

	return pmp_pool_printf(
		report->doc->pool, "%zu of %zu, by %s%s", shown, count, by[report->options->sort],
		report->options->sort == PMP_SORT_IMBALANCE ? " in seconds"
							    : "; share of all core-seconds");
}

int pmp_report_paths(const struct pmp_report *report)
{
	const struct pmp_report_options *options = report->options;
	const struct pmp_summary *s = report->summary;
	const struct pmp_column all[] = {
		{"call", "call", PMP_COLUMN_NAME},   {NULL, "at", PMP_COLUMN_LEFT},
		SUM_COLUMNS(options->sort),          {"region", NULL, PMP_COLUMN_LEFT},
		{"function", NULL, PMP_COLUMN_LEFT}, {"file", NULL, PMP_COLUMN_LEFT},
		{"line", NULL, PMP_COLUMN_RIGHT},    {"path", NULL, PMP_COLUMN_LEFT},
	};
	struct pmp_column *columns = pmp_pool_alloc(report->doc->pool, 1, sizeof(all));
	struct pmp_call_sum *sums;
	size_t count;
	int rc = pmp_query_calls(s->model, &options->selection, options->paths, report->doc->pool,
				 &sums, &count);

	if (rc || !columns)
		return rc ? rc : -PMP_ENOMEM;
	if (count == 0 && options->is_folded)
		return 0;
	memcpy(columns, all, sizeof(all));
	pmp_sort_calls(sums, count, options->sort, selected_ranks(report));
	size_t shown = count < options->top ? count : options->top;

	pmp_doc_heading(report->doc, options->paths == PMP_BY_PATH ? "Call paths" : "Call sites",
			sort_text(report, shown, count));
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "paths", columns, PMP_COUNT_OF(all));

	for (size_t i = 0; i < shown; i++)
		add_path(report, table, &sums[i]);
	return 0;
}
