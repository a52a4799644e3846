/*
 * diff_words.c - a diff in sentences: what got slower, by how much, how certain, where; and what distorts the comparison.
 * Called by diff.c after everything is known.
 */
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/fmt.h"
#include "metrics/diff_parts.h"

#define MOST_SENTENCES 8
#define MOST_TIMES     3
#define MOST_COUNTS    2
#define MOST_NOTES     12

/* A rank has a real part in a change of all when the mean moved at least so much as the slowest. */
#define ALL_ALIKE 0.7

struct words {
	struct pmp_pool *pool;
	struct pmp_diff *diff;
	const char *sentences[MOST_SENTENCES];
	const char *notes[MOST_NOTES];
};

static void say(struct words *w, const char *sentence)
{
	if (w->diff->sentence_count < MOST_SENTENCES)
		w->sentences[w->diff->sentence_count++] = sentence;
}

static void note(struct words *w, const char *text)
{
	if (w->diff->note_count < MOST_NOTES)
		w->notes[w->diff->note_count++] = text;
}

static const char *seconds(struct words *w, double value)
{
	return pmp_pool_printf(w->pool, "%s", pmp_fmt_seconds(value).text);
}

static const char *signed_seconds(struct words *w, double value)
{
	return pmp_pool_printf(w->pool, "%s%s", value < 0 ? "-" : "+",
			       pmp_fmt_seconds(fabs(value)).text);
}

static const char *place_text(struct pmp_pool *pool, const struct pmp_digest_place *place)
{
	if (!place->file[0])
		return place->function;
	return place->line ? pmp_pool_printf(pool, "%s:%u", place->file, place->line) : place->file;
}

const char *pmp_diff_where(struct pmp_pool *pool, const struct pmp_diff_row *row)
{
	return place_text(pool, &row->place);
}

/* "MPI_Recv (heat.c:52)"; @other: when there is no call */
static const char *edge_text(struct pmp_pool *pool, const char *call,
			     const struct pmp_digest_place *place, const char *other)
{
	const char *where = place_text(pool, place);

	if (!call[0])
		return other;
	return where[0] ? pmp_pool_printf(pool, "%s (%s)", call, where) : call;
}

/* Code between two calls: the function, if both are made in the same one. */
static const char *stretch_text(struct pmp_pool *pool, const struct pmp_diff_row *row)
{
	if (row->place.function[0] && strcmp(row->place.function, row->from.function) == 0)
		return row->place.function;
	return pmp_pool_printf(pool, "the code between %s and %s",
			       edge_text(pool, row->from_call, &row->from, "the start"),
			       edge_text(pool, row->call, &row->place, "the end"));
}

static const char *computation_text(struct pmp_pool *pool, const struct pmp_diff *diff,
				    const struct pmp_diff_row *row)
{
	const struct pmp_diff_row *cause = pmp_diff_cause(diff, row);

	if (row->region[0])
		return row->region;
	if (cause)
		return stretch_text(pool, cause);
	return diff->before.runs[0]->region_count > 1 ? "computation outside of regions"
						      : "computation";
}

static const char *communication_text(struct pmp_pool *pool, const struct pmp_diff *diff,
				      const struct pmp_diff_row *row)
{
	const struct pmp_diff_row *cause = pmp_diff_cause(diff, row);
	const char *call =
		cause ? edge_text(pool, cause->call, &cause->place, "") : "communication";

	if (row->region[0])
		return pmp_pool_printf(pool, "%s in %s", call, row->region);
	return call;
}

const char *pmp_diff_subject(struct pmp_pool *pool, const struct pmp_diff *diff,
			     const struct pmp_diff_row *row)
{
	switch (row->what) {
	case PMP_DIFF_RUN:
		return "the run";
	case PMP_DIFF_STARTUP:
		return "MPI_Init";
	case PMP_DIFF_COMPUTATION:
		return computation_text(pool, diff, row);
	case PMP_DIFF_COMMUNICATION:
		return communication_text(pool, diff, row);
	case PMP_DIFF_STRETCH:
		return stretch_text(pool, row);
	case PMP_DIFF_SITE:
		return edge_text(pool, row->call, &row->place, "");
	}
	return "";
}

