/* Verdicts over made-up series: which runs are looked at, what is said, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "metrics/expect.h"
#include "metrics/speedup.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define REPEATS         5

/* Runs of a program with a region "solve" that holds "solve/halo". */
static struct pmp_digest_region regions[] = {
	{.name = "", .time = {.sum_s = 40, .max_s = 10}},
	{.name = "solve",
	 .count = 8,
	 .compute = {.sum_s = 20},
	 .mpi = {.sum_s = 5},
	 .time = {.sum_s = 25, .max_s = 8},
	 .balance = {.percent = .3, .load_balance = .77}},
	{.name = "solve/halo", .count = 80, .time = {.sum_s = 4, .max_s = 1}},
};

static struct pmp_digest_site sites[] = {
	{.call = "MPI_Send",
	 .region = 2,
	 .place = {"exchange", "halo.c", 52},
	 .count = 300,
	 .bytes_out = 3000,
	 .lost_s = 2,
	 .time = {.sum_s = 3}},
	{.call = "MPI_Send",
	 .region = 0,
	 .place = {"main", "heat.c", 12},
	 .count = 100,
	 .bytes_out = 500,
	 .time = {.sum_s = .5}},
	{.call = "MPI_Isend",
	 .place = {"", "", 0},
	 .region = 1,
	 .count = 7,
	 .bytes_out = 70,
	 .time = {.sum_s = .1}},
	{.call = "MPI_Recv",
	 .place = {"", "", 0},
	 .region = 2,
	 .count = 400,
	 .bytes_in = 3500,
	 .lost_s = 1,
	 .time = {.sum_s = 1}},
	{.call = "MPI_File_write",
	 .place = {"write_all", "", 0},
	 .region = 0,
	 .count = 4,
	 .time = {.sum_s = 2}},
};

static struct pmp_digest_call calls[] = {
	{.call = "MPI_File_write", .count = 4, .time_s = 2},
	{.call = "MPI_Isend", .count = 7, .bytes_out = 70, .time_s = .1},
	{.call = "MPI_Recv", .count = 400, .bytes_in = 3500, .time_s = 1},
	{.call = "MPI_Send", .count = 400, .bytes_out = 3500, .time_s = 3.5},
};

static struct pmp_digest_stretch stretches[] = {
	{.region = 1,
	 .from_call = "pmprof_region_begin",
	 .to_call = "MPI_Send",
	 .from = {"solve", "heat.c", 88},
	 .count = 8,
	 .compute = {.sum_s = 20, .max_s = 7, .rank_of_max = 3, .ranks = 4},
	 .lost_s = 8},
	{.region = 0,
	 .from = {"", "", 0},
	 .from_call = "",
	 .to_call = "MPI_Send",
	 .compute = {.sum_s = 4, .max_s = 1},
	 .lost_s = .1},
};

static struct pmp_digest digest_of(uint32_t ranks, double time_s)
{
	return (struct pmp_digest){
		.path = "heat.h5",
		.command = "./heat",
		.ranks = ranks,
		.data_ranks = ranks,
		.finished_ranks = ranks,
		.processors = 8,
		.is_complete = true,
		.time_s = time_s,
		.init_s = .2,
		.core_s = ranks * time_s,
		.compute_s = .7 * ranks * time_s,
		.mpi_s = .2 * ranks * time_s,
		.io_s = .05 * ranks * time_s,
		.max_rss_bytes = 3e9,
		.pop = {.parallel = .8, .load_balance = .9, .communication = .89},
		.balance = {.percent = .11, .load_balance = .9},
		.regions = regions,
		.region_count = COUNT_OF(regions),
		.sites = sites,
		.site_count = COUNT_OF(sites),
		.calls = calls,
		.call_count = COUNT_OF(calls),
		.stretches = stretches,
		.stretch_count = COUNT_OF(stretches),
	};
}

