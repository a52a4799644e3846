/*
 * stats.c - what a few repeated measurements say, and how certainly. Pure functions; formulas and sources: docs/METRICS.md.
 *
 * Called by speedup, expectations, diff and history. Allocates only scratch memory and gives it back; keeps no state.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/stats.h"

/* Above this many values in both samples, Mann-Whitney uses the normal approximation. */
#define EXACT_LIMIT 60

double pmp_mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / (double)count : NAN;
}

double pmp_variance(const double *values, size_t count)
{
	double mean = pmp_mean(values, count), sum = 0;

	if (count < 2)
		return NAN;
	for (size_t i = 0; i < count; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return sum / (double)(count - 1);
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double pmp_median(const double *values, size_t count)
{
	double *sorted = count ? malloc(count * sizeof(*sorted)) : NULL;
	double median;

	if (!sorted)
		return NAN;
	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_value);
	median = count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
	free(sorted);
	return median;
}

/* Continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method; converges for x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), f;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	f = d;
	for (int m = 1; m < 10000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 / (1 + even * d);
		c = 1 + even / c;
		f *= c * d;
		d = 1 + odd * d;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = 1 + odd / c;
		c = fabs(c) < tiny ? tiny : c;
		step = c * d;
		f *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return f;
}

/* The regularized incomplete beta function I_x(a, b). */
static double beta_regularized(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(|t| >= q) = I_x(df/2, 1/2) with x = df / (df + q^2), which keeps the digits of a small p */
static double student_p(double t, double df)
{
	return beta_regularized(df / 2, 0.5, df / (df + t * t));
}

/* P(|t| <= q) = I_y(1/2, df/2) with y = q^2 / (df + q^2): bisected in y, which keeps its digits for any number of degrees. */
double pmp_student(double confidence, double df)
{
	double low = 0, high = 1;

	if (!(df > 0) || !(confidence >= 0 && confidence < 1))
		return NAN;
	df = fmin(df, 1e8);
	for (int i = 0; i < 1100 && low < high; i++) {
		double middle = (low + high) / 2;

		if (middle == low || middle == high)
			break;
		if (beta_regularized(0.5, df / 2, middle) < confidence)
			low = middle;
		else
			high = middle;
	}
	return sqrt(df * high / (1 - high));
}

/*
 * What one sample says about the logarithm of its median.
 *
 * From five values on, the variance is Yuen's, of a mean without the smallest and largest fifth, so that one disturbed run does not
 * widen the interval. A median of normal values varies 1.26 (of five) to 1.48 (of many) times as much as such a mean; below five
 * values 1.35 to pi/2 times as much as a mean of all; of two values both are the same.
 */
#define TRIM_FROM         5
#define TRIM              5 /* the fifth */
#define MEDIAN_BY_TRIMMED 1.4

struct logs {
	double error2; /* variance of the logarithm of the median */
	double df;
};

static bool are_positive(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(values[i] > 0) || isinf(values[i]))
			return false;
	return true;
}

/* Yuen (Biometrika 61, 1974): what is cut off takes the value of its neighbour that is not. @logs are rising. */
static void trim(double *logs, size_t count, struct logs *out)
{
	size_t cut = count / TRIM;
	double kept = (double)(count - 2 * cut);

	for (size_t i = 0; i < cut; i++) {
		logs[i] = logs[cut];
		logs[count - 1 - i] = logs[count - 1 - cut];
	}
	out->df = kept - 1;
	out->error2 = MEDIAN_BY_TRIMMED * pmp_variance(logs, count) * (double)(count - 1) /
		      (kept * (kept - 1));
}

static bool take_logs(const double *values, size_t count, struct logs *out)
{
	double *logs =
		count < 2 || !are_positive(values, count) ? NULL : malloc(count * sizeof(*logs));

	if (!logs)
		return false;
	for (size_t i = 0; i < count; i++)
		logs[i] = log(values[i]);
	qsort(logs, count, sizeof(*logs), by_value);
	if (count >= TRIM_FROM) {
		trim(logs, count, out);
	} else {
		out->df = (double)count - 1;
		out->error2 = pmp_variance(logs, count) / (double)count * (count > 2 ? M_PI_2 : 1);
	}
	free(logs);
	return true;
}

/* @value times and over exp(reach); @error2 is the variance of its logarithm */
static struct pmp_interval interval_around(double value, double error2, double df)
{
	double reach = error2 > 0 ? pmp_student(PMP_CONFIDENCE, df) * sqrt(error2) : 0;

	return (struct pmp_interval){value, value * exp(-reach), value * exp(reach)};
}

struct pmp_interval pmp_estimate(const double *values, size_t count)
{
	double median = pmp_median(values, count);
	struct logs logs;

	if (!take_logs(values, count, &logs))
		return (struct pmp_interval){median, NAN, NAN};
	return interval_around(median, logs.error2, logs.df);
}

/* Welch and Satterthwaite: the samples may differ in size and in spread. */
static double welch_degrees(const struct logs *a, const struct logs *b)
{
	double both = a->error2 + b->error2;

	return both * both / (a->error2 * a->error2 / a->df + b->error2 * b->error2 / b->df);
}

double pmp_ratio_p(const double *a, size_t a_count, const double *b, size_t b_count)
{
	double distance = fabs(log(pmp_median(a, a_count) / pmp_median(b, b_count)));
	struct logs left, right;
	double error2;

	if (!take_logs(a, a_count, &left) || !take_logs(b, b_count, &right))
		return NAN;
	error2 = left.error2 + right.error2;
	if (error2 <= 0)
		return distance > 0 ? 0 : 1;
	return student_p(distance / sqrt(error2), welch_degrees(&left, &right));
}

struct pmp_interval pmp_ratio(double factor, const double *a, size_t a_count, const double *b,
			      size_t b_count)
{
	double below = pmp_median(b, b_count);
	double value = below > 0 ? factor * pmp_median(a, a_count) / below : NAN;
	struct logs top, bottom;

	if (!(factor > 0) || !take_logs(a, a_count, &top) || !take_logs(b, b_count, &bottom))
		return (struct pmp_interval){value, NAN, NAN};
	return interval_around(value, top.error2 + bottom.error2, welch_degrees(&top, &bottom));
}

/* Both samples in one sorted row, with twice the mid-rank of each value, which is a whole number. */
struct ranked {
	double value;
	bool is_first; /* of the first sample */
	size_t rank2;
};

static int by_ranked_value(const void *a, const void *b)
{
	return by_value(&((const struct ranked *)a)->value, &((const struct ranked *)b)->value);
}

/* Return: sum of t^3 - t over groups of t equal values, which shrinks the variance of the rank sum. */
static double assign_ranks(struct ranked *all, size_t count)
{
	double ties = 0;

	qsort(all, count, sizeof(*all), by_ranked_value);
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;
		double size;

		while (end < count && all[end].value == all[i].value)
			end++;
		for (size_t k = i; k < end; k++)
			all[k].rank2 = i + end + 1;
		size = (double)(end - i);
		ties += size * size * size - size;
		i = end;
	}
	return ties;
}

