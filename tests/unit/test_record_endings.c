/*
 * test_record_endings.c - every way to end: what the arena says of it, and that the parent sees what it would see without us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/hot.h"
#include "record/record.h"
#include "record_support.h"

#define CALLS 77

struct ending {
	const char *name;
	void (*act)(void);
	uint32_t end;
	int32_t code;
	int signal; /* that the parent sees, 0: exit */
	int status; /* exit status that the parent sees */
};

static void (*current_act)(void);

static void body(void)
{
	struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	start_recording();
	for (int i = 0; i < CALLS; i++)
		recorded_call(1, 8, NULL);
	current_act();
}

/* --- the ways --- */

static void act_exit(void)
{
	exit(3);
}

static void act_underscore_exit(void)
{
	_exit(4);
}

static void act_segfault(void)
{
	volatile uintptr_t nowhere = 8;

	*(volatile int *)nowhere = 1;
}

static void act_bus(void)
{
	FILE *empty = tmpfile();
	volatile char *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(empty), 0);

	page[0] = 1;
}

static __attribute__((no_sanitize("undefined"))) void act_divide(void)
{
	volatile int zero = 0, some = 7;

	some = some / zero;
}

static void act_illegal(void)
{
	__builtin_trap();
}

/* Enough of a frame that the compiler cannot make a loop of it. */
static __attribute__((noinline)) int overflow(int depth)
{
	volatile char frame[1024];

	frame[0] = (char)depth;
	return depth < 0 ? 0 : overflow(depth + 1) + frame[0];
}

static void act_overflow(void)
{
	exit(overflow(1));
}

static void act_overflow_in_call(void)
{
	recorded_call(2, 8, act_overflow);
}

static void act_abort(void)
{
	abort();
}

static void act_term(void)
{
	kill(getpid(), SIGTERM);
	pause();
}

static void act_int(void)
{
	raise(SIGINT);
}

static void act_sent_segv(void)
{
	kill(getpid(), SIGSEGV);
	pause();
}

static void act_kill(void)
{
	raise(SIGKILL);
}

static void *crash_thread(void *unused)
{
	(void)unused;
	act_segfault();
	return NULL;
}

static void act_thread_segfault(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, crash_thread, NULL);
	pthread_join(thread, NULL);
}

static void act_mpi_abort(void)
{
	pmp_record_abort(9);
	exit(1); /* as MPI_Abort may do; the abort stays on record */
}

static void act_finalize(void)
{
	CHECK(pmp_record_finalizing());
	exit(0);
}

static void act_killed_while_writing(void)
{
	CHECK(pmp_record_finalizing());
	act_term();
}

static const struct ending endings[] = {
	{"exit", act_exit, PMP_END_EXIT, 3, 0, 3},
	{"_exit", act_underscore_exit, PMP_END_NONE, 0, 0, 4},
	{"segfault", act_segfault, PMP_END_SIGNAL, SIGSEGV, SIGSEGV, 0},
	{"bus error", act_bus, PMP_END_SIGNAL, SIGBUS, SIGBUS, 0},
	{"division by zero", act_divide, PMP_END_SIGNAL, SIGFPE, SIGFPE, 0},
	{"illegal instruction", act_illegal, PMP_END_SIGNAL, SIGILL, SIGILL, 0},
	{"stack overflow", act_overflow, PMP_END_SIGNAL, SIGSEGV, SIGSEGV, 0},
	{"stack overflow in a call", act_overflow_in_call, PMP_END_SIGNAL, SIGSEGV, SIGSEGV, 0},
	{"abort", act_abort, PMP_END_SIGNAL, SIGABRT, SIGABRT, 0},
	{"SIGTERM", act_term, PMP_END_SIGNAL, SIGTERM, SIGTERM, 0},
	{"SIGINT", act_int, PMP_END_SIGNAL, SIGINT, SIGINT, 0},
	{"SIGSEGV by kill", act_sent_segv, PMP_END_SIGNAL, SIGSEGV, SIGSEGV, 0},
	{"SIGKILL", act_kill, PMP_END_NONE, 0, SIGKILL, 0},
	{"segfault in a thread", act_thread_segfault, PMP_END_SIGNAL, SIGSEGV, SIGSEGV, 0},
	{"MPI_Abort", act_mpi_abort, PMP_END_ABORT, 9, 0, 1},
	{"MPI_Finalize", act_finalize, PMP_END_FINALIZED, 0, 0, 0},
	{"SIGTERM while writing", act_killed_while_writing, PMP_END_SIGNAL, SIGTERM, SIGTERM, 0},
};

static void check_ending(const struct ending *ending)
{
	struct arena_copy copy;
	const struct pmp_arena_header *header;
	struct pmp_lane *lanes;
	size_t count;
	int status;

	current_act = ending->act;
	status = run_child(body);
	print_message("%s\n", ending->name);
	assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, ending->signal);
	if (!ending->signal)
		assert_int_equal(WEXITSTATUS(status), ending->status);
	copy = arena_copy_read(child_arena());
	header = arena_copy_header(&copy);
	assert_int_equal(header->end, ending->end);
	assert_int_equal(header->end_code, ending->code);
	if (ending->end != PMP_END_NONE) {
		assert_true(header->max_rss_bytes > 0);
		/* each thread has a step clock of its own */
		if (ending->act != act_thread_segfault)
			assert_true(header->end_ticks >= header->begin_ticks);
	}
	lanes = arena_copy_table(&copy, PMP_KIND_LANES, PMP_LANE_NONE, &count);
	assert_int_equal(lanes[0].calls, CALLS);
	assert_int_equal(arena_copy_accounted(&copy, 0), lanes[0].last - lanes[0].begin);
	free(lanes);
	arena_copy_free(&copy);
}

