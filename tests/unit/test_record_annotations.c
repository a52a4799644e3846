/*
 * test_record_annotations.c - pmprof.h in a program that is not linked with us: it runs without the library, and with it its
 * regions are recorded, also those left by return, goto, break and exceptions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record_support.h"
#include "schema/calls.h"

static const char *program;

static void body_without(void)
{
	execl(program, program, (char *)NULL);
	_exit(98);
}

static void body_with(void)
{
	setenv("LD_PRELOAD", PRELOAD, 1);
	setenv("PMPROF_JOB", "job", 1);
	setenv("PMPROF_CLOCK", "step", 1);
	execl(program, program, (char *)NULL);
	_exit(98);
}

/* Begins (or ends) of regions of that name. */
static uint64_t marks(const struct arena_copy *copy, const char *name, enum pmp_call_id call)
{
	size_t strings_count, region_count, stat_count;
	char *strings = arena_copy_table(copy, PMP_KIND_STRINGS, PMP_LANE_NONE, &strings_count);
	struct pmp_region *regions =
		arena_copy_table(copy, PMP_KIND_REGIONS, PMP_LANE_NONE, &region_count);
	struct pmp_stat *stats = arena_copy_table(copy, PMP_KIND_STATS, 0, &stat_count);
	uint64_t found = 0;

	for (size_t i = 0; i < stat_count; i++)
		if (stats[i].call == call &&
		    strcmp(strings + regions[stats[i].region].name, name) == 0)
			found += stats[i].count;
	free(strings);
	free(regions);
	free(stats);
	return found;
}

static void check_program(const char *path)
{
	static const struct {
		const char *name;
		uint64_t count;
	} rows[] = {{"outer", 10}, {"return", 10}, {"goto", 10},     {"break", 30},
		    {"inner", 10}, {"unseen", 0},  {"exception", 10}};
	struct arena_copy copy;

	program = path;
	assert_int_equal(run_child(body_without), 0);
	assert_int_equal(run_child(body_with), 0);
	copy = arena_copy_read(child_arena());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(marks(&copy, rows[i].name, PMP_CALL_pmprof_region_begin),
				 rows[i].count);
		assert_int_equal(marks(&copy, rows[i].name, PMP_CALL_pmprof_region_end),
				 rows[i].count);
	}
	arena_copy_free(&copy);
}

static void test_c_program(void **state)
{
	(void)state;
	check_program(PROGRAM_C);
}

static void test_cxx_program(void **state)
{
	(void)state;
#ifdef PROGRAM_CXX
	check_program(PROGRAM_CXX);
#else
	skip();
#endif
}

static int tidy(void **state)
{
	(void)state;
	remove_scratch();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_c_program),
		cmocka_unit_test(test_cxx_program),
	};

	return cmocka_run_group_tests(tests, NULL, tidy);
}
