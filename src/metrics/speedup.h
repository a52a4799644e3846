/*
 * speedup.h - how much faster a program is on more ranks, and where the rest went
 *
 * Strong scaling: S(N) = R * T_R / T_N with the baseline's R ranks (a serial program: R = 1). Weak scaling: the work grows with the
 * ranks, S(N) = N * T_R / T_N. What is missing from N is (core-seconds at N - core-seconds of the baseline) / T_N, where weak
 * scaling counts the baseline N / R times; it is split into parts that sum up to it exactly.
 */
#ifndef PMP_SPEEDUP_H
#define PMP_SPEEDUP_H

#include "metrics/scaling.h"
#include "metrics/series.h"
#include "metrics/stats.h"

enum pmp_shortfall {
#define PMP_SHORTFALL(id, name, doc) PMP_SHORTFALL_##id,
#include "metrics/shortfalls.def"
#undef PMP_SHORTFALL
	PMP_SHORTFALL_COUNT
};

const char *pmp_shortfall_name(enum pmp_shortfall cause); /* "load imbalance" */
const char *pmp_shortfall_text(enum pmp_shortfall cause); /* what it counts */

/* A place that contributes to a part. */
struct pmp_shortfall_item {
	double seconds, ranks; /* as those of the part */
	const char *region;    /* "" none */
	const char *call;      /* "" a stretch of computation */
	struct pmp_digest_place place;
	uint32_t rank;    /* world rank whose doing it is; PMP_NONE: all */
	const char *text; /* "only rank 0 computes in setup (amdahl.c:61)" */
};

struct pmp_shortfall_part {
	enum pmp_shortfall cause;
	double seconds; /* core-seconds more than the baseline has; below 0: a gain */
	double ranks;   /* the same in ranks' worth of time: seconds / T_N */
	double share;   /* of the N ranks */
	const struct pmp_shortfall_item
		*items; /* largest first; places of less than 1 % of the part are left out */
	size_t item_count;
	const char *text; /* of the largest; "" when no place is known */
};

/* One line of the table: all runs with the same number of ranks. */
struct pmp_speedup_point {
	const struct pmp_point *point;
	bool is_baseline; /* speedups are relative to this one */
	struct pmp_interval time_s, speedup, efficiency;
	double karp_flatt; /* serial fraction found by experiment, start-up left out; NaN for one rank and for weak scaling */
	const struct pmp_digest *median; /* the run with the median time */
	struct pmp_pop pop;              /* of the run with the median time, as the next two */
	double computation_scaling;      /* CompS */
	double global_efficiency;        /* parallel efficiency * CompS */
	const char *
		refusal; /* why nothing may be concluded from it ("oversubscribed: ...", "one run only: ..."); NULL */
	/* from N to S */
	double missing;                         /* N - S */
	double missing_s;                       /* the same in core-seconds */
	const struct pmp_shortfall_part *parts; /* all that are not 0; losses by size, then gains */
	size_t part_count;
	const char *verdict; /* a sentence */
};

/* How a region scales. */
struct pmp_speedup_region {
	const char *name; /* "solve/halo" */
	struct pmp_digest_place place;
	const double
		*seconds; /* mean over ranks of the time in it, one per point; NaN: not there */
	const double *
		speedups; /* one per point, relative to the point with the fewest ranks that has it */
	double share;     /* of the time of the largest point that is not oversubscribed */
	uint32_t
		stops_at; /* ranks from which on each further one is worth less than a quarter; 0: it scales */
	uint32_t stops_before; /* the point before that */
	double worth;          /* of each rank added at stops_at */
};

struct pmp_speedup {
	const struct pmp_series *series;
	/* the baseline */
	uint32_t base_ranks;   /* R */
	bool is_serial;        /* a serial program, not a point of the series */
	const char *base_text; /* "serial program", "1 rank", "2 ranks (reference)" */
	struct pmp_interval base_s;
	bool is_base_single; /* one run only */
	/* by rising number of ranks */
	const struct pmp_speedup_point *points;
	size_t point_count;
	size_t explained; /* index of the largest point beyond the baseline, not oversubscribed if there is one; SIZE_MAX: none */
	struct pmp_fit fits[PMP_LAW_COUNT];       /* without oversubscribed points */
	uint32_t largest_fitted;                  /* most ranks that went into them */
	const struct pmp_speedup_region *regions; /* those of at least 1 % of the time, by time */
	size_t region_count;
	const char *const *notes; /* what distorts or is missing, in sentences */
	size_t note_count;
};

/*
 * pmp_speedup_make - @speedup lives in @pool and refers to @series
 *
 * Return: 0 or -PMP_ENOMEM. A series of one rank count has a table and notes, but no speedup.
 */
int pmp_speedup_make(const struct pmp_series *series, struct pmp_pool *pool,
		     struct pmp_speedup **speedup);

/* pmp_speedup_at - the point with that many ranks; NULL if there is none */
const struct pmp_speedup_point *pmp_speedup_at(const struct pmp_speedup *speedup, uint32_t ranks);

#endif