/* A scene: some points, each with runs that differ by about a percent. */
struct scene {
	struct pmp_digest digests[4][REPEATS];
	const struct pmp_digest *runs[4][REPEATS];
	double times[4][REPEATS];
	struct pmp_point points[4];
	struct pmp_series series;
	struct pmp_pool *pool;
	struct pmp_findings findings;
	struct pmp_expectations *list;
};

static void add_point(struct scene *s, uint32_t ranks, double time_s, size_t count)
{
	static const double noise[REPEATS] = {1, .99, 1.012, 1.005, .995};
	size_t p = s->series.point_count++;

	for (size_t r = 0; r < count; r++) {
		s->times[p][r] = time_s * noise[r];
		s->digests[p][r] = digest_of(ranks, s->times[p][r]);
		s->runs[p][r] = &s->digests[p][r];
	}
	s->points[p] = (struct pmp_point){
		.ranks = ranks, .runs = s->runs[p], .times_s = s->times[p], .count = count};
	s->series.points = s->points;
	s->series.program = "heat";
}

static const struct pmp_finding *judge_with(struct scene *s, const char *text, bool is_forced,
					    const struct pmp_speedup *speedup)
{
	struct pmp_diag diag = {""};

	pmp_expectations_free(s->list);
	s->list = pmp_expectations_new();
	if (!s->pool)
		s->pool = pmp_pool_new();
	if (pmp_expect_parse(s->list, text, &diag))
		fail_msg("%s", diag.text);
	assert_int_equal(
		pmp_expect_judge(s->list, &s->series, speedup, is_forced, s->pool, &s->findings),
		0);
	assert_int_equal(s->findings.count, s->list->count);
	return &s->findings.items[0];
}

static const struct pmp_finding *judge(struct scene *s, const char *text)
{
	return judge_with(s, text, false, NULL);
}

static void release(struct scene *s)
{
	pmp_expectations_free(s->list);
	pmp_pool_free(s->pool);
}

static void assert_verdict(struct scene *s, const char *text, enum pmp_verdict verdict)
{
	const struct pmp_finding *f = judge(s, text);

	if (f->verdict != verdict)
		fail_msg("%s: %s, %s; %s", text, pmp_verdict_name(f->verdict), f->found,
			 f->why ? f->why : "");
	assert_true((f->why != NULL) == (verdict == PMP_INCONCLUSIVE));
}

static void assert_refused(struct scene *s, const char *text, const char *why)
{
	const struct pmp_finding *f = judge(s, text);

	assert_int_equal(f->verdict, PMP_INCONCLUSIVE);
	assert_non_null(f->why);
	if (!strstr(f->why, why))
		fail_msg("%s: '%s' does not say '%s'", text, f->why, why);
}

/* T(1) = 10, T(2) = 5.2, T(4) = 2.8: S = 1.923 and 3.571. */
static void sweep(struct scene *s, size_t repeats)
{
	add_point(s, 1, 10, repeats);
	add_point(s, 2, 5.2, repeats);
	add_point(s, 4, 2.8, repeats);
}

static void test_speedups(void **state)
{
	struct scene s = {0};

	(void)state;
	sweep(&s, REPEATS);
	assert_verdict(&s, "speedup(4) >= 3.2", PMP_PASS);
	assert_verdict(&s, "speedup(4) >= 3.9", PMP_FAIL);
	assert_verdict(&s, "speedup(4) >= 3.58", PMP_INCONCLUSIVE);
	assert_verdict(&s, "speedup(2) > 1.8", PMP_PASS);
	assert_verdict(&s, "speedup(2) < 1.8", PMP_FAIL);
	assert_verdict(&s, "efficiency(2) > 0.9", PMP_PASS);
	assert_verdict(&s, "efficiency(2) > 99 %", PMP_FAIL);
	/* without MPI_Init: S = 9.8 / 2.6 = 3.77, (1/S - 1/4) / (3/4) = 0.0204 */
	assert_verdict(&s, "karp_flatt(4) < 0.03", PMP_PASS);
	assert_verdict(&s, "karp_flatt(4) < 0.01", PMP_FAIL);
	assert_verdict(&s, "speedup(1) >= 1", PMP_PASS);
	const struct pmp_finding *f = judge(&s, "speedup >= 3.2"); /* the most ranks there are */

	assert_int_equal(f->ranks, 4);
	assert_int_equal(f->runs, REPEATS);
	assert_true(fabs(f->value.value - 10 / 2.8) < 1e-9);
	assert_true(f->value.low < f->value.value && f->value.value < f->value.high);
	assert_int_equal(strncmp(f->found, "3.57 (3.5", 9), 0);
	release(&s);
}

