/*
 * test_verdict.c - whom the verdict blames, for how much, and that it keeps silent where nothing is wrong
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/summary.h"
#include "mkmodel.h"

static void near(double value, double expected)
{
	assert_true(fabs(value - expected) < 1e-6 * fmax(1, fabs(expected)));
}

struct run {
	struct pmp_model *model;
	struct pmp_pool *pool;
	struct pmp_summary *summary;
};

static struct run open_run(struct pmp_model *model)
{
	struct run run = {.model = model, .pool = pmp_pool_new()};

	assert_non_null(model);
	assert_int_equal(pmp_summarize(model, run.pool, &run.summary), 0);
	return run;
}

static void close_run(struct run *run)
{
	pmp_pool_free(run->pool);
	pmp_model_free(run->model);
}

static const struct pmp_loss *find(const struct run *run, enum pmp_cause cause)
{
	for (size_t i = 0; i < run->summary->loss_count; i++)
		if (run->summary->losses[i].cause == cause)
			return &run->summary->losses[i];
	return NULL;
}

static void a_balanced_program_gets_no_complaint(void **state)
{
	struct run run = open_run(mk_scene("balanced"));

	(void)state;
	assert_int_equal(run.summary->loss_count, 0);
	assert_int_equal(run.summary->note_count, 0);
	close_run(&run);
}

static void the_slow_rank_is_named_with_its_region(void **state)
{
	struct run run = open_run(mk_scene("slow-region"));
	const struct pmp_loss *loss = find(&run, PMP_CAUSE_IMBALANCE);

	(void)state;
	assert_ptr_equal(loss, run.summary->losses);
	near(loss->seconds, 18);
	near(loss->imbalance, 14 / 9.5 - 1);
	assert_int_equal(loss->rank_count, 1);
	assert_int_equal(loss->ranks[0], 3);
	assert_string_equal(run.model->regions[loss->region].name, "solve");
	assert_int_equal(loss->place.line, 88);
	close_run(&run);
}

static void without_regions_the_stretch_is_named_by_its_two_calls(void **state)
{
	struct run run = open_run(mk_scene("slow-stretch"));
	const struct pmp_loss *loss = find(&run, PMP_CAUSE_IMBALANCE);

	(void)state;
	near(loss->seconds, 18);
	near(loss->imbalance, 8 / 3.5 - 1);
	near(loss->slowest_s, 8);
	assert_int_equal(loss->ranks[0], 2);
	assert_int_equal(loss->region, 0);
	assert_int_equal(loss->call, PMP_CALL_MPI_Barrier);
	assert_int_equal(loss->place.line, 40);
	assert_int_equal(loss->to_call, PMP_CALL_MPI_Allreduce);
	assert_int_equal(loss->to_place.line, 44);
	close_run(&run);
}

/* k times the work: for every k the slow rank's share of the mean has to come out as it is. */
static void a_rank_k_times_slower_is_measured_exactly(void **state)
{
	(void)state;
	for (int k = 2; k <= 10; k++) {
		struct mk *mk = mk_new("./imbalance", 4, 1);
		struct mk_end none = {0, 0};
		struct mk_end reduce = {mk_frame(mk, 0, "main", "i.c", 9), PMP_CALL_MPI_Allreduce};

		for (uint32_t r = 0; r < 4; r++) {
			mk_compute(mk, r, 0, none, reduce, 10, r == 1 ? k : 1, 0);
			mk_call(mk, r, 0, reduce, 10, r == 1 ? 0.001 : k - 1 + 0.001, 8, 8);
		}
		struct run run = open_run(mk_finish(mk));
		const struct pmp_loss *loss = find(&run, PMP_CAUSE_IMBALANCE);

		assert_non_null(loss);
		assert_int_equal(loss->ranks[0], 1);
		near(loss->imbalance, 4.0 * k / (k + 3) - 1);
		near(loss->seconds, 3.0 * (k - 1));
		close_run(&run);
	}
}

