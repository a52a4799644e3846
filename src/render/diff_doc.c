/*
 * diff_doc.c - a diff as a document: the verdict, then times, then counts. Called by cmd_diff.c.
 */
#include "render/diff_doc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fmt.h"

struct view {
	const struct pmp_diff *diff;
	const struct pmp_diff_options *options;
	struct pmp_doc *doc;
	struct pmp_pool *pool;
};

const char *pmp_diff_what_name(enum pmp_diff_what what)
{
	static const char *const names[] = {
		[PMP_DIFF_RUN] = "run",
		[PMP_DIFF_STARTUP] = "startup",
		[PMP_DIFF_COMPUTATION] = "computation",
		[PMP_DIFF_COMMUNICATION] = "communication",
		[PMP_DIFF_STRETCH] = "stretch",
		[PMP_DIFF_SITE] = "site",
	};

	return names[what];
}

const char *pmp_diff_state_name(enum pmp_diff_state state)
{
	static const char *const names[] = {
		[PMP_DIFF_SAME] = "same",     [PMP_DIFF_SLOWER] = "slower",
		[PMP_DIFF_FASTER] = "faster", [PMP_DIFF_UNCERTAIN] = "uncertain",
		[PMP_DIFF_NEW] = "new",       [PMP_DIFF_VANISHED] = "vanished",
	};

	return names[state];
}

const char *pmp_diff_count_state_name(enum pmp_diff_count_state state)
{
	static const char *const names[] = {
		[PMP_DIFF_COUNT_CHANGED] = "changed",
		[PMP_DIFF_COUNT_NEW] = "new",
		[PMP_DIFF_COUNT_VANISHED] = "vanished",
		[PMP_DIFF_COUNT_MOVED] = "moved",
	};

	return names[state];
}

const char *pmp_diff_verdict_name(enum pmp_diff_verdict verdict)
{
	static const char *const names[] = {
		[PMP_DIFF_VERDICT_SAME] = "same",
		[PMP_DIFF_VERDICT_FINDINGS] = "findings",
		[PMP_DIFF_VERDICT_INCONCLUSIVE] = "inconclusive",
	};

	return names[verdict];
}

static const char *keep(const struct view *v, struct pmp_fmt fmt)
{
	return pmp_pool_printf(v->pool, "%s", fmt.text);
}

static const char *sign_of(double value)
{
	return value < 0 ? "-" : "+";
}

static enum pmp_style style_of(enum pmp_diff_state state)
{
	static const enum pmp_style styles[] = {
		[PMP_DIFF_SAME] = PMP_STYLE_NONE,   [PMP_DIFF_SLOWER] = PMP_STYLE_BAD,
		[PMP_DIFF_FASTER] = PMP_STYLE_GOOD, [PMP_DIFF_UNCERTAIN] = PMP_STYLE_WARN,
		[PMP_DIFF_NEW] = PMP_STYLE_WARN,    [PMP_DIFF_VANISHED] = PMP_STYLE_WARN,
	};

	return styles[state];
}

static const char *ranks_text(const struct view *v)
{
	const struct pmp_diff *d = v->diff;

	if (!d->has_same_ranks)
		return pmp_pool_printf(v->pool, "%u and %u ranks", d->before_ranks, d->after_ranks);
	return pmp_pool_printf(v->pool, "%u rank%s", d->after_ranks,
			       d->after_ranks == 1 ? "" : "s");
}

static void add_verdict(const struct view *v)
{
	const struct pmp_diff *d = v->diff;
	static const enum pmp_style styles[] = {
		[PMP_DIFF_VERDICT_SAME] = PMP_STYLE_GOOD,
		[PMP_DIFF_VERDICT_FINDINGS] = PMP_STYLE_BAD,
		[PMP_DIFF_VERDICT_INCONCLUSIVE] = PMP_STYLE_WARN,
	};

	pmp_doc_title(v->doc, pmp_pool_printf(v->pool, "%s · %s · after: %s · before: %s",
					      v->options->program, ranks_text(v), v->options->after,
					      v->options->before));
	for (size_t i = 0; i < d->sentence_count; i++)
		pmp_doc_text(v->doc, i ? PMP_STYLE_NONE : styles[d->verdict], d->sentences[i]);
	if (v->options->trend)
		pmp_doc_text(v->doc, PMP_STYLE_NONE, v->options->trend);
	for (size_t i = 0; i < d->note_count; i++)
		pmp_doc_text(v->doc, PMP_STYLE_DIM,
			     pmp_pool_printf(v->pool, "note: %s", d->notes[i]));
}

