/*
 * diff.h - what changed between the runs of one build and those of another: times with a test, counts and bytes exactly
 *
 * Times are compared in a hierarchy: the run, its start-up, and the computation and communication of every region (without the
 * regions inside, so that they are disjoint) are one family of tests; the stretches of code and call paths of what changed there
 * are the next. A time has changed when it is certain (see pmp_diff_row.adjusted) and relevant (PMP_DIFF_RELEVANT). See
 * docs/METRICS.md.
 */
#ifndef PMP_DIFF_H
#define PMP_DIFF_H

#include "metrics/digest.h"
#include "metrics/stats.h"

#define PMP_DIFF_RELEVANT                                                                          \
	0.01 /* of the run's time: smaller changes are not worth a reader's time */
#define PMP_DIFF_FLOOR_S 0.001 /* and at least this, per rank: less is scheduling */
#define PMP_DIFF_STRIKING                                                                          \
	0.05 /* of the run's time: a change of that size, if uncertain, asks for more repeats */

/* The runs of one side. All of one program with the same number of ranks. */
struct pmp_diff_side {
	const struct pmp_digest *const *runs;
	size_t count;
};

enum pmp_diff_what {
	PMP_DIFF_RUN,           /* T */
	PMP_DIFF_STARTUP,       /* longest MPI_Init */
	PMP_DIFF_COMPUTATION,   /* of a region itself: of the slowest rank */
	PMP_DIFF_COMMUNICATION, /* MPI and MPI-IO of a region itself: mean over ranks */
	PMP_DIFF_STRETCH,       /* computation between two calls: of the slowest rank */
	PMP_DIFF_SITE,          /* a call path: mean over ranks */
};

enum pmp_diff_state {
	PMP_DIFF_SAME,   /* or not relevant */
	PMP_DIFF_SLOWER, /* certain and relevant */
	PMP_DIFF_FASTER,
	PMP_DIFF_UNCERTAIN, /* striking, but not certain */
	PMP_DIFF_NEW,       /* only in the second side's runs, and relevant */
	PMP_DIFF_VANISHED,
};

/* One time, compared. */
struct pmp_diff_row {
	enum pmp_diff_what what;
	enum pmp_diff_state state;
	const char *region; /* "solve/halo"; "" outside of regions, or the program has none */
	const char *call,
		*from_call; /* of a site; of a stretch: that ends it and that begins it ("" end and start) */
	struct pmp_digest_place place, from; /* as in the second side's runs, if it is there */
	const char *path;                    /* of a site: "main > solve > exchange" */
	const double *before,
		*after; /* seconds per rank, one value per run; 0 where a run has it not */
	double before_s, after_s, change_s; /* medians */
	struct pmp_comparison comparison;
	double adjusted;  /* p of the ratio, corrected for the number of tests; NaN: not tested */
	double waiting_s; /* part of change_s that is waiting for ranks that compute longer */
	double all_ranks_s; /* of a computation: change of the mean over ranks, where change_s is that of the slowest */
	size_t parent; /* of stretches and sites: index of the row of the region; else SIZE_MAX */
};

enum pmp_diff_count_state {
	PMP_DIFF_COUNT_CHANGED,
	PMP_DIFF_COUNT_NEW, /* call paths that are not in the other side's runs */
	PMP_DIFF_COUNT_VANISHED,
	PMP_DIFF_COUNT_MOVED, /* new or vanished, while the call's total did not change */
};

/* Calls and bytes, or entries of a region, that differ. Over all ranks; per rank where rank counts differ. */
struct pmp_diff_count {
	enum pmp_diff_count_state state;
	bool is_finding;
	const char *call; /* NULL: entries of the region */
	const char *region, *path;
	struct pmp_digest_place place;
	double before, after;                              /* calls, or entries */
	double out_before, out_after, in_before, in_after; /* bytes */
};

enum pmp_diff_verdict {
	PMP_DIFF_VERDICT_SAME,         /* no finding */
	PMP_DIFF_VERDICT_FINDINGS,     /* something is slower, or counts changed */
	PMP_DIFF_VERDICT_INCONCLUSIVE, /* nothing certain, but a striking difference */
};

struct pmp_diff {
	struct pmp_diff_side before, after;
	uint32_t before_ranks, after_ranks;
	bool has_same_ranks;
	enum pmp_diff_verdict verdict;
	const char *const *sentences; /* the verdict in words, most important first; at least one */
	size_t sentence_count;
	const struct pmp_diff_row *rows; /* [0] is the run */
	size_t row_count;
	const struct pmp_diff_row *const
		*findings; /* slower, by seconds; then faster; waiting for others last */
	size_t finding_count, slower_count;  /* the first slower_count of them are slower */
	const struct pmp_diff_count *counts; /* findings first, then by size of the difference */
	size_t count_count, count_findings;
	size_t random_count; /* call paths left out: their counts vary from run to run, or depend on timing by nature */
	const char *const *notes; /* what distorts the comparison, in sentences */
	size_t note_count;
};

/*
 * pmp_diff_make - @diff lives in @pool and refers to the digests of both sides
 * @relevant: share of the run's time from which on a change counts, usually PMP_DIFF_RELEVANT
 *
 * Return: 0 or -PMP_ENOMEM.
 */
int pmp_diff_make(struct pmp_diff_side before, struct pmp_diff_side after, double relevant,
		  struct pmp_pool *pool, struct pmp_diff **diff);

/* pmp_diff_is_waiting - most of the change is waiting for ranks that compute longer: it follows from another change */
bool pmp_diff_is_waiting(const struct pmp_diff_row *row);

/* pmp_diff_cause - the stretch or call path of a region's row that changed most, in the same direction; NULL: none certain */
const struct pmp_diff_row *pmp_diff_cause(const struct pmp_diff *diff,
					  const struct pmp_diff_row *row);

/* pmp_diff_subject - what a row is about: "solve", "MPI_Allreduce (heat.c:120)", "the run" */
const char *pmp_diff_subject(struct pmp_pool *pool, const struct pmp_diff *diff,
			     const struct pmp_diff_row *row);

/* pmp_diff_where - the place of a row in words, "heat.c:88"; "" unknown */
const char *pmp_diff_where(struct pmp_pool *pool, const struct pmp_diff_row *row);

#endif
