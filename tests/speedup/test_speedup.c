/*
 * test_speedup.c - the way from N ranks to the speedup: each cause alone, then several, with answers known beforehand; the parts sum
 * up to the whole in all of them
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/speedup.h"
#include "mkmodel.h"

#define SOURCE   "/home/user/app.c"
#define MAX_RUNS 16

/* What a program does; seconds of all ranks together unless said otherwise. */
struct story {
	uint32_t ranks;
	double serial;      /* rank 0 alone */
	double repeated;    /* each rank */
	double divided;     /* shared by all */
	double uneven;      /* more for the last rank */
	double slowdown;    /* of the divided work; 0: 1 */
	double messages;    /* in MPI, each rank */
	double io;          /* in MPI-IO, each rank */
	double init;        /* each rank */
	double tool;        /* each rank */
	double late;        /* begin of the last rank */
	double cpu_share;   /* of computation that had a processor; 0: all */
	double noise;       /* factor of all times less 1 */
	bool is_crowded;    /* all ranks on one processor */
	bool is_weak;       /* divided is of each rank */
	bool has_no_region; /* stretches only */
};

static double divided_of(const struct story *s)
{
	double factor = s->slowdown > 0 ? s->slowdown : 1;

	return s->divided * factor / (s->is_weak ? 1 : s->ranks);
}

/* Where it does it. */
struct program {
	struct mk *mk;
	struct mk_end none, bcast, again, send, reduce, file;
	uint32_t solve;
};

static struct program make_program(const struct story *s)
{
	struct mk *mk = mk_new("./app", s->ranks, 1);
	uint32_t in_main = mk_frame(mk, 0, "main", SOURCE, 100);

	return (struct program){
		.mk = mk,
		.bcast = {mk_frame(mk, in_main, "setup", SOURCE, 20), PMP_CALL_MPI_Bcast},
		.again = {mk_frame(mk, in_main, "tables", SOURCE, 30), PMP_CALL_MPI_Barrier},
		.send = {mk_frame(mk, in_main, "step", SOURCE, 41), PMP_CALL_MPI_Sendrecv},
		.reduce = {mk_frame(mk, in_main, "step", SOURCE, 50), PMP_CALL_MPI_Allreduce},
		.file = {mk_frame(mk, in_main, "save", SOURCE, 60), PMP_CALL_MPI_File_write_at},
		.solve = s->has_no_region ? 0 : mk_region(mk, 0, "solve"),
	};
}

static void set_rank(struct mk *mk, const struct story *s, uint32_t r, double compute)
{
	double f = 1 + s->noise, cpu = s->cpu_share > 0 ? s->cpu_share * compute : 100;

	mk_rank(mk, r)->init_ns = (int64_t)(s->init * f * 1e9);
	mk_rank(mk, r)->tool_ns = (int64_t)(s->tool * f * 1e9);
	mk_rank(mk, r)->begin_ns = r + 1 == s->ranks ? (int64_t)(s->late * f * 1e9) : 0;
	mk_rank(mk, r)->user_ns = (int64_t)(cpu * f * 1e9);
	if (s->is_crowded)
		mk_rank(mk, r)->cpus[0] = '0';
}

/* One rank: serial part, broadcast, the rest, messages, reduction. The reduction takes what the others are later. */
static void add_rank(const struct program *p, const struct story *s, uint32_t r)
{
	double f = 1 + s->noise, extra = r + 1 == s->ranks ? s->uneven : 0;
	double work = divided_of(s) + extra;
	struct mk *mk = p->mk;

	if (r == 0 && s->serial > 0)
		mk_compute(mk, r, 0, p->none, p->bcast, 1, s->serial * f, 0);
	else if (s->serial > 0)
		mk_call(mk, r, 0, p->bcast, 1, s->serial * f, 8, 0);
	if (s->repeated > 0)
		mk_compute(mk, r, 0, p->bcast, p->again, 1, s->repeated * f, 0);
	mk_compute(mk, r, p->solve, p->again, p->reduce, 10, work * f, 0);
	if (s->messages > 0)
		mk_call(mk, r, p->solve, p->send, 1000, s->messages * f, 8, 8);
	if (s->uneven > 0 && extra == 0)
		mk_call(mk, r, p->solve, p->reduce, 10, s->uneven * f, 8, 8);
	if (s->io > 0)
		mk_call(mk, r, 0, p->file, 1, s->io * f, 1 << 20, 0);
	set_rank(mk, s, r, s->repeated + work);
}

