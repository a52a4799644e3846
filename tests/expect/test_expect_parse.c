/* The language of expectations: what is understood, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/expect.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text;
	enum pmp_expect_id id;
	const char *region, *argument;
	uint32_t ranks;
	enum pmp_relation relation;
	double bound;
} good[] = {
	{"speedup(4) >= 3.2", PMP_EXPECT_SPEEDUP, NULL, NULL, 4, PMP_AT_LEAST, 3.2},
	{"speedup>=3.2", PMP_EXPECT_SPEEDUP, NULL, NULL, 0, PMP_AT_LEAST, 3.2},
	{"  efficiency ( 2 )  >  0.9 ", PMP_EXPECT_EFFICIENCY, NULL, NULL, 2, PMP_ABOVE, .9},
	{"parallel_efficiency >= 80 %", PMP_EXPECT_PARALLEL, NULL, NULL, 0, PMP_AT_LEAST, .8},
	{"parallel_efficiency >= 80%", PMP_EXPECT_PARALLEL, NULL, NULL, 0, PMP_AT_LEAST, .8},
	{"region(solve).imbalance < 0.1", PMP_EXPECT_IMBALANCE, "solve", NULL, 0, PMP_BELOW, .1},
	{"region( solve/halo ).time(8) <= 300ms", PMP_EXPECT_TIME, "solve/halo", NULL, 8,
	 PMP_AT_MOST, .3},
	{"region(\"f(x) # 1\").time <= 2 us", PMP_EXPECT_TIME, "f(x) # 1", NULL, 0, PMP_AT_MOST,
	 2e-6},
	{"region(solve).speedup(4) >= 3.5", PMP_EXPECT_SPEEDUP, "solve", NULL, 4, PMP_AT_LEAST,
	 3.5},
	{"bytes(MPI_Allreduce) <= 1MiB", PMP_EXPECT_BYTES, NULL, "MPI_Allreduce", 0, PMP_AT_MOST,
	 1048576},
	{"bytes_out(MPI_I*, 4) <= 1.5 GB", PMP_EXPECT_BYTES_OUT, NULL, "MPI_I*", 4, PMP_AT_MOST,
	 1.5e9},
	{"bytes_in(MPI_Recv) < 4096", PMP_EXPECT_BYTES_IN, NULL, "MPI_Recv", 0, PMP_BELOW, 4096},
	{"count(MPI_Send) == 400", PMP_EXPECT_COUNT, NULL, "MPI_Send", 0, PMP_EQUAL, 400},
	{"count(MPI_Send,2) != 0", PMP_EXPECT_COUNT, NULL, "MPI_Send", 2, PMP_UNEQUAL, 0},
	{"region(solve).count == 100", PMP_EXPECT_COUNT, "solve", NULL, 0, PMP_EQUAL, 100},
	{"time(4) <= 12s", PMP_EXPECT_TIME, NULL, NULL, 4, PMP_AT_MOST, 12},
	{"time <= 1.5 min", PMP_EXPECT_TIME, NULL, NULL, 0, PMP_AT_MOST, 90},
	{"time <= 250 µs", PMP_EXPECT_TIME, NULL, NULL, 0, PMP_AT_MOST, 250e-6},
	{"time > 0", PMP_EXPECT_TIME, NULL, NULL, 0, PMP_ABOVE, 0},
	{"share(MPI) <= 20 %", PMP_EXPECT_SHARE, NULL, "MPI", 0, PMP_AT_MOST, .2},
	{"share(MPI_Barrier, 4) <= 1e-2", PMP_EXPECT_SHARE, NULL, "MPI_Barrier", 4, PMP_AT_MOST,
	 .01},
	{"region(io).share <= 5%", PMP_EXPECT_SHARE, "io", NULL, 0, PMP_AT_MOST, .05},
	{"karp_flatt(4) < +.05", PMP_EXPECT_KARP_FLATT, NULL, NULL, 4, PMP_BELOW, .05},
	{"karp_flatt > -0.01", PMP_EXPECT_KARP_FLATT, NULL, NULL, 0, PMP_ABOVE, -.01},
	{"lost_calls == 0", PMP_EXPECT_LOST_CALLS, NULL, NULL, 0, PMP_EQUAL, 0},
	{"complete == 1", PMP_EXPECT_COMPLETE, NULL, NULL, 0, PMP_EQUAL, 1},
	{"memory <= 2GiB", PMP_EXPECT_MEMORY, NULL, NULL, 0, PMP_AT_MOST, 2147483648.},
};

static void assert_same(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_ptr_equal(a, b);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct pmp_expectations *list = pmp_expectations_new();
		struct pmp_diag diag = {""};

		assert_non_null(list);
		if (pmp_expect_parse(list, good[i].text, &diag))
			fail_msg("'%s': %s", good[i].text, diag.text);
		assert_int_equal(list->count, 1);
		const struct pmp_expectation *e = &list->items[0];

		assert_int_equal(e->id, good[i].id);
		assert_same(e->region, good[i].region);
		assert_same(e->argument, good[i].argument);
		assert_int_equal(e->ranks, good[i].ranks);
		assert_int_equal(e->relation, good[i].relation);
		assert_true(fabs(e->bound - good[i].bound) <= 1e-12 * fabs(e->bound));
		assert_null(e->reason);
		assert_null(e->source);
		pmp_expectations_free(list);
	}
}

/* The column is where an editor would put the cursor. */
static const struct {
	const char *text;
	unsigned column;
	const char *message;
} bad[] = {
	{"speedpu(4) >= 3.2", 1, "unknown metric 'speedpu', did you mean 'speedup'?"},
	{"frobnicate >= 1", 1, "unknown metric 'frobnicate', 'pmprof assert --list' shows all"},
	{"regoin(solve).time < 1s", 1, "unknown metric 'regoin', did you mean 'region'?"},
	{"4 > speedup", 1, "'4' where a metric should stand"},
	{"speedup(4)", 11, "a comparison (>=, >, <=, <, == or !=) is missing here"},
	{"speedup(4) = 3", 12, "'=' is no comparison, did you mean '=='?"},
	{"speedup(4) => 3", 12, "'=' is no comparison, did you mean '=='?"},
	{"speedup(4) == 3", 12, "'speedup' differs from run to run: use >= or <=, not =="},
	{"speedup(4) >=", 14, "a number is missing here"},
	{"speedup(4) >= fast", 15, "'fast' where a number should stand"},
	{"speedup(4) >= nan", 15, "'nan' where a number should stand"},
	{"speedup(4) >= inf", 15, "'inf' where a number should stand"},
	{"speedup(4) >= 0x10", 15, "'0x10' where a number should stand"},
	{"speedup(4) >= 1e999", 15, "'1e999' is out of range"},
	{"speedup(4) >= 3,2", 16, "',' where 'and' or the end of the line should stand"},
	{"speedup(4) >= 3.2 s", 19, "'speedup' is not measured in 's': use a plain number or %"},
	{"speedup(4 >= 3.2", 11, "'>' where ')' should stand"},
	{"speedup() >= 3.2", 9, "')' where a number of ranks should stand"},
	{"speedup(0) >= 3.2", 9, "'0' is no number of ranks"},
	{"speedup(4.5) >= 3.2", 9, "'4.5' is no number of ranks"},
	{"speedup(-4) >= 3.2", 9, "'-' where a number of ranks should stand"},
	{"speedup(99999999999999999999) >= 3", 9, "'99999999999999999999' is no number of ranks"},
	{"speedup(MPI_Send) >= 3", 9, "'speedup' takes a number of ranks, not 'MPI_Send'"},
	{"time(4) <= 12", 14, "a time needs a unit: ns, us, ms, s, min or h"},
	{"time(4) <= 12 sec", 15, "unknown unit 'sec', use ns, us, ms, s, min or h"},
	{"time(4) <= 12 KiB", 15, "'time' is not measured in 'KiB': use ns, us, ms, s, min or h"},
	{"bytes(MPI_Send) <= 1 kiB", 22, "unknown unit 'kiB', use B, kB, MB, GB, KiB, MiB or GiB"},
	{"count(MPI_Send) == 4 %", 22, "'count' is not measured in '%': use a plain number"},
	{"count == 400", 1, "'count' needs a call: count(MPI_Send)"},
	{"count(MPI_Sned) == 400", 7, "unknown call 'MPI_Sned', did you mean 'MPI_Send'?"},
	{"count(MPI_Nothing*) == 4", 7, "unknown call 'MPI_Nothing*'"},
	{"count(4) == 400", 1, "'count' needs a call: count(MPI_Send)"},
	{"share(mpi) < 0.1", 7, "unknown kind of time 'mpi', did you mean 'MPI'?"},
	{"share < 0.1", 1, "'share' needs to know of what: share(MPI)"},
	{"region(solve).karp_flatt < 1", 15,
	 "'karp_flatt' is known of the whole run only, not of a region"},
	{"region.time < 1s", 7, "'.' where '(' and the name of a region should stand"},
	{"region().time < 1s", 8, "the name of a region is missing here"},
	{"region(solve.time < 1s", 8, "no ')' behind the name of the region"},
	{"region(\"solve).time < 1s", 9, "no '\"' behind the name of the region"},
	{"region(solve) < 1s", 15, "'<' where '.' and a metric of the region should stand"},
	{"speedup(4) >= 3 or time < 1s", 17, "unknown unit 'or', use a plain number or %"},
	{"speedup(4) >= 3 and", 20, "a metric is missing here"},
	{"region(größe).speedpu > 1", 15, "unknown metric 'speedpu', did you mean 'speedup'?"},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct pmp_expectations *list = pmp_expectations_new();
		struct pmp_diag diag = {""}, file_diag = {""};
		char expected[PMP_DIAG_MAX], text[200];

		assert_int_equal(pmp_expect_parse(list, bad[i].text, &diag), -PMP_EINVALID);
		snprintf(expected, sizeof(expected), "--expect '%s', column %u: %s", bad[i].text,
			 bad[i].column, bad[i].message);
		assert_string_equal(diag.text, expected);
		snprintf(text, sizeof(text), "# why\n\n%s", bad[i].text);
		assert_int_equal(pmp_expect_parse_file(list, "dir/pmprof.expect", text, &file_diag),
				 -PMP_EFORMAT);
		snprintf(expected, sizeof(expected), "dir/pmprof.expect:3:%u: %s", bad[i].column,
			 bad[i].message);
		assert_string_equal(file_diag.text, expected);
		pmp_expectations_free(list);
	}
}

