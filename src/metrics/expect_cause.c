/*
 * expect_cause.c - who is behind a value that is not as expected: the line of source with the largest part in it. Called by
 * expect_judge.c. What is behind a missing speedup is found out by speedup.h and only put into words here.
 */
#include <math.h>
#include <string.h>

#include "base/fmt.h"
#include "metrics/expect_internal.h"
#include "metrics/speedup.h"
#include "schema/calls.h"

struct question {
	const struct pmp_expectation *e;
	const struct pmp_digest *run;
	struct pmp_pool *pool;
};

static const char *place_text(const struct question *q, const struct pmp_digest_place *place)
{
	if (!place->file[0])
		return place->function[0] ? pmp_pool_printf(q->pool, " in %s", place->function)
					  : "";
	return pmp_pool_printf(q->pool, " in %s (%s:%u)",
			       place->function[0] ? place->function : "?", place->file,
			       place->line);
}

static const char *site_text(const struct question *q, const struct pmp_digest_site *site)
{
	return pmp_pool_printf(q->pool, "%s%s", site->call, place_text(q, &site->place));
}

/* By its region and line; outside of regions by the call before it. */
static const char *stretch_text(const struct question *q, const struct pmp_digest_stretch *s)
{
	const char *region =
		s->region < q->run->region_count ? q->run->regions[s->region].name : "";
	const char *place = place_text(q, &s->from);

	if (region[0])
		return pmp_pool_printf(q->pool, "region '%s'%s", region, place);
	return pmp_pool_printf(q->pool, "computation after %s%s",
			       s->from_call[0] ? s->from_call : "the start", place);
}

static bool is_asked(const struct question *q, uint32_t region)
{
	return pmp_expect_is_inside(q->run, region, q->e->region);
}

/* Which number of a site or stretch is compared. */
typedef double (*site_weight)(const struct question *q, const struct pmp_digest_site *site);
typedef double (*stretch_weight)(const struct question *q,
				 const struct pmp_digest_stretch *stretch);

static const struct pmp_digest_site *largest_site(const struct question *q, site_weight weigh)
{
	const struct pmp_digest_site *largest = NULL;
	double most = 0;

	for (size_t i = 0; i < q->run->site_count; i++) {
		const struct pmp_digest_site *site = &q->run->sites[i];
		double weight = is_asked(q, site->region) ? weigh(q, site) : 0;

		if (weight > most) {
			most = weight;
			largest = site;
		}
	}
	return largest;
}

static const struct pmp_digest_stretch *largest_stretch(const struct question *q,
							stretch_weight weigh)
{
	const struct pmp_digest_stretch *largest = NULL;
	double most = 0;

	for (size_t i = 0; i < q->run->stretch_count; i++) {
		const struct pmp_digest_stretch *stretch = &q->run->stretches[i];
		double weight = is_asked(q, stretch->region) ? weigh(q, stretch) : 0;

		if (weight > most) {
			most = weight;
			largest = stretch;
		}
	}
	return largest;
}

/* What is lost in the call itself: without waiting for busier ranks. */
static double lost_time(const struct question *q, const struct pmp_digest_site *site)
{
	(void)q;
	return site->lost_s;
}

/* Time in what a share was asked of. */
static double asked_time(const struct question *q, const struct pmp_digest_site *site)
{
	const char *kind = q->e->argument ? q->e->argument : "*";
	bool is_io = pmp_expect_class(site->call) == PMP_CLASS_IO;
	bool is_asked_for = strcmp(kind, "MPI") == 0  ? !is_io
			    : strcmp(kind, "IO") == 0 ? is_io
						      : pmp_expect_matches(q->e, site->call);

	return is_asked_for ? site->time.sum_s : 0;
}

static double all_time(const struct question *q, const struct pmp_digest_site *site)
{
	(void)q;
	return site->time.sum_s;
}

static double asked_count(const struct question *q, const struct pmp_digest_site *site)
{
	return pmp_expect_matches(q->e, site->call) ? (double)site->count : 0;
}

static double asked_bytes(const struct question *q, const struct pmp_digest_site *site)
{
	return pmp_expect_matches(q->e, site->call)
		       ? fmax((double)site->bytes_out, (double)site->bytes_in)
		       : 0;
}

/* Core-seconds for which the others wait. */
static double uneven(const struct question *q, const struct pmp_digest_stretch *stretch)
{
	(void)q;
	return stretch->lost_s;
}

static double computation(const struct question *q, const struct pmp_digest_stretch *stretch)
{
	(void)q;
	return stretch->compute.sum_s;
}

static const char *imbalance_cause(const struct question *q)
{
	const struct pmp_digest_stretch *s = largest_stretch(q, uneven);

	if (!s)
		return NULL;
	return pmp_pool_printf(
		q->pool, "most uneven is %s: rank %u computes %s there, the mean is %s",
		stretch_text(q, s), s->compute.rank_of_max, pmp_fmt_seconds(s->compute.max_s).text,
		pmp_fmt_seconds(s->compute.sum_s / (double)q->run->ranks).text);
}

static const char *time_in_site(const struct question *q, site_weight weigh, const char *prefix)
{
	const struct pmp_digest_site *site = largest_site(q, weigh);

	if (!site)
		return NULL;
	return pmp_pool_printf(q->pool, "%s %s: %s of %s core-seconds, %s calls", prefix,
			       site_text(q, site), pmp_fmt_number(weigh(q, site)).text,
			       pmp_fmt_number(q->run->core_s).text,
			       pmp_fmt_count(site->count).text);
}

