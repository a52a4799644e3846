/*
 * speedup_compute.c - why ranks compute longer in total than the baseline did. Called by speedup_fall.c.
 *
 * Units of comparison are the stretches of a region that end at the same call. What has no counterpart in the other run (calls that
 * are made only when there are neighbours cut stretches in two) is compared by region. The growth of each unit is one of
 *
 *   no processor      ranks had less CPU time than computation
 *   repeated          each rank computes as long as the baseline's ranks did, as far as the machine does not slow them down
 *   slower            as much as copies of the one-rank run slow each other down in the same place
 *   more              the rest, if there are copies; without, nobody knows whether it is more or slower: longer
 */
#include <math.h>
#include <stddef.h>

#include "metrics/speedup_parts.h"

#define REPEATED_SURELY  0.75 /* of a unit: what machines do is known from copies */
#define REPEATED_LIKELY  0.85 /* not known: hardly any machine slows ranks down that much */
#define ABSORBED_SHARE   0.90 /* a unit that shrank below has probably been cut in two */
#define COPY_WORTH_SHARE 0.05 /* of computation: shorter units take the slowdown of all */

struct unit {
	struct pmp_tally_key key;
	double now_s, then_s; /* core-seconds; then_s scaled */
	bool is_now, is_then, is_pooled;
	bool is_alone; /* one rank only */
	const struct pmp_digest *run;
	const struct pmp_digest_stretch *longest; /* preferably now */
	double longest_s;
	double hidden_s; /* of the profiler, in now_s */
	double slowdown; /* 0 unknown */
};

struct growth {
	struct pmp_lacks *lacks;
	struct pmp_tally units;
	double away_share; /* of all growth */
};

/* The profiler's work around each call lies in the stretches beside it. */
static double hidden_per_pass(const struct pmp_digest *d)
{
	int64_t passes = 0;

	for (size_t i = 0; i < d->stretch_count; i++)
		pmp_add(&passes, d->stretches[i].count);
	return passes > 0 ? d->tool_hidden_s / (double)passes : 0;
}

static int add_stretch(struct growth *g, const struct pmp_side *side, const struct pmp_digest *d,
		       const struct pmp_digest_stretch *stretch, double hidden, bool has_serial)
{
	bool is_now = side == &g->lacks->now;
	struct unit *unit = pmp_tally_row(&g->units, stretch->to_key, 0);
	double own = stretch->compute.sum_s;
	double tool = fmin(own, hidden * (double)stretch->count);

	if (!unit)
		return -PMP_ENOMEM;
	if (is_now) {
		unit->now_s += (own - tool) * side->scale;
		unit->is_alone = stretch->is_alone && has_serial;
	} else {
		unit->then_s += (own - tool) * side->scale;
	}
	unit->hidden_s += tool * side->scale * (is_now ? 1 : -1);
	bool is_first = is_now && !unit->is_now;

	if (!unit->longest || is_first || (is_now == unit->is_now && own > unit->longest_s)) {
		unit->run = d;
		unit->longest = stretch;
		unit->longest_s = own;
	}
	unit->is_now |= is_now;
	unit->is_then |= !is_now;
	return 0;
}

static int add_side(struct growth *g, const struct pmp_side *side)
{
	int rc = 0;

	for (size_t r = 0; r < side->count; r++) {
		const struct pmp_digest *d = side->runs[r];
		double hidden = hidden_per_pass(d);
		bool has_serial = pmp_has_serial_part(d);

		for (size_t i = 0; rc == 0 && i < d->stretch_count; i++)
			rc = add_stretch(g, side, d, &d->stretches[i], hidden, has_serial);
	}
	return rc;
}

static uint64_t region_key(const struct unit *unit)
{
	return unit->run->regions[unit->longest->region].key;
}

static void pool_unit(struct unit *pool, struct unit *unit)
{
	pool->now_s += unit->now_s;
	pool->then_s += unit->then_s;
	pool->hidden_s += unit->hidden_s;
	if (!pool->longest || unit->now_s > pool->longest_s) {
		pool->run = unit->run;
		pool->longest = unit->longest;
		pool->longest_s = unit->now_s;
	}
	unit->is_pooled = true;
}