static void test_and(void **state)
{
	struct pmp_expectations *list = pmp_expectations_new();

	(void)state;
	assert_int_equal(pmp_expect_parse(list,
					  "speedup(2) >= 1.8 and  speedup(4)>=3.2 and time < 2 min",
					  NULL),
			 0);
	assert_int_equal(list->count, 3);
	assert_string_equal(list->items[0].text, "speedup(2) >= 1.8");
	assert_string_equal(list->items[1].text, "speedup(4)>=3.2");
	assert_string_equal(list->items[2].text, "time < 2 min");
	pmp_expectations_free(list);
}

static void test_empty(void **state)
{
	struct pmp_expectations *list = pmp_expectations_new();
	struct pmp_diag diag = {""};

	(void)state;
	assert_int_equal(pmp_expect_parse(list, " \t", &diag), -PMP_EINVALID);
	assert_non_null(strstr(diag.text, "--expect is empty"));
	diag.text[0] = '\0';
	assert_int_equal(pmp_expect_parse_file(list, "e", "\n# nothing\n\n", &diag), -PMP_EFORMAT);
	assert_non_null(strstr(diag.text, "'e' has no expectation in it"));
	pmp_expectations_free(list);
}

static void test_reasons(void **state)
{
	static const char text[] = "\xEF\xBB\xBF# The solver is embarrassingly parallel,\r\n"
				   "#   so that nothing should be lost.\r\n"
				   "speedup(2) >= 1.8\r\n"
				   "speedup(4) >= 3.2   # measured 3.6 in May\r\n"
				   "efficiency > 0.8\r\n"
				   "\r\n"
				   "complete == 1\n"
				   "# first\n"
				   "\n"
				   "lost_calls == 0\n"
				   "#\n"
				   "region(\"a#b\").time < 1s # last";
	static const struct {
		unsigned line;
		const char *reason;
	} expected[] = {
		{3, "The solver is embarrassingly parallel, so that nothing should be lost."},
		{4, "measured 3.6 in May"},
		{5, "The solver is embarrassingly parallel, so that nothing should be lost."},
		{7, NULL},
		{10, NULL},
		{12, "last"},
	};
	struct pmp_expectations *list = pmp_expectations_new();
	struct pmp_diag diag = {""};

	(void)state;
	if (pmp_expect_parse_file(list, "pmprof.expect", text, &diag))
		fail_msg("%s", diag.text);
	assert_int_equal(list->count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_int_equal(list->items[i].line, expected[i].line);
		assert_same(list->items[i].reason, expected[i].reason);
		assert_string_equal(list->items[i].source, "pmprof.expect");
	}
	assert_string_equal(list->items[5].region, "a#b");
	pmp_expectations_free(list);
}

