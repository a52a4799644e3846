/*
 * report_ranks.c - ranks and regions side by side, and how each rank ended.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/report_parts.h"

#define NS          1e-9
#define FOLD_ABOVE  16
#define FOLD_SLOW   6
#define FOLD_FAST   4
#define MAX_ENDINGS 16

static const char *const state_names[PMP_RANK_STATE_COUNT] = {
	[PMP_RANK_FINALIZED] = "finalized", [PMP_RANK_ABORTED] = "aborted",
	[PMP_RANK_SIGNALED] = "signaled",   [PMP_RANK_EXITED] = "exited",
	[PMP_RANK_VANISHED] = "vanished",   [PMP_RANK_MISSING] = "missing",
};

const char *pmp_rank_state_name(enum pmp_rank_state state)
{
	return state_names[state];
}

static void add_rank(const struct pmp_report *report, struct pmp_doc_table *table,
		     const struct pmp_model_rank *rank)
{
	double wall = report->summary->model->run.wall_s;
	double compute = (double)rank->compute_ns * NS, io = (double)rank->io_ns * NS;
	double mpi = (double)rank->mpi_ns * NS;

	pmp_doc_row(report->doc, table);
	pmp_cell_integer(table, PMP_STYLE_NONE, rank->rank,
			 pmp_pool_printf(report->doc->pool, "%u", rank->rank));
	pmp_cell_text(table, PMP_STYLE_NONE, rank->host);
	pmp_cell_bar(table, PMP_STYLE_NONE, wall > 0 ? compute / wall : 0,
		     wall > 0 ? (mpi + io) / wall : 0);
	pmp_cell_seconds(report, table, compute);
	pmp_cell_seconds(report, table, mpi);
	pmp_cell_seconds(report, table, io);
	pmp_cell_real(table, PMP_STYLE_NONE, (double)rank->wall_ns * NS, "");
	pmp_cell_count(report, table, rank->calls);
	if (rank->max_rss_bytes)
		pmp_cell_bytes(report, table, rank->max_rss_bytes);
	else /* unknown, of one that was killed */
		pmp_cell_text(table, PMP_STYLE_NONE, "");
	pmp_cell_text(table, rank->state == PMP_RANK_FINALIZED ? PMP_STYLE_NONE : PMP_STYLE_BAD,
		      state_names[rank->state]);
	pmp_cell_integer(table, PMP_STYLE_NONE, rank->code, "");
	pmp_cell_text(table, PMP_STYLE_NONE, rank->ending);
}

static int compare_compute(const void *a, const void *b)
{
	const struct pmp_model_rank *x = *(const struct pmp_model_rank *const *)a;
	const struct pmp_model_rank *y = *(const struct pmp_model_rank *const *)b;

	if (x->compute_ns != y->compute_ns)
		return x->compute_ns > y->compute_ns ? -1 : 1;
	return x->rank < y->rank ? -1 : 1;
}

/* Those that compute longest and shortest; the many in between look alike. */
static void add_folded(const struct pmp_report *report, struct pmp_doc_table *table,
		       const struct pmp_model_rank **ranks, size_t count)
{
	qsort(ranks, count, sizeof(*ranks), compare_compute);
	for (size_t i = 0; i < FOLD_SLOW; i++)
		add_rank(report, table, ranks[i]);
	pmp_doc_detail(
		table,
		pmp_pool_printf(
			report->doc->pool, "%zu more ranks compute %s to %s, --all lists them",
			count - FOLD_SLOW - FOLD_FAST,
			pmp_fmt_seconds((double)ranks[count - FOLD_FAST - 1]->compute_ns * NS).text,
			pmp_fmt_seconds((double)ranks[FOLD_SLOW]->compute_ns * NS).text));
	for (size_t i = count - FOLD_FAST; i < count; i++)
		add_rank(report, table, ranks[i]);
}

static bool has_io(const struct pmp_model *model)
{
	for (size_t r = 0; r < model->rank_count; r++)
		if (model->ranks[r].io_ns > 0)
			return true;
	return false;
}

static bool all_finalized(const struct pmp_model *model)
{
	for (size_t r = 0; r < model->rank_count; r++)
		if (model->ranks[r].state != PMP_RANK_FINALIZED)
			return false;
	return true;
}