/* Losses are additive: what is named is never more than what was lost. */
static void named_losses_do_not_exceed_the_lost_time(void **state)
{
	static const char *const names[] = {"slow-region", "slow-stretch", "communication",
					    "ranks64", "io"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct run run = open_run(mk_scene(names[i]));
		double sum = 0;

		for (size_t l = 0; l < run.summary->loss_count; l++)
			sum += run.summary->losses[l].seconds;
		assert_true(sum <= run.summary->lost_s * (1 + 1e-9));
		assert_true(sum >= 0.85 * run.summary->lost_s);
		close_run(&run);
	}
}

static void waiting_is_attributed_to_its_call_path(void **state)
{
	struct run run = open_run(mk_scene("communication"));
	const struct pmp_loss *loss = find(&run, PMP_CAUSE_COMMUNICATION);

	(void)state;
	assert_ptr_equal(loss, run.summary->losses);
	double own = 8 * 6.07 - 0.28; /* the sum over all ranks: they are about equally busy */

	assert_true(loss->seconds <= own && loss->seconds >= 0.99 * own);
	assert_int_equal(loss->call, PMP_CALL_MPI_Waitall);
	assert_string_equal(loss->place.function, "exchange");
	assert_int_equal(loss->place.line, 55);
	assert_int_equal(loss->count, 4000);
	assert_null(find(&run, PMP_CAUSE_IMBALANCE));
	close_run(&run);
}

/* The others' time in the barrier behind the write is the write's fault. */
static void one_writer_is_blamed_for_all_who_wait(void **state)
{
	struct run run = open_run(mk_scene("io"));
	const struct pmp_loss *loss = find(&run, PMP_CAUSE_IO);

	(void)state;
	near(loss->seconds, 8);
	assert_int_equal(loss->rank_count, 1);
	assert_int_equal(loss->ranks[0], 0);
	assert_null(find(&run, PMP_CAUSE_COMMUNICATION));
	close_run(&run);
}

static void a_crash_comes_first_and_its_victims_after_it(void **state)
{
	struct run run = open_run(mk_scene("crashed"));
	const struct pmp_loss *losses = run.summary->losses;

	(void)state;
	assert_int_equal(losses[0].cause, PMP_CAUSE_CRASH);
	assert_int_equal(losses[0].rank_count, 1);
	assert_int_equal(losses[0].ranks[0], 2);
	assert_int_equal(losses[0].place.line, 55);
	assert_true(isnan(losses[0].seconds));
	assert_int_equal(losses[1].cause, PMP_CAUSE_KILLED);
	assert_int_equal(losses[1].rank_count, 3);
	close_run(&run);
}

/* Open MPI ends the others with SIGTERM when one is gone: the one that vanished is to be read first. */
static void the_rank_that_vanished_comes_before_its_victims(void **state)
{
	struct mk *mk = mk_new("./app", 3, 1);
	struct mk_end none = {0, 0};

	(void)state;
	for (uint32_t r = 0; r < 3; r++) {
		mk_compute(mk, r, 0, none, none, 1, 2, 0);
		mk_rank(mk, r)->state = r == 1 ? PMP_RANK_VANISHED : PMP_RANK_SIGNALED;
		mk_rank(mk, r)->code = r == 1 ? 0 : 15;
	}
	struct run run = open_run(mk_finish(mk));

	assert_int_equal(run.summary->losses[0].cause, PMP_CAUSE_VANISHED);
	assert_int_equal(run.summary->losses[0].ranks[0], 1);
	assert_int_equal(run.summary->losses[1].cause, PMP_CAUSE_KILLED);
	close_run(&run);
}

/* Short of 20 ms in code that is passed once: a few turns of the scheduler. */
static void a_short_run_is_not_blamed_for_the_scheduler(void **state)
{
	(void)state;
	for (int scale = 1; scale <= 10; scale *= 10) {
		struct mk *mk = mk_new("./pi", 2, 1);
		struct mk_end none = {0, 0};
		struct mk_end reduce = {mk_frame(mk, 0, "main", "pi.c", 36), PMP_CALL_MPI_Reduce};

		for (uint32_t r = 0; r < 2; r++) {
			mk_compute(mk, r, 0, none, reduce, 1, scale * (r ? 0.014 : 0.0205), 0);
			mk_call(mk, r, 0, reduce, 1, scale * (r ? 0.0066 : 0.0001), 8, 8);
		}
		struct run run = open_run(mk_finish(mk));

		assert_int_equal(find(&run, PMP_CAUSE_IMBALANCE) != NULL, scale == 10);
		close_run(&run);
	}
}

