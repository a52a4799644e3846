/*
 * scaling.h - speedup laws: Karp-Flatt, and the fits of Amdahl, Gustafson and Gunther's USL (metrics.md 3.6)
 */
#ifndef PMP_SCALING_H
#define PMP_SCALING_H

#include <stdbool.h>
#include <stddef.h>

/* pmp_karp_flatt - serial fraction found by experiment, (1/S - 1/N) / (1 - 1/N); NaN for N = 1 */
double pmp_karp_flatt(double speedup, double ranks);

enum pmp_law { PMP_LAW_AMDAHL, PMP_LAW_GUSTAFSON, PMP_LAW_USL, PMP_LAW_COUNT };

struct pmp_fit {
	enum pmp_law law;
	const char *refusal; /* why there is no fit, in words; NULL: there is one */
	double serial;       /* f of Amdahl, a of Gustafson, s (contention) of USL */
	double coherence;    /* k of USL, else NaN */
	double r_squared;    /* of the speedups, NaN when they do not vary */
	double peak_ranks;   /* where USL is highest; INFINITY for none */
	double peak_speedup; /* there; Amdahl: its limit 1/f */
	bool is_peak_trusted; /* the peak lies within 4 times the largest N, else it must not be printed as a prediction */
};

/* pmp_fit_law - least squares over @count points (ranks, speedup); refused below 3 different rank counts */
struct pmp_fit pmp_fit_law(enum pmp_law law, const double *ranks, const double *speedups,
			   size_t count);

/* pmp_fit_at - the speedup that a fit predicts; NaN beyond 4 times @largest or when refused */
double pmp_fit_at(const struct pmp_fit *fit, double ranks, double largest);

const char *pmp_law_name(enum pmp_law law); /* "Amdahl" */

#endif
