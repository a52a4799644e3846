/*
 * speedup.c - the table of speedups with its intervals, fits and notes. Called by the verbs over several runs. What is missing from a
 * speedup is found by speedup_fall.c.
 */
#include "metrics/speedup.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "metrics/speedup_parts.h"

#define MAX_NOTES 8

struct notes {
	const char *texts[MAX_NOTES];
	size_t count;
	struct pmp_pool *pool;
};

static void add_note(struct notes *notes, const char *text)
{
	if (notes->count < MAX_NOTES)
		notes->texts[notes->count++] = text;
}

double pmp_speedup_weight(const struct pmp_speedup *speedup, uint32_t ranks, uint32_t base)
{
	return speedup->series->scaling == PMP_SCALING_WEAK ? (double)ranks / base : 1;
}

/* The sample that speedups are relative to. */
struct base {
	const double *times_s;
	size_t count;
};

static struct base base_of(const struct pmp_speedup *speedup)
{
	const struct pmp_series *series = speedup->series;

	if (speedup->is_serial)
		return (struct base){series->serial_s, series->serial_count};
	return (struct base){series->points[0].times_s, series->points[0].count};
}

static void find_base(struct pmp_speedup *speedup, struct pmp_pool *pool)
{
	const struct pmp_series *series = speedup->series;

	speedup->is_serial = series->serial_count > 0;
	speedup->base_ranks = speedup->is_serial ? 1 : series->points[0].ranks;
	if (speedup->is_serial)
		speedup->base_text = "serial program";
	else if (speedup->base_ranks == 1)
		speedup->base_text = "1 rank";
	else
		speedup->base_text =
			pmp_pool_printf(pool, "%u ranks (reference)", speedup->base_ranks);
	struct base base = base_of(speedup);

	speedup->base_s = pmp_estimate(base.times_s, base.count);
	speedup->is_base_single = base.count < 2;
}

/* The run that its own components are compared with: none when only a serial program's time is known. */
static const struct pmp_point *then_of(const struct pmp_speedup *speedup)
{
	const struct pmp_point *first = &speedup->series->points[0];

	return speedup->is_serial && first->ranks != 1 ? NULL : first;
}

static void fill_pop(const struct pmp_speedup *speedup, struct pmp_speedup_point *point)
{
	const struct pmp_point *then = then_of(speedup);
	const struct pmp_digest *now = pmp_side_of(point->point, 1).runs[0];

	point->median = now;
	point->pop = now->pop;
	point->computation_scaling = NAN;
	if (then) {
		double weight = pmp_speedup_weight(speedup, point->point->ranks, then->ranks);

		point->computation_scaling =
			weight * pmp_side_of(then, 1).runs[0]->compute_s / now->compute_s;
	}
	point->global_efficiency = point->pop.parallel * point->computation_scaling;
}

static const char *refusal_of(const struct pmp_speedup_point *point, struct pmp_pool *pool)
{
	const struct pmp_point *p = point->point;

	if (!p->is_oversubscribed)
		return NULL;
	for (size_t i = 0; i < p->count; i++)
		if (p->runs[i]->is_oversubscribed && p->runs[i]->processors)
			return pmp_pool_printf(pool, "oversubscribed: %u ranks on %u processor%s",
					       p->ranks, p->runs[i]->processors,
					       p->runs[i]->processors == 1 ? "" : "s");
	return "oversubscribed: more ranks than processors";
}

/*
 * Karp and Flatt's serial fraction, of the time after MPI_Init: a start-up that takes as long on any number of ranks would pass for
 * a serial part of the program, and it is shown on its own.
 */
static double karp_flatt_of(const struct pmp_speedup *speedup, const struct pmp_side *now)
{
	const struct pmp_point *then = then_of(speedup);
	size_t init = offsetof(struct pmp_digest, init_s);
	double base_s = speedup->base_s.value;

	if (speedup->series->scaling != PMP_SCALING_STRONG)
		return NAN;
	if (!speedup->is_serial) {
		const struct pmp_side side = pmp_side_of(then, 1);

		base_s -= pmp_side_sum(&side, init);
	}
	return pmp_karp_flatt(
		speedup->base_ranks * base_s / (now->time_s - pmp_side_sum(now, init)), now->ranks);
}

static int fill_point(const struct pmp_speedup *speedup, const struct pmp_point *from,
		      struct pmp_speedup_point *to, struct pmp_pool *pool)
{
	struct base base = base_of(speedup);
	double factor =
		pmp_speedup_weight(speedup, from->ranks, speedup->base_ranks) * speedup->base_ranks;
	double n = from->ranks;