static void test_each_ending(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		check_ending(&endings[i]);
}

/* --- other handlers --- */

static volatile sig_atomic_t program_saw;
static int second_pipe[2];

static void program_handler(int signal)
{
	program_saw = signal;
}

static void body_program_handler(void)
{
	struct arena_copy copy;

	signal(SIGTERM, program_handler);
	start_recording();
	recorded_call(1, 8, NULL);
	raise(SIGTERM);
	CHECK_EQUAL(program_saw, SIGTERM);
	CHECK(pmp_record_finalizing());
	copy = arena_copy_read(pmp_record_path());
	CHECK_EQUAL(arena_copy_header(&copy)->end, PMP_END_FINALIZED);
	arena_copy_free(&copy);
}

static void test_handlers_of_the_program_stay(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_program_handler), 0);
}

/* What MPI does in MPI_Init: its handler must get the signal as it came, and its output and exit stay. */
static void mpi_handler(int signal, siginfo_t *info, void *context)
{
	int seen[3] = {signal, info->si_code, info->si_pid};

	(void)context;
	if (write(second_pipe[1], seen, sizeof(seen)) != sizeof(seen))
		_exit(98);
	_exit(61);
}

static void body_mpi_handler(void)
{
	struct pmp_start start = {.mpi_library = "none"};
	struct pmp_diag diag = {""};
	struct sigaction action = {.sa_flags = SA_SIGINFO, .sa_sigaction = mpi_handler};

	setenv("PMPROF_JOB", "job", 1);
	CHECK(pmp_record_start(&start, &diag) == 0);
	sigaction(SIGABRT, &action, NULL);
	pmp_record_running(0, 1, 0);
	abort();
}

static void test_handlers_of_mpi_get_the_signal(void **state)
{
	struct arena_copy copy;
	int seen[3], status;

	(void)state;
	assert_int_equal(pipe(second_pipe), 0);
	status = run_child(body_mpi_handler);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 61);
	assert_int_equal(read(second_pipe[0], seen, sizeof(seen)), sizeof(seen));
	assert_int_equal(seen[0], SIGABRT);
	assert_int_equal(seen[1], SI_TKILL);
	copy = arena_copy_read(child_arena());
	assert_int_equal(arena_copy_header(&copy)->end, PMP_END_SIGNAL);
	assert_int_equal(arena_copy_header(&copy)->end_code, SIGABRT);
	arena_copy_free(&copy);
}

static void body_child_crash(void)
{
	int status;
	pid_t child;

	start_recording();
	fflush(NULL);
	child = fork();
	if (child == 0)
		abort();
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	_exit(0);
}

static void test_crash_of_a_child_is_not_ours(void **state)
{
	struct arena_copy copy;

	(void)state;
	assert_int_equal(run_child(body_child_crash), 0);
	copy = arena_copy_read(child_arena());
	assert_int_equal(arena_copy_header(&copy)->end, PMP_END_NONE);
	arena_copy_free(&copy);
}

/* --- SIGKILL at any moment --- */

static volatile uint64_t
	*own_count; /* shared with the child: calls that have returned to the program */

static __attribute__((noinline)) void many_paths(unsigned bits)
{
	if (bits & 1)
		many_paths(bits >> 1);
	else if (bits)
		many_paths(bits >> 2);
	recorded_call(bits % 4096, bits, NULL);
	++*own_count;
}

static void body_endless(void)
{
	start_recording();
	for (unsigned i = 0;; i++)
		many_paths(i * 2654435761u);
}

static void *kill_soon(void *data)
{
	usleep(*(useconds_t *)data);
	kill(getpid(), SIGKILL);
	return NULL;
}

static useconds_t delay_us;

static void body_killed(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, kill_soon, &delay_us);
	body_endless();
}

static uint64_t calls_on_record(const struct arena_copy *copy)
{
	size_t count;
	struct pmp_stat *stats = arena_copy_table(copy, PMP_KIND_STATS, 0, &count);
	uint64_t calls = 0;

	for (size_t i = 0; i < count; i++)
		calls += stats[i].count;
	free(stats);
	return calls;
}

static void test_killed_at_any_moment(void **state)
{
	(void)state;
	own_count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < 40; i++) {
		struct arena_copy copy;

		*own_count = 0;
		delay_us = 3000 + i * 7919 % 9000;
		assert_true(WIFSIGNALED(run_child(body_killed)));
		if (*own_count == 0)
			continue; /* a slow machine: killed before it began */
		copy = arena_copy_read(child_arena());
		assert_in_range(calls_on_record(&copy), *own_count, *own_count + 1);
		arena_copy_free(&copy);
	}
	munmap((void *)own_count, 4096);
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
		cmocka_unit_test(test_each_ending),
		cmocka_unit_test(test_handlers_of_the_program_stay),
		cmocka_unit_test(test_handlers_of_mpi_get_the_signal),
		cmocka_unit_test(test_crash_of_a_child_is_not_ours),
		cmocka_unit_test(test_killed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, tidy);
}
