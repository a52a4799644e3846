/*
 * report_traffic.c - messages by size, and who sends how much to whom; the matrix is folded until it fits the width.
 */
#include <stdlib.h>
#include <string.h>

#include "render/report_parts.h"

#define CELL_WIDTH 6 /* "1.5k" and the gap */
#define MAX_BLOCKS 24

static void add_size(const struct pmp_report *report, struct pmp_doc_table *table, unsigned class,
		     const struct pmp_size_sum *sum)
{
	const int64_t numbers[][2] = {{sum->p2p_count, sum->p2p_bytes},
				      {sum->collective_count, sum->collective_bytes},
				      {sum->other_count, sum->other_bytes}};

	pmp_doc_row(report->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, pmp_keep(report, pmp_fmt_size_class(class)));
	for (size_t i = 0; i < PMP_COUNT_OF(numbers); i++) {
		pmp_cell_integer(table, PMP_STYLE_NONE, numbers[i][0],
				 numbers[i][0] ? pmp_keep(report, pmp_fmt_count(numbers[i][0]))
					       : "");
		pmp_cell_integer(table, PMP_STYLE_NONE, numbers[i][1],
				 numbers[i][0]
					 ? pmp_keep(report, pmp_fmt_bytes((double)numbers[i][1]))
					 : "");
	}
}

static bool is_used(const struct pmp_size_sum *sum)
{
	return sum->p2p_count || sum->collective_count || sum->other_count;
}

/* Columns without any number are for machines only. */
static struct pmp_column *size_columns(const struct pmp_report *report,
				       const struct pmp_size_sum *sizes, size_t *count)
{
	bool has_p2p = false, has_collective = false, has_other = false;

	for (unsigned k = 1; k < PMP_SIZE_CLASSES; k++) {
		has_p2p |= sizes[k].p2p_count != 0;
		has_collective |= sizes[k].collective_count != 0;
		has_other |= sizes[k].other_count != 0;
	}
	const struct pmp_column all[] = {
		{"size", "size", PMP_COLUMN_LEFT},
		{"p2p_calls", has_p2p ? "sends" : NULL, PMP_COLUMN_RIGHT},
		{"p2p_bytes", has_p2p ? "bytes" : NULL, PMP_COLUMN_RIGHT},
		{"collective_calls", has_collective ? "collective" : NULL, PMP_COLUMN_RIGHT},
		{"collective_bytes", has_collective ? "bytes" : NULL, PMP_COLUMN_RIGHT},
		{"other_calls", has_other ? "one-sided, I/O" : NULL, PMP_COLUMN_RIGHT},
		{"other_bytes", has_other ? "bytes" : NULL, PMP_COLUMN_RIGHT},
	};
	struct pmp_column *columns = pmp_pool_alloc(report->doc->pool, 1, sizeof(all));

	*count = PMP_COUNT_OF(all);
	return columns ? memcpy(columns, all, sizeof(all)) : NULL;
}

void pmp_report_sizes(const struct pmp_report *report)
{
	struct pmp_size_sum *sizes =
		pmp_pool_alloc(report->doc->pool, PMP_SIZE_CLASSES, sizeof(*sizes));
	struct pmp_column *columns;
	bool is_empty = true;
	size_t count;

	if (!sizes)
		return;
	pmp_query_sizes(report->summary->model, &report->options->selection, sizes);
	for (unsigned k = 1; k < PMP_SIZE_CLASSES; k++)
		is_empty &= !is_used(&sizes[k]);
	columns = size_columns(report, sizes, &count);
	if (!columns)
		return;
	if (!is_empty)
		pmp_doc_heading(report->doc, "Data by size",
				"by bytes per call; receives are not counted");
	struct pmp_doc_table *table = pmp_doc_table(report->doc, "sizes", columns, count);

	for (unsigned k = 1; k < PMP_SIZE_CLASSES; k++)
		if (is_used(&sizes[k]))
			add_size(report, table, k, &sizes[k]);
}

/* -1: not in MPI_COMM_WORLD */
static int64_t rank_number(uint32_t rank)
{
	return rank == PMP_NONE ? -1 : (int64_t)rank;
}

