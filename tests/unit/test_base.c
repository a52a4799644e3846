/*
 * test_base.c - clock, environment, modes, launchers, nearest names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/batch.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/launch.h"
#include "base/mode.h"
#include "base/suggest.h"

static void test_step_clock(void **state)
{
	struct pmp_clock_reading reading;

	(void)state;
	assert_int_equal(pmp_clock_init("step"), 0);
	assert_int_equal(pmp_clock_now(), 1000);
	assert_int_equal(pmp_clock_now(), 2000);
	pmp_clock_read(&reading);
	assert_int_equal(reading.ticks, 3000);
	assert_int_equal(reading.mono_ns, 3000);
	assert_string_equal(pmp_clock.name, "step");
}

static void test_clock_choice(void **state)
{
	(void)state;
	assert_int_equal(pmp_clock_init("sundial"), -PMP_EINVALID);
	assert_int_equal(pmp_clock_init("monotonic"), 0);
	assert_string_equal(pmp_clock.name, "monotonic");
	assert_int_equal(pmp_clock_init(NULL), 0);
	assert_true(pmp_clock.ns_per_tick > 0.0);
}

/* The clock against the system's, over a sleep: within a percent, whatever else the machine does. */
static void test_clock_rate(void **state)
{
	struct pmp_clock_reading first, last;
	const struct timespec nap = {0, 50000000};
	double ns, truth;

	(void)state;
	pmp_clock_init("auto");
	pmp_clock_read(&first);
	nanosleep(&nap, NULL);
	pmp_clock_read(&last);
	ns = (double)(last.ticks - first.ticks) * pmp_clock.ns_per_tick;
	truth = (double)(last.mono_ns - first.mono_ns);
	assert_true(ns > truth * 0.99 && ns < truth * 1.01);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"0", 0}, {"64", 64}, {"64k", 65536}, {"1.5M", 1572864}, {"2G", 2147483648u}};
	static const char *const bad[] = {"", "x", "-1", "1T", "64 M", "nan", "inf", "1e99", "M"};
	uint64_t value = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(pmp_parse_size(good[i].text, &value), 0);
		assert_int_equal(value, good[i].value);
	}
	value = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pmp_parse_size(bad[i], &value), -PMP_EINVALID);
	assert_int_equal(value, 42);
}

static void test_variables(void **state)
{
	char name[64];
	size_t position = 0;
	uint64_t value;

	(void)state;
	unsetenv("PMPROF_MEMORY");
	assert_int_equal(pmp_env_number(PMP_ENV_PMPROF_MEMORY, &value), 0);
	assert_int_equal(value, 64 << 20);
	setenv("PMPROF_MEMORY", "lots", 1);
	assert_int_equal(pmp_env_number(PMP_ENV_PMPROF_MEMORY, &value), -PMP_EINVALID);
	assert_int_equal(value, 64 << 20);
	unsetenv("PMPROF_MEMORY");
	setenv("PMPROF_QUIET", "no", 1);
	assert_false(pmp_env_flag(PMP_ENV_PMPROF_QUIET));
	setenv("PMPROF_QUIET", "1", 1);
	assert_true(pmp_env_flag(PMP_ENV_PMPROF_QUIET));
	unsetenv("PMPROF_QUIET");
	assert_false(pmp_env_flag(PMP_ENV_PMPROF_QUIET));
	assert_true(pmp_env_flag(PMP_ENV_PMPROF_SYMBOLS));
	assert_false(pmp_env_unknown(&position, name, sizeof(name)));
	setenv("PMPROF_SCRACH", "/x", 1);
	position = 0;
	assert_true(pmp_env_unknown(&position, name, sizeof(name)));
	assert_string_equal(name, "PMPROF_SCRACH");
	assert_false(pmp_env_unknown(&position, name, sizeof(name)));
	unsetenv("PMPROF_SCRACH");
}