/* All units of a region without counterpart become one, and with them those that shrank: they may have been cut. */
static int pool_units(struct growth *g)
{
	size_t count = g->units.count;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < count; i++) {
			struct unit *unit = (struct unit *)(void *)g->units.rows + i;
			bool is_whole = unit->is_now && unit->is_then;

			if (unit->is_alone || unit->is_pooled || is_whole != (pass == 1))
				continue;
			if (pass == 1 && unit->now_s >= ABSORBED_SHARE * unit->then_s)
				continue;
			uint64_t region = region_key(unit);
			struct unit *pool = pass == 0 ? pmp_tally_row(&g->units, region, 1)
						      : pmp_tally_find(&g->units, region, 1);

			unit = (struct unit *)(void *)g->units.rows + i; /* rows may have moved */
			if (!pool && pass == 0)
				return -PMP_ENOMEM;
			if (pool && (pass == 0 || pool->now_s > pool->then_s))
				pool_unit(pool, unit);
		}
	return 0;
}

static double computation(const struct pmp_digest *d, uint64_t to_key)
{
	double sum = 0;

	for (size_t i = 0; i < d->stretch_count; i++)
		if (to_key == 0 || d->stretches[i].to_key == to_key)
			sum += d->stretches[i].compute.sum_s;
	return sum;
}

/* How much longer copies compute than the one-rank run does alone; 0 unknown. @to_key: where; 0: in all */
static double slowdown_by_copies(const struct pmp_lacks *lacks, uint64_t to_key)
{
	const struct pmp_copies *copies = lacks->copies;
	double alone = 0;

	if (!copies)
		return 0;
	for (size_t i = 0; i < lacks->then.count; i++)
		alone += computation(lacks->then.runs[i], to_key) / (double)lacks->then.count;
	double *values = pmp_pool_alloc(lacks->pool, copies->count, sizeof(*values));

	if (!values || !(alone > 0))
		return 0;
	for (size_t i = 0; i < copies->count; i++)
		values[i] = computation(copies->runs[i], to_key);
	return fmax(1, pmp_median(values, copies->count) / alone);
}

static void find_slowdowns(struct growth *g)
{
	double all = slowdown_by_copies(g->lacks, 0);
	struct unit *units = (void *)g->units.rows;
	double total = 0;

	for (size_t i = 0; i < g->units.count; i++)
		total += units[i].is_pooled ? 0 : units[i].then_s;
	for (size_t i = 0; i < g->units.count; i++) {
		bool is_own = units[i].key.low == 0 && units[i].then_s >= COPY_WORTH_SHARE * total;

		units[i].slowdown =
			all > 0 && is_own ? slowdown_by_copies(g->lacks, units[i].key.high) : all;
	}
}

/* Seconds of growth at a unit, charged to a cause. */
static int charge(struct growth *g, const struct unit *unit, enum pmp_shortfall cause,
		  double seconds)
{
	if (seconds == 0)
		return 0;
	const struct pmp_digest_region *region = &unit->run->regions[unit->longest->region];
	uint64_t key = region->name[0] ? region->key : unit->key.high;
	struct pmp_lack_item *item = pmp_lack_add(g->lacks, cause, key, seconds);

	if (!item)
		return -PMP_ENOMEM;
	pmp_lack_at_stretch(item, unit->run, unit->longest);
	item->now_s += unit->now_s;
	item->then_s += unit->then_s;
	item->slowdown = fmax(item->slowdown, unit->slowdown);
	return 0;
}

/* The part of a unit that all ranks repeat: 0 when the work is divided, 1 when each does all of it. */
static double repeated_share(const struct growth *g, const struct unit *unit, double grown)
{
	const struct pmp_side *now = &g->lacks->now, *then = &g->lacks->then;
	double divided = (double)then->ranks / now->ranks;
	double slowdown = unit->slowdown > 0 ? unit->slowdown : 1;
	double each = (unit->then_s + grown) / now->ranks;
	double once = unit->then_s / then->ranks * slowdown;

	return once > 0 ? (each / once - divided) / (1 - divided) : 0;
}