static struct pmp_digest *make_digest(const struct story *s)
{
	struct program program = make_program(s);
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_summary *summary;
	struct pmp_digest *digest;

	for (uint32_t r = 0; r < s->ranks; r++)
		add_rank(&program, s, r);
	struct pmp_model *model = mk_finish(program.mk);

	assert_int_equal(pmp_model_merge_paths(model), 0);
	assert_int_equal(pmp_summarize(model, pool, &summary), 0);
	assert_int_equal(pmp_digest_make(summary, "app.pmprof.h5", &digest), 0);
	pmp_pool_free(pool);
	pmp_model_free(model);
	return digest;
}

/* A series and what is made of it. */
struct result {
	struct pmp_series *series;
	struct pmp_pool *pool;
	struct pmp_speedup *speedup;
};

/* Several causes may be paid in the same core-seconds: whatever they are, they are all there is. */
static void assert_exact(const struct pmp_speedup *speedup)
{
	for (size_t i = 0; i < speedup->point_count; i++) {
		const struct pmp_speedup_point *p = &speedup->points[i];
		double ranks = 0, seconds = 0, size = 0;

		for (size_t k = 0; k < p->part_count; k++) {
			ranks += p->parts[k].ranks;
			seconds += p->parts[k].seconds;
			size += fabs(p->parts[k].seconds);
			for (size_t j = 0; j < p->parts[k].item_count; j++)
				assert_true(p->parts[k].items[j].text[0]);
		}
		if (fabs(ranks - p->missing) > 1e-9 * p->point->ranks)
			fail_msg("parts sum up to %.12g of %.12g ranks", ranks, p->missing);
		if (fabs(seconds - p->missing_s) > 1e-9 * fmax(1, size))
			fail_msg("parts sum up to %.12g of %.12g s", seconds, p->missing_s);
		assert_true(fabs(p->missing - (p->point->ranks - p->speedup.value)) <
			    1e-9 * p->point->ranks);
	}
}

static struct result explain(const struct story *runs, size_t run_count, const struct story *copies,
			     size_t copies_count, const double *serial, size_t serial_count)
{
	struct pmp_digest *digests[MAX_RUNS], *copy_digests[MAX_RUNS];
	uint32_t numbers[MAX_RUNS];
	struct pmp_diag diag = {""};
	struct result result;

	for (size_t i = 0; i < run_count; i++)
		digests[i] = make_digest(&runs[i]);
	for (size_t i = 0; i < copies_count; i++) {
		copy_digests[i] = make_digest(&copies[i]);
		numbers[i] = (uint32_t)copies_count;
	}
	const struct pmp_series_source source = {
		.runs = digests,
		.run_count = run_count,
		.copies = copy_digests,
		.copy_numbers = numbers,
		.copies_count = copies_count,
		.serial_s = serial,
		.serial_count = serial_count,
		.scaling = runs[0].is_weak ? PMP_SCALING_WEAK : PMP_SCALING_STRONG,
	};

	assert_int_equal(pmp_series_make(&source, &result.series, &diag), 0);
	result.pool = pmp_pool_new();
	assert_int_equal(pmp_speedup_make(result.series, result.pool, &result.speedup), 0);
	assert_exact(result.speedup);
	return result;
}

static struct result explain_pair(struct story one, struct story many)
{
	const struct story runs[] = {one, many};

	return explain(runs, 2, NULL, 0, NULL, 0);
}

static void release(struct result *result)
{
	pmp_pool_free(result->pool);
	pmp_series_free(result->series);
}

static const struct pmp_speedup_point *last(const struct result *result)
{
	return &result->speedup->points[result->speedup->point_count - 1];
}

static const struct pmp_shortfall_part *part_of(const struct result *result,
						enum pmp_shortfall cause)
{
	const struct pmp_speedup_point *p = last(result);

	for (size_t i = 0; i < p->part_count; i++)
		if (p->parts[i].cause == cause)
			return &p->parts[i];
	return NULL;
}

static double seconds_of(const struct result *result, enum pmp_shortfall cause)
{
	const struct pmp_shortfall_part *part = part_of(result, cause);

	return part ? part->seconds : 0;
}

/* The cause has that many core-seconds, and no other has any. */
static void assert_only(const struct result *result, enum pmp_shortfall cause, double seconds)
{
	const struct pmp_speedup_point *p = last(result);

	for (size_t i = 0; i < p->part_count; i++) {
		double wanted = p->parts[i].cause == cause ? seconds : 0;

		if (fabs(p->parts[i].seconds - wanted) > 1e-6)
			fail_msg("%s: %g s, not %g", pmp_shortfall_name(p->parts[i].cause),
				 p->parts[i].seconds, wanted);
	}
	assert_true(fabs(seconds_of(result, cause) - seconds) < 1e-6);
}

