/*
 * losses.h - between the files that find losses; not for others
 *
 * The split is additive. B are the busiest ranks: the one with the most computation and I/O, and those as good as equal to it.
 * Everybody else has to wait for them. With means over B:
 *
 *   core-seconds - sum(u) = (N*u_B - sum(u)) + N*io_B + N*(T - u_B - io_B)
 *                            load imbalance     I/O      communication, profiler, uneven start and end
 *
 * The first term is split over regions and stretches of code g by N*u_Bg - sum_p(u_pg), which sums up to it exactly; the last one
 * over the calls of every rank, see loss_split.c.
 */
#ifndef PMP_LOSSES_H
#define PMP_LOSSES_H

#include "metrics/summary.h"

/* Below these a program is called balanced; docs/METRICS.md says why. */
#define PMP_GOOD_EFFICIENCY       0.95 /* parallel efficiency from which on nothing is listed */
#define PMP_MIN_SHARE             0.02 /* of all core-seconds */
#define PMP_MIN_REST_SHARE        0.05 /* the same for what is too small to be named one by one */
#define PMP_MIN_WALL_S            1e-3 /* per rank: less is scheduling noise */
#define PMP_MIN_IMBALANCE         0.05 /* max/mean - 1 */
#define PMP_MIN_IMBALANCE_CROWDED 0.25 /* the same when ranks share processors */
#define PMP_BUSY_SHARE            0.02 /* of T: ranks this near to the busiest are as busy */
#define PMP_ONE_OFF_IMBALANCE     0.10 /* what one single pass explains is noise up to here, */
#define PMP_ONE_OFF_S             0.05 /* and up to this time */
#define PMP_FEW_PASSES            5    /* fewer than that tell nothing about noise, */
#define PMP_FEW_PASSES_S          0.02 /* so up to this time they are it: a few turns of the scheduler */
#define PMP_MAX_LINES             3 /* per cause; the rest is one more line */
#define PMP_MAX_LOSSES            64

struct pmp_loss_list {
	struct pmp_summary *summary;
	struct pmp_loss rows[PMP_MAX_LOSSES];
	size_t count;
};

/* pmp_loss_add - a new row of a cause with everything unknown; seconds NaN for none. Beyond the last row: the last one again. */
struct pmp_loss *pmp_loss_add(struct pmp_loss_list *list, enum pmp_cause cause, double seconds);

/* pmp_loss_matters - enough of all core-seconds to be worth a line */
bool pmp_loss_matters(const struct pmp_summary *summary, double seconds);

/* What one call path costs, or (cause START, END, TOOL) one of the other things that keep ranks from computing. */
struct pmp_cost {
	struct pmp_tally_key key; /* path, call */
	enum pmp_cause cause;
	uint32_t region;
	double seconds;                     /* lost in it, over all ranks */
	double busy_s;                      /* spent in it, mean of the busiest ranks */
	int64_t count, bytes_out, bytes_in; /* over all ranks and threads */
	uint32_t ranks, rank;               /* how many make the call, the last of them */
};

/* pmp_split_costs - all call paths and the three others. Return: 0 or -PMP_ENOMEM */
int pmp_split_costs(const struct pmp_summary *summary, struct pmp_cost **costs, size_t *count);

/* The finders; 0 or -PMP_ENOMEM. */
int pmp_find_endings(struct pmp_loss_list *list);
int pmp_find_imbalance(struct pmp_loss_list *list);
int pmp_find_calls(struct pmp_loss_list *list);

/* pmp_find_notes - what distorts the numbers; sets notes and is_oversubscribed */
int pmp_find_notes(struct pmp_summary *summary);

/* pmp_ended_together - no rank was gone much before the others, so that times can be compared */
bool pmp_ended_together(const struct pmp_summary *summary);

/* pmp_in_text - " in solve (heat.c:88)", " at heat.c:88", "" */
const char *pmp_in_text(struct pmp_pool *pool, const struct pmp_place *place);

#endif
