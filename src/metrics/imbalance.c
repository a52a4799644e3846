/*
 * imbalance.c - how unevenly a time is spread over ranks. Pure functions.
 */
#include <math.h>

#include "metrics/metrics.h"

static double ratio(double numerator, double denominator)
{
	return denominator == 0 ? NAN : numerator / denominator;
}

static void find_extremes(const double *values, size_t count, struct pmp_imbalance *out)
{
	for (size_t i = 0; i < count; i++) {
		out->sum += values[i];
		if (values[i] > values[out->slowest])
			out->slowest = i;
		if (values[i] < values[out->fastest])
			out->fastest = i;
	}
}

/* Central moments in a second pass: sums of squares would lose the digits that matter. */
static void find_spread(const double *values, size_t count, struct pmp_imbalance *out)
{
	double second = 0, third = 0;

	for (size_t i = 0; i < count; i++) {
		double deviation = values[i] - out->mean;

		second += deviation * deviation;
		third += deviation * deviation * deviation;
	}
	out->sigma = sqrt(ratio(second, (double)count));
	out->skewness = ratio(ratio(third, (double)count), pow(out->sigma, 3));
}

struct pmp_imbalance pmp_imbalance(const double *values, size_t count)
{
	struct pmp_imbalance out = {.count = count};
	double n = (double)count;

	find_extremes(values, count, &out);
	out.mean = ratio(out.sum, n);
	out.min = count ? values[out.fastest] : NAN;
	out.max = count ? values[out.slowest] : NAN;
	find_spread(values, count, &out);
	out.percent = ratio(out.max, out.mean) - 1;
	out.time = out.max - out.mean;
	out.cray = count == 1 ? 0 : ratio(out.time, out.max) * ratio(n, n - 1);
	out.load_balance = ratio(out.mean, out.max);
	out.cov = ratio(out.sigma, out.mean);
	out.lost = n * out.max - out.sum;
	return out;
}
