/*
 * report_verdict.c - the first screen: what ran, how well, what was lost and why; and what to do next.
 */
#include <math.h>
#include <string.h>

#include "render/crash_doc.h"
#include "render/placement.h"
#include "render/report_parts.h"

/* The program's name out of its command line. */
static const char *program_name(const struct pmp_report *report)
{
	const char *command = report->summary->model->run.command;
	char *first = pmp_pool_text(report->doc->pool, command, strcspn(command, " "));

	return first && first[0] ? pmp_base_name(first) : "unknown program";
}

static void add_title(const struct pmp_report *report)
{
	const struct pmp_summary *s = report->summary;
	const struct pmp_model_run *run = &s->model->run;

	pmp_doc_title(report->doc,
		      pmp_pool_printf(report->doc->pool,
				      "%s · %u rank%s on %u node%s · %s%s%s · tool cost %s",
				      program_name(report), run->ranks, run->ranks == 1 ? "" : "s",
				      run->nodes, run->nodes == 1 ? "" : "s",
				      pmp_fmt_seconds(run->wall_s).text, run->mpi[0] ? " · " : "",
				      run->mpi, pmp_fmt_percent(s->tool_share).text));
}

/* Where it ran, unless that is the reader's own machine. */
static void add_placement(const struct pmp_report *report)
{
	const struct pmp_model *model = report->summary->model;
	struct pmp_doc *doc = report->doc;

	if (model->run.batch)
		pmp_doc_text(doc, PMP_STYLE_DIM, pmp_job_text(model, doc->pool));
	if (model->run.batch || model->run.nodes > 1)
		pmp_doc_text(doc, PMP_STYLE_DIM, pmp_nodes_text(model, doc->pool));
}

static const char *data_text(const struct pmp_report *report)
{
	const struct pmp_summary *s = report->summary;

	if (s->count == s->model->rank_count)
		return "";
	return pmp_pool_printf(report->doc->pool, " (%zu of %zu ranks left data)", s->count,
			       s->model->rank_count);
}

/* Less than a millisecond is nothing to anybody who reads in seconds. */
static const char *core_seconds_text(struct pmp_pool *pool, double seconds)
{
	if (seconds > 0 && seconds < 1e-3)
		return "less than 0.001";
	return pmp_pool_printf(pool, "%s", pmp_fmt_number(seconds).text);
}

static void add_headline(const struct pmp_report *report)
{
	const struct pmp_summary *s = report->summary;
	const char *text;

	if (s->core_s > 0)
		text = pmp_pool_printf(report->doc->pool,
				       "Parallel efficiency %s: of %s core-seconds, %s were lost%s",
				       pmp_fmt_percent(s->pop.parallel).text,
				       core_seconds_text(report->doc->pool, s->core_s),
				       core_seconds_text(report->doc->pool, s->lost_s),
				       data_text(report));
	else
		text = "Parallel efficiency undefined: no time was recorded";
	pmp_doc_text(report->doc, PMP_STYLE_STRONG, text);
}

static enum pmp_style style_of(const struct pmp_loss *loss)
{
	return loss->cause <= PMP_CAUSE_MISSING ? PMP_STYLE_BAD : PMP_STYLE_WARN;
}

static const char *rank_list(const struct pmp_report *report, const struct pmp_loss *loss)
{
	return loss->rank_count
		       ? pmp_rank_list_text(report->doc->pool, loss->ranks, loss->rank_count)
		       : "all";
}

static void add_loss(const struct pmp_report *report, struct pmp_doc_table *table,
		     const struct pmp_loss *loss)
{
	struct pmp_doc *doc = report->doc;

	pmp_doc_row(doc, table);
	if (isnan(loss->seconds)) {
		pmp_cell_real(table, PMP_STYLE_NONE, NAN, "");
		pmp_cell_real(table, PMP_STYLE_NONE, NAN, "");
		doc->last->table.last->cells[0].text = "";
		doc->last->table.last->cells[1].text = "";
	} else {
		pmp_cell_seconds(report, table, loss->seconds);
		pmp_cell_percent(report, table, PMP_STYLE_NONE, loss->share);
	}
	pmp_cell_text(table, style_of(loss), pmp_cause_name(loss->cause));
	pmp_cell_text(table, PMP_STYLE_NONE, loss->text);
	pmp_cell_text(table, PMP_STYLE_NONE, rank_list(report, loss));
	pmp_cell_text(table, PMP_STYLE_NONE,
		      pmp_region_text(report->summary->model, doc->pool, loss->region));
	pmp_cell_text(table, PMP_STYLE_NONE, loss->place.function);
	pmp_cell_text(table, PMP_STYLE_NONE, loss->place.file);
	pmp_cell_integer(table, PMP_STYLE_NONE, loss->place.line, "");
}