static bool is_strong(const struct growth *g)
{
	return g->lacks->speedup->series->scaling == PMP_SCALING_STRONG;
}

/* @grown: without what had no processor */
static int charge_growth(struct growth *g, const struct unit *unit, double grown)
{
	bool is_known = unit->slowdown > 0;
	double limit = is_known ? REPEATED_SURELY : REPEATED_LIKELY, repeated = 0, slower = 0;
	double ratio = (double)g->lacks->now.ranks / g->lacks->then.ranks;

	if (is_strong(g) && repeated_share(g, unit, grown) >= limit)
		repeated = fmin(grown, unit->then_s * (ratio - 1));
	if (is_known)
		slower = fmin(grown - repeated, (unit->slowdown - 1) * (unit->then_s + repeated));
	int rc = charge(g, unit, PMP_SHORTFALL_REPEATED, repeated);

	if (rc == 0)
		rc = charge(g, unit, PMP_SHORTFALL_SLOWER, slower);
	if (rc == 0)
		rc = charge(g, unit, is_known ? PMP_SHORTFALL_MORE : PMP_SHORTFALL_LONGER,
			    grown - repeated - slower);
	return rc;
}

static int charge_unit(struct growth *g, const struct unit *unit)
{
	double grown = unit->now_s - unit->then_s, away;
	int rc;

	g->lacks->seconds[PMP_SHORTFALL_TOOL] += unit->hidden_s;
	if (unit->is_alone) /* in weak scaling the others' waiting is made up for by not repeating it */
		return charge(g, unit, PMP_SHORTFALL_SERIAL, grown);
	if (grown <= 0)
		return charge(g, unit, PMP_SHORTFALL_FASTER, grown);
	away = grown * g->away_share;
	rc = charge(g, unit, PMP_SHORTFALL_PROCESSORS, away);
	return rc ? rc : charge_growth(g, unit, grown - away);
}

/* Computation without a processor explains no more growth than there is. */
static double away_share(const struct growth *g)
{
	const struct unit *units = (const void *)g->units.rows;
	size_t member = offsetof(struct pmp_digest, away_s);
	double away = pmp_side_sum(&g->lacks->now, member) - pmp_side_sum(&g->lacks->then, member);
	double grown = 0;

	for (size_t i = 0; i < g->units.count; i++)
		if (!units[i].is_pooled && !units[i].is_alone)
			grown += fmax(0, units[i].now_s - units[i].then_s);
	return grown > 0 ? fmin(1, fmax(0, away) / grown) : 0;
}

/* Of a serial program only the time is known: all of it was computation, wherever. */
static int charge_unknown(struct pmp_lacks *lacks)
{
	double now = pmp_side_sum(&lacks->now, offsetof(struct pmp_digest, compute_s));
	double grown = now - lacks->then.core_s;
	enum pmp_shortfall cause = grown > 0 ? PMP_SHORTFALL_LONGER : PMP_SHORTFALL_FASTER;

	lacks->seconds[cause] += grown;
	return 0;
}

int pmp_lacks_of_computation(struct pmp_lacks *lacks)
{
	struct growth g = {.lacks = lacks};
	int rc;

	if (lacks->then.count == 0)
		return charge_unknown(lacks);
	pmp_tally_init(&g.units, sizeof(struct unit));
	rc = add_side(&g, &lacks->now);
	if (rc == 0)
		rc = add_side(&g, &lacks->then);
	if (rc == 0)
		rc = pool_units(&g);
	if (rc == 0) {
		find_slowdowns(&g);
		g.away_share = away_share(&g);
	}
	for (size_t i = 0; rc == 0 && i < g.units.count; i++) {
		const struct unit *unit = (const struct unit *)(const void *)g.units.rows + i;

		if (!unit->is_pooled)
			rc = charge_unit(&g, unit);
	}
	pmp_tally_release(&g.units);
	return rc;
}