static void test_weak(void **state)
{
	struct scene s = {0};

	(void)state;
	add_point(&s, 1, 10, REPEATS);
	add_point(&s, 4, 11, REPEATS);
	s.series.scaling = PMP_SCALING_WEAK;
	assert_verdict(&s, "speedup(4) >= 3.5", PMP_PASS); /* 4 * 10 / 11 */
	assert_verdict(&s, "efficiency(4) >= 0.95", PMP_FAIL);
	release(&s);
}

static void test_baselines(void **state)
{
	static const double serial[] = {8, 8.1, 7.9};
	struct scene s = {0}, two = {0};

	(void)state;
	sweep(&s, REPEATS);
	s.series.serial_s = serial;
	s.series.serial_count = COUNT_OF(serial);
	const struct pmp_finding *f = judge(&s, "speedup(4) < 3.2"); /* 8 / 2.8 */

	assert_int_equal(f->verdict, PMP_PASS);
	assert_non_null(strstr(f->found, "against the serial program"));
	assert_verdict(&s, "speedup(1) < 0.9", PMP_PASS);
	assert_verdict(&s, "region(solve).speedup(4) >= 0.5", PMP_PASS); /* against 1 rank */
	s.series.serial_count = 1;
	assert_refused(&s, "speedup(4) >= 3", "one run of the serial program is no evidence");
	release(&s);

	add_point(&two, 2, 10, REPEATS);
	add_point(&two, 4, 5, REPEATS);
	f = judge(&two, "speedup(4) >= 3.8");
	assert_int_equal(f->verdict, PMP_PASS);
	assert_non_null(strstr(f->found, "against 2 ranks"));
	assert_verdict(&two, "speedup(2) >= 2", PMP_PASS);
	release(&two);
}

static void test_refusals(void **state)
{
	struct scene s = {0}, single = {0}, once = {0};

	(void)state;
	sweep(&s, REPEATS);
	assert_refused(&s, "speedup(8) >= 6",
		       "no run with 8 ranks, there are runs with 1, 2 and 4");
	assert_refused(&s, "karp_flatt(1) < 1", "undefined for 1 rank");
	assert_refused(&s, "region(slove).time < 1s", "did you mean 'solve'?");
	assert_refused(&s, "region(output).time < 1s", "there are 'solve', 'solve/halo'");
	assert_refused(&s, "region(solve).share(idle) < 1 %", "'idle' is not known of a region");
	s.digests[2][1].region_count = 1;
	assert_refused(&s, "region(solve).time(4) < 1s", "which has none");
	s.digests[2][3].finished_ranks = 2;
	assert_refused(&s, "time < 4 s", "2 of 4 ranks did not reach MPI_Finalize");
	assert_refused(&s, "speedup(4) > 1", "2 of 4 ranks did not reach MPI_Finalize");
	assert_verdict(&s, "speedup(2) > 1", PMP_PASS);
	release(&s);

	add_point(&single, 4, 3, REPEATS);
	assert_refused(&single, "speedup(4) >= 3",
		       "no baseline: there are only runs with 4 ranks, add runs with 1 rank");
	release(&single);

	sweep(&once, 1);
	assert_refused(&once, "speedup(4) >= 3.2", "one run of 4 ranks is no evidence");
	assert_non_null(strstr(once.findings.items[0].found, "3.57 in one run"));
	release(&once);
}