static void add_losses(const struct pmp_report *report)
{
	static const struct pmp_column columns[] = {
		{"seconds", "", PMP_COLUMN_RIGHT},   {"share", "", PMP_COLUMN_RIGHT},
		{"cause", "", PMP_COLUMN_NAME},      {"text", "", PMP_COLUMN_WRAP},
		{"ranks", NULL, PMP_COLUMN_LEFT},    {"region", NULL, PMP_COLUMN_LEFT},
		{"function", NULL, PMP_COLUMN_LEFT}, {"file", NULL, PMP_COLUMN_LEFT},
		{"line", NULL, PMP_COLUMN_RIGHT},
	};
	const struct pmp_summary *s = report->summary;
	struct pmp_doc_table *table =
		pmp_doc_table(report->doc, "losses", columns, PMP_COUNT_OF(columns));

	for (size_t i = 0; i < s->loss_count; i++)
		add_loss(report, table, &s->losses[i]);
}

/* Why there is no line of loss. */
static const char *silence_text(const struct pmp_summary *s)
{
	if (s->pop.parallel >= 0.95)
		return "Nothing to complain about: less than 5 % of the time was lost.";
	if (s->is_oversubscribed && s->balance.percent >= 0.05)
		return "What differs between ranks is no more than shared processors explain.";
	if (s->lost_s > 0.05 * s->core_s && s->wall_s < 1)
		return "No cause stands out from the noise of so short a run.";
	return "No single cause costs 2 % of the time or more.";
}

static void add_remarks(const struct pmp_report *report)
{
	const struct pmp_summary *s = report->summary;
	struct pmp_pool *pool = report->doc->pool;

	if (s->loss_count == 0 && s->core_s > 0)
		pmp_doc_text(report->doc, PMP_STYLE_GOOD, silence_text(s));
	for (size_t i = 0; i < s->model->run.warning_count; i++)
		pmp_doc_text(report->doc, PMP_STYLE_DIM,
			     pmp_pool_printf(pool, "Note: %s", s->model->run.warnings[i]));
	for (size_t i = 0; i < s->note_count; i++)
		pmp_doc_text(report->doc, PMP_STYLE_DIM,
			     pmp_pool_printf(pool, "Note: %s", s->notes[i]));
	if (report->options->selection_text)
		pmp_doc_text(report->doc, PMP_STYLE_STRONG,
			     pmp_pool_printf(pool, "The tables below are limited to %s.",
					     report->options->selection_text));
}

void pmp_report_verdict(const struct pmp_report *report)
{
	add_title(report);
	if (pmp_crash_doc(report->summary->model, report->doc, !report->options->is_folded))
		pmp_doc_heading(report->doc, "Until then", NULL);
	add_placement(report);
	add_headline(report);
	add_losses(report);
	add_remarks(report);
}

/* For the shell: in quotes where it needs them. */
static const char *quoted(struct pmp_pool *pool, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:=@%+,-";
	char *copy = pmp_pool_alloc(pool, 4 * strlen(text) + 3, 1), *at = copy;

	if (!copy || (text[0] && text[strspn(text, plain)] == '\0'))
		return text;
	*at++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			at = stpcpy(at, "'\\'");
		*at++ = *text;
	}
	*at = '\'';
	return copy;
}

/* The first loss that names one rank, or a region, is where a reader wants to go on. */
static const struct pmp_loss *first_with(const struct pmp_summary *s, bool wants_region)
{
	for (size_t i = 0; i < s->loss_count; i++)
		if (wants_region ? s->losses[i].region != 0 : s->losses[i].rank_count == 1)
			return &s->losses[i];
	return NULL;
}

void pmp_report_next_steps(const struct pmp_report *report)
{
	const struct pmp_summary *s = report->summary;
	const struct pmp_loss *rank = first_with(s, false), *region = first_with(s, true);
	struct pmp_pool *pool = report->doc->pool;
	const char *path = quoted(pool, report->options->path);

	pmp_doc_heading(report->doc, "What to do next", NULL);
	if (rank && s->count > 1)
		pmp_doc_command(
			report->doc,
			pmp_pool_printf(pool, "pmprof report --rank %u %s", rank->ranks[0], path),
			"the same for that rank alone");
	if (region)
		pmp_doc_command(report->doc,
				pmp_pool_printf(pool, "pmprof report --region %s %s",
						pmp_region_text(s->model, pool, region->region),
						path),
				"only what happens in there");
	pmp_doc_command(report->doc, pmp_pool_printf(pool, "pmprof report --flat --all %s", path),
			"every call site, every rank");
	pmp_doc_command(report->doc, pmp_pool_printf(pool, "pmprof report --format json %s", path),
			"for scripts");
}
