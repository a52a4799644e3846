/*
 * sweep_plan.h - which run of a sweep comes next, and when enough is known: decided from what has been done, without a memory of
 * its own, so that an interrupted sweep goes on as if nothing had happened
 */
#ifndef PMP_SWEEP_PLAN_H
#define PMP_SWEEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMP_PLAN_MIN_REPEAT 3 /* below, no precision ends the repeats of a point */

/* One number of ranks, or the serial program. */
struct pmp_plan_point {
	uint32_t ranks;  /* 0: the serial program */
	double *times_s; /* of the good runs */
	size_t count;
	size_t failures;
	double wall_s; /* of the good runs together, from fork to exit */
};

struct pmp_plan {
	struct pmp_plan_point *points;
	size_t point_count;
	uint32_t repeat; /* good runs of each point, at most */
	double precision; /* half the confidence interval over the median at which a point has enough; 0: never */
	uint64_t seed; /* of the order */
};

/* pmp_plan_is_enough - is there nothing left to be run of a point? Also when it has never been run without failing. */
bool pmp_plan_is_enough(const struct pmp_plan *plan, const struct pmp_plan_point *point);

/* pmp_plan_precision - half the confidence interval of a point's time over its median; NaN: unknown */
double pmp_plan_precision(const struct pmp_plan_point *point);

/*
 * pmp_plan_next - the point to be run next; NULL: all have enough
 *
 * In rounds, each a run of every point that has not enough, in an order drawn anew for each round: what drifts on a machine
 * (temperature, neighbours, file systems) hits all points alike, whatever its period.
 */
struct pmp_plan_point *pmp_plan_next(const struct pmp_plan *plan);

/* pmp_plan_left - runs that are left at most, and how long they take; NaN: unknown, before anything was run */
size_t pmp_plan_left(const struct pmp_plan *plan, double *seconds);

#endif
