/*
 * test_diff.c - what diff finds and what it leaves alone, on runs made up with seeded noise
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "made_runs.h"
#include "metrics/diff.h"
#include "model/pool.h"

#define MOST_RUNS 10
#define TRIALS    400

static const struct made_noise quiet = {.each = 0.004, .whole = 0.002};
/* two percent with a tail to the slow side, and now and then a run that somebody disturbs */
static const struct made_noise usual = {
	.each = 0.01, .whole = 0.01, .skew = 0.01, .outliers = 0.03};
/* a shared machine: one run of ten is disturbed by 10 to 40 % */
static const struct made_noise busy = {.each = 0.01, .whole = 0.01, .skew = 0.01, .outliers = 0.1};
static const struct made_noise none = {.each = 0};

/* Two sets of runs and their diff. */
struct scene {
	struct pmp_pool *pool;
	struct pmp_digest *runs[2][MOST_RUNS];
	size_t counts[2];
	struct pmp_diff *diff;
};

static struct scene compare(const struct made_program *before, size_t befores,
			    const struct made_program *after, size_t afters,
			    const struct made_noise *noise)
{
	struct scene s = {.pool = pmp_pool_new(), .counts = {befores, afters}};

	for (size_t i = 0; i < befores; i++)
		s.runs[0][i] = made_run(before, noise);
	for (size_t i = 0; i < afters; i++)
		s.runs[1][i] = made_run(after, noise);
	assert_int_equal(0, pmp_diff_make((struct pmp_diff_side){(void *)s.runs[0], befores},
					  (struct pmp_diff_side){(void *)s.runs[1], afters},
					  PMP_DIFF_RELEVANT, s.pool, &s.diff));
	return s;
}

static void close_scene(struct scene *s)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < s->counts[side]; i++)
			pmp_digest_free(s->runs[side][i]);
	pmp_pool_free(s->pool);
}

static bool says(const struct scene *s, const char *words)
{
	for (size_t i = 0; i < s->diff->sentence_count; i++)
		if (strstr(s->diff->sentences[i], words))
			return true;
	for (size_t i = 0; i < s->diff->note_count; i++)
		if (strstr(s->diff->notes[i], words))
			return true;
	return false;
}

static void expect_words(const struct scene *s, const char *words)
{
	if (!says(s, words))
		fail_msg("'%s' is not said, but '%s'", words, s->diff->sentences[0]);
}

/* "solve" is the first finding. */
static bool names_solve(const struct pmp_diff *diff)
{
	return diff->slower_count > 0 && strcmp(diff->findings[0]->region, "solve") == 0 &&
	       diff->findings[0]->what == PMP_DIFF_COMPUTATION;
}

static const struct {
	const char *name;
	const struct made_noise *noise;
} noises[] = {{"quiet", &quiet}, {"usual", &usual}, {"busy", &busy}};

/* Findings in trials with identical builds, at most one of twenty; what INCONCLUSIVE says is not a finding. */
static void identical_builds_give_no_finding(void **state)
{
	static const size_t repeats[] = {1, 2, 3, 5, 10};
	const struct made_program program = made_program();

	(void)state;
	for (size_t n = 0; n < 3; n++)
		for (size_t r = 0; r < 5; r++) {
			int found = 0, unsure = 0;

			made_seed(100 * n + r);
			for (int i = 0; i < TRIALS; i++) {
				struct scene s = compare(&program, repeats[r], &program, repeats[r],
							 noises[n].noise);

				found += s.diff->verdict == PMP_DIFF_VERDICT_FINDINGS ||
					 s.diff->finding_count > 0;
				unsure += s.diff->verdict == PMP_DIFF_VERDICT_INCONCLUSIVE;
				close_scene(&s);
			}
			print_message("%s, %zu against %zu: %d of %d with a finding, %d unsure\n",
				      noises[n].name, repeats[r], repeats[r], found, TRIALS,
				      unsure);
			assert_true(found <= TRIALS / 20);
		}
}

