/*
 * sweep_plan.c - order, end and expected duration of a sweep. Used by `pmprof scale`; pure functions.
 */
#include "cli/sweep_plan.h"

#include <math.h>

#include "base/hash.h"
#include "metrics/stats.h"

double pmp_plan_precision(const struct pmp_plan_point *point)
{
	struct pmp_interval time = pmp_estimate(point->times_s, point->count);

	return (time.high - time.low) / 2.0 / time.value;
}

bool pmp_plan_is_enough(const struct pmp_plan *plan, const struct pmp_plan_point *point)
{
	if (point->failures && !point->count)
		return true;
	if (point->count + point->failures >= plan->repeat)
		return true;
	return plan->precision > 0 && point->count >= PMP_PLAN_MIN_REPEAT &&
	       pmp_plan_precision(point) <= plan->precision;
}

/* Where a point stands in a round: the points are drawn by the hash of seed, round and name, the smallest first. */
static uint64_t draw(const struct pmp_plan *plan, const struct pmp_plan_point *point, size_t round)
{
	return pmp_hash_combine(pmp_hash_combine(plan->seed, round), point->ranks);
}

struct pmp_plan_point *pmp_plan_next(const struct pmp_plan *plan)
{
	struct pmp_plan_point *next = NULL;

	for (size_t i = 0; i < plan->point_count; i++) {
		struct pmp_plan_point *point = &plan->points[i];
		size_t round = point->count + point->failures;
		size_t first = next ? next->count + next->failures : 0;

		if (pmp_plan_is_enough(plan, point))
			continue;
		if (!next || round < first ||
		    (round == first && draw(plan, point, round) < draw(plan, next, round)))
			next = point;
	}
	return next;
}

/* A point that has not been run yet is taken for as long as the longest of those that have. */
size_t pmp_plan_left(const struct pmp_plan *plan, double *seconds)
{
	double longest = NAN, sum = 0.0;
	size_t runs = 0;

	for (size_t i = 0; i < plan->point_count; i++)
		if (plan->points[i].count)
			longest = fmax(longest,
				       plan->points[i].wall_s / (double)plan->points[i].count);
	for (size_t i = 0; i < plan->point_count; i++) {
		const struct pmp_plan_point *point = &plan->points[i];
		size_t left = pmp_plan_is_enough(plan, point)
				      ? 0
				      : plan->repeat - point->count - point->failures;

		runs += left;
		if (left)
			sum += (double)left *
			       (point->count ? point->wall_s / (double)point->count : longest);
	}
	*seconds = sum;
	return runs;
}