/* "20 % slower", "2.4 times as slow", "12 % faster" */
static const char *degree(struct words *w, double before, double after)
{
	double ratio = after / before;

	if (ratio >= 2)
		return pmp_pool_printf(w->pool, "%s times slower", pmp_fmt_number(ratio).text);
	return pmp_pool_printf(w->pool, "%s %s", pmp_fmt_percent(fabs(ratio - 1)).text,
			       ratio < 1 ? "faster" : "slower");
}

static const char *versus(struct words *w)
{
	size_t before = w->diff->before.count, after = w->diff->after.count;

	return pmp_pool_printf(w->pool, "%zu against %zu run%s", after, before,
			       before == 1 ? "" : "s");
}

/* "p = 0.008, 5 against 5 runs"; where ranks alone do not convince, because runs are few or one is disturbed, what did */
static const char *certainty(struct words *w, const struct pmp_diff_row *row)
{
	if (row->comparison.p <= PMP_DIFF_ALPHA)
		return pmp_pool_printf(w->pool, "certain (p = %.1g, %s)", row->comparison.p,
				       versus(w));
	return pmp_pool_printf(w->pool, "certain (p of the ratio = %.1g, %s)", row->adjusted,
			       versus(w));
}

/* ": heat.c:88", of the cause if one is certain */
static const char *where_clause(struct words *w, const struct pmp_diff_row *row)
{
	const struct pmp_diff_row *cause = pmp_diff_cause(w->diff, row);
	const char *where = pmp_diff_where(w->pool, cause ? cause : row);

	return where[0] ? pmp_pool_printf(w->pool, ": %s", where) : "";
}

static bool is_computation(const struct pmp_diff_row *row)
{
	return row->what == PMP_DIFF_COMPUTATION || row->what == PMP_DIFF_STRETCH;
}

static const char *whose(const struct pmp_diff_row *row)
{
	if (is_computation(row) && row->all_ranks_s / row->change_s < ALL_ALIKE)
		return " on its slowest rank";
	return " per rank";
}

/* The row whose numbers belong to the subject: a region's own, else those of the stretch or call that the subject is. */
static const struct pmp_diff_row *told_row(const struct pmp_diff *diff,
					   const struct pmp_diff_row *row)
{
	const struct pmp_diff_row *cause = pmp_diff_cause(diff, row);

	return cause && (!row->region[0] || !is_computation(row)) ? cause : row;
}

static void say_time(struct words *w, const struct pmp_diff_row *row)
{
	const struct pmp_diff_row *told = told_row(w->diff, row);
	bool is_whole = row->what == PMP_DIFF_RUN || row->what == PMP_DIFF_STARTUP;
	const char *subject =
		row->what == PMP_DIFF_RUN ? "The run" : pmp_diff_subject(w->pool, w->diff, row);
	const char *end = "";

	if (is_computation(row))
		end = where_clause(w, row);
	else if (pmp_diff_is_waiting(told))
		end = ": waiting for ranks that compute longer";
	say(w, pmp_pool_printf(w->pool, "%s is %s (%s%s), %s%s", subject,
			       degree(w, told->before_s, told->after_s),
			       signed_seconds(w, told->change_s), is_whole ? "" : whose(told),
			       certainty(w, told), end));
}

static void say_times(struct words *w)
{
	const struct pmp_diff *diff = w->diff;

	for (size_t i = 0; i < diff->slower_count && i < MOST_TIMES; i++)
		say_time(w, diff->findings[i]);
	if (diff->slower_count > MOST_TIMES)
		say(w, pmp_pool_printf(w->pool, "and %zu more that are slower, see below",
				       diff->slower_count - MOST_TIMES));
	if (diff->finding_count > diff->slower_count)
		say_time(w, diff->findings[diff->slower_count]);
}

static const char *count_text(struct words *w, double count)
{
	return count == floor(count) && fabs(count) < 1e15
		       ? pmp_pool_printf(w->pool, "%s", pmp_fmt_count((int64_t)count).text)
		       : pmp_pool_printf(w->pool, "%s", pmp_fmt_number(count).text);
}

static const char *bytes_text(struct words *w, double bytes)
{
	return pmp_pool_printf(w->pool, "%s", pmp_fmt_bytes(bytes).text);
}