/*
 * Share of all choices of @chosen out of @count mid-ranks whose sum lies at least as far from the mean as @sum2 does: the exact
 * two-sided p, also with ties. ways[k][s] counts the choices of k ranks that sum up to s.
 */
static double exact_p(const struct ranked *all, size_t count, size_t chosen, size_t sum2)
{
	size_t width = count * (count + 1) + 1;
	double *ways = calloc((chosen + 1) * width, sizeof(*ways));
	double far = 0, total = 0, mean = (double)chosen * (double)(count + 1);
	double distance = fabs((double)sum2 - mean);

	if (!ways)
		return NAN;
	ways[0] = 1;
	for (size_t i = 0; i < count; i++)
		for (size_t k = chosen < i + 1 ? chosen : i + 1; k > 0; k--)
			for (size_t s = width - 1; s >= all[i].rank2; s--)
				ways[k * width + s] += ways[(k - 1) * width + s - all[i].rank2];
	for (size_t s = 0; s < width; s++) {
		double here = ways[chosen * width + s];

		total += here;
		if (fabs((double)s - mean) >= distance)
			far += here;
	}
	free(ways);
	return far / total;
}

/* The rank sum is nearly normal; variance corrected for ties, distance for the steps of the distribution. */
static double normal_p(double count, double chosen, double sum2, double ties)
{
	double others = count - chosen;
	double variance = chosen * others / 12 * (count + 1 - ties / (count * (count - 1)));
	double distance = fabs(sum2 - chosen * (count + 1)) / 2 - 0.5;

	if (variance <= 0 || distance <= 0)
		return 1;
	return erfc(distance / sqrt(2 * variance));
}

