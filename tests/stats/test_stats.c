/*
 * test_stats.c - golden vectors: quantiles from tables, small samples worked out by hand, the laws of scaling, what is refused
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/scaling.h"
#include "metrics/stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_close(double is, double should, double relative)
{
	if (!(fabs(is - should) <= relative * fabs(should)))
		fail_msg("%.10g instead of %.10g", is, should);
}

/* Tables of Student's distribution, two-sided. */
static void quantiles_agree_with_tables(void **state)
{
	static const struct {
		double confidence, df, quantile;
	} rows[] = {
		{0.95, 1, 12.7062},  {0.95, 2, 4.30265},   {0.95, 3, 3.18245},
		{0.95, 4, 2.77645},  {0.95, 8, 2.30600},   {0.95, 9, 2.26216},
		{0.95, 30, 2.04227}, {0.95, 120, 1.97993}, {0.95, 1e9, 1.95996},
		{0.99, 4, 4.60409},  {0.99, 1, 63.6567},   {0.90, 10, 1.81246},
		{0.5, 1, 1.0},       {0.999, 2, 31.5991},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_close(pmp_student(rows[i].confidence, rows[i].df), rows[i].quantile, 1e-5);
	assert_true(isnan(pmp_student(0.95, 0)));
	assert_true(isnan(pmp_student(0.95, NAN)));
	assert_true(isnan(pmp_student(1, 3)));
}

static void moments_of_samples(void **state)
{
	static const double values[] = {4, 1, 3, 2};

	(void)state;
	assert_close(pmp_mean(values, 4), 2.5, 0);
	assert_close(pmp_variance(values, 4), 5.0 / 3, 1e-15);
	assert_close(pmp_median(values, 4), 2.5, 0);
	assert_close(pmp_median(values, 3), 3, 0);
	assert_close(values[0], 4, 0);
	assert_true(isnan(pmp_mean(values, 0)));
	assert_true(isnan(pmp_median(values, 0)));
	assert_true(isnan(pmp_variance(values, 1)));
}

/* From one value nothing is known but the value; from 0 or less no logarithm. */
static void intervals_that_cannot_be_known(void **state)
{
	static const double one[] = {2}, two[] = {2, 2.1}, zero[] = {0, 1, 1}, none[] = {0};
	struct pmp_interval i = pmp_estimate(one, 1);

	(void)state;
	assert_close(i.value, 2, 0);
	assert_true(isnan(i.low) && isnan(i.high));
	assert_true(isnan(pmp_estimate(none, 0).value));
	i = pmp_estimate(zero, 3);
	assert_close(i.value, 1, 0);
	assert_true(isnan(i.low) && isnan(i.high));
	i = pmp_ratio(1, two, 2, one, 1);
	assert_close(i.value, 1.025, 1e-12);
	assert_true(isnan(i.low) && isnan(i.high));
	assert_true(isnan(pmp_ratio(1, two, 2, none, 1).value));
	assert_true(isnan(pmp_ratio(1, two, 2, none, 0).value));
}

/* 12.7062 * sqrt(s^2 / 2) of the logarithms, around the median */
static void two_values_give_a_very_wide_interval(void **state)
{
	static const double values[] = {10, 11}, same[] = {3, 3, 3};
	struct pmp_interval i = pmp_estimate(values, 2);

	(void)state;
	assert_close(i.value, 10.5, 0);
	assert_close(i.high, 10.5 * exp(12.7062047 * log(1.1) / 2), 1e-6);
	assert_close(i.low * i.high, 10.5 * 10.5, 1e-12);
	i = pmp_estimate(same, 3);
	assert_true(i.low == 3 && i.value == 3 && i.high == 3);
	i = pmp_ratio(2, same, 3, same, 3);
	assert_true(i.low == 2 && i.value == 2 && i.high == 2);
}

static void mann_whitney_by_hand(void **state)
{
	static const double low[] = {1, 2, 3, 4, 5}, high[] = {6, 7, 8, 9, 10};
	static const double tied[] = {1, 1, 2}, other[] = {1, 2, 2}, bad[] = {1, NAN};

	(void)state;
	assert_close(pmp_mann_whitney(low, 5, high, 5), 2.0 / 252, 1e-12);
	assert_close(pmp_mann_whitney(high, 5, low, 5), 2.0 / 252, 1e-12);
	assert_close(pmp_mann_whitney(low, 3, high, 3), 0.1, 1e-12);
	assert_close(pmp_mann_whitney(low, 4, high, 4), 2.0 / 70, 1e-12);
	assert_close(pmp_mann_whitney(low, 1, high, 1), 1, 0);
	assert_close(pmp_mann_whitney(low, 5, low, 5), 1, 0);
	/* mid-ranks 2 2 2 5 5 5: only {2 2 5} or {2 5 5} and further: every choice is at least as far as 1.5 */
	assert_close(pmp_mann_whitney(tied, 3, other, 3), 1, 0);
	assert_true(isnan(pmp_mann_whitney(low, 0, high, 5)));
	assert_true(isnan(pmp_mann_whitney(low, 5, bad, 2)));
	assert_close(pmp_cliffs_delta(low, 5, high, 5), 1, 0);
	assert_close(pmp_cliffs_delta(high, 5, low, 5), -1, 0);
	assert_close(pmp_cliffs_delta(tied, 3, other, 3), (2 + 2 - 1) / 9.0, 1e-12);
	assert_true(isnan(pmp_cliffs_delta(low, 0, high, 5)));
}

/* The exact distribution hands over to the normal one without a step: one more value in the middle changes little. */
static void many_values_are_nearly_normal(void **state)
{
	double a[31], b[30], exact, normal;

	(void)state;
	for (int i = 0; i < 30; i++) {
		a[i] = i;
		b[i] = i + 5.5;
	}
	a[30] = 17.2;
	exact = pmp_mann_whitney(a, 30, b, 30);
	normal = pmp_mann_whitney(a, 31, b, 30);
	assert_true(exact > 0.01 && exact < 0.1);
	assert_close(normal, exact, 0.1);
}

static void verdicts_follow_the_interval(void **state)
{
	static const struct pmp_interval i = {2, 1.5, 2.5}, exact = {3, 3, 3}, open = {2, NAN, NAN};
	static const struct {
		enum pmp_relation relation;
		enum pmp_verdict at_1, at_2, at_3, at_low, at_high, exact_3;
	} rows[] = {
		{PMP_AT_LEAST, PMP_PASS, PMP_INCONCLUSIVE, PMP_FAIL, PMP_PASS, PMP_INCONCLUSIVE,
		 PMP_PASS},
		{PMP_ABOVE, PMP_PASS, PMP_INCONCLUSIVE, PMP_FAIL, PMP_INCONCLUSIVE, PMP_FAIL,
		 PMP_FAIL},
		{PMP_AT_MOST, PMP_FAIL, PMP_INCONCLUSIVE, PMP_PASS, PMP_INCONCLUSIVE, PMP_PASS,
		 PMP_PASS},
		{PMP_BELOW, PMP_FAIL, PMP_INCONCLUSIVE, PMP_PASS, PMP_FAIL, PMP_INCONCLUSIVE,
		 PMP_FAIL},
		{PMP_EQUAL, PMP_FAIL, PMP_INCONCLUSIVE, PMP_FAIL, PMP_INCONCLUSIVE,
		 PMP_INCONCLUSIVE, PMP_PASS},
		{PMP_UNEQUAL, PMP_PASS, PMP_INCONCLUSIVE, PMP_PASS, PMP_INCONCLUSIVE,
		 PMP_INCONCLUSIVE, PMP_FAIL},
	};

	(void)state;
	for (size_t r = 0; r < COUNT(rows); r++) {
		assert_int_equal(pmp_judge(i, rows[r].relation, 1), rows[r].at_1);
		assert_int_equal(pmp_judge(i, rows[r].relation, 2), rows[r].at_2);
		assert_int_equal(pmp_judge(i, rows[r].relation, 3), rows[r].at_3);
		assert_int_equal(pmp_judge(i, rows[r].relation, 1.5), rows[r].at_low);
		assert_int_equal(pmp_judge(i, rows[r].relation, 2.5), rows[r].at_high);
		assert_int_equal(pmp_judge(exact, rows[r].relation, 3), rows[r].exact_3);
		assert_int_equal(pmp_judge(open, rows[r].relation, 1), PMP_INCONCLUSIVE);
		assert_int_equal(pmp_judge(i, rows[r].relation, NAN), PMP_INCONCLUSIVE);
	}
	assert_string_equal(pmp_verdict_name(PMP_INCONCLUSIVE), "INCONCLUSIVE");
}

static const double ranks[] = {1, 2, 4, 8, 16};
static const double times[] = {100, 52.7, 29.35, 18.275, 13.9375};

static void speedups_of_the_golden_run(double *speedups)
{
	for (size_t i = 0; i < COUNT(times); i++)
		speedups[i] = times[0] / times[i];
}

static void karp_flatt_is_golden(void **state)
{
	static const double should[] = {0, .054, .058, .066, .082};
	static const double golden[] = {1, 1.89753, 3.40716, 5.47196, 7.17489};
	double speedups[COUNT(times)];

	(void)state;
	speedups_of_the_golden_run(speedups);
	for (size_t i = 0; i < COUNT(times); i++)
		assert_close(speedups[i], golden[i], 3e-6);
	for (size_t i = 1; i < COUNT(times); i++)
		assert_close(pmp_karp_flatt(speedups[i], ranks[i]), should[i], 1e-12);
	assert_true(isnan(pmp_karp_flatt(1, 1)));
	assert_true(isnan(pmp_karp_flatt(0, 4)));
	assert_true(pmp_karp_flatt(5, 4) < 0);
}

static void laws_are_golden(void **state)
{
	double speedups[COUNT(times)];
	struct pmp_fit fit;

	(void)state;
	speedups_of_the_golden_run(speedups);
	fit = pmp_fit_law(PMP_LAW_AMDAHL, ranks, speedups, 5);
	assert_null(fit.refusal);
	assert_close(fit.serial, .0686709, 1e-6);
	assert_close(fit.peak_speedup, 1 / .0686709, 1e-6);
	assert_true(isinf(fit.peak_ranks) && !fit.is_peak_trusted);
	fit = pmp_fit_law(PMP_LAW_USL, ranks, speedups, 5);
	assert_close(fit.serial, .05, 1e-12);
	assert_close(fit.coherence, .002, 1e-12);
	assert_close(fit.peak_ranks, 21.7945, 1e-5);
	assert_close(fit.peak_speedup, 7.39765, 1e-6);
	assert_close(fit.r_squared, 1, 1e-12);
	assert_true(fit.is_peak_trusted);
	assert_close(pmp_fit_at(&fit, 16, 16), speedups[4], 1e-12);
	assert_true(pmp_fit_at(&fit, 64, 16) > 0);
	assert_true(isnan(pmp_fit_at(&fit, 64.1, 16)));
	assert_string_equal(pmp_law_name(PMP_LAW_GUSTAFSON), "Gustafson");
}

/* Points made from one law, whatever the order and repeats, give back its parameter with R^2 = 1. */
static void laws_find_themselves(void **state)
{
	static const double n[] = {8, 1, 4, 4, 2};
	double amdahl[5], gustafson[5];
	struct pmp_fit fit;

	(void)state;
	for (int i = 0; i < 5; i++) {
		amdahl[i] = 1 / (.2 + .8 / n[i]);
		gustafson[i] = n[i] - .1 * (n[i] - 1);
	}
	fit = pmp_fit_law(PMP_LAW_AMDAHL, n, amdahl, 5);
	assert_close(fit.serial, .2, 1e-12);
	assert_close(fit.peak_speedup, 5, 1e-12);
	assert_close(fit.r_squared, 1, 1e-12);
	fit = pmp_fit_law(PMP_LAW_GUSTAFSON, n, gustafson, 5);
	assert_close(fit.serial, .1, 1e-12);
	assert_close(fit.r_squared, 1, 1e-12);
	fit = pmp_fit_law(PMP_LAW_USL, n, amdahl, 5);
	assert_close(fit.serial, .2, 1e-9);
	assert_true(fit.coherence < 1e-12 && !fit.is_peak_trusted);
}

/* Losses per rank that fall with N mean k < 0, which has no meaning: 0, and s is the mean loss. */
static void coherence_is_never_negative(void **state)
{
	static const double n[] = {2, 4, 8}, loss[] = {.3, .2, .1};
	double speedups[3];
	struct pmp_fit fit;

	(void)state;
	for (int i = 0; i < 3; i++)
		speedups[i] = n[i] / (1 + loss[i] * (n[i] - 1));
	fit = pmp_fit_law(PMP_LAW_USL, n, speedups, 3);
	assert_close(fit.coherence, 0, 0);
	assert_close(fit.serial, .2, 1e-12);
	assert_close(fit.peak_speedup, 5, 1e-12);
	assert_true(isinf(fit.peak_ranks) && !fit.is_peak_trusted);
}

/* A program that only becomes slower is at its best on one rank. */
static void a_peak_is_never_below_one_rank(void **state)
{
	static const double n[] = {1, 2, 4, 8}, speedups[] = {1, .5, .25, .1};
	struct pmp_fit fit = pmp_fit_law(PMP_LAW_USL, n, speedups, 4);

	(void)state;
	assert_close(fit.peak_ranks, 1, 0);
	assert_close(fit.peak_speedup, 1, 1e-12);
}

static void too_little_is_refused(void **state)
{
	static const double n[] = {1, 2, 2, 1}, three[] = {1, 2, 4}, s[] = {1, 1.9, 1.8, 1};
	static const double zero[] = {1, 0, 3}, same[] = {1, 1, 1};
	struct pmp_fit fit = pmp_fit_law(PMP_LAW_AMDAHL, n, s, 4);

	(void)state;
	assert_string_equal(fit.refusal, "needs at least 3 different rank counts");
	assert_true(isnan(fit.serial) && isnan(pmp_fit_at(&fit, 2, 2)));
	assert_null(pmp_fit_law(PMP_LAW_AMDAHL, three, s, 3).refusal);
	assert_null(pmp_fit_law(PMP_LAW_GUSTAFSON, three, s, 3).refusal);
	assert_string_equal(pmp_fit_law(PMP_LAW_USL, three, s, 3).refusal,
			    "needs at least 3 different rank counts above 1");
	assert_string_equal(pmp_fit_law(PMP_LAW_AMDAHL, three, zero, 3).refusal,
			    "a speedup is not known");
	assert_non_null(pmp_fit_law(PMP_LAW_USL, n, s, 0).refusal);
	assert_true(isnan(pmp_fit_law(PMP_LAW_AMDAHL, three, same, 3).r_squared));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_agree_with_tables),
		cmocka_unit_test(moments_of_samples),
		cmocka_unit_test(intervals_that_cannot_be_known),
		cmocka_unit_test(two_values_give_a_very_wide_interval),
		cmocka_unit_test(mann_whitney_by_hand),
		cmocka_unit_test(many_values_are_nearly_normal),
		cmocka_unit_test(verdicts_follow_the_interval),
		cmocka_unit_test(karp_flatt_is_golden),
		cmocka_unit_test(laws_are_golden),
		cmocka_unit_test(laws_find_themselves),
		cmocka_unit_test(coherence_is_never_negative),
		cmocka_unit_test(a_peak_is_never_below_one_rank),
		cmocka_unit_test(too_little_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
