/*
 * scaling.c - speedup laws fitted by least squares. Pure functions; formulas and sources: docs/METRICS.md.
 */
#include <math.h>

#include "metrics/scaling.h"

/* A law says nothing beyond this multiple of the largest rank count that was measured. */
#define EXTRAPOLATION 4

double pmp_karp_flatt(double speedup, double ranks)
{
	if (!(ranks > 1) || !(speedup > 0))
		return NAN;
	return (1 / speedup - 1 / ranks) / (1 - 1 / ranks);
}

static double predict(const struct pmp_fit *fit, double ranks)
{
	switch (fit->law) {
	case PMP_LAW_AMDAHL:
		return 1 / (fit->serial + (1 - fit->serial) / ranks);
	case PMP_LAW_GUSTAFSON:
		return ranks - fit->serial * (ranks - 1);
	case PMP_LAW_USL:
		return ranks /
		       (1 + fit->serial * (ranks - 1) + fit->coherence * ranks * (ranks - 1));
	case PMP_LAW_COUNT:
		break;
	}
	return NAN;
}

struct points {
	const double *ranks, *speedups;
	size_t count;
};

/* sum(xy) / sum(x^2) with 1/S = f + (1 - f)/N written as y = f x */
static void fit_amdahl(const struct points *p, struct pmp_fit *fit)
{
	double xy = 0, xx = 0;

	for (size_t i = 0; i < p->count; i++) {
		double x = 1 - 1 / p->ranks[i];

		xy += x * (1 / p->speedups[i] - 1 / p->ranks[i]);
		xx += x * x;
	}
	fit->serial = xy / xx;
	fit->peak_speedup = fit->serial > 0 ? 1 / fit->serial : INFINITY;
}

/* The same with S = N - a (N - 1). */
static void fit_gustafson(const struct points *p, struct pmp_fit *fit)
{
	double xy = 0, xx = 0;

	for (size_t i = 0; i < p->count; i++) {
		double x = p->ranks[i] - 1;

		xy += x * (p->ranks[i] - p->speedups[i]);
		xx += x * x;
	}
	fit->serial = xy / xx;
	fit->peak_speedup = fit->serial < 1 ? INFINITY : 1;
}

/* (N/S - 1) / (N - 1), which is s + k N */
static double usl_loss(const struct points *p, size_t i)
{
	return (p->ranks[i] / p->speedups[i] - 1) / (p->ranks[i] - 1);
}

static void find_usl_peak(struct pmp_fit *fit)
{
	double square = (1 - fit->serial) / fit->coherence;

	if (fit->coherence > 0) {
		fit->peak_ranks = square > 1 ? sqrt(square) : 1;
		fit->peak_speedup = predict(fit, fit->peak_ranks);
	} else {
		fit->peak_speedup = fit->serial > 0 ? 1 / fit->serial : INFINITY;
	}
}

/* A line through the losses for N > 1; coherence below 0 has no meaning: 0 then, and s is fitted alone. */
static void fit_usl(const struct points *p, struct pmp_fit *fit)
{
	double n = 0, x = 0, z = 0, xx = 0, xz = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (!(p->ranks[i] > 1))
			continue;
		n += 1;
		x += p->ranks[i];
		z += usl_loss(p, i);
	}
	for (size_t i = 0; i < p->count; i++) {
		if (!(p->ranks[i] > 1))
			continue;
		xx += (p->ranks[i] - x / n) * (p->ranks[i] - x / n);
		xz += (p->ranks[i] - x / n) * (usl_loss(p, i) - z / n);
	}
	fit->coherence = fmax(0, xz / xx);
	fit->serial = z / n - fit->coherence * x / n;
	find_usl_peak(fit);
}

static double r_squared(const struct points *p, const struct pmp_fit *fit)
{
	double mean = 0, residual = 0, total = 0;

	for (size_t i = 0; i < p->count; i++)
		mean += p->speedups[i] / (double)p->count;
	for (size_t i = 0; i < p->count; i++) {
		residual += pow(p->speedups[i] - predict(fit, p->ranks[i]), 2);
		total += pow(p->speedups[i] - mean, 2);
	}
	return total > 0 ? 1 - residual / total : NAN;
}

/* How many different rank counts above @least there are; @largest: the largest. */
static size_t count_different(const struct points *p, double least, double *largest)
{
	size_t different = 0;

	*largest = 0;
	for (size_t i = 0; i < p->count; i++) {
		size_t k = 0;

		while (k < i && p->ranks[k] != p->ranks[i])
			k++;
		different += k == i && p->ranks[i] > least;
		*largest = fmax(*largest, p->ranks[i]);
	}
	return different;
}

static const char *find_refusal(enum pmp_law law, const struct points *p)
{
	double largest;

	for (size_t i = 0; i < p->count; i++)
		if (!(p->ranks[i] >= 1) || !(p->speedups[i] > 0) || isinf(p->speedups[i]))
			return "a speedup is not known";
	if (count_different(p, 0, &largest) < 3)
		return "needs at least 3 different rank counts";
	if (law == PMP_LAW_USL && count_different(p, 1, &largest) < 3)
		return "needs at least 3 different rank counts above 1";
	return NULL;
}

struct pmp_fit pmp_fit_law(enum pmp_law law, const double *ranks, const double *speedups,
			   size_t count)
{
	static void (*const fits[PMP_LAW_COUNT])(const struct points *, struct pmp_fit *) = {
		[PMP_LAW_AMDAHL] = fit_amdahl,
		[PMP_LAW_GUSTAFSON] = fit_gustafson,
		[PMP_LAW_USL] = fit_usl,
	};
	struct points points = {ranks, speedups, count};
	struct pmp_fit fit = {.law = law,
			      .refusal = find_refusal(law, &points),
			      .serial = NAN,
			      .coherence = NAN,
			      .r_squared = NAN,
			      .peak_ranks = INFINITY,
			      .peak_speedup = NAN};
	double largest;

	if (fit.refusal)
		return fit;
	fits[law](&points, &fit);
	fit.r_squared = r_squared(&points, &fit);
	(void)count_different(&points, 0, &largest);
	fit.is_peak_trusted = fit.peak_ranks <= EXTRAPOLATION * largest;
	return fit;
}

double pmp_fit_at(const struct pmp_fit *fit, double ranks, double largest)
{
	if (fit->refusal || !(ranks >= 1) || ranks > EXTRAPOLATION * largest)
		return NAN;
	return predict(fit, ranks);
}

const char *pmp_law_name(enum pmp_law law)
{
	static const char *const names[PMP_LAW_COUNT] = {
		[PMP_LAW_AMDAHL] = "Amdahl",
		[PMP_LAW_GUSTAFSON] = "Gustafson",
		[PMP_LAW_USL] = "USL",
	};

	return (unsigned)law < PMP_LAW_COUNT ? names[law] : "?";
}
