/*
 * series.h - the runs of one program at several rank counts, with repeats: what a speedup is computed from
 */
#ifndef PMP_SERIES_H
#define PMP_SERIES_H

#include "base/err.h"
#include "metrics/digest.h"

enum pmp_scaling { PMP_SCALING_STRONG, PMP_SCALING_WEAK };

/* All runs with the same number of ranks. */
struct pmp_point {
	uint32_t ranks;
	const struct pmp_digest *const *runs; /* in the order given */
	const double *times_s;                /* T of each */
	size_t count;
	bool is_oversubscribed; /* in any of the runs */
};

/*
 * N copies of the one-rank run at the same time (pmprof scale --copies): each does exactly what it does alone, so what they take
 * longer is the machine's doing: memory bandwidth, caches, frequency, shared processors. Known without hardware counters.
 */
struct pmp_copies {
	uint32_t copies;
	const double *computes_s; /* computation per copy, one value per copy and repeat */
	size_t count;
};

struct pmp_series {
	struct pmp_pool *pool;
	const struct pmp_point *points; /* by rising number of ranks */
	size_t point_count;
	enum pmp_scaling scaling;
	const char *program; /* name of the executable, from the command lines */
	/* The baseline of every speedup: a serial program's times, if there are any, else the point with the fewest ranks. */
	const double *serial_s;
	size_t serial_count;
	const char *serial_command;
	const struct pmp_copies *copies; /* by rising number; may be none */
	size_t copies_count;
};

/*
 * pmp_series_make - group digests by rank count; takes them over (they are freed with the series)
 * @is_mixed_allowed: also when the programs' names differ
 *
 * Return: 0; -PMP_ENOMEM; -PMP_EINVALID with one line in @diag: no run at all, different programs mixed (names both and their
 * files), a run without time.
 */
int pmp_series_make(struct pmp_digest **digests, size_t count, enum pmp_scaling scaling,
		    bool is_mixed_allowed, struct pmp_series **series, struct pmp_diag *diag);
void pmp_series_free(struct pmp_series *series);

/* pmp_series_point - the runs with that many ranks; NULL if there are none */
const struct pmp_point *pmp_series_point(const struct pmp_series *series, uint32_t ranks);

#endif
