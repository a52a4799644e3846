/*
 * test_verdicts.c - how often PASS, FAIL and INCONCLUSIVE are right, on simulated noisy runs (seeded)
 *
 * The truth is the ratio of the medians of what the runs are drawn from. Wrong is a FAIL although the truth meets the bound and a
 * PASS although it misses it by whatever little; both are most likely when the truth lies on the bound, so that is where they are
 * counted. Decisive is a verdict when the truth is far enough from the bound, counted in standard errors of the measurement.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "metrics/stats.h"

#define TRIALS       3000
#define MOST_REPEATS 10

static uint64_t state64;

static double uniform(void)
{
	uint64_t z = state64 += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* Noise of one run, as a logarithm. */
static double even(void)
{
	return 0.02 * normal();
}

static double quiet(void)
{
	return 0.005 * normal();
}

static double loud(void)
{
	return 0.10 * normal();
}

/* One run of ten loses 10 to 60 % to somebody else. */
static double disturbed(void)
{
	double base = 0.02 * normal();

	return uniform() < 0.1 ? base + log(1.1 + 0.5 * uniform()) : base;
}

/* A program is never faster than its best, but slower by chance: an exponential tail. */
static double skewed(void)
{
	return log(1 - 0.05 * log(uniform()));
}

static const struct noise {
	const char *name;
	double (*draw)(void);
	bool is_lognormal;
} noises[] = {
	{"log-normal 2 %", even, true},  {"log-normal 0.5 %", quiet, true},
	{"log-normal 10 %", loud, true}, {"outliers", disturbed, false},
	{"skewed", skewed, false},
};
#define NOISES (sizeof(noises) / sizeof(noises[0]))

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double true_median(double (*draw)(void))
{
	enum { MANY = 100001 };
	static double values[MANY];

	for (size_t i = 0; i < MANY; i++)
		values[i] = draw();
	qsort(values, MANY, sizeof(values[0]), by_value);
	return exp(values[MANY / 2]);
}

static void take_runs(double *times, size_t count, double typical, double (*draw)(void))
{
	for (size_t i = 0; i < count; i++)
		times[i] = typical * exp(draw());
}

struct tally {
	double verdicts[PMP_VERDICT_COUNT]; /* shares */
};

/* Speedup on 4 ranks that truly is @factor times the bound. */
static struct tally simulate(const struct noise *serial, const struct noise *parallel,
			     size_t repeats, double factor)
{
	double t1 = 40 / true_median(serial->draw), t4 = 12.5 / true_median(parallel->draw);
	double one[MOST_REPEATS], four[MOST_REPEATS];
	struct tally tally = {{0}};

	for (int i = 0; i < TRIALS; i++) {
		take_runs(one, repeats, t1, serial->draw);
		take_runs(four, repeats, t4, parallel->draw);
		tally.verdicts[pmp_judge(pmp_ratio(1, one, repeats, four, repeats), PMP_AT_LEAST,
					 3.2 / factor)] += 1.0 / TRIALS;
	}
	return tally;
}

static void check_boundary(const struct noise *serial, const struct noise *parallel, size_t repeats)
{
	bool is_lognormal = serial->is_lognormal && parallel->is_lognormal;
	/* nominal 2.5 % each; above it three standard deviations of counting */
	double limit = is_lognormal ? 0.025 : 0.05, slack = 3 * sqrt(limit / TRIALS);
	struct tally t;

	state64 = 20261123 + repeats;
	t = simulate(serial, parallel, repeats, 1);
	print_message("on the bound, %zu repeats, %s / %s: PASS %.1f %%, FAIL %.1f %%\n", repeats,
		      serial->name, parallel->name, 100 * t.verdicts[PMP_PASS],
		      100 * t.verdicts[PMP_FAIL]);
	if (t.verdicts[PMP_FAIL] > limit + slack || t.verdicts[PMP_PASS] > limit + slack)
		fail_msg("wrong too often");
	assert_true(t.verdicts[PMP_INCONCLUSIVE] >= 0.95);
}

static void wrong_verdicts_are_rare(void **state)
{
	static const size_t repeats[] = {2, 3, 5, 10};

	(void)state;
	for (size_t r = 0; r < 4; r++) {
		for (size_t i = 0; i < NOISES; i++)
			check_boundary(&noises[i], &noises[i], repeats[r]);
		check_boundary(&noises[0], &noises[3], repeats[r]);
		check_boundary(&noises[0], &noises[4], repeats[r]);
	}
}

/* Standard errors of ln(speedup) between truth and bound from which on the verdict is decisive. */
static const struct {
	size_t repeats;
	double errors;
} reach[] = {{3, 8}, {5, 9}, {10, 5.5}};

static void clear_cases_are_decided(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof(reach) / sizeof(reach[0]); r++) {
		for (size_t i = 0; i < NOISES; i++) {
			double sigma = i == 0 ? 0.02 : i == 1 ? 0.005 : 0.1;
			double away =
				reach[r].errors * sigma * sqrt(2.0 / (double)reach[r].repeats);
			struct tally above, below;

			if (!noises[i].is_lognormal)
				continue;
			state64 = 7 + r;
			above = simulate(&noises[i], &noises[i], reach[r].repeats, exp(away));
			below = simulate(&noises[i], &noises[i], reach[r].repeats, exp(-away));
			print_message("%.1f %% away, %zu repeats, %s: PASS %.1f %%, FAIL %.1f %%\n",
				      100 * (exp(away) - 1), reach[r].repeats, noises[i].name,
				      100 * above.verdicts[PMP_PASS],
				      100 * below.verdicts[PMP_FAIL]);
			assert_true(above.verdicts[PMP_PASS] >= 0.95);
			assert_true(below.verdicts[PMP_FAIL] >= 0.95);
			assert_true(above.verdicts[PMP_FAIL] < 0.002);
			assert_true(below.verdicts[PMP_PASS] < 0.002);
		}
	}
}

/* The interval of one sample covers the median that it was drawn around. */
static void intervals_cover_the_median(void **state)
{
	static const size_t repeats[] = {3, 5, 10};

	(void)state;
	for (size_t r = 0; r < 3; r++) {
		for (size_t n = 0; n < NOISES; n++) {
			double truth = true_median(noises[n].draw), times[MOST_REPEATS], low = 0;
			double high = 0;

			state64 = 99 + r;
			for (int i = 0; i < TRIALS; i++) {
				struct pmp_interval interval;

				take_runs(times, repeats[r], 1, noises[n].draw);
				interval = pmp_estimate(times, repeats[r]);
				low += interval.low > truth;
				high += interval.high < truth;
			}
			print_message("%zu repeats, %s: below %.1f %%, above %.1f %%\n", repeats[r],
				      noises[n].name, 100 * high / TRIALS, 100 * low / TRIALS);
			assert_true((low + high) / TRIALS < (noises[n].is_lognormal ? 0.06 : 0.09));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_verdicts_are_rare),
		cmocka_unit_test(clear_cases_are_decided),
		cmocka_unit_test(intervals_cover_the_median),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
