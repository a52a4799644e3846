/*
 * series.h - the runs of one program at several rank counts, with repeats: what a speedup is computed from
 */
#ifndef PMP_SERIES_H
#define PMP_SERIES_H

#include "base/err.h"
#include "metrics/digest.h"

enum pmp_scaling {
	PMP_SCALING_STRONG, /* the same problem on more ranks */
	PMP_SCALING_WEAK,   /* a problem that grows with the ranks */
	PMP_SCALING_AUTO,   /* in requests only: as total computation tells (metrics.md 3.2) */
};

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
	const struct pmp_digest *const *runs; /* one per copy and repeat */
	const double *computes_s;             /* computation of each */
	size_t count;
};

struct pmp_series {
	struct pmp_pool *pool;
	const struct pmp_point *points; /* by rising number of ranks; at least one */
	size_t point_count;
	enum pmp_scaling scaling; /* STRONG or WEAK */
	bool is_scaling_found;    /* by looking at computation, nobody said so */
	const char *program;      /* name of the executable, from the command lines */
	/* The baseline of every speedup: a serial program's times, if there are any, else the point with the fewest ranks. */
	const double *serial_s;
	size_t serial_count;
	const char *serial_command;      /* "" none */
	const struct pmp_copies *copies; /* by rising number; may be none */
	size_t copies_count;
	struct pmp_digest **digests; /* all of them, owned */
	size_t digest_count;
};

/* What a series is made from. */
struct pmp_series_source {
	struct pmp_digest *const *runs;
	size_t run_count;
	struct pmp_digest *const *copies; /* runs of copies */
	const uint32_t *copy_numbers;     /* how many ran at once, for each of them */
	size_t copies_count;
	const double *serial_s; /* wall times of the serial program */
	size_t serial_count;
	const char *serial_command; /* NULL none */
	enum pmp_scaling scaling;
	bool is_mixed_allowed;      /* also when the programs' names differ */
	bool is_unfinished_allowed; /* also runs in which ranks did not end normally, or left no data */
};

/*
 * pmp_series_make - group digests by rank count; on success they are freed with the series, else they stay the caller's
 *
 * Return: 0; -PMP_ENOMEM; -PMP_EFORMAT with one line in @diag that names the file: no run at all, different programs mixed (names
 * both), a run without time, or one that did not end normally.
 */
int pmp_series_make(const struct pmp_series_source *source, struct pmp_series **series,
		    struct pmp_diag *diag);
void pmp_series_free(struct pmp_series *series);

/* pmp_series_point - the runs with that many ranks; NULL if there are none */
const struct pmp_point *pmp_series_point(const struct pmp_series *series, uint32_t ranks);

#endif
