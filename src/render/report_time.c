/*
 * report_time.c - where the time went by kind of work, and the tree of efficiencies.
 */
#include <math.h>

#include "render/report_parts.h"

#define NS 1e-9

static bool is_selected(const struct pmp_report *report, uint32_t rank)
{
	const bool *ranks = report->options->selection.ranks;

	return !ranks || ranks[rank];
}

/* What is known of whole ranks only, not of regions. */
struct rank_sums {
	double compute, calls, tool, paused, idle;
};

static struct rank_sums sum_ranks(const struct pmp_report *report)
{
	const struct pmp_summary *s = report->summary;
	const bool *regions = report->options->selection.regions;
	struct rank_sums sums = {0};

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];

		if (!is_selected(report, s->ranks[i]))
			continue;
		for (size_t r = 0; regions && r < s->model->region_count; r++)
			sums.compute += regions[r] ? s->regions[r].self_compute_s[s->ranks[i]] : 0;
		if (regions)
			continue;
		sums.compute += (double)rank->compute_ns * NS;
		sums.tool += (double)rank->tool_ns * NS;
		sums.paused += (double)rank->paused_ns * NS;
		sums.calls += ((double)rank->mpi_ns + (double)rank->io_ns) * NS;
		sums.idle += s->model->run.wall_s - (double)rank->wall_ns * NS;
	}
	return sums;
}

/* Calls that never returned are in the sum of a rank, but in no row of the profile. */
static double unfinished_s(const struct rank_sums *ranks, const double class[PMP_CLASS_COUNT])
{
	double finished = 0;

	for (int c = PMP_CLASS_P2P; c <= PMP_CLASS_SETUP; c++)
		finished += class[c];
	return ranks->calls - finished > 1e-6 ? ranks->calls - finished : 0;
}

struct kind {
	const char *name;
	double seconds;
};

static void add_kind(const struct pmp_report *report, struct pmp_doc_table *table,
		     const struct kind *kind, double total)
{
	double share = total > 0 ? kind->seconds / total : NAN;

	if (!(kind->seconds > 0))
		return;
	pmp_doc_row(report->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, kind->name);
	pmp_cell_seconds(report, table, kind->seconds);
	pmp_cell_percent(report, table, PMP_STYLE_NONE, share);
	pmp_cell_bar(table, PMP_STYLE_NONE, share, 0);
}

void pmp_report_kinds(const struct pmp_report *report)
{
	static const struct pmp_column columns[] = {{"kind", "", PMP_COLUMN_NAME},
						    {"seconds", "", PMP_COLUMN_RIGHT},
						    {"share", "", PMP_COLUMN_RIGHT},
						    {NULL, "", PMP_COLUMN_BAR}};
	const struct pmp_summary *s = report->summary;
	struct rank_sums ranks = sum_ranks(report);
	double class[PMP_CLASS_COUNT], total = 0;

	pmp_query_classes(s->model, &report->options->selection, class);
	const struct kind kinds[] = {
		{"computation", ranks.compute},
		{"point-to-point", class[PMP_CLASS_P2P]},
		{"waiting (wait, test, probe)", class[PMP_CLASS_COMPLETION]},
		{"collective", class[PMP_CLASS_COLLECTIVE]},
		{"one-sided", class[PMP_CLASS_RMA]},
		{"I/O", class[PMP_CLASS_IO]},
		{"set-up and enquiry", class[PMP_CLASS_SETUP]},
		{"profiler", ranks.tool},
		{"paused", ranks.paused},
		{"unfinished calls", unfinished_s(&ranks, class)},
		{"before Init, after the end", ranks.idle},
	};

	for (size_t i = 0; i < PMP_COUNT_OF(kinds); i++)
		total += kinds[i].seconds;
	if (!(total > 0) && report->options->is_folded)
		return;
	pmp_doc_heading(report->doc, "Where the time goes",
			pmp_pool_printf(report->doc->pool, "of %s core-seconds",
					pmp_fmt_number(total).text));
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "kinds", columns, PMP_COUNT_OF(columns));

	for (size_t i = 0; i < PMP_COUNT_OF(kinds); i++)
		add_kind(report, table, &kinds[i], total);
}

static enum pmp_style grade(double efficiency)
{
	if (isnan(efficiency))
		return PMP_STYLE_DIM;
	return efficiency > 0.8   ? PMP_STYLE_GOOD
	       : efficiency > 0.6 ? PMP_STYLE_WARN
				  : PMP_STYLE_BAD;
}

static void add_efficiency(const struct pmp_report *report, struct pmp_doc_table *table,
			   enum pmp_metric metric, int depth, double value)
{
	const struct pmp_metric_info *info = pmp_metric_info(metric);

	pmp_doc_row(report->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, info->key);
	pmp_cell_text(table, PMP_STYLE_NONE,
		      pmp_pool_printf(report->doc->pool, "%*s%s", 2 * depth, "", info->name));
	pmp_cell_percent(report, table, grade(value), value);
	pmp_cell_text(table, PMP_STYLE_DIM, info->formula);
}

void pmp_report_efficiency(const struct pmp_report *report)
{
	static const struct pmp_column columns[] = {{"key", NULL, PMP_COLUMN_LEFT},
						    {"name", "", PMP_COLUMN_NAME},
						    {"value", "", PMP_COLUMN_RIGHT},
						    {"formula", "", PMP_COLUMN_WRAP}};
	const struct pmp_summary *s = report->summary;

	pmp_doc_heading(report->doc, "Efficiency",
			"u: computation of a rank, T: wall time; above 80 % is good");
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "efficiency", columns, PMP_COUNT_OF(columns));

	add_efficiency(report, table, PMP_METRIC_PARALLEL, 0, s->pop.parallel);
	add_efficiency(report, table, PMP_METRIC_LOAD_BALANCE, 1, s->pop.load_balance);
	if (s->nodes > 1) {
		add_efficiency(report, table, PMP_METRIC_BALANCE_INNER, 2, s->pop.balance_inner);
		add_efficiency(report, table, PMP_METRIC_BALANCE_OUTER, 2, s->pop.balance_outer);
	}
	add_efficiency(report, table, PMP_METRIC_COMMUNICATION, 1, s->pop.communication);
}