static const char *communication_cause(const struct question *q)
{
	return time_in_site(q, lost_time, "most is lost in");
}

static const char *parallel_cause(const struct question *q)
{
	const struct pmp_digest_stretch *stretch = largest_stretch(q, uneven);
	const struct pmp_digest_site *site = largest_site(q, lost_time);

	return stretch && (!site || stretch->lost_s > site->lost_s) ? imbalance_cause(q)
								    : communication_cause(q);
}

/* The largest piece of time, be it computation or a call. */
static const char *time_cause(const struct question *q)
{
	const struct pmp_digest_stretch *stretch = largest_stretch(q, computation);
	const struct pmp_digest_site *site = largest_site(q, all_time);

	if (!q->e->region && q->run->init_sum_s > fmax(stretch ? stretch->compute.sum_s : 0,
						       site ? site->time.sum_s : 0))
		return pmp_pool_printf(q->pool, "most time is start-up: MPI_Init takes %s",
				       pmp_fmt_seconds(q->run->init_s).text);
	if (!stretch || (site && site->time.sum_s > stretch->compute.sum_s))
		return time_in_site(q, all_time, "most time is in");
	return pmp_pool_printf(
		q->pool, "most time is in %s: %s of %s core-seconds", stretch_text(q, stretch),
		pmp_fmt_number(stretch->compute.sum_s).text, pmp_fmt_number(q->run->core_s).text);
}

static const char *share_cause(const struct question *q)
{
	if (!q->e->argument || strcmp(q->e->argument, "compute") == 0)
		return time_cause(q);
	return time_in_site(q, asked_time, "most of it is in");
}

static const char *count_cause(const struct question *q)
{
	const struct pmp_digest_site *site = q->e->argument ? largest_site(q, asked_count) : NULL;

	if (!site)
		return NULL;
	return pmp_pool_printf(q->pool, "most of them are %s: %s", site_text(q, site),
			       pmp_fmt_count(site->count).text);
}

static const char *bytes_cause(const struct question *q)
{
	const struct pmp_digest_site *site = largest_site(q, asked_bytes);

	if (!site)
		return NULL;
	return pmp_pool_printf(q->pool, "most goes through %s: %s in %s calls", site_text(q, site),
			       pmp_fmt_bytes(asked_bytes(q, site)).text,
			       pmp_fmt_count(site->count).text);
}

/* What the run says of its own end. */
static const char *note_cause(const struct question *q)
{
	return q->run->note_count ? q->run->notes[0] : NULL;
}

/* What takes the time instead, where there should be more computation. */
static const char *other_cause(const struct question *q)
{
	bool is_computation = q->e->argument && strcmp(q->e->argument, "compute") == 0;

	return is_computation ? parallel_cause(q) : NULL;
}

/* By what went wrong. */
static const struct {
	const char *(*too_little)(const struct question *);
	const char *(*too_much)(const struct question *);
} causes[PMP_EXPECT_COUNT_OF_IDS] = {
	[PMP_EXPECT_SPEEDUP] = {parallel_cause, NULL}, /* of regions only, see pmp_expect_missing */
	[PMP_EXPECT_EFFICIENCY] = {parallel_cause, NULL},
	[PMP_EXPECT_TIME] = {NULL, time_cause},
	[PMP_EXPECT_PARALLEL] = {parallel_cause, NULL},
	[PMP_EXPECT_BALANCE] = {imbalance_cause, NULL},
	[PMP_EXPECT_COMMUNICATION] = {communication_cause, NULL},
	[PMP_EXPECT_IMBALANCE] = {NULL, imbalance_cause},
	[PMP_EXPECT_SHARE] = {other_cause, share_cause},
	[PMP_EXPECT_COUNT] = {NULL, count_cause},
	[PMP_EXPECT_BYTES] = {NULL, bytes_cause},
	[PMP_EXPECT_BYTES_OUT] = {NULL, bytes_cause},
	[PMP_EXPECT_BYTES_IN] = {NULL, bytes_cause},
	[PMP_EXPECT_COMPLETE] = {note_cause, note_cause},
	[PMP_EXPECT_LOST_CALLS] = {NULL, note_cause},
};

const char *pmp_expect_cause(const struct pmp_expectation *e, const struct pmp_digest *run,
			     struct pmp_pool *pool)
{
	const struct question question = {.e = e, .run = run, .pool = pool};
	bool wants_more = e->relation == PMP_AT_LEAST || e->relation == PMP_ABOVE;
	const char *(*cause)(const struct question *) =
		wants_more ? causes[e->id].too_little : causes[e->id].too_much;

	return cause ? cause(&question) : NULL;
}

const char *pmp_expect_missing(const struct pmp_speedup *speedup, uint32_t ranks,
			       struct pmp_pool *pool)
{
	const struct pmp_speedup_point *point = speedup ? pmp_speedup_at(speedup, ranks) : NULL;
	const struct pmp_shortfall_part *part;

	if (!point || point->part_count == 0 || !(point->parts[0].ranks > 0))
		return NULL;
	part = &point->parts[0];
	return pmp_pool_printf(pool, "largest loss: %s, %s of %u ranks%s%s",
			       pmp_shortfall_name(part->cause), pmp_fmt_number(part->ranks).text,
			       ranks, part->text[0] ? ": " : "", part->text);
}