static void ranks_that_share_processors_are_not_blamed(void **state)
{
	struct run run = open_run(mk_scene("crowded"));

	(void)state;
	assert_null(find(&run, PMP_CAUSE_IMBALANCE));
	assert_true(run.summary->is_oversubscribed);
	assert_int_equal(run.summary->note_count, 1);
	close_run(&run);
}

/* One pass of 400 is 0.8 s longer: 8 % imbalance that the machine made, not the program. */
static struct pmp_model *interrupted(double once, double always)
{
	struct mk *mk = mk_new("./app", 4, 1);
	struct mk_end none = {0, 0};
	struct mk_end reduce = {mk_frame(mk, 0, "main", "i.c", 9), PMP_CALL_MPI_Allreduce};

	for (uint32_t r = 0; r < 4; r++) {
		double extra = r == 1 ? once + always : 0;

		mk_compute(mk, r, 0, none, reduce, 400, 10 + extra,
			   r == 1 && once > 0 ? once + 0.025 : 0);
		mk_call(mk, r, 0, reduce, 400, 1.001 - extra, 8, 8);
	}
	return mk_finish(mk);
}

static void a_single_interruption_is_noise_but_a_steady_difference_is_not(void **state)
{
	struct run once = open_run(interrupted(0.8, 0)), always = open_run(interrupted(0, 0.8));

	(void)state;
	assert_null(find(&once, PMP_CAUSE_IMBALANCE));
	assert_non_null(find(&always, PMP_CAUSE_IMBALANCE));
	close_run(&once);
	close_run(&always);
}

static void few_fast_ranks_are_named_instead_of_many_slow_ones(void **state)
{
	struct mk *mk = mk_new("./farm", 8, 1);
	struct mk_end none = {0, 0};
	struct mk_end reduce = {mk_frame(mk, 0, "main", "i.c", 9), PMP_CALL_MPI_Reduce};

	(void)state;
	for (uint32_t r = 0; r < 8; r++) {
		mk_compute(mk, r, 0, none, reduce, 1, r ? 5 : 0.5, 0);
		mk_call(mk, r, 0, reduce, 1, r ? 0.001 : 4.501, 8, 8);
	}
	struct run run = open_run(mk_finish(mk));
	const struct pmp_loss *loss = find(&run, PMP_CAUSE_IMBALANCE);

	assert_int_equal(loss->rank_count, 1);
	assert_int_equal(loss->ranks[0], 0);
	assert_non_null(strstr(loss->text, "rank 0 computes only 500 ms, the others 5.00 s"));
	close_run(&run);
}

static void missing_ranks_are_left_out_of_the_means(void **state)
{
	struct mk *mk = mk_new("./app", 4, 1);
	struct mk_end none = {0, 0};

	(void)state;
	for (uint32_t r = 0; r < 3; r++)
		mk_compute(mk, r, 0, none, none, 1, 2, 0);
	mk_rank(mk, 3)->state = PMP_RANK_MISSING;
	struct run run = open_run(mk_finish(mk));

	assert_int_equal(run.summary->count, 3);
	near(run.summary->pop.parallel, 1);
	assert_int_equal(run.summary->losses[0].cause, PMP_CAUSE_MISSING);
	assert_int_equal(run.summary->loss_count, 1);
	close_run(&run);
}