static const char *count_subject(struct words *w, const struct pmp_diff_count *row)
{
	if (!row->call)
		return pmp_pool_printf(w->pool, "region %s", row->region);
	return edge_text(w->pool, row->call, &row->place, "");
}

static void say_count(struct words *w, const struct pmp_diff_count *row)
{
	const char *subject = count_subject(w, row), *verb = row->call ? "called" : "entered";

	if (row->state == PMP_DIFF_COUNT_NEW)
		say(w, pmp_pool_printf(w->pool, "%s is new: %s %s times", subject, verb,
				       count_text(w, row->after)));
	else if (row->state == PMP_DIFF_COUNT_VANISHED)
		say(w, pmp_pool_printf(w->pool, "%s has vanished: it was %s %s times", subject,
				       verb, count_text(w, row->before)));
	else if (row->before != row->after)
		say(w, pmp_pool_printf(w->pool, "%s is %s %s times instead of %s", subject, verb,
				       count_text(w, row->after), count_text(w, row->before)));
	else if (row->out_before != row->out_after)
		say(w, pmp_pool_printf(w->pool, "%s hands over %s instead of %s, in as many calls",
				       subject, bytes_text(w, row->out_after),
				       bytes_text(w, row->out_before)));
	else
		say(w,
		    pmp_pool_printf(w->pool, "%s gets %s instead of %s, in as many calls", subject,
				    bytes_text(w, row->in_after), bytes_text(w, row->in_before)));
}

static void say_counts(struct words *w)
{
	size_t findings = w->diff->count_findings;

	for (size_t i = 0; i < findings && i < MOST_COUNTS; i++)
		say_count(w, &w->diff->counts[i]);
	if (findings > MOST_COUNTS)
		say(w,
		    pmp_pool_printf(w->pool, "and %zu more places whose counts differ, see below",
				    findings - MOST_COUNTS));
}

/* " (-0.9 % to +1.3 %)" */
static const char *interval_text(struct words *w, struct pmp_interval ratio)
{
	if (isnan(ratio.low))
		return "";
	return pmp_pool_printf(w->pool, " (%+.1f %% to %+.1f %%)", 100 * (ratio.low - 1),
			       100 * (ratio.high - 1));
}

static const char *run_sentence(struct words *w, const char *article)
{
	const struct pmp_diff_row *run = &w->diff->rows[0];
	bool is_open = run->state != PMP_DIFF_SLOWER && run->state != PMP_DIFF_FASTER &&
		       fabs(run->change_s) >= PMP_DIFF_RELEVANT * run->before_s &&
		       w->diff->sentence_count > 0;

	return pmp_pool_printf(w->pool, "%s run takes %s instead of %s: %+.1f %%%s%s", article,
			       seconds(w, run->after_s), seconds(w, run->before_s),
			       100 * (run->after_s / run->before_s - 1),
			       interval_text(w, run->comparison.ratio),
			       is_open ? ", not certain" : "");
}

static bool is_single(const struct pmp_diff *diff)
{
	return diff->before.count < 2 || diff->after.count < 2;
}

static void say_nothing_certain(struct words *w)
{
	if (is_single(w->diff))
		say(w, pmp_pool_printf(w->pool,
				       "Not enough evidence: %s, but %s cannot tell a change from "
				       "noise; repeat each at least 3 times",
				       run_sentence(w, "the"), versus(w)));
	else
		say(w, pmp_pool_printf(w->pool,
				       "Not enough evidence: %s, which %s do not make certain; "
				       "repeat more often, or on a quieter machine",
				       run_sentence(w, "the"), versus(w)));
}

static void say_same(struct words *w)
{
	const struct pmp_diff *diff = w->diff;

	say(w, pmp_pool_printf(w->pool, "No difference found: %s; calls and bytes are %s",
			       run_sentence(w, "the"),
			       diff->has_same_ranks ? "the same" : "not comparable"));
	if (is_single(diff))
		say(w, "One run cannot tell a change of the run time of less than 5 % from noise");
}