#define N 4

static void perfect(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4},
				       (struct story){.ranks = N, .divided = 4});

	(void)state;
	assert_true(fabs(last(&r)->speedup.value - N) < 1e-6);
	assert_non_null(strstr(last(&r)->verdict, "nothing to complain about"));
	release(&r);
}

static void serial_part(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4, .serial = 1},
				       (struct story){.ranks = N, .divided = 4, .serial = 1});
	const struct pmp_shortfall_part *part = part_of(&r, PMP_SHORTFALL_SERIAL);

	(void)state;
	assert_only(&r, PMP_SHORTFALL_SERIAL, (N - 1) * 1.0);
	assert_true(fabs(last(&r)->karp_flatt - 0.2) < 1e-6);
	assert_int_equal(part->items[0].rank, 0);
	assert_string_equal(part->items[0].place.function, "setup");
	assert_int_equal(part->items[0].place.line, 20);
	assert_non_null(strstr(last(&r)->verdict, "serial part in setup (app.c:20)"));
	release(&r);
}

static void repeated_work(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4, .repeated = 1},
				       (struct story){.ranks = N, .divided = 4, .repeated = 1});

	(void)state;
	assert_only(&r, PMP_SHORTFALL_REPEATED, (N - 1) * 1.0);
	assert_non_null(strstr(part_of(&r, PMP_SHORTFALL_REPEATED)->text, "each rank computes"));
	release(&r);
}

static void load_imbalance(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4.5},
				       (struct story){.ranks = N, .divided = 4, .uneven = 0.5});
	const struct pmp_shortfall_part *part = part_of(&r, PMP_SHORTFALL_IMBALANCE);

	(void)state;
	assert_only(&r, PMP_SHORTFALL_IMBALANCE, (N - 1) * 0.5);
	assert_string_equal(part->items[0].region, "solve");
	assert_int_equal(part->items[0].rank, N - 1);
	release(&r);
}

static void messages(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4},
				       (struct story){.ranks = N, .divided = 4, .messages = 0.3});
	const struct pmp_shortfall_part *part = part_of(&r, PMP_SHORTFALL_COMMUNICATION);

	(void)state;
	assert_only(&r, PMP_SHORTFALL_COMMUNICATION, N * 0.3);
	assert_string_equal(part->items[0].call, "MPI_Sendrecv");
	assert_int_equal(part->items[0].place.line, 41);
	release(&r);
}

static void files(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4, .io = 0.1},
				       (struct story){.ranks = N, .divided = 4, .io = 0.3});

	(void)state;
	assert_only(&r, PMP_SHORTFALL_IO, N * 0.3 - 0.1);
	assert_string_equal(part_of(&r, PMP_SHORTFALL_IO)->items[0].call, "MPI_File_write_at");
	release(&r);
}

static void start_up_and_profiler(void **state)
{
	struct result r =
		explain_pair((struct story){.ranks = 1, .divided = 4, .init = 0.2},
			     (struct story){.ranks = N, .divided = 4, .init = 0.3, .tool = 0.05});

	(void)state;
	assert_true(fabs(seconds_of(&r, PMP_SHORTFALL_START) - (N * 0.3 - 0.2)) < 1e-6);
	assert_true(fabs(seconds_of(&r, PMP_SHORTFALL_TOOL) - N * 0.05) < 1e-6);
	assert_non_null(strstr(part_of(&r, PMP_SHORTFALL_START)->text, "MPI_Init takes"));
	release(&r);
}

static void uneven_start(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4},
				       (struct story){.ranks = N, .divided = 4, .late = 0.4});

	(void)state;
	assert_only(&r, PMP_SHORTFALL_UNEVEN, N * 0.4);
	release(&r);
}