static void paused_time_does_not_count(void **state)
{
	struct mk *mk = mk_new("./app", 2, 1);
	struct mk_end none = {0, 0};

	(void)state;
	for (uint32_t r = 0; r < 2; r++) {
		mk_compute(mk, r, 0, none, none, 1, 2, 0);
		mk_rank(mk, r)->paused_ns = 6000000000;
	}
	struct run run = open_run(mk_finish(mk));

	near(run.model->run.wall_s, 8);
	near(run.summary->wall_s, 2);
	near(run.summary->pop.parallel, 1);
	assert_int_equal(run.summary->loss_count, 0);
	close_run(&run);
}

static void numbers_at_the_edge_do_not_overflow(void **state)
{
	struct mk *mk = mk_new("./app", 2, 1);
	struct mk_end none = {0, 0};
	struct mk_end send = {mk_frame(mk, 0, "main", "i.c", 9), PMP_CALL_MPI_Send};

	(void)state;
	for (uint32_t r = 0; r < 2; r++) {
		mk_compute(mk, r, 0, none, none, 1, 1, 0);
		mk_call(mk, r, 0, send, INT64_MAX / 2, 1e-9, 2, 0);
		mk_call(mk, r, 0, send, INT64_MAX / 2, 1e-9, 2, 0);
		mk_message(mk, r, 1 - r, INT64_MAX, 1);
		mk_message(mk, r, 1 - r, INT64_MAX, 1);
	}
	struct run run = open_run(mk_finish(mk));
	struct pmp_selection all = {NULL, NULL};
	struct pmp_call_sum *sums;
	struct pmp_pair_sum *pairs;
	size_t count;

	assert_int_equal(pmp_query_calls(run.model, &all, PMP_BY_CALL, run.pool, &sums, &count), 0);
	assert_true(sums[0].bytes_out == INT64_MAX);
	assert_int_equal(pmp_query_pairs(run.model, &all, run.pool, &pairs, &count), 0);
	assert_int_equal(count, 2);
	assert_true(pairs[0].bytes == INT64_MAX);
	close_run(&run);
}

static void rank_lists_read_well(void **state)
{
	static const uint32_t ranks[] = {0, 1, 2, 3, 8, 10, 12, 14, 16};
	struct pmp_pool *pool = pmp_pool_new();

	(void)state;
	assert_string_equal(pmp_rank_list_text(pool, ranks, 1), "rank 0");
	assert_string_equal(pmp_rank_list_text(pool, ranks, 2), "ranks 0 and 1");
	assert_string_equal(pmp_rank_list_text(pool, ranks, 4), "ranks 0-3");
	assert_string_equal(pmp_rank_list_text(pool, ranks, 5), "ranks 0-3 and 8");
	assert_string_equal(pmp_rank_list_text(pool, ranks + 3, 3), "ranks 3, 8 and 10");
	assert_string_equal(pmp_rank_list_text(pool, ranks, 9), "9 ranks (0-3, 8, 10, 12, ...)");
	pmp_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_balanced_program_gets_no_complaint),
		cmocka_unit_test(the_slow_rank_is_named_with_its_region),
		cmocka_unit_test(without_regions_the_stretch_is_named_by_its_two_calls),
		cmocka_unit_test(a_rank_k_times_slower_is_measured_exactly),
		cmocka_unit_test(named_losses_do_not_exceed_the_lost_time),
		cmocka_unit_test(waiting_is_attributed_to_its_call_path),
		cmocka_unit_test(one_writer_is_blamed_for_all_who_wait),
		cmocka_unit_test(a_crash_comes_first_and_its_victims_after_it),
		cmocka_unit_test(the_rank_that_vanished_comes_before_its_victims),
		cmocka_unit_test(a_short_run_is_not_blamed_for_the_scheduler),
		cmocka_unit_test(ranks_that_share_processors_are_not_blamed),
		cmocka_unit_test(a_single_interruption_is_noise_but_a_steady_difference_is_not),
		cmocka_unit_test(few_fast_ranks_are_named_instead_of_many_slow_ones),
		cmocka_unit_test(missing_ranks_are_left_out_of_the_means),
		cmocka_unit_test(paused_time_does_not_count),
		cmocka_unit_test(numbers_at_the_edge_do_not_overflow),
		cmocka_unit_test(rank_lists_read_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