/* With several of five runs disturbed nothing is certain. */
static void solve_20_percent_slower_is_found(void **state)
{
	static const struct {
		size_t noise, repeats;
		double least;
	} cases[] = {{0, 3, 0.99},  {0, 5, 0.99}, {1, 5, 0.95},
		     {1, 10, 0.95}, {2, 5, 0.85}, {2, 10, 0.85}};
	const struct made_program before = made_program();
	struct made_program after = before;

	(void)state;
	after.computes_s[MADE_SOLVE] *= 1.2;
	after.first_line += 2;
	for (size_t c = 0; c < 6; c++) {
		int named = 0;

		made_seed(7 + c);
		for (int i = 0; i < TRIALS; i++) {
			struct scene s = compare(&before, cases[c].repeats, &after,
						 cases[c].repeats, noises[cases[c].noise].noise);

			named += names_solve(s.diff);
			close_scene(&s);
		}
		print_message("%s, %zu repeats: solve named in %d of %d\n",
			      noises[cases[c].noise].name, cases[c].repeats, named, TRIALS);
		assert_true(named >= TRIALS * cases[c].least);
	}
}

static void the_sentence_has_all_that_matters(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	after.computes_s[MADE_SOLVE] *= 1.2;
	made_seed(1);
	s = compare(&before, 5, &after, 5, &quiet);
	expect_words(&s, "solve is 20 % slower (+1.2");
	expect_words(&s, "s per rank), certain (p = 0.008, 5 against 5 runs): heat.c:42");
	expect_words(&s, "The run takes");
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_FINDINGS);
	assert_int_equal(s.diff->count_findings, 0);
	close_scene(&s);
	s = compare(&after, 5, &before, 5, &quiet);
	expect_words(&s, "solve is 17 % faster (-1.2");
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	close_scene(&s);
	s = compare(&before, 3, &after, 3, &quiet);
	expect_words(&s, "certain (p of the ratio = ");
	close_scene(&s);
}

static void small_changes_are_not_worth_a_finding(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	after.computes_s[MADE_HALO] *= 1.5; /* 0.6 % of the run */
	made_seed(3);
	s = compare(&before, 10, &after, 10, &quiet);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	close_scene(&s);
}

/* Counts need one run. */
static void a_change_of_counts_is_found_with_one_run(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	made_seed(4);
	after.counts[MADE_SEND] = 8000;
	s = compare(&before, 1, &after, 1, &none);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_FINDINGS);
	assert_int_equal(s.diff->count_findings, 1);
	expect_words(&s, "MPI_Send (heat.c:50) is called 8 000 times instead of 4 000");
	close_scene(&s);
	after = before;
	after.bytes[MADE_RECV] = 64000000;
	s = compare(&before, 1, &after, 1, &none);
	expect_words(&s,
		     "MPI_Recv (heat.c:51) hands over 61.0 MiB instead of 30.5 MiB, in as many");
	close_scene(&s);
	after = before;
	after.counts[MADE_REDUCE] = 0;
	s = compare(&before, 1, &after, 1, &none);
	expect_words(&s, "MPI_Reduce (heat.c:53) has vanished: it was called 4 times");
	close_scene(&s);
	s = compare(&after, 1, &before, 1, &none);
	expect_words(&s, "MPI_Reduce (heat.c:53) is new: called 4 times");
	close_scene(&s);
}

/* MPI_Test has another count in every run. */
static void random_counts_are_left_out(void **state)
{
	const struct made_program program = made_program();
	struct made_program after = program;
	struct scene s;

	(void)state;
	made_seed(5);
	s = compare(&program, 1, &program, 1, &none);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	assert_int_equal(s.diff->random_count, 1);
	expect_words(&s, "1 call path is left out of the counts");
	close_scene(&s);
	s = compare(&program, 2, &program, 2, &none);
	s.runs[0][0]->sites[MADE_SEND].count++; /* one run of one side differs: random there */
	after.counts[MADE_SEND]++;
	assert_int_equal(0, pmp_diff_make((struct pmp_diff_side){(void *)s.runs[0], 2},
					  (struct pmp_diff_side){(void *)s.runs[1], 2},
					  PMP_DIFF_RELEVANT, s.pool, &s.diff));
	assert_int_equal(s.diff->count_findings, 0);
	assert_int_equal(s.diff->random_count, 2);
	close_scene(&s);
}