static const char *inner_name(const struct view *v, const struct pmp_diff_row *row)
{
	const char *subject = pmp_diff_subject(v->pool, v->diff, row);
	const char *where = pmp_diff_where(v->pool, row);

	if (row->what == PMP_DIFF_SITE || subject != row->place.function || !where[0])
		return pmp_pool_printf(v->pool, "  %s", subject);
	return pmp_pool_printf(v->pool, "  %s (%s)", subject, where);
}

/* "the run", "solve", "MPI in solve/halo", "  MPI_Waitall (heat.c:60)" */
static const char *row_name(const struct view *v, const struct pmp_diff_row *row)
{
	bool is_computation = row->what == PMP_DIFF_COMPUTATION, has_regions = false;

	if (row->parent != SIZE_MAX)
		return inner_name(v, row);
	if (!is_computation && row->what != PMP_DIFF_COMMUNICATION)
		return pmp_diff_subject(v->pool, v->diff, row);
	for (size_t i = 0; i < v->diff->row_count; i++)
		has_regions = has_regions || v->diff->rows[i].region[0];
	if (!has_regions)
		return is_computation ? "computation" : "MPI and I/O";
	return pmp_pool_printf(v->pool, "%s%s", is_computation ? "" : "MPI in ",
			       row->region[0] ? row->region : "no region");
}

/* "+1.0 %", "+12 %" */
static const char *change_text(const struct view *v, double ratio, const char *unit)
{
	return pmp_pool_printf(v->pool, "%+.*f%s", fabs(ratio - 1) < 0.0995 ? 1 : 0,
			       100 * (ratio - 1), unit);
}

static const char *percent_text(const struct view *v, const struct pmp_diff_row *row)
{
	if (!(row->before_s > 0))
		return "new";
	return row->after_s > 0 ? change_text(v, row->after_s / row->before_s, " %") : "gone";
}

static const char *interval_text(const struct view *v, const struct pmp_interval ratio)
{
	if (isnan(ratio.low))
		return "";
	if (ratio.high > 10)
		return "very wide";
	return pmp_pool_printf(v->pool, "%s to %s", change_text(v, ratio.low, ""),
			       change_text(v, ratio.high, " %"));
}

/* In a narrow column: "?" for what may be noise. */
static const char *mark_text(enum pmp_diff_state state)
{
	if (state == PMP_DIFF_SAME)
		return "";
	return state == PMP_DIFF_UNCERTAIN ? "?" : pmp_diff_state_name(state);
}

static void add_time(const struct view *v, struct pmp_doc_table *table,
		     const struct pmp_diff_row *row)
{
	enum pmp_style style = style_of(row->state);
	const char *change = pmp_pool_printf(v->pool, "%s%s", sign_of(row->change_s),
					     pmp_fmt_seconds(fabs(row->change_s)).text);

	pmp_doc_row(v->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, row_name(v, row));
	pmp_cell_real(table, PMP_STYLE_NONE, row->before_s,
		      keep(v, pmp_fmt_seconds(row->before_s)));
	pmp_cell_real(table, PMP_STYLE_NONE, row->after_s, keep(v, pmp_fmt_seconds(row->after_s)));
	pmp_cell_real(table, style, row->change_s, change);
	pmp_cell_text(table, style, percent_text(v, row));
	pmp_cell_text(table, PMP_STYLE_DIM, interval_text(v, row->comparison.ratio));
	pmp_cell_text(table, style, mark_text(row->state));
}

static int by_change(const void *a, const void *b)
{
	double left = fabs((*(const struct pmp_diff_row *const *)a)->change_s);
	double right = fabs((*(const struct pmp_diff_row *const *)b)->change_s);

	return (left < right) - (left > right);
}