double pmp_mann_whitney(const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t count = a_count + b_count, sum2 = 0;
	struct ranked *all = a_count && b_count ? malloc(count * sizeof(*all)) : NULL;
	bool has_nan = false;
	double ties, p;

	if (!all)
		return NAN;
	for (size_t i = 0; i < count; i++)
		all[i] = (struct ranked){i < a_count ? a[i] : b[i - a_count], i < a_count, 0};
	ties = assign_ranks(all, count);
	for (size_t i = 0; i < count; i++) {
		has_nan = has_nan || isnan(all[i].value);
		sum2 += all[i].is_first ? all[i].rank2 : 0;
	}
	p = has_nan                ? NAN
	    : count <= EXACT_LIMIT ? exact_p(all, count, a_count, sum2)
				   : normal_p((double)count, (double)a_count, (double)sum2, ties);
	free(all);
	return p;
}

double pmp_cliffs_delta(const double *a, size_t a_count, const double *b, size_t b_count)
{
	double sum = 0;

	for (size_t i = 0; i < a_count; i++)
		for (size_t k = 0; k < b_count; k++)
			sum += (b[k] > a[i]) - (b[k] < a[i]);
	return a_count && b_count ? sum / ((double)a_count * (double)b_count) : NAN;
}

struct pmp_comparison pmp_compare(const double *a, size_t a_count, const double *b, size_t b_count)
{
	return (struct pmp_comparison){
		.ratio = pmp_ratio(1, b, b_count, a, a_count),
		.p = pmp_mann_whitney(a, a_count, b, b_count),
		.p_ratio = pmp_ratio_p(b, b_count, a, a_count),
		.effect = pmp_cliffs_delta(a, a_count, b, b_count),
	};
}

/* Does every value of the interval satisfy the relation? */
static bool holds(struct pmp_interval value, enum pmp_relation relation, double bound)
{
	switch (relation) {
	case PMP_AT_LEAST:
		return value.low >= bound;
	case PMP_ABOVE:
		return value.low > bound;
	case PMP_AT_MOST:
		return value.high <= bound;
	case PMP_BELOW:
		return value.high < bound;
	case PMP_EQUAL:
		return value.low == bound && value.high == bound;
	case PMP_UNEQUAL:
		return value.low > bound || value.high < bound;
	}
	return false;
}

enum pmp_verdict pmp_judge(struct pmp_interval value, enum pmp_relation relation, double bound)
{
	static const enum pmp_relation opposite[] = {
		[PMP_AT_LEAST] = PMP_BELOW, [PMP_ABOVE] = PMP_AT_MOST, [PMP_AT_MOST] = PMP_ABOVE,
		[PMP_BELOW] = PMP_AT_LEAST, [PMP_EQUAL] = PMP_UNEQUAL, [PMP_UNEQUAL] = PMP_EQUAL,
	};

	if (isnan(value.low) || isnan(value.high) || isnan(bound))
		return PMP_INCONCLUSIVE;
	if (holds(value, relation, bound))
		return PMP_PASS;
	return holds(value, opposite[relation], bound) ? PMP_FAIL : PMP_INCONCLUSIVE;
}

const char *pmp_verdict_name(enum pmp_verdict verdict)
{
	static const char *const names[PMP_VERDICT_COUNT] = {
		[PMP_PASS] = "PASS",
		[PMP_FAIL] = "FAIL",
		[PMP_INCONCLUSIVE] = "INCONCLUSIVE",
	};

	return (unsigned)verdict < PMP_VERDICT_COUNT ? names[verdict] : "?";
}
