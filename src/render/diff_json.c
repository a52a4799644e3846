/*
 * diff_json.c - a diff as JSON: format "pmprof-diff", see docs/METRICS.md. Keys are only ever added. Called by cmd_diff.c.
 */
#include <math.h>

#include "render/diff_doc.h"
#include "render/utf8.h"

#define JSON_VERSION 1

struct writer {
	const struct pmp_diff *diff;
	struct pmp_pool *pool;
};

static json_t *text(const struct writer *w, const char *string)
{
	return json_string_nocheck(pmp_utf8_clean(w->pool, string, true));
}

/* "" is how digests say "unknown". */
static json_t *known(const struct writer *w, const char *string)
{
	return string && string[0] ? text(w, string) : json_null();
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* Exact counts are integers; per rank they may be fractions. */
static json_t *count(double value)
{
	return value == floor(value) && fabs(value) < 0x1p62 ? json_integer((json_int_t)value)
							     : number(value);
}

static json_t *texts(const struct writer *w, const char *const *strings, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, text(w, strings[i]));
	return list;
}

static json_t *values(const double *numbers, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, number(numbers[i]));
	return list;
}

static json_t *side(const struct writer *w, const struct pmp_diff_side *runs, const char *name)
{
	json_t *files = json_array();

	for (size_t i = 0; i < runs->count; i++)
		json_array_append_new(files, text(w, runs->runs[i]->path));
	return json_pack("{s:o,s:i,s:i,s:i,s:o,s:o,s:o,s:o}", "name", text(w, name), "runs",
			 (int)runs->count, "ranks", (int)runs->runs[0]->ranks, "nodes",
			 (int)runs->runs[0]->nodes, "command", text(w, runs->runs[0]->command),
			 "mpi", known(w, runs->runs[0]->mpi), "host", known(w, runs->runs[0]->host),
			 "files", files);
}

static json_t *row_json(const struct writer *w, const struct pmp_diff_row *row)
{
	const struct pmp_comparison *c = &row->comparison;
	json_t *o = json_pack(
		"{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:i,s:o}", "what", pmp_diff_what_name(row->what),
		"state", pmp_diff_state_name(row->state), "region", known(w, row->region), "call",
		known(w, row->call), "from_call", known(w, row->from_call), "function",
		known(w, row->place.function), "file", known(w, row->place.file), "line",
		(int)row->place.line, "path", known(w, row->path));
	json_t *figures = json_pack(
		"{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "before_s",
		number(row->before_s), "after_s", number(row->after_s), "change_s",
		number(row->change_s), "ratio", number(c->ratio.value), "low", number(c->ratio.low),
		"high", number(c->ratio.high), "p", number(c->p), "p_ratio", number(c->p_ratio),
		"p_adjusted", number(row->adjusted), "effect", number(c->effect), "waiting_s",
		number(row->waiting_s), "before", values(row->before, w->diff->before.count),
		"after", values(row->after, w->diff->after.count), "follows_from_others",
		(int)pmp_diff_is_waiting(row));

	json_object_update(o, figures);
	json_decref(figures);
	return o;
}

static json_t *findings(const struct writer *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->diff->finding_count; i++) {
		const struct pmp_diff_row *row = w->diff->findings[i];
		json_t *o = row_json(w, row);

		const struct pmp_diff_row *cause = pmp_diff_cause(w->diff, row);

		json_object_set_new(o, "cause", cause ? row_json(w, cause) : json_null());
		json_object_set_new(o, "subject", text(w, pmp_diff_subject(w->pool, w->diff, row)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *times(const struct writer *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->diff->row_count; i++)
		json_array_append_new(list, row_json(w, &w->diff->rows[i]));
	return list;
}

static json_t *counts(const struct writer *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->diff->count_count; i++) {
		const struct pmp_diff_count *row = &w->diff->counts[i];
		json_t *o = json_pack(
			"{s:s,s:b,s:o,s:o,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "state",
			pmp_diff_count_state_name(row->state), "is_finding", (int)row->is_finding,
			"call", known(w, row->call), "region", known(w, row->region), "function",
			known(w, row->place.function), "file", known(w, row->place.file), "line",
			(int)row->place.line, "path", known(w, row->path), "before",
			count(row->before), "after", count(row->after), "bytes_out_before",
			count(row->out_before), "bytes_out_after", count(row->out_after),
			"bytes_in_before", count(row->in_before), "bytes_in_after",
			count(row->in_after));

		json_array_append_new(list, o);
	}
	return list;
}

json_t *pmp_diff_json(const struct pmp_diff *diff, const struct pmp_diff_options *options,
		      struct pmp_pool *pool)
{
	const struct writer w = {diff, pool};

	return json_pack(
		"{s:s,s:i,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:i,s:o}", "format", "pmprof-diff",
		"version", JSON_VERSION, "program", text(&w, options->program), "verdict",
		pmp_diff_verdict_name(diff->verdict), "sentences",
		texts(&w, diff->sentences, diff->sentence_count), "before",
		side(&w, &diff->before, options->before), "after",
		side(&w, &diff->after, options->after), "findings", findings(&w), "times",
		times(&w), "counts", counts(&w), "trend", known(&w, options->trend), "random_paths",
		(int)diff->random_count, "notes", texts(&w, diff->notes, diff->note_count));
}