static void test_modes(void **state)
{
	static const struct {
		const char *text;
		int rc;
		bool profile;
		const char *says;
	} rows[] = {
		{NULL, 0, true, ""},
		{"", 0, true, ""},
		{"profile", 0, true, ""},
		{" profile() ", 0, true, ""},
		{"off", 0, false, ""},
		{"profil", -PMP_EINVALID, false, "did you mean 'profile'?"},
		{"profile,of", -PMP_EINVALID, false, "did you mean 'off'?"},
		{"trace", -PMP_EINVALID, false, "unknown mode 'trace' in PMPROF; use"},
		{"profile(top=3)", -PMP_EINVALID, false, "unknown option 'top=3'"},
		{"profile(", -PMP_EINVALID, false, "no ')'"},
		{"profile off", -PMP_EINVALID, false, "expected ','"},
		{"profile,", -PMP_EINVALID, false, "unknown mode ''"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pmp_mode mode;
		struct pmp_diag diag = {""};

		assert_int_equal(pmp_mode_parse(rows[i].text, &mode, &diag), rows[i].rc);
		assert_int_equal(mode.profile, rows[i].profile);
		assert_non_null(strstr(diag.text, rows[i].says));
	}
}

static void clear_launchers(void)
{
#define PMP_LAUNCHER(name, mark, rank, size, node_rank, node_size)                                 \
	unsetenv(mark);                                                                            \
	unsetenv(rank);                                                                            \
	unsetenv(size);                                                                            \
	unsetenv(node_rank);                                                                       \
	unsetenv(node_size);
#define PMP_JOB_ID(variable, second)                                                               \
	unsetenv(variable);                                                                        \
	unsetenv(second);
#include "base/launch.def"
#undef PMP_LAUNCHER
#undef PMP_JOB_ID
	unsetenv("PMPROF_JOB");
}

static void test_launchers(void **state)
{
	struct pmp_launch launch;

	(void)state;
	clear_launchers();
	pmp_launch_read(&launch);
	assert_false(launch.is_rank_known);
	assert_int_equal(launch.rank, 0);
	assert_true(atoi(launch.job) > 0);

	setenv("SLURM_PROCID", "0", 1); /* of the daemon: Open MPI knows better */
	setenv("SLURM_JOB_ID", "77", 1);
	setenv("SLURM_STEP_ID", "2", 1);
	pmp_launch_read(&launch);
	assert_string_equal(launch.launcher, "Slurm");
	assert_string_equal(launch.job, "77.2");
	setenv("OMPI_COMM_WORLD_RANK", "5", 1);
	setenv("OMPI_COMM_WORLD_SIZE", "8", 1);
	setenv("OMPI_COMM_WORLD_LOCAL_RANK", "1", 1);
	setenv("PMIX_NAMESPACE", "3842", 1);
	pmp_launch_read(&launch);
	assert_string_equal(launch.launcher, "Open MPI");
	assert_int_equal(launch.rank, 5);
	assert_int_equal(launch.size, 8);
	assert_int_equal(launch.node_rank, 1);
	assert_string_equal(launch.job, "3842");
	setenv("PMPROF_JOB", "../my job", 1);
	pmp_launch_read(&launch);
	assert_string_equal(launch.job, "_._my_job");
	setenv("OMPI_COMM_WORLD_RANK", "five", 1);
	pmp_launch_read(&launch);
	assert_string_equal(launch.launcher, "Slurm");
	clear_launchers();
}

/* srun says how many ranks are on each node in one list; a batch script is no rank, though it has SLURM_PROCID. */
static void test_slurm_steps(void **state)
{
	static const struct {
		const char *list, *node;
		int node_size;
	} rows[] = {{"2(x2)", "1", 2},     {"4", "0", 4},         {"2(x2),1", "2", 1},
		    {"3,2(x3),1", "3", 2}, {"3,2(x3),1", "5", 0}, {"", "0", 0},
		    {"2(", "1", 0},        {"2(x-1),3", "0", 0},  {"x", "0", 0}};
	struct pmp_launch launch;

	(void)state;
	clear_launchers();
	setenv("SLURM_PROCID", "3", 1);
	setenv("SLURM_LOCALID", "1", 1);
	setenv("SLURM_STEP_NUM_TASKS", "4", 1);
	pmp_launch_read(&launch);
	assert_false(launch.is_rank_known);
	setenv("SLURM_STEP_ID", "0", 1);
	setenv("PMIX_RANK", "3", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("SLURM_STEP_TASKS_PER_NODE", rows[i].list, 1);
		setenv("SLURM_NODEID", rows[i].node, 1);
		pmp_launch_read(&launch);
		assert_string_equal(launch.launcher, "Slurm");
		assert_int_equal(launch.rank, 3);
		assert_int_equal(launch.size, 4);
		assert_int_equal(launch.node_rank, 1);
		assert_int_equal(launch.node_size, rows[i].node_size);
	}
	unsetenv("SLURM_NODEID");
	clear_launchers();
}

static void test_suggestions(void **state)
{
	static const struct {
		const char *name;
		int unused;
	} names[] = {{"report", 0}, {"run", 0}, {"info", 0}, {"collect", 0}};

	(void)state;
	assert_int_equal(pmp_edit_distance("report", "report"), 0);
	assert_int_equal(pmp_edit_distance("report", "reprot"), 1);
	assert_int_equal(pmp_edit_distance("", "abc"), 3);
	assert_int_equal(pmp_edit_distance("Info", "info"), 0);
	assert_string_equal(pmp_suggest("reprot", names, 4, sizeof(names[0])), "report");
	assert_string_equal(pmp_suggest("rum", names, 4, sizeof(names[0])), "run");
	assert_string_equal(pmp_suggest("coll", names, 4, sizeof(names[0])), "collect");
	assert_null(pmp_suggest("banana", names, 4, sizeof(names[0])));
	assert_null(pmp_suggest("", names, 4, sizeof(names[0])));
}

static void clear_batch(void)
{
	static const char *const variables[] = {
#define PMP_BATCH(system, name, mark)                         mark,
#define PMP_BATCH_FACT(system, column, variable, scale, none) variable,
#include "base/batch.def"
#undef PMP_BATCH
#undef PMP_BATCH_FACT
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (*variables[i])
			unsetenv(variables[i]);
}

/* Batch systems as their manuals describe a job's environment: "NAME=value" up to "", then "column=value". */
static const char *const batch_jobs[][24] = {
	{"SLURM_JOB_ID=42",
	 "SLURM_ARRAY_JOB_ID=40",
	 "SLURM_ARRAY_TASK_ID=2",
	 "SLURM_JOB_NAME=heat flow",
	 "SLURM_JOB_PARTITION=debug",
	 "SLURM_JOB_ACCOUNT=fluids",
	 "SLURM_MEM_PER_NODE=100",
	 "SLURM_NTASKS=4",
	 "SLURM_JOB_NODELIST=n[1-2]",
	 "",
	 "scheduler=Slurm",
	 "id=42",
	 "array_id=40",
	 "array_task=2",
	 "name=heat flow",
	 "queue=debug",
	 "account=fluids",
	 "memory_node_bytes=104857600",
	 "tasks=4",
	 "nodes=n[1-2]",
	 NULL},
	{"SLURM_JOB_ID=42", "FLUX_JOB_ID=fzfSNrKj", "FLUX_JOB_SIZE=8", "FLUX_JOB_NNODES=2", "",
	 "scheduler=Flux", "id=fzfSNrKj", "tasks=8", "node_count=2", NULL},
	{"PBS_JOBID=1234[7].head", "PBS_JOBNAME=heat", "PBS_QUEUE=workq", "PBS_ARRAY_INDEX=7",
	 "PBS_O_WORKDIR=/home/u", "", "scheduler=PBS", "id=1234[7].head", "name=heat",
	 "queue=workq", "array_task=7", "folder=/home/u", NULL},
	{"LSB_JOBID=77", "LSB_JOBINDEX=0", "LSB_QUEUE=normal", "LSB_DJOB_NUMPROC=16",
	 "LSB_MCPU_HOSTS=a 8 b 8", "", "scheduler=LSF", "id=77", "array_task=", "queue=normal",
	 "tasks=16", "nodes=a 8 b 8", NULL},
	{"JOB_ID=9", "SGE_TASK_ID=undefined", "NSLOTS=4", "QUEUE=all.q", "",
	 "scheduler=Grid Engine", "id=9", "array_task=", "tasks=4", "queue=all.q", NULL},
	{"JOB_ID=9", "QUEUE=x", "", "scheduler=", "id=", NULL},
	{"SLURM_JOB_ID=5", "SLURM_NTASKS=many", "SLURM_MEM_PER_NODE=99999999999999999999",
	 "SLURM_JOB_NAME=two\nlines", "", "id=5", "tasks=", "memory_node_bytes=", "name=two lines",
	 NULL},
};

static void test_batch(void **state)
{
	(void)state;
	for (size_t j = 0; j < sizeof(batch_jobs) / sizeof(batch_jobs[0]); j++) {
		const char *const *line = batch_jobs[j];
		char text[768], column[64], value[512];

		clear_batch();
		for (; **line; line++)
			assert_int_equal(putenv((char *)(uintptr_t)*line), 0);
		pmp_batch_read(text, sizeof(text));
		for (line++; *line; line++) {
			snprintf(column, sizeof(column), "%.*s", (int)strcspn(*line, "="), *line);
			pmp_batch_value(text, column, value, sizeof(value));
			assert_string_equal(value, strchr(*line, '=') + 1);
		}
	}
	clear_batch();
}

/* A long list of nodes is cut, the rest stays whole; whatever is in a value, it makes no lines. */
static void test_batch_long(void **state)
{
	char list[3000], text[768], value[512];
	int64_t number;

	(void)state;
	clear_batch();
	memset(list, 'n', sizeof(list) - 1);
	list[sizeof(list) - 1] = '\0';
	setenv("SLURM_JOB_ID", "1", 1);
	setenv("SLURM_JOB_NODELIST", list, 1);
	setenv("SLURM_SUBMIT_DIR", list, 1);
	setenv("SLURM_NTASKS", "16", 1);
	pmp_batch_read(text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
	assert_true(pmp_batch_value(text, "nodes", value, sizeof(value)));
	assert_true(strlen(value) > 200);
	assert_string_equal(value + strlen(value) - 3, "...");
	assert_true(pmp_batch_number(text, "tasks", &number));
	assert_int_equal(number, 16);
	assert_false(pmp_batch_number(text, "nodes", &number));
	assert_false(pmp_batch_value(text, "", value, sizeof(value)));
	clear_batch();
}

static void test_words_for_a_shell(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(pmp_fmt_shell("/data/run-1.h5", text, sizeof(text)), "/data/run-1.h5");
	assert_string_equal(pmp_fmt_shell("my run.h5", text, sizeof(text)), "'my run.h5'");
	assert_string_equal(pmp_fmt_shell("it's;rm", text, sizeof(text)), "'it'\\''s;rm'");
	assert_string_equal(pmp_fmt_shell("", text, sizeof(text)), "''");
	assert_string_equal(pmp_fmt_shell("a b", text, 4), "'a ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_for_a_shell),
		cmocka_unit_test(test_step_clock),
		cmocka_unit_test(test_clock_choice),
		cmocka_unit_test(test_clock_rate),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_launchers),
		cmocka_unit_test(test_slurm_steps),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batch_long),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