	to->point = from;
	to->is_baseline = !speedup->is_serial && from->ranks == speedup->base_ranks;
	to->time_s = pmp_estimate(from->times_s, from->count);
	to->speedup = pmp_ratio(factor, base.times_s, base.count, from->times_s, from->count);
	if (to->is_baseline) /* exactly, whatever the noise */
		to->speedup = (struct pmp_interval){factor, factor, factor};
	to->efficiency = (struct pmp_interval){to->speedup.value / n, to->speedup.low / n,
					       to->speedup.high / n};
	const struct pmp_side now = pmp_side_of(from, 1);

	to->karp_flatt = karp_flatt_of(speedup, &now);
	fill_pop(speedup, to);
	to->refusal = refusal_of(to, pool);
	int rc = pmp_speedup_fall(speedup, to, then_of(speedup), pool);

	to->verdict = rc == 0 ? pmp_speedup_verdict(speedup, to, pool) : "";
	return rc;
}

static int fill_points(struct pmp_speedup *speedup, struct pmp_pool *pool)
{
	const struct pmp_series *series = speedup->series;
	struct pmp_speedup_point *points =
		pmp_pool_alloc(pool, series->point_count, sizeof(*points));
	int rc = points ? 0 : -PMP_ENOMEM;

	speedup->points = points;
	speedup->point_count = series->point_count;
	speedup->explained = SIZE_MAX;
	for (size_t i = 0; rc == 0 && i < series->point_count; i++) {
		rc = fill_point(speedup, &series->points[i], &points[i], pool);
		if (points[i].is_baseline)
			continue;
		if (speedup->explained == SIZE_MAX || !points[i].refusal)
			speedup->explained = i;
	}
	return rc;
}

static int fill_fits(struct pmp_speedup *speedup, struct pmp_pool *pool)
{
	double *ranks = pmp_pool_alloc(pool, speedup->point_count, sizeof(*ranks));
	double *speedups = pmp_pool_alloc(pool, speedup->point_count, sizeof(*speedups));
	size_t count = 0;

	if (!ranks || !speedups)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < speedup->point_count; i++) {
		const struct pmp_speedup_point *point = &speedup->points[i];

		if (point->point->is_oversubscribed)
			continue;
		ranks[count] = point->point->ranks;
		speedups[count++] = point->speedup.value;
		speedup->largest_fitted = point->point->ranks;
	}
	for (unsigned law = 0; law < PMP_LAW_COUNT; law++) {
		speedup->fits[law] = pmp_fit_law((enum pmp_law)law, ranks, speedups, count);
		if (speedup->base_ranks > 1 && !speedup->fits[law].refusal)
			speedup->fits[law].refusal =
				"no run on 1 rank, on which the laws are built";
	}
	return 0;
}

/* "1, 2 and 4 ranks" of the points for which @wanted says yes; NULL: of none */
static const char *list_ranks(const struct pmp_speedup *speedup, struct pmp_pool *pool,
			      bool (*wanted)(const struct pmp_speedup_point *))
{
	size_t total = 0, seen = 0;
	const char *text = "";
	uint32_t last = 0;

	for (size_t i = 0; i < speedup->point_count; i++)
		total += wanted(&speedup->points[i]);
	for (size_t i = 0; i < speedup->point_count; i++) {
		if (!wanted(&speedup->points[i]))
			continue;
		last = speedup->points[i].point->ranks;
		text = pmp_pool_printf(pool, "%s%s%u", text,
				       seen == 0           ? ""
				       : seen + 1 == total ? " and "
							   : ", ",
				       last);
		seen++;
	}
	if (total == 0)
		return NULL;
	return pmp_pool_printf(pool, "%s rank%s", text, total == 1 && last == 1 ? "" : "s");
}

static bool is_single(const struct pmp_speedup_point *point)
{
	return point->point->count < 2;
}

static bool is_refused(const struct pmp_speedup_point *point)
{
	return point->refusal;
}

static void note_scaling(const struct pmp_speedup *speedup, struct notes *notes)
{
	const struct pmp_series *series = speedup->series;
	bool is_weak = series->scaling == PMP_SCALING_WEAK;

	if (!series->is_scaling_found || series->point_count < 2)
		return;
	const struct pmp_speedup_point *last = &speedup->points[speedup->explained];
	double growth = pmp_side_of(last->point, 1).runs[0]->compute_s /
			pmp_side_of(&series->points[0], 1).runs[0]->compute_s;

	add_note(notes,
		 pmp_pool_printf(notes->pool,
				 "taken for %s scaling, since all computation together is %.2f "
				 "times as long on %u ranks as on %u (%s says otherwise)",
				 is_weak ? "weak" : "strong", growth, last->point->ranks,
				 series->points[0].ranks, is_weak ? "--strong" : "--weak"));
}