static void test_oversubscribed(void **state)
{
	struct scene s = {0};

	(void)state;
	sweep(&s, REPEATS);
	s.points[2].is_oversubscribed = true;
	s.digests[2][0].processors = 2;
	assert_refused(&s, "speedup(4) >= 3.2", "oversubscribed: 4 ranks share 2 processors");
	assert_refused(&s, "parallel_efficiency >= 0.1", "oversubscribed");
	assert_verdict(&s, "speedup(2) >= 1.8", PMP_PASS);
	assert_verdict(&s, "count(MPI_Send) == 400", PMP_PASS);
	assert_int_equal(judge_with(&s, "speedup(4) >= 3.2", true, NULL)->verdict, PMP_PASS);
	assert_int_equal(judge_with(&s, "speedup(4) >= 3.9", true, NULL)->verdict, PMP_FAIL);
	release(&s);
}

/* What one run says of itself. */
static void test_own(void **state)
{
	static const struct {
		const char *text;
		enum pmp_verdict verdict;
	} cases[] = {
		{"time(4) <= 3s", PMP_PASS},
		{"time(4) <= 2s", PMP_FAIL},
		{"time(2) <= 5100 ms", PMP_FAIL},
		{"init < 300 ms", PMP_PASS},
		{"parallel_efficiency >= 0.8", PMP_PASS},
		{"parallel_efficiency > 80 %", PMP_FAIL},
		{"load_balance >= 0.85", PMP_PASS},
		{"communication_efficiency >= 0.9", PMP_FAIL},
		{"imbalance < 0.1", PMP_FAIL},
		{"region(solve).imbalance < 0.5", PMP_PASS},
		{"region(solve).load_balance >= 0.8", PMP_FAIL},
		{"share(MPI) <= 20 %", PMP_PASS},
		{"share(MPI) < 0.19", PMP_FAIL},
		{"share(IO) < 0.06", PMP_PASS},
		{"share(compute) >= 0.7", PMP_PASS},
		{"share(MPI_Send) <= 0.32", PMP_PASS}, /* 3.5 / 11.2 = 0.3125 */
		{"share(MPI_Send) <= 0.31", PMP_FAIL},
		{"region(solve).share(MPI) <= 0.2", PMP_PASS}, /* 5 / 25 */
		{"region(solve).share(compute) > 0.8", PMP_FAIL},
		{"region(solve).share(MPI_Send) < 0.13", PMP_PASS}, /* 3 / 25 */
		{"region(halo).share < 0.36", PMP_PASS},            /* 4 / 11.2 */
		{"region(solve).time < 8.1 s", PMP_PASS},
		{"memory <= 2GiB", PMP_FAIL},
		{"memory <= 3GB", PMP_PASS},
	};
	struct scene s = {0};

	(void)state;
	sweep(&s, 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_verdict(&s, cases[i].text, cases[i].verdict);
	assert_string_equal(judge(&s, "time(4) <= 3s")->found, "2.80 s in one run");
	assert_string_equal(judge(&s, "share(MPI) <= 25 %")->found, "20.0 % in one run");
	release(&s);
}

/* Several runs: the interval decides, also where some are 0. */
static void test_intervals(void **state)
{
	static const double imbalances[REPEATS] = {0, .02, .04, .01, .03};
	struct scene s = {0};

	(void)state;
	sweep(&s, REPEATS);
	for (size_t r = 0; r < REPEATS; r++)
		s.digests[2][r].balance.percent = imbalances[r];
	assert_verdict(&s, "imbalance < 0.1", PMP_PASS);
	assert_verdict(&s, "imbalance < 0.001", PMP_INCONCLUSIVE);
	assert_verdict(&s, "imbalance < 0.03", PMP_INCONCLUSIVE);
	assert_verdict(&s, "imbalance > 0.1", PMP_FAIL);
	assert_verdict(&s, "time(4) <= 2.9 s", PMP_PASS);
	assert_refused(&s, "time(4) <= 2.8 s", "2.80 s lies within the interval of 5 runs");
	s.digests[2][0].balance.percent = NAN;
	assert_refused(&s, "imbalance < 0.1", "undefined in 'heat.h5'");
	release(&s);
}

static void test_exact(void **state)
{
	struct pmp_digest_call other[COUNT_OF(calls)];
	struct scene s = {0};

	(void)state;
	sweep(&s, REPEATS);
	assert_verdict(&s, "count(MPI_Send) == 400", PMP_PASS);
	assert_verdict(&s, "count(MPI_*send) == 7", PMP_PASS);
	assert_verdict(&s, "count(MPI_*S*nd) == 400", PMP_PASS);
	assert_verdict(&s, "count(MPI_Bcast) == 0", PMP_PASS);
	assert_verdict(&s, "region(solve).count == 8", PMP_PASS);
	assert_verdict(&s, "region(solve).count(MPI_Send) == 300", PMP_PASS);
	assert_verdict(&s, "region(halo).count(MPI_Isend) == 0", PMP_PASS);
	assert_verdict(&s, "bytes(MPI_Recv) == 3500", PMP_PASS);
	assert_verdict(&s, "bytes_out(MPI_Recv) == 0", PMP_PASS);
	assert_verdict(&s, "bytes(MPI_*) <= 3570", PMP_PASS);
	assert_verdict(&s, "region(solve).bytes_out(MPI_Send) == 3000", PMP_PASS);
	assert_verdict(&s, "bytes(MPI_Send) <= 1kB", PMP_FAIL);
	memcpy(other, calls, sizeof(calls));
	other[3].count = 402;
	s.digests[2][2].calls = other;
	const struct pmp_finding *f = judge(&s, "count(MPI_Send) == 400");

	assert_int_equal(f->verdict, PMP_FAIL);
	assert_string_equal(f->found, "400 to 402 in 5 runs");
	assert_verdict(&s, "count(MPI_Send, 2) == 400", PMP_PASS);
	release(&s);
}

/* A run that was not recorded to its end has made at least so many calls. */
static void test_incomplete(void **state)
{
	struct scene s = {0};

	(void)state;
	sweep(&s, 1);
	s.digests[2][0].is_complete = false;
	s.digests[2][0].lost_calls = 17;
	assert_verdict(&s, "count(MPI_Send) <= 100", PMP_FAIL);
	assert_verdict(&s, "count(MPI_Send) >= 400", PMP_PASS);
	assert_verdict(&s, "count(MPI_Send) == 400", PMP_INCONCLUSIVE);
	assert_verdict(&s, "count(MPI_Send) <= 400", PMP_INCONCLUSIVE);
	assert_string_equal(s.findings.items[0].found, "at least 400");
	assert_verdict(&s, "complete == 1", PMP_FAIL); /* of every run, whatever its ranks */
	assert_string_equal(s.findings.items[0].cause, "'heat.h5'");
	assert_verdict(&s, "complete(2) == 1", PMP_PASS);
	assert_verdict(&s, "lost_calls == 0", PMP_FAIL);
	assert_verdict(&s, "time <= 3 s", PMP_PASS); /* all ranks came to their end */
	release(&s);
}

static void test_causes(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{"imbalance < 1 %",
		 "most uneven is region 'solve' in solve (heat.c:88): rank 3 computes 7.00 s"},
		{"parallel_efficiency > 0.9", "most uneven is region 'solve'"},
		{"communication_efficiency > 0.9",
		 "most is lost in MPI_Send in exchange (halo.c:52): 2.00 of 11.2 core-seconds"},
		{"share(MPI) < 0.1", "most of it is in MPI_Send in exchange (halo.c:52)"},
		{"share(IO) < 0.01", "most of it is in MPI_File_write in write_all: 2.00 of"},
		{"share(compute) > 0.9", "most uneven is region 'solve'"},
		{"time < 1 s", "most time is in region 'solve' in solve (heat.c:88)"},
		{"count(MPI_Send) == 1", "most of them are MPI_Send in exchange (halo.c:52): 300"},
		{"bytes(MPI_Send) < 1", "most goes through MPI_Send in exchange (halo.c:52): "},
		{"region(solve).speedup(4) >= 9", "most uneven is region 'solve'"},
	};
	struct scene s = {0}, repeated = {0};

	(void)state;
	sweep(&s, 1);
	sweep(&repeated, REPEATS);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool is_pair = strstr(cases[i].text, "speedup") != NULL;
		const struct pmp_finding *f = judge(is_pair ? &repeated : &s, cases[i].text);

		assert_int_equal(f->verdict, PMP_FAIL);
		assert_non_null(f->cause);
		if (strncmp(f->cause, cases[i].cause, strlen(cases[i].cause)) != 0)
			fail_msg("%s: '%s'", cases[i].text, f->cause);
	}
	assert_null(judge(&s, "memory < 1 MB")->cause);
	release(&s);
	release(&repeated);
}