/* The rows inside of @parent that are worth a line; SIZE_MAX: the regions themselves, and start-up. */
static size_t select_rows(const struct view *v, size_t parent, const struct pmp_diff_row **rows)
{
	const struct pmp_diff *d = v->diff;
	double least = PMP_DIFF_RELEVANT * fmax(d->rows[0].before_s, d->rows[0].after_s);
	size_t count = 0;

	for (size_t i = 1; i < d->row_count; i++) {
		const struct pmp_diff_row *row = &d->rows[i];
		bool is_large = fmax(row->before_s, row->after_s) >= least;

		if (row->parent == parent &&
		    (row->state != PMP_DIFF_SAME || (is_large && parent == SIZE_MAX)))
			rows[count++] = row;
	}
	qsort(rows, count, sizeof(*rows), by_change);
	return count;
}

static int add_times(const struct view *v)
{
	static const struct pmp_column columns[] = {
		{NULL, "", PMP_COLUMN_LEFT},       {NULL, "before", PMP_COLUMN_RIGHT},
		{NULL, "after", PMP_COLUMN_RIGHT}, {NULL, "change", PMP_COLUMN_RIGHT},
		{NULL, "", PMP_COLUMN_RIGHT},      {NULL, "95 % interval", PMP_COLUMN_RIGHT},
		{NULL, "", PMP_COLUMN_NAME},
	};
	const struct pmp_diff *d = v->diff;
	const struct pmp_diff_row **rows = pmp_pool_alloc(v->pool, d->row_count, sizeof(*rows));
	const struct pmp_diff_row **inner = pmp_pool_alloc(v->pool, d->row_count, sizeof(*inner));
	struct pmp_doc_table *table;
	size_t count;

	if (!rows || !inner)
		return -PMP_ENOMEM;
	pmp_doc_heading(v->doc, "Time",
			"medians; computation: slowest rank, MPI and I/O: mean over ranks");
	table = pmp_doc_table(v->doc, NULL, columns, sizeof(columns) / sizeof(columns[0]));
	add_time(v, table, &d->rows[0]);
	count = select_rows(v, SIZE_MAX, rows);
	for (size_t i = 0; i < count && i < v->options->top; i++) {
		size_t within = select_rows(v, (size_t)(rows[i] - d->rows), inner);

		add_time(v, table, rows[i]);
		for (size_t k = 0; k < within && k < 3; k++)
			add_time(v, table, inner[k]);
	}
	if (count > v->options->top)
		pmp_doc_text(v->doc, PMP_STYLE_DIM,
			     pmp_pool_printf(v->pool, "  %zu more with '--all'",
					     count - v->options->top));
	return 0;
}

static const char *number_text(const struct view *v, double number)
{
	if (number == floor(number) && fabs(number) < 1e15)
		return keep(v, pmp_fmt_count((int64_t)number));
	return keep(v, pmp_fmt_number(number));
}

static const char *arrow_text(const struct view *v, const char *before, const char *after)
{
	return strcmp(before, after) == 0 ? after
					  : pmp_pool_printf(v->pool, "%s → %s", before, after);
}

static const char *count_place(const struct view *v, const struct pmp_diff_count *row)
{
	if (!row->place.file[0])
		return row->place.function;
	return pmp_pool_printf(v->pool, "%s%s%s:%u", row->place.function,
			       row->place.function[0] ? " " : "", row->place.file, row->place.line);
}

static void add_count(const struct view *v, struct pmp_doc_table *table,
		      const struct pmp_diff_count *row)
{
	enum pmp_style style = row->is_finding ? PMP_STYLE_BAD : PMP_STYLE_DIM;
	double before = row->out_before + row->in_before, after = row->out_after + row->in_after;

	pmp_doc_row(v->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, row->call ? row->call : "region");
	pmp_cell_text(table, PMP_STYLE_NONE, row->call ? count_place(v, row) : row->region);
	pmp_cell_text(table, style,
		      arrow_text(v, number_text(v, row->before), number_text(v, row->after)));
	pmp_cell_text(table, style,
		      before == 0 && after == 0 ? ""
						: arrow_text(v, keep(v, pmp_fmt_bytes(before)),
							     keep(v, pmp_fmt_bytes(after))));
	pmp_cell_text(table, style,
		      row->state == PMP_DIFF_COUNT_CHANGED ? ""
							   : pmp_diff_count_state_name(row->state));
}