/* Without copies nobody knows whether it is more or slower; with them it is known how much. */
static void slower_or_more(void **state)
{
	const struct story runs[] = {{.ranks = 1, .divided = 4},
				     {.ranks = N, .divided = 4, .slowdown = 1.5}};
	struct story copies[N];
	struct result r = explain(runs, 2, NULL, 0, NULL, 0);

	(void)state;
	assert_only(&r, PMP_SHORTFALL_LONGER, 2);
	assert_non_null(strstr(r.speedup->notes[r.speedup->note_count - 1], "--copies"));
	release(&r);
	for (size_t i = 0; i < N; i++)
		copies[i] = (struct story){.ranks = 1, .divided = 4, .slowdown = 1.5};
	r = explain(runs, 2, copies, N, NULL, 0);
	assert_only(&r, PMP_SHORTFALL_SLOWER, 2);
	assert_non_null(strstr(part_of(&r, PMP_SHORTFALL_SLOWER)->text, "1.50 times as long"));
	release(&r);
	for (size_t i = 0; i < N; i++)
		copies[i].slowdown = 1.2;
	r = explain(runs, 2, copies, N, NULL, 0);
	assert_true(fabs(seconds_of(&r, PMP_SHORTFALL_SLOWER) - 0.8) < 1e-6);
	assert_true(fabs(seconds_of(&r, PMP_SHORTFALL_MORE) - 1.2) < 1e-6);
	release(&r);
}

/* One rank alone takes all the bandwidth there is: two take as long, which looks like work that is not divided. */
static void saturated_memory_is_no_repeated_work(void **state)
{
	const struct story runs[] = {{.ranks = 1, .divided = 4},
				     {.ranks = 2, .divided = 4, .slowdown = 2}};
	const struct story copies[] = {{.ranks = 1, .divided = 4, .slowdown = 2},
				       {.ranks = 1, .divided = 4, .slowdown = 2}};
	struct result r = explain(runs, 2, copies, 2, NULL, 0);

	(void)state;
	assert_only(&r, PMP_SHORTFALL_SLOWER, 4);
	release(&r);
}

static void shared_processors(void **state)
{
	struct result r = explain_pair(
		(struct story){.ranks = 1, .divided = 4},
		(struct story){.ranks = N, .divided = 4, .slowdown = 2, .cpu_share = 0.5});

	(void)state;
	assert_only(&r, PMP_SHORTFALL_PROCESSORS, 4);
	release(&r);
}

static void caches(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 1, .divided = 4},
				       (struct story){.ranks = N, .divided = 4, .slowdown = 0.8});

	(void)state;
	assert_only(&r, PMP_SHORTFALL_FASTER, -0.8);
	assert_true(last(&r)->speedup.value > N);
	assert_non_null(strstr(last(&r)->verdict, "more than one for each rank"));
	release(&r);
}

/* In weak scaling the work of each rank is the baseline's, and to repeat it is what is asked for. */
static void weak_scaling(void **state)
{
	struct result r = explain_pair(
		(struct story){.ranks = 1, .divided = 1, .is_weak = true},
		(struct story){.ranks = N, .divided = 1, .messages = 0.25, .is_weak = true});

	(void)state;
	assert_true(fabs(last(&r)->speedup.value - N / 1.25) < 1e-6);
	assert_only(&r, PMP_SHORTFALL_COMMUNICATION, N * 0.25);
	assert_true(isnan(last(&r)->karp_flatt));
	release(&r);
}

static void serial_program(void **state)
{
	const struct story both[] = {{.ranks = 1, .divided = 4.4}, {.ranks = N, .divided = 4.4}};
	const double serial[] = {4.0, 4.0, 4.0};
	struct result r = explain(both, 2, NULL, 0, serial, 3);

	(void)state;
	assert_string_equal(r.speedup->base_text, "serial program");
	assert_true(fabs(last(&r)->speedup.value - 4.0 / 1.1) < 1e-6);
	assert_only(&r, PMP_SHORTFALL_PARALLEL, 0.4);
	release(&r);
	r = explain(&both[1], 1, NULL, 0, serial,
		    3); /* no run on one rank: only the time is known */
	assert_only(&r, PMP_SHORTFALL_LONGER, 0.4);
	assert_int_equal(r.speedup->explained, 0);
	release(&r);
}

static void no_regions(void **state)
{
	struct result r = explain_pair(
		(struct story){.ranks = 1, .divided = 4.5, .has_no_region = true},
		(struct story){.ranks = N, .divided = 4, .uneven = 0.5, .has_no_region = true});

	(void)state;
	assert_only(&r, PMP_SHORTFALL_IMBALANCE, (N - 1) * 0.5);
	assert_string_equal(part_of(&r, PMP_SHORTFALL_IMBALANCE)->items[0].region, "");
	assert_non_null(strstr(part_of(&r, PMP_SHORTFALL_IMBALANCE)->text, "app.c:50"));
	release(&r);
}

