/*
 * summary.h - what a run amounts to: efficiency, losses with their causes, notes. Made once, then rendered.
 */
#ifndef PMP_SUMMARY_H
#define PMP_SUMMARY_H

#include "metrics/metrics.h"
#include "model/query.h"

enum pmp_cause {
#define PMP_CAUSE(id, name, doc) PMP_CAUSE_##id,
#include "metrics/causes.def"
#undef PMP_CAUSE
	PMP_CAUSE_COUNT
};

/* pmp_cause_name - "load imbalance" */
const char *pmp_cause_name(enum pmp_cause cause);

/* One line of the verdict. */
struct pmp_loss {
	enum pmp_cause cause;
	double seconds;        /* core-seconds; NaN: not counted in seconds (ends of ranks) */
	double share;          /* of all core-seconds; NaN likewise */
	const uint32_t *ranks; /* whose doing it is; none: all alike */
	size_t rank_count;
	uint32_t region;        /* 0: in none, or in several */
	uint16_t call, to_call; /* the call, or the two that bound a stretch of computation */
	struct pmp_place place, to_place;
	int64_t count, bytes; /* of the call, over ranks; -1: does not apply */
	double imbalance;     /* this rank's computation there / mean - 1; NaN: does not apply */
	double slowest_s, mean_s; /* the two behind it */
	const char *text;         /* the sentence */
};

struct pmp_summary {
	const struct pmp_model *model;
	struct pmp_pool *pool;
	/* ranks with data, in order; arrays are count long */
	size_t count;
	const uint32_t *ranks;
	const double *useful_s;
	const uint32_t *node_of;
	size_t nodes;
	uint32_t busiest; /* world rank with the most computation plus I/O; PMP_NONE without data */
	const bool *is_busy; /* per world rank: within 2 % of T of the busiest; see losses.h */
	size_t busy_count;
	double wall_s; /* T: wall time less the mean of paused time */
	double core_s; /* count * T */
	double lost_s; /* core_s less computation */
	double tool_share;
	bool is_oversubscribed; /* on some node more ranks than processors */
	uint32_t processors;    /* that ranks may run on, over nodes; 0 unknown on some node */
	struct pmp_imbalance balance;
	struct pmp_pop pop;
	const struct pmp_region_sum
		*regions; /* one per region of the model, arrays one per world rank */
	const struct pmp_loss *losses;
	size_t loss_count;
	const char *const *notes; /* what distorts the numbers, in sentences */
	size_t note_count;
};

/*
 * pmp_summarize - @summary lives in @pool and refers to @model
 *
 * Return: 0 or -PMP_ENOMEM.
 */
int pmp_summarize(const struct pmp_model *model, struct pmp_pool *pool,
		  struct pmp_summary **summary);

/* pmp_rank_list_text - "rank 3", "ranks 3 and 7", "ranks 0-3 and 8", "12 ranks (0, 3, 5, ...)" */
const char *pmp_rank_list_text(struct pmp_pool *pool, const uint32_t *ranks, size_t count);

#endif