static void add_counts(const struct view *v)
{
	static const struct pmp_column columns[] = {
		{NULL, "call", PMP_COLUMN_NAME},   {NULL, "place", PMP_COLUMN_LEFT},
		{NULL, "times", PMP_COLUMN_RIGHT}, {NULL, "bytes, out and in", PMP_COLUMN_RIGHT},
		{NULL, "", PMP_COLUMN_NAME},
	};
	const struct pmp_diff *d = v->diff;
	struct pmp_doc_table *table;

	if (d->count_count == 0)
		return;
	pmp_doc_heading(v->doc, "Calls and bytes that differ",
			d->has_same_ranks ? "over all ranks" : "per rank");
	table = pmp_doc_table(v->doc, NULL, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < d->count_count && i < v->options->top; i++)
		add_count(v, table, &d->counts[i]);
	if (d->count_count > v->options->top)
		pmp_doc_text(v->doc, PMP_STYLE_DIM,
			     pmp_pool_printf(v->pool, "  %zu more with '--all'",
					     d->count_count - v->options->top));
}

static void machine_place(struct pmp_doc_table *table, const struct pmp_digest_place *place)
{
	pmp_cell_text(table, PMP_STYLE_NONE, place->function);
	pmp_cell_text(table, PMP_STYLE_NONE, place->file);
	pmp_cell_integer(table, PMP_STYLE_NONE, place->line, "");
}

static void add_machine_times(const struct view *v)
{
	static const struct pmp_column columns[] = {
		{"what", NULL, PMP_COLUMN_LEFT},        {"state", NULL, PMP_COLUMN_LEFT},
		{"region", NULL, PMP_COLUMN_LEFT},      {"call", NULL, PMP_COLUMN_LEFT},
		{"from_call", NULL, PMP_COLUMN_LEFT},   {"function", NULL, PMP_COLUMN_LEFT},
		{"file", NULL, PMP_COLUMN_LEFT},        {"line", NULL, PMP_COLUMN_RIGHT},
		{"before_s", NULL, PMP_COLUMN_RIGHT},   {"after_s", NULL, PMP_COLUMN_RIGHT},
		{"change_s", NULL, PMP_COLUMN_RIGHT},   {"ratio", NULL, PMP_COLUMN_RIGHT},
		{"low", NULL, PMP_COLUMN_RIGHT},        {"high", NULL, PMP_COLUMN_RIGHT},
		{"p", NULL, PMP_COLUMN_RIGHT},          {"p_ratio", NULL, PMP_COLUMN_RIGHT},
		{"p_adjusted", NULL, PMP_COLUMN_RIGHT}, {"effect", NULL, PMP_COLUMN_RIGHT},
		{"waiting_s", NULL, PMP_COLUMN_RIGHT},  {"path", NULL, PMP_COLUMN_LEFT},
	};
	struct pmp_doc_table *table =
		pmp_doc_table(v->doc, "time", columns, sizeof(columns) / sizeof(columns[0]));

	table->is_for_machines = true;
	for (size_t i = 0; i < v->diff->row_count; i++) {
		const struct pmp_diff_row *row = &v->diff->rows[i];
		const struct pmp_comparison *c = &row->comparison;
		const double numbers[] = {row->before_s,  row->after_s,  row->change_s,
					  c->ratio.value, c->ratio.low,  c->ratio.high,
					  c->p,           c->p_ratio,    row->adjusted,
					  c->effect,      row->waiting_s};

		pmp_doc_row(v->doc, table);
		pmp_cell_text(table, PMP_STYLE_NONE, pmp_diff_what_name(row->what));
		pmp_cell_text(table, PMP_STYLE_NONE, pmp_diff_state_name(row->state));
		pmp_cell_text(table, PMP_STYLE_NONE, row->region);
		pmp_cell_text(table, PMP_STYLE_NONE, row->call);
		pmp_cell_text(table, PMP_STYLE_NONE, row->from_call);
		machine_place(table, &row->place);
		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			pmp_cell_real(table, PMP_STYLE_NONE, numbers[k], "");
		pmp_cell_text(table, PMP_STYLE_NONE, row->path);
	}
}