static void moved_code_is_no_finding(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	made_seed(6);
	after.functions[MADE_SEND] = "send_all";
	s = compare(&before, 1, &after, 1, &none);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	assert_int_equal(s.diff->count_count, 2);
	assert_int_equal(s.diff->counts[0].state, PMP_DIFF_COUNT_MOVED);
	close_scene(&s);
	after.counts[MADE_SEND]++;
	s = compare(&before, 1, &after, 1, &none);
	assert_int_equal(s.diff->count_findings, 2);
	close_scene(&s);
}

static void one_run_says_what_it_cannot_say(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	made_seed(8);
	after.computes_s[MADE_SOLVE] *= 1.2;
	s = compare(&before, 1, &after, 1, &quiet);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_INCONCLUSIVE);
	expect_words(&s, "Not enough evidence: the run takes");
	expect_words(&s, "but 1 against 1 run cannot tell a change from noise");
	close_scene(&s);
	s = compare(&before, 5, &after, 1, &quiet);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_INCONCLUSIVE);
	close_scene(&s);
	s = compare(&before, 1, &before, 1, &quiet);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	expect_words(&s, "One run cannot tell a change of the run time of less than 5 %");
	close_scene(&s);
}

/* One rank of four is slower, the others wait for it longer: the computation is named first, and the waiting as what follows. */
static void waiting_follows_from_computation(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	made_seed(9);
	after.computes_s[MADE_SOLVE] += 1;
	after.waits_s[MADE_ALLREDUCE] = 3;
	s = compare(&before, 5, &after, 5, &quiet);
	assert_true(names_solve(s.diff));
	assert_int_equal(s.diff->slower_count, 2);
	assert_true(s.diff->findings[1]->change_s > s.diff->findings[0]->change_s);
	expect_words(&s, "MPI_Allreduce (heat.c:52) in solve is");
	expect_words(&s, "waiting for ranks that compute longer");
	close_scene(&s);
}

static void ranks_may_differ(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;

	(void)state;
	made_seed(10);
	after.ranks = 8;
	for (int i = 0; i < MADE_SITES; i++) {
		after.counts[i] *= 2;
		after.bytes[i] *= 2;
	}
	s = compare(&before, 5, &after, 5, &quiet);
	assert_int_equal(s.diff->count_findings, 0);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	expect_words(&s, "8 ranks instead of 4: times are per rank");
	close_scene(&s);
}

static void what_is_new_is_not_slower(void **state)
{
	const struct made_program before = made_program();
	struct made_program after = before;
	struct scene s;
	bool is_new = false;

	(void)state;
	made_seed(11);
	after.computes_s[MADE_SETUP] = 0;
	s = compare(&after, 5, &before, 5, &quiet);
	for (size_t i = 0; i < s.diff->row_count; i++)
		is_new = is_new || (s.diff->rows[i].state == PMP_DIFF_NEW &&
				    strcmp(s.diff->rows[i].region, "setup") == 0);
	assert_true(is_new);
	expect_words(&s, "The run is 1"); /* 1x % slower: nothing else explains it */
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_FINDINGS);
	close_scene(&s);
}

static void zero_times_are_survived(void **state)
{
	struct made_program nothing = made_program();
	struct scene s;

	(void)state;
	made_seed(12);
	memset(nothing.computes_s, 0, sizeof(nothing.computes_s));
	memset(nothing.calls_s, 0, sizeof(nothing.calls_s));
	s = compare(&nothing, 3, &nothing, 3, &none);
	assert_int_equal(s.diff->verdict, PMP_DIFF_VERDICT_SAME);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identical_builds_give_no_finding),
		cmocka_unit_test(solve_20_percent_slower_is_found),
		cmocka_unit_test(the_sentence_has_all_that_matters),
		cmocka_unit_test(small_changes_are_not_worth_a_finding),
		cmocka_unit_test(a_change_of_counts_is_found_with_one_run),
		cmocka_unit_test(random_counts_are_left_out),
		cmocka_unit_test(moved_code_is_no_finding),
		cmocka_unit_test(one_run_says_what_it_cannot_say),
		cmocka_unit_test(waiting_follows_from_computation),
		cmocka_unit_test(ranks_may_differ),
		cmocka_unit_test(what_is_new_is_not_slower),
		cmocka_unit_test(zero_times_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