static void decide(struct words *w)
{
	struct pmp_diff *diff = w->diff;
	bool is_uncertain = diff->rows[0].state == PMP_DIFF_UNCERTAIN;

	if (diff->slower_count || diff->count_findings)
		diff->verdict = PMP_DIFF_VERDICT_FINDINGS;
	else
		diff->verdict =
			is_uncertain ? PMP_DIFF_VERDICT_INCONCLUSIVE : PMP_DIFF_VERDICT_SAME;
	say_times(w);
	say_counts(w);
	if (is_uncertain && diff->sentence_count == 0)
		say_nothing_certain(w);
	else if (diff->sentence_count == 0)
		say_same(w);
	else if (diff->finding_count == 0 || diff->findings[0]->what != PMP_DIFF_RUN)
		say(w, run_sentence(w, "The"));
}

static bool differs(const char *a, const char *b)
{
	return a[0] && b[0] && strcmp(a, b) != 0;
}

static void note_origins(struct words *w)
{
	const struct pmp_digest *a = w->diff->before.runs[0], *b = w->diff->after.runs[0];

	if (!w->diff->has_same_ranks)
		note(w,
		     pmp_pool_printf(w->pool,
				     "%u ranks instead of %u: times are per rank, counts per rank "
				     "are shown but not judged; for scaling see 'pmprof speedup'",
				     b->ranks, a->ranks));
	if (a->nodes != b->nodes)
		note(w, pmp_pool_printf(w->pool, "%u nodes instead of %u", b->nodes, a->nodes));
	if (differs(a->mpi, b->mpi))
		note(w, pmp_pool_printf(w->pool, "different MPI libraries: %s, before %s", b->mpi,
					a->mpi));
	if (differs(a->host, b->host) && a->nodes == 1 && b->nodes == 1)
		note(w, pmp_pool_printf(w->pool,
					"different machines: %s, before %s: times may "
					"differ for that alone",
					b->host, a->host));
}

static size_t count_runs(const struct pmp_diff *diff, bool (*is)(const struct pmp_digest *))
{
	size_t found = 0;

	for (size_t i = 0; i < diff->before.count; i++)
		found += is(diff->before.runs[i]);
	for (size_t i = 0; i < diff->after.count; i++)
		found += is(diff->after.runs[i]);
	return found;
}

static bool is_crowded(const struct pmp_digest *d)
{
	return d->is_oversubscribed;
}

static bool is_cut(const struct pmp_digest *d)
{
	return !d->is_complete;
}

static bool has_losses(const struct pmp_digest *d)
{
	return d->lost_calls > 0;
}

static void note_runs(struct words *w)
{
	size_t all = w->diff->before.count + w->diff->after.count, found;

	if ((found = count_runs(w->diff, is_crowded)) > 0)
		note(w,
		     pmp_pool_printf(w->pool,
				     "more ranks than processors in %zu of %zu runs: times include "
				     "waiting for a processor",
				     found, all));
	if ((found = count_runs(w->diff, is_cut)) > 0)
		note(w,
		     pmp_pool_printf(w->pool,
				     "%zu of %zu runs did not end normally: counts are not judged",
				     found, all));
	if ((found = count_runs(w->diff, has_losses)) > 0)
		note(w,
		     pmp_pool_printf(w->pool,
				     "calls were lost in %zu of %zu runs (PMPROF_MEMORY): counts "
				     "are not judged",
				     found, all));
	if (w->diff->random_count)
		note(w,
		     pmp_pool_printf(
			     w->pool,
			     "%zu call path%s left out of the counts: they vary between runs "
			     "of the same build, or ask whether something has arrived",
			     w->diff->random_count, w->diff->random_count == 1 ? " is" : "s are"));
}

static const char *const *keep(struct words *w, const char *const *texts, size_t count)
{
	const char **kept = pmp_pool_alloc(w->pool, count, sizeof(*kept));

	if (kept)
		memcpy(kept, texts, count * sizeof(*kept));
	return kept;
}

int pmp_diff_make_words(struct pmp_diff_maker *maker)
{
	struct words words = {.pool = maker->pool, .diff = maker->diff};

	decide(&words);
	note_origins(&words);
	note_runs(&words);
	maker->diff->sentences = keep(&words, words.sentences, maker->diff->sentence_count);
	maker->diff->notes = keep(&words, words.notes, maker->diff->note_count);
	return maker->diff->sentences && maker->diff->notes ? 0 : -PMP_ENOMEM;
}
