/* diff_parts.h - between the diff*.c; not for others */
#ifndef PMP_DIFF_PARTS_H
#define PMP_DIFF_PARTS_H

#include "metrics/diff.h"
#include "model/pool.h"

#define PMP_DIFF_ALPHA (1 - PMP_CONFIDENCE)

/* A diff being made. Runs are counted through: the first side's, then the second's. */
struct pmp_diff_maker {
	struct pmp_diff *diff;
	struct pmp_pool *pool;
	size_t befores, runs; /* of the first side; of both */
	double relevant;      /* share of the run's time */
};

static inline const struct pmp_digest *pmp_diff_run(const struct pmp_diff_maker *maker, size_t run)
{
	return run < maker->befores ? maker->diff->before.runs[run]
				    : maker->diff->after.runs[run - maker->befores];
}

/* Where something is in the runs that have it: entries with equal keys follow each other, ordered by run. */
struct pmp_diff_entry {
	uint64_t key;
	size_t run, index; /* in the run's array */
};

struct pmp_diff_group {
	const struct pmp_diff_entry *entries;
	size_t count;
};

struct pmp_diff_groups {
	struct pmp_diff_group *groups; /* by key */
	size_t count;
};

enum pmp_diff_part { PMP_DIFF_REGIONS, PMP_DIFF_STRETCHES, PMP_DIFF_SITES };

/* pmp_diff_group - what all runs have of one kind, by key; 0 or -PMP_ENOMEM */
int pmp_diff_group(const struct pmp_diff_maker *maker, enum pmp_diff_part part,
		   struct pmp_diff_groups *out);

/* pmp_diff_group_find - index of the group with that key; SIZE_MAX if there is none */
size_t pmp_diff_group_find(const struct pmp_diff_groups *groups, uint64_t key);

int pmp_diff_make_rows(
	struct pmp_diff_maker *maker); /* diff_rows.c: rows with their values, not judged */
int pmp_diff_judge_rows(struct pmp_diff_maker *maker);  /* diff_judge.c: states and findings */
int pmp_diff_make_counts(struct pmp_diff_maker *maker); /* diff_counts.c */
int pmp_diff_make_words(struct pmp_diff_maker *maker); /* diff_words.c: verdict, sentences, notes */

#endif