/* Whatever comes in, one line comes out: every prefix and every one-byte change of a good line. */
static void test_mutations(void **state)
{
	static const char text[] =
		"region(\"a b\").share(MPI_*, 12) <= 12.5e-1 % and time(4) < 3 ms";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (int c = 0; c < 256; c += c < 32 ? 9 : 1) {
			struct pmp_expectations *list = pmp_expectations_new();
			struct pmp_diag diag = {""};
			char changed[sizeof(text)];

			memcpy(changed, text, sizeof(text));
			changed[i] = (char)c;
			int rc = pmp_expect_parse(list, changed, &diag);

			assert_true(rc == 0 || (rc == -PMP_EINVALID && diag.text[0]));
			pmp_expectations_free(list);
		}
}

static void test_usage(void **state)
{
	struct pmp_pool *pool = pmp_pool_new();

	(void)state;
	assert_string_equal(pmp_expect_usage(PMP_EXPECT_SPEEDUP, pool),
			    "[region(NAME).]speedup[(RANKS)]");
	assert_string_equal(pmp_expect_usage(PMP_EXPECT_BYTES, pool),
			    "[region(NAME).]bytes(CALL[, RANKS])");
	pmp_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),    cmocka_unit_test(test_bad),
		cmocka_unit_test(test_and),     cmocka_unit_test(test_empty),
		cmocka_unit_test(test_reasons), cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