/* What is behind a missing speedup is the largest part of the waterfall. */
static void test_missing(void **state)
{
	const struct pmp_shortfall_part part = {.cause = PMP_SHORTFALL_IMBALANCE,
						.ranks = .42,
						.text = "rank 3 in solve (heat.c:88)"};
	struct scene s = {0};

	(void)state;
	sweep(&s, REPEATS);
	const struct pmp_speedup_point point = {
		.point = &s.points[2], .parts = &part, .part_count = 1};
	const struct pmp_speedup speedup = {.points = &point, .point_count = 1};
	const struct pmp_finding *f = judge_with(&s, "efficiency(4) >= 1", false, &speedup);

	assert_int_equal(f->verdict, PMP_FAIL);
	assert_string_equal(f->cause, "largest loss: load imbalance, 0.42 of 4 ranks: "
				      "rank 3 in solve (heat.c:88)");
	release(&s);
}

static void test_worst(void **state)
{
	struct scene s = {0};

	(void)state;
	sweep(&s, REPEATS);
	judge(&s, "speedup(4) >= 3.2 and complete == 1");
	assert_int_equal(pmp_findings_worst(&s.findings), PMP_PASS);
	judge(&s, "speedup(4) >= 3.2 and speedup(8) >= 6");
	assert_int_equal(pmp_findings_worst(&s.findings), PMP_INCONCLUSIVE);
	judge(&s, "speedup(8) >= 6 and speedup(4) >= 3.9 and complete == 1");
	assert_int_equal(pmp_findings_worst(&s.findings), PMP_FAIL);
	assert_int_equal(s.findings.verdicts[PMP_PASS], 1);
	assert_int_equal(s.findings.verdicts[PMP_FAIL], 1);
	assert_int_equal(s.findings.verdicts[PMP_INCONCLUSIVE], 1);
	release(&s);
}

/* A value and its bound are never written alike when they differ. */
static void test_digits(void **state)
{
	struct scene s = {0};

	(void)state;
	sweep(&s, 1);
	s.digests[2][0].pop.parallel = .79996;
	assert_string_equal(judge(&s, "parallel_efficiency >= 0.8")->found, "0.79996 in one run");
	assert_string_equal(judge(&s, "parallel_efficiency >= 80 %")->found, "79.996 % in one run");
	s.digests[2][0].time_s = 12.00004;
	assert_string_equal(judge(&s, "time <= 12 s")->found, "12.00004 s in one run");
	assert_string_equal(judge(&s, "bytes(MPI_Send) <= 3501")->found, "3 500 B");
	release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speedups),       cmocka_unit_test(test_weak),
		cmocka_unit_test(test_baselines),      cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_oversubscribed), cmocka_unit_test(test_own),
		cmocka_unit_test(test_intervals),      cmocka_unit_test(test_exact),
		cmocka_unit_test(test_incomplete),     cmocka_unit_test(test_causes),
		cmocka_unit_test(test_missing),        cmocka_unit_test(test_worst),
		cmocka_unit_test(test_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
