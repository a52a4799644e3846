/*
 * stats.h - samples of repeated measurements: medians, intervals, comparisons. docs/METRICS.md names the sources.
 *
 * Pure functions. What cannot be known (an interval from one value) is NaN.
 */
#ifndef PMP_STATS_H
#define PMP_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMP_CONFIDENCE 0.95

/* A value with its confidence interval; bounds are NaN when unknown. */
struct pmp_interval {
	double value, low, high;
};

double pmp_mean(const double *values, size_t count);
double pmp_variance(const double *values, size_t count); /* of the sample (n - 1); NaN below 2 */
double pmp_median(const double *values, size_t count); /* NaN for none; @values stay as they are */

/* pmp_student - q with P(|t| <= q) = @confidence for Student's t with @df degrees of freedom, whole or not; NaN outside */
double pmp_student(double confidence, double df);

/* pmp_mann_whitney - two-sided p, exact up to 60 values (also with ties), else normal with both corrections; NaN: none given */
double pmp_mann_whitney(const double *a, size_t a_count, const double *b, size_t b_count);

/* pmp_cliffs_delta - share of pairs with b above a less share with b below a: -1 to 1; NaN without values */
double pmp_cliffs_delta(const double *a, size_t a_count, const double *b, size_t b_count);

/* pmp_estimate - the median of positive values with an interval for it; bounds NaN below 2 values */
struct pmp_interval pmp_estimate(const double *values, size_t count);

/*
 * pmp_ratio - @factor * median(a) / median(b) with its interval, from the variance of the logarithms and Student's t with Welch's
 * degrees of freedom, since repeats are few; bounds NaN when either sample has less than 2 values or one that is not positive
 */
struct pmp_interval pmp_ratio(double factor, const double *a, size_t a_count, const double *b,
			      size_t b_count);

/* pmp_ratio_p - two-sided p of "the medians are equal", from the same t as pmp_ratio's interval; NaN where that has no bounds */
double pmp_ratio_p(const double *a, size_t a_count, const double *b, size_t b_count);

/* Is the second sample different from the first? */
struct pmp_comparison {
	struct pmp_interval ratio; /* median(b) / median(a) */
	double p;                  /* pmp_mann_whitney */
	double p_ratio;            /* pmp_ratio_p */
	double effect;             /* pmp_cliffs_delta: -1 means that b is smaller throughout */
};

struct pmp_comparison pmp_compare(const double *a, size_t a_count, const double *b, size_t b_count);

enum pmp_verdict { PMP_PASS, PMP_FAIL, PMP_INCONCLUSIVE, PMP_VERDICT_COUNT };
enum pmp_relation { PMP_AT_LEAST, PMP_ABOVE, PMP_AT_MOST, PMP_BELOW, PMP_EQUAL, PMP_UNEQUAL };

/* pmp_judge - PASS when the whole interval satisfies "value @relation @bound", FAIL when none of it does, else INCONCLUSIVE */
enum pmp_verdict pmp_judge(struct pmp_interval value, enum pmp_relation relation, double bound);

const char *pmp_verdict_name(enum pmp_verdict verdict); /* "PASS" */

#endif