static void add_machine_counts(const struct view *v)
{
	static const struct pmp_column columns[] = {
		{"call", NULL, PMP_COLUMN_LEFT},
		{"state", NULL, PMP_COLUMN_LEFT},
		{"is_finding", NULL, PMP_COLUMN_RIGHT},
		{"region", NULL, PMP_COLUMN_LEFT},
		{"function", NULL, PMP_COLUMN_LEFT},
		{"file", NULL, PMP_COLUMN_LEFT},
		{"line", NULL, PMP_COLUMN_RIGHT},
		{"before", NULL, PMP_COLUMN_RIGHT},
		{"after", NULL, PMP_COLUMN_RIGHT},
		{"bytes_out_before", NULL, PMP_COLUMN_RIGHT},
		{"bytes_out_after", NULL, PMP_COLUMN_RIGHT},
		{"bytes_in_before", NULL, PMP_COLUMN_RIGHT},
		{"bytes_in_after", NULL, PMP_COLUMN_RIGHT},
		{"path", NULL, PMP_COLUMN_LEFT},
	};
	struct pmp_doc_table *table =
		pmp_doc_table(v->doc, "counts", columns, sizeof(columns) / sizeof(columns[0]));

	table->is_for_machines = true;
	for (size_t i = 0; i < v->diff->count_count; i++) {
		const struct pmp_diff_count *row = &v->diff->counts[i];
		const double numbers[] = {row->before,    row->after,     row->out_before,
					  row->out_after, row->in_before, row->in_after};

		pmp_doc_row(v->doc, table);
		pmp_cell_text(table, PMP_STYLE_NONE, row->call ? row->call : "");
		pmp_cell_text(table, PMP_STYLE_NONE, pmp_diff_count_state_name(row->state));
		pmp_cell_integer(table, PMP_STYLE_NONE, row->is_finding, "");
		pmp_cell_text(table, PMP_STYLE_NONE, row->region);
		machine_place(table, &row->place);
		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			pmp_cell_real(table, PMP_STYLE_NONE, numbers[k], "");
		pmp_cell_text(table, PMP_STYLE_NONE, row->path);
	}
}

static void add_next_steps(const struct view *v)
{
	const struct pmp_diff *d = v->diff;
	const char *example = v->options->example;

	if (d->verdict == PMP_DIFF_VERDICT_SAME || !example)
		return;
	pmp_doc_heading(v->doc, "What to do next", NULL);
	if (d->slower_count && d->findings[0]->region[0])
		pmp_doc_command(v->doc,
				pmp_pool_printf(v->pool, "pmprof report --region '%s' %s",
						d->findings[0]->region, example),
				"what happens in there");
	if (d->verdict == PMP_DIFF_VERDICT_INCONCLUSIVE)
		pmp_doc_command(v->doc,
				pmp_pool_printf(v->pool,
						"pmprof scale --ranks %u --repeat 5 -- PROGRAM",
						d->after_ranks),
				"repeats to compare");
	else
		pmp_doc_command(v->doc, pmp_pool_printf(v->pool, "pmprof report %s", example),
				"where the time goes now");
}

int pmp_diff_doc(const struct pmp_diff *diff, const struct pmp_diff_options *options,
		 struct pmp_doc *doc)
{
	const struct view view = {diff, options, doc, doc->pool};
	int rc;

	add_verdict(&view);
	rc = add_times(&view);
	if (rc)
		return rc;
	add_counts(&view);
	add_machine_times(&view);
	add_machine_counts(&view);
	add_next_steps(&view);
	return pmp_pool_failed(doc->pool) ? -PMP_ENOMEM : 0;
}
