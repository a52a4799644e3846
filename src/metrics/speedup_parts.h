/* speedup_parts.h - between the speedup*.c; not for others */
#ifndef PMP_SPEEDUP_PARTS_H
#define PMP_SPEEDUP_PARTS_H

#include "metrics/speedup.h"
#include "model/tally.h"

/*
 * One side of a comparison: the run with the median time or, of an even number of runs, the mean of the two in the middle, so that
 * its time is the median of the table.
 */
struct pmp_side {
	const struct pmp_digest *runs[2];
	size_t count;          /* 0: nothing is known but a time */
	double scale;          /* weight of each run: 1 or 1/2, times what weak scaling counts it */
	double time_s, core_s; /* core_s is scaled */
	uint32_t ranks;
};

struct pmp_side pmp_side_of(const struct pmp_point *point, double scale);

/* pmp_side_sum - a member of struct pmp_digest (offsetof), summed up as a side does */
double pmp_side_sum(const struct pmp_side *side, size_t member);

/* What all parts of one point are gathered in. */
struct pmp_lacks {
	const struct pmp_speedup *speedup;
	struct pmp_pool *pool;
	struct pmp_side now, then;
	const struct pmp_copies *
		copies; /* as many at once as there are ranks; NULL: none, or their base is not alone */
	double seconds[PMP_SHORTFALL_COUNT];
	struct pmp_tally items; /* struct pmp_lack_item by cause and key */
};

enum pmp_lack_kind { PMP_LACK_REGION, PMP_LACK_STRETCH, PMP_LACK_CALL };

/* A place and what it contributes to one cause, before it is put into words. */
struct pmp_lack_item {
	struct pmp_tally_key key;
	double seconds;
	bool is_known; /* the following are set */
	enum pmp_lack_kind kind;
	const struct pmp_digest *run;             /* of the three */
	const struct pmp_digest_region *region;   /* NULL: none */
	const struct pmp_digest_stretch *stretch; /* the longest; NULL: a call */
	const struct pmp_digest_site *site;
	double now_s, then_s; /* computation there, over ranks; then_s scaled; 0 unknown */
	double slowdown;      /* by copies; 0 unknown */
};

/* pmp_lack_add - seconds of a cause at a place. Return: the item, for what else is known of it; NULL: no memory */
struct pmp_lack_item *pmp_lack_add(struct pmp_lacks *lacks, enum pmp_shortfall cause, uint64_t key,
				   double seconds);

/* What may be done at a place of computation. A region speaks for its stretches. */
void pmp_lack_at_stretch(struct pmp_lack_item *item, const struct pmp_digest *run,
			 const struct pmp_digest_stretch *stretch);

/* pmp_has_serial_part - where one rank of the run computes alone the others really wait */
bool pmp_has_serial_part(const struct pmp_digest *run);

/* speedup_compute.c: total computation grew. speedup_waiting.c: imbalance and calls. Return: 0 or -PMP_ENOMEM */
int pmp_lacks_of_computation(struct pmp_lacks *lacks);
int pmp_lacks_of_waiting(struct pmp_lacks *lacks);

/* speedup_words.c: sentences */
const char *pmp_lack_item_text(const struct pmp_lacks *lacks, enum pmp_shortfall cause,
			       const struct pmp_lack_item *item);
const char *pmp_lack_part_text(const struct pmp_lacks *lacks, enum pmp_shortfall cause);
const char *pmp_speedup_verdict(const struct pmp_speedup *speedup,
				const struct pmp_speedup_point *point, struct pmp_pool *pool);

/* speedup_fall.c: from N to S. Fills missing, missing_s, parts. @then: of the baseline; count 0 for a serial program alone */
int pmp_speedup_fall(const struct pmp_speedup *speedup, struct pmp_speedup_point *point,
		     const struct pmp_point *then, struct pmp_pool *pool);

/* speedup_regions.c */
int pmp_speedup_regions(struct pmp_speedup *speedup, struct pmp_pool *pool);

/* pmp_speedup_weight - how often the core-seconds of @base ranks count in a run on @ranks: 1, or in weak scaling ranks / base */
double pmp_speedup_weight(const struct pmp_speedup *speedup, uint32_t ranks, uint32_t base);

#endif