int pmp_report_ranks(const struct pmp_report *report)
{
	const struct pmp_model *model = report->summary->model;
	const bool *wanted = report->options->selection.ranks;
	const struct pmp_column all[] = {
		{"rank", "rank", PMP_COLUMN_RIGHT},
		{"host", report->summary->nodes > 1 ? "host" : NULL, PMP_COLUMN_LEFT},
		{NULL, "", PMP_COLUMN_BAR},
		{"compute_s", "compute", PMP_COLUMN_RIGHT},
		{"mpi_s", "MPI", PMP_COLUMN_RIGHT},
		{"io_s", has_io(model) ? "I/O" : NULL, PMP_COLUMN_RIGHT},
		{"wall_s", NULL, PMP_COLUMN_RIGHT},
		{"calls", "calls", PMP_COLUMN_RIGHT},
		{"max_rss_bytes", "memory", PMP_COLUMN_RIGHT},
		{"state", all_finalized(model) ? NULL : "ended", PMP_COLUMN_LEFT},
		{"code", NULL, PMP_COLUMN_RIGHT},
		{"ending", NULL, PMP_COLUMN_LEFT},
	};
	struct pmp_column *columns = pmp_pool_alloc(report->doc->pool, 1, sizeof(all));
	const struct pmp_model_rank **ranks =
		pmp_pool_alloc(report->doc->pool, model->rank_count, sizeof(*ranks));
	size_t count = 0;

	if (!columns || !ranks)
		return -PMP_ENOMEM;
	memcpy(columns, all, sizeof(all));
	for (size_t r = 0; r < model->rank_count; r++)
		if (!wanted || wanted[r])
			ranks[count++] = &model->ranks[r];
	pmp_doc_heading(report->doc, "Ranks", "full bar: computation, light: MPI and I/O");
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "ranks", columns, PMP_COUNT_OF(all));

	if (report->options->is_folded && count > FOLD_ABOVE)
		add_folded(report, table, ranks, count);
	else
		for (size_t i = 0; i < count; i++)
			add_rank(report, table, ranks[i]);
	return 0;
}

/* One region over the ranks with data. */
struct region_line {
	const struct pmp_region_sum *sum;
	struct pmp_imbalance compute;
	double mpi_mean, io_mean;
	uint32_t slowest;
};

static int measure_region(const struct pmp_report *report, const struct pmp_region_sum *sum,
			  struct region_line *line)
{
	const struct pmp_summary *s = report->summary;
	double *values = pmp_pool_alloc(report->doc->pool, s->count, sizeof(*values));
	double mpi = 0, io = 0;

	if (!values)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < s->count; i++) {
		values[i] = sum->compute_s[s->ranks[i]];
		mpi += sum->mpi_s[s->ranks[i]];
		io += sum->io_s[s->ranks[i]];
	}
	line->sum = sum;
	line->compute = pmp_imbalance(values, s->count);
	line->mpi_mean = mpi / (double)s->count;
	line->io_mean = io / (double)s->count;
	line->slowest = s->ranks[line->compute.slowest];
	return 0;
}

static void add_region(const struct pmp_report *report, struct pmp_doc_table *table,
		       const struct region_line *line)
{
	const struct pmp_model *model = report->summary->model;
	struct pmp_pool *pool = report->doc->pool;
	const struct pmp_imbalance *u = &line->compute;
	uint32_t region = line->sum->region;
	int depth = -1;

	for (uint32_t r = region; r != 0; r = model->regions[r].parent)
		depth++;
	pmp_doc_row(report->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, pmp_region_text(model, pool, region));
	pmp_cell_text(table, PMP_STYLE_NONE,
		      region ? pmp_pool_printf(pool, "%*s%s", 2 * (depth < 20 ? depth : 20), "",
					       model->regions[region].name)
			     : "whole run");
	pmp_cell_integer(table, PMP_STYLE_NONE, line->sum->count,
			 region ? pmp_keep(report, pmp_fmt_count(line->sum->count)) : "");
	pmp_cell_seconds(report, table, u->mean);
	pmp_cell_seconds(report, table, u->max);
	pmp_cell_integer(table, PMP_STYLE_NONE, line->slowest,
			 u->max > 0 ? pmp_pool_printf(pool, "%u", line->slowest) : "");
	pmp_cell_percent(report, table, u->percent >= 0.05 ? PMP_STYLE_WARN : PMP_STYLE_NONE,
			 u->percent);
	pmp_cell_seconds(report, table, u->lost);
	pmp_cell_seconds(report, table, line->mpi_mean);
	const double others[] = {u->min,          line->io_mean, u->time,    u->cray,
				 u->load_balance, u->cov,        u->skewness};

	for (size_t i = 0; i < PMP_COUNT_OF(others); i++)
		pmp_cell_real(table, PMP_STYLE_NONE, others[i], "");
}

static int compare_regions(const void *a, const void *b)
{
	const struct region_line *x = a, *y = b;

	return (x->compute.lost < y->compute.lost) - (x->compute.lost > y->compute.lost);
}

static bool is_wanted(const struct pmp_report *report, size_t region)
{
	const bool *regions = report->options->selection.regions;

	return !regions || regions[region];
}

