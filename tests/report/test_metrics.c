/*
 * test_metrics.c - the formulas against numbers worked out independently (the project's golden vectors)
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/metrics.h"

#define near(a, b) assert_true(fabs((a) - (b)) < 1e-7)

static const double useful[] = {8, 6, 4, 2};

static void imbalance_of_the_golden_vector(void **state)
{
	struct pmp_imbalance i = pmp_imbalance(useful, 4);

	(void)state;
	near(i.mean, 5);
	near(i.max, 8);
	near(i.min, 2);
	near(i.sum, 20);
	near(i.sigma, 2.2360680);
	near(i.percent, 0.60);
	near(i.time, 3);
	near(i.cray, 0.50);
	near(1 - i.load_balance, 0.375);
	near(i.cov, 0.4472136);
	near(i.lost, 12);
	near(i.skewness, 0);
	assert_int_equal(i.slowest, 0);
	assert_int_equal(i.fastest, 3);
}

static void pop_of_the_golden_vector(void **state)
{
	static const uint32_t node_of[] = {0, 0, 1, 1};
	struct pmp_pop pop = pmp_pop(useful, 4, 10, 9, node_of, 2);

	(void)state;
	near(pop.load_balance, 0.625);
	near(pop.communication, 0.8);
	near(pop.serialisation, 0.8888889);
	near(pop.transfer, 0.9);
	near(pop.parallel, 0.5);
	near(pop.loss_balance, 0.3);
	near(pop.loss_communication, 0.2);
	near(pop.loss_serialisation, 0.1);
	near(pop.loss_transfer, 0.1);
	near(pop.balance_inner, 0.875);
	near(pop.balance_outer, 0.7142857);
	near(pop.load_balance * pop.communication, pop.parallel);
	near(pop.balance_inner * pop.balance_outer, pop.load_balance);
	near(1 - pop.loss_balance - pop.loss_serialisation - pop.loss_transfer, pop.parallel);
}

static void unknown_ideal_time_stays_unknown(void **state)
{
	struct pmp_pop pop = pmp_pop(useful, 4, 10, NAN, NULL, 0);

	(void)state;
	near(pop.parallel, 0.5);
	assert_true(isnan(pop.serialisation) && isnan(pop.transfer));
	assert_true(isnan(pop.loss_serialisation) && isnan(pop.loss_transfer));
	assert_true(isnan(pop.balance_inner) && isnan(pop.balance_outer));
}

static void zero_denominators_are_undefined(void **state)
{
	static const double zeros[] = {0, 0, 0};
	struct pmp_imbalance i = pmp_imbalance(zeros, 3);
	struct pmp_pop pop = pmp_pop(zeros, 3, 0, 0, NULL, 0);

	(void)state;
	assert_true(isnan(i.percent) && isnan(i.load_balance) && isnan(i.cov) && isnan(i.cray));
	assert_true(isnan(i.skewness));
	near(i.lost, 0);
	assert_true(isnan(pop.parallel) && isnan(pop.communication) && isnan(pop.transfer));
	assert_true(isnan(pop.serialisation) && isnan(pop.loss_balance));
}

static void no_ranks_are_undefined(void **state)
{
	struct pmp_imbalance i = pmp_imbalance(NULL, 0);

	(void)state;
	assert_true(isnan(i.mean) && isnan(i.max) && isnan(i.min) && isnan(i.load_balance));
	assert_true(isnan(pmp_pop(NULL, 0, 1, NAN, NULL, 0).parallel));
}

static void one_rank_is_balanced(void **state)
{
	static const double one[] = {3};
	struct pmp_imbalance i = pmp_imbalance(one, 1);

	(void)state;
	near(i.percent, 0);
	near(i.cray, 0);
	near(i.load_balance, 1);
	near(i.lost, 0);
}

static void one_rank_that_does_everything(void **state)
{
	static const double values[] = {0, 0, 5, 0};
	struct pmp_imbalance i = pmp_imbalance(values, 4);

	(void)state;
	near(i.percent, 3);
	near(i.cray, 1);
	near(i.load_balance, 0.25);
	assert_int_equal(i.slowest, 2);
	assert_true(i.skewness > 1);
}

static void few_fast_ranks_have_negative_skewness(void **state)
{
	static const double values[] = {5, 5, 1, 5};

	(void)state;
	assert_true(pmp_imbalance(values, 4).skewness < -1);
}

/* Sums of squares would lose a spread of microseconds in a run of days. */
static void small_spread_of_large_times_keeps_its_digits(void **state)
{
	static const double values[] = {1e6, 1e6 + 1e-6, 1e6 + 2e-6};

	(void)state;
	assert_true(fabs(pmp_imbalance(values, 3).sigma - 8.16e-7) < 1e-9);
}

static void factors_are_not_clamped(void **state)
{
	(void)state;
	near(pmp_pop(useful, 4, 4, NAN, NULL, 0).communication, 2);
}

static void every_metric_is_described(void **state)
{
	(void)state;
	for (int m = 0; m < PMP_METRIC_COUNT; m++) {
		const struct pmp_metric_info *info = pmp_metric_info((enum pmp_metric)m);

		assert_true(info->key[0] && info->name[0] && info->formula[0] && info->doc[0]);
		for (int other = 0; other < m; other++)
			assert_string_not_equal(info->key,
						pmp_metric_info((enum pmp_metric)other)->key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imbalance_of_the_golden_vector),
		cmocka_unit_test(pop_of_the_golden_vector),
		cmocka_unit_test(unknown_ideal_time_stays_unknown),
		cmocka_unit_test(zero_denominators_are_undefined),
		cmocka_unit_test(no_ranks_are_undefined),
		cmocka_unit_test(one_rank_is_balanced),
		cmocka_unit_test(one_rank_that_does_everything),
		cmocka_unit_test(few_fast_ranks_have_negative_skewness),
		cmocka_unit_test(small_spread_of_large_times_keeps_its_digits),
		cmocka_unit_test(factors_are_not_clamped),
		cmocka_unit_test(every_metric_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