static void note_singles(const struct pmp_speedup *speedup, struct notes *notes)
{
	const char *ranks = list_ranks(speedup, notes->pool, is_single);

	if (ranks)
		add_note(notes, pmp_pool_printf(notes->pool,
						"only one run on %s: no confidence intervals; "
						"repeat each at least 3 times",
						ranks));
	if (speedup->is_serial && speedup->is_base_single)
		add_note(notes, "only one run of the serial program: no confidence intervals");
}

static void note_refused(const struct pmp_speedup *speedup, struct notes *notes)
{
	const char *ranks = list_ranks(speedup, notes->pool, is_refused);

	if (ranks)
		add_note(notes,
			 pmp_pool_printf(
				 notes->pool,
				 "%s are more than there are processors: shown, but no "
				 "verdict is based on them, and no fit (--force-oversubscribed "
				 "changes the former)",
				 ranks));
}

static void note_base(const struct pmp_speedup *speedup, struct notes *notes)
{
	if (speedup->base_ranks > 1)
		add_note(notes, pmp_pool_printf(notes->pool,
						"no run on 1 rank: speedups assume that %u ranks "
						"are %u times as fast as one would be",
						speedup->base_ranks, speedup->base_ranks));
}

static bool has_longer(const struct pmp_speedup_point *point)
{
	for (size_t i = 0; i < point->part_count; i++)
		if ((point->parts[i].cause == PMP_SHORTFALL_LONGER ||
		     point->parts[i].cause == PMP_SHORTFALL_REPEATED) &&
		    point->parts[i].share >= 0.05)
			return true;
	return false;
}

/* What only copies can tell. */
static void note_copies(const struct pmp_speedup *speedup, struct notes *notes)
{
	if (speedup->explained == SIZE_MAX || speedup->series->copies_count)
		return;
	if (has_longer(&speedup->points[speedup->explained]))
		add_note(notes, "whether ranks compute more or are slowed down by each other is "
				"not known: 'pmprof scale --copies' finds out");
}

/* The same problem has the same arguments, mostly. */
static void note_commands(const struct pmp_speedup *speedup, struct notes *notes)
{
	const struct pmp_series *series = speedup->series;
	const char *first = series->points[0].runs[0]->command;

	if (series->scaling == PMP_SCALING_WEAK)
		return;
	for (size_t i = 0; i < series->point_count; i++)
		for (size_t j = 0; j < series->points[i].count; j++) {
			const char *other = series->points[i].runs[j]->command;

			if (strcmp(first, other) == 0)
				continue;
			add_note(notes,
				 pmp_pool_printf(notes->pool,
						 "the command lines differ, '%s' and '%s': is "
						 "it the same problem?",
						 first, other));
			return;
		}
}

static void fill_notes(struct pmp_speedup *speedup, struct notes *notes)
{
	if (speedup->explained != SIZE_MAX)
		note_scaling(speedup, notes);
	note_base(speedup, notes);
	note_singles(speedup, notes);
	note_refused(speedup, notes);
	note_commands(speedup, notes);
	note_copies(speedup, notes);
	speedup->notes = notes->texts;
	speedup->note_count = notes->count;
}

int pmp_speedup_make(const struct pmp_series *series, struct pmp_pool *pool,
		     struct pmp_speedup **speedup)
{
	struct pmp_speedup *s = pmp_pool_alloc(pool, 1, sizeof(*s));
	struct notes *notes = pmp_pool_alloc(pool, 1, sizeof(*notes));
	int rc = s && notes ? 0 : -PMP_ENOMEM;

	if (rc)
		return rc;
	notes->pool = pool;
	s->series = series;
	find_base(s, pool);
	rc = fill_points(s, pool);
	if (rc == 0)
		rc = fill_fits(s, pool);
	if (rc == 0)
		rc = pmp_speedup_regions(s, pool);
	if (rc)
		return rc;
	fill_notes(s, notes);
	if (pmp_pool_failed(pool))
		return -PMP_ENOMEM;
	*speedup = s;
	return 0;
}

const struct pmp_speedup_point *pmp_speedup_at(const struct pmp_speedup *speedup, uint32_t ranks)
{
	for (size_t i = 0; i < speedup->point_count; i++)
		if (speedup->points[i].point->ranks == ranks)
			return &speedup->points[i];
	return NULL;
}