int pmp_report_regions(const struct pmp_report *report)
{
	static const struct pmp_column columns[] = {
		{"region", NULL, PMP_COLUMN_LEFT},
		{NULL, "region", PMP_COLUMN_LEFT},
		{"count", "count", PMP_COLUMN_RIGHT},
		{"compute_mean_s", "mean", PMP_COLUMN_RIGHT},
		{"compute_max_s", "max", PMP_COLUMN_RIGHT},
		{"rank_of_max", "on rank", PMP_COLUMN_RIGHT},
		{"imbalance", "max/mean-1", PMP_COLUMN_RIGHT},
		{"lost_s", "lost", PMP_COLUMN_RIGHT},
		{"mpi_mean_s", "MPI mean", PMP_COLUMN_RIGHT},
		{"compute_min_s", NULL, PMP_COLUMN_RIGHT},
		{"io_mean_s", NULL, PMP_COLUMN_RIGHT},
		{"imbalance_time_s", NULL, PMP_COLUMN_RIGHT},
		{"imbalance_cray", NULL, PMP_COLUMN_RIGHT},
		{"load_balance", NULL, PMP_COLUMN_RIGHT},
		{"cov", NULL, PMP_COLUMN_RIGHT},
		{"skewness", NULL, PMP_COLUMN_RIGHT},
	};
	const struct pmp_summary *s = report->summary;
	struct region_line *lines =
		pmp_pool_alloc(report->doc->pool, s->model->region_count, sizeof(*lines));
	size_t count = 0, top = report->options->top;

	if (!lines)
		return -PMP_ENOMEM;
	if (s->count == 0 ||
	    (s->count == 1 && s->model->region_count == 1 && report->options->is_folded))
		return 0;
	for (size_t r = 0; r < s->model->region_count; r++)
		if (is_wanted(report, r) && measure_region(report, &s->regions[r], &lines[count++]))
			return -PMP_ENOMEM;
	if (report->options->sort == PMP_SORT_IMBALANCE || count > top)
		qsort(lines, count, sizeof(*lines), compare_regions);
	pmp_doc_heading(report->doc, s->count > 1 ? "Load imbalance" : "Regions",
			"computation over ranks; lost = N*max - sum");
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "regions", columns, PMP_COUNT_OF(columns));

	for (size_t i = 0; i < count && i < top; i++)
		add_region(report, table, &lines[i]);
	return 0;
}

static void add_ending(const struct pmp_report *report, struct pmp_doc_table *table,
		       const struct pmp_model_rank *rank)
{
	struct pmp_pool *pool = report->doc->pool;
	struct pmp_place place = pmp_place_of_path(report->summary->model, rank->last_path);
	const char *where = pmp_place_text(pool, &place);
	const char *last = "";

	if (rank->last_call != PMP_CALL_NONE)
		last = pmp_pool_printf(pool, "%s %s%s%s", rank->in_call ? "inside" : "after",
				       pmp_call_info(rank->last_call)->name, where[0] ? " at " : "",
				       where);
	pmp_doc_row(report->doc, table);
	pmp_cell_integer(table, PMP_STYLE_NONE, rank->rank,
			 pmp_pool_printf(pool, "%u", rank->rank));
	pmp_cell_text(table, PMP_STYLE_BAD, state_names[rank->state]);
	pmp_cell_text(table, PMP_STYLE_NONE,
		      pmp_pool_printf(pool, "%s%s%s", rank->ending,
				      rank->ending[0] && last[0] ? ", " : "", last));
}

static const char *finalized_text(const struct pmp_report *report, size_t finalized)
{
	size_t ranks = report->summary->model->rank_count;

	if (finalized == ranks)
		return ranks == 1 ? "  The rank reached MPI_Finalize."
				  : pmp_pool_printf(report->doc->pool,
						    "  All %zu ranks reached MPI_Finalize.", ranks);
	return pmp_pool_printf(report->doc->pool,
			       "  %zu of %zu ranks reached MPI_Finalize:", finalized, ranks);
}

void pmp_report_endings(const struct pmp_report *report)
{
	static const struct pmp_column columns[] = {{NULL, "rank", PMP_COLUMN_RIGHT},
						    {NULL, "ended", PMP_COLUMN_LEFT},
						    {NULL, "how", PMP_COLUMN_WRAP}};
	const struct pmp_model *model = report->summary->model;
	const bool *wanted = report->options->selection.ranks;
	size_t finalized = 0, shown = 0, left = 0;

	pmp_doc_heading(report->doc, "How the ranks ended", NULL);
	for (size_t r = 0; r < model->rank_count; r++)
		finalized += model->ranks[r].state == PMP_RANK_FINALIZED;
	pmp_doc_text(report->doc, PMP_STYLE_NONE, finalized_text(report, finalized));
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, NULL, columns, PMP_COUNT_OF(columns));

	for (size_t r = 0; r < model->rank_count; r++) {
		if (model->ranks[r].state == PMP_RANK_FINALIZED || (wanted && !wanted[r]))
			continue;
		if (report->options->is_folded && shown == MAX_ENDINGS) {
			left++;
			continue;
		}
		add_ending(report, table, &model->ranks[r]);
		shown++;
	}
	if (left)
		pmp_doc_text(
			report->doc, PMP_STYLE_DIM,
			pmp_pool_printf(report->doc->pool, "  %zu more, --all lists them", left));
}