/* Everything at once, in odd numbers, with repeats of which the median is taken, also between two. */
static void mixed(void **state)
{
	static const uint32_t ranks[] = {2, 3, 5, 7, 8, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		for (int weak = 0; weak < 2; weak++) {
			struct story runs[MAX_RUNS];
			size_t count = 0;

			for (size_t k = 0; k < 4; k++)
				runs[count++] = (struct story){.ranks = k % 2 ? ranks[i] : 1,
							       .serial = 0.2,
							       .repeated = 0.1,
							       .divided = 3,
							       .uneven = 0.05,
							       .messages = k % 2 ? 0.04 : 0,
							       .io = 0.03,
							       .init = 0.1,
							       .tool = 0.01,
							       .late = 0.02,
							       .slowdown = k % 2 ? 1.1 : 1,
							       .noise = 0.03 * (double)k,
							       .is_weak = weak};
			struct result r = explain(runs, count, NULL, 0, NULL, 0);

			assert_true(last(&r)->missing > 0);
			assert_true(last(&r)->part_count >= 5);
			release(&r);
		}
}

static bool has_note(const struct pmp_speedup *speedup, const char *text)
{
	for (size_t i = 0; i < speedup->note_count; i++)
		if (strstr(speedup->notes[i], text))
			return true;
	return false;
}

static void crowds_are_no_evidence(void **state)
{
	const struct story runs[] = {{.ranks = 1, .divided = 4},
				     {.ranks = 2, .divided = 4},
				     {.ranks = 4, .divided = 4, .is_crowded = true}};
	struct result r = explain(runs, 3, NULL, 0, NULL, 0);

	(void)state;
	assert_non_null(strstr(last(&r)->refusal, "oversubscribed"));
	assert_int_equal(r.speedup->points[r.speedup->explained].point->ranks, 2);
	assert_int_equal(r.speedup->largest_fitted, 2);
	for (size_t i = 0; i < PMP_LAW_COUNT; i++)
		assert_non_null(r.speedup->fits[i].refusal);
	assert_true(has_note(r.speedup, "more than there are processors"));
	assert_true(has_note(r.speedup, "only one run on 1, 2 and 4 ranks"));
	release(&r);
}

static void reference_of_two(void **state)
{
	struct result r = explain_pair((struct story){.ranks = 2, .divided = 4, .messages = 0.1},
				       (struct story){.ranks = 8, .divided = 4, .messages = 0.1});

	(void)state;
	assert_string_equal(r.speedup->base_text, "2 ranks (reference)");
	assert_true(fabs(last(&r)->speedup.value - 2 * 2.1 / 0.6) < 1e-6);
	assert_only(&r, PMP_SHORTFALL_COMMUNICATION, 8 * 0.1 - 2 * 0.1);
	assert_true(has_note(r.speedup, "no run on 1 rank"));
	release(&r);
}

static void regions_that_stop(void **state)
{
	struct story runs[] = {{.ranks = 1, .divided = 4},
			       {.ranks = 2, .divided = 4},
			       {.ranks = 4, .divided = 4, .slowdown = 2}};
	struct result r = explain(runs, 3, NULL, 0, NULL, 0);

	(void)state;
	assert_int_equal(r.speedup->region_count, 1);
	assert_string_equal(r.speedup->regions[0].name, "solve");
	assert_int_equal(r.speedup->regions[0].stops_at, 4);
	assert_int_equal(r.speedup->regions[0].stops_before, 2);
	assert_true(fabs(r.speedup->regions[0].worth) < 1e-6);
	assert_int_equal(r.speedup->largest_fitted, 4);
	assert_null(r.speedup->fits[PMP_LAW_AMDAHL].refusal);
	release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perfect),
		cmocka_unit_test(serial_part),
		cmocka_unit_test(repeated_work),
		cmocka_unit_test(load_imbalance),
		cmocka_unit_test(messages),
		cmocka_unit_test(files),
		cmocka_unit_test(start_up_and_profiler),
		cmocka_unit_test(uneven_start),
		cmocka_unit_test(slower_or_more),
		cmocka_unit_test(saturated_memory_is_no_repeated_work),
		cmocka_unit_test(shared_processors),
		cmocka_unit_test(caches),
		cmocka_unit_test(weak_scaling),
		cmocka_unit_test(serial_program),
		cmocka_unit_test(no_regions),
		cmocka_unit_test(mixed),
		cmocka_unit_test(crowds_are_no_evidence),
		cmocka_unit_test(reference_of_two),
		cmocka_unit_test(regions_that_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