static void add_list(const struct pmp_report *report, const struct pmp_pair_sum *pairs,
		     size_t count)
{
	static const struct pmp_column columns[] = {{"src", "from", PMP_COLUMN_RIGHT},
						    {"dst", "to", PMP_COLUMN_RIGHT},
						    {"count", "count", PMP_COLUMN_RIGHT},
						    {"bytes", "bytes", PMP_COLUMN_RIGHT}};
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "messages", columns, PMP_COUNT_OF(columns));

	table->is_for_machines = true; /* people get the matrix */
	for (size_t i = 0; i < count; i++) {
		pmp_doc_row(report->doc, table);
		pmp_cell_integer(table, PMP_STYLE_NONE, rank_number(pairs[i].src), "");
		pmp_cell_integer(table, PMP_STYLE_NONE, rank_number(pairs[i].dst), "");
		pmp_cell_count(report, table, pairs[i].count);
		pmp_cell_bytes(report, table, pairs[i].bytes);
	}
}

/* Ranks in blocks of equal, round length, so that the matrix fits. */
struct fold {
	size_t block; /* ranks in one row or column */
	size_t blocks;
};

static struct fold fold_ranks(size_t ranks, unsigned width)
{
	size_t fits = width > 4 * CELL_WIDTH ? (width - 2 * CELL_WIDTH) / CELL_WIDTH : 2;
	struct fold fold = {.block = 1};

	if (fits > MAX_BLOCKS)
		fits = MAX_BLOCKS;
	while ((ranks + fold.block - 1) / fold.block > fits)
		fold.block *= 2;
	fold.blocks = (ranks + fold.block - 1) / fold.block;
	return fold;
}

static struct pmp_doc_table *open_matrix(const struct pmp_report *report, const struct fold *fold)
{
	struct pmp_pool *pool = report->doc->pool;
	struct pmp_column *columns = pmp_pool_alloc(pool, fold->blocks + 1, sizeof(*columns));

	if (!columns)
		return NULL;
	columns[0] = (struct pmp_column){NULL, "from", PMP_COLUMN_RIGHT};
	for (size_t b = 0; b < fold->blocks; b++)
		columns[b + 1] = (struct pmp_column){
			NULL, pmp_pool_printf(pool, "%zu", b * fold->block), PMP_COLUMN_RIGHT};
	return pmp_doc_table(report->doc, NULL, columns, fold->blocks + 1);
}

static int add_matrix(const struct pmp_report *report, const struct pmp_pair_sum *pairs,
		      size_t count)
{
	struct pmp_pool *pool = report->doc->pool;
	struct fold fold = fold_ranks(report->summary->model->rank_count, report->options->width);
	double *cells = pmp_pool_alloc(pool, fold.blocks * fold.blocks, sizeof(*cells));
	const char *note = "bytes from rank (row) to rank (column)";

	if (!cells)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (pairs[i].src != PMP_NONE && pairs[i].dst != PMP_NONE)
			cells[pairs[i].src / fold.block * fold.blocks +
			      pairs[i].dst / fold.block] += (double)pairs[i].bytes;
	if (fold.block > 1)
		note = pmp_pool_printf(pool,
				       "bytes, rows and columns of %zu ranks each, by the first",
				       fold.block);
	pmp_doc_heading(report->doc, "Who sends to whom", note);
	struct pmp_doc_table *table = open_matrix(report, &fold);

	for (size_t row = 0; table && row < fold.blocks; row++) {
		pmp_doc_row(report->doc, table);
		pmp_cell_text(table, PMP_STYLE_DIM, pmp_pool_printf(pool, "%zu", row * fold.block));
		for (size_t b = 0; b < fold.blocks; b++) {
			double bytes = cells[row * fold.blocks + b];

			pmp_cell_text(table, bytes > 0 ? PMP_STYLE_NONE : PMP_STYLE_DIM,
				      bytes > 0 ? pmp_keep(report, pmp_fmt_bytes_short(bytes))
						: "·");
		}
	}
	return table ? 0 : -PMP_ENOMEM;
}

int pmp_report_messages(const struct pmp_report *report)
{
	struct pmp_pair_sum *pairs;
	size_t count;
	int rc = pmp_query_pairs(report->summary->model, &report->options->selection,
				 report->doc->pool, &pairs, &count);

	if (rc)
		return rc;
	if (!report->options->is_folded)
		add_list(report, pairs, count);
	return count ? add_matrix(report, pairs, count) : 0;
}
