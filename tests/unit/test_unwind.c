/*
 * test_unwind.c - every stack we can think of: cache and walker must say what libgcc and libunwind say
 *
 * Built several times, with the scenes compiled with other options each time.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include <cmocka.h>

#include "unwind_probe.h"
#include "unwind_scenes.h"

#define COROUTINE_STACK 65536

static void assert_all_right(unsigned long at_least)
{
	assert_true(probe_count.calls >= at_least);
	assert_int_equal(probe_count.wrong, 0);
	assert_int_equal(probe_count.wrong2, 0);
	assert_int_equal(probe_count.partial, 0);
}

/* Some things only the walker can do: PMPROF_UNWIND names another way in one run of this test. */
static bool is_by_walker(void)
{
	return !getenv("PMPROF_UNWIND");
}

static int reset(void **state)
{
	(void)state;
	probe_reset();
	return 0;
}

static void recursion_up_to_300(void **state)
{
	(void)state;
	probe_with_libunwind = true;
	for (int depth = 1; depth <= 300; depth++)
		scene_recursion(depth);
	for (int depth = 300; depth > 0; depth -= 7)
		scene_recursion(depth);
	assert_all_right(340);
	assert_true(probe_count.deepest > 256);
}

static void a_stack_seen_before_is_a_hit(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		scene_recursion(20);
	assert_all_right(100);
	assert_true(probe_count.hits >= 99);
}

static void sixty_four_call_sites(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6400; i++)
		assert_int_equal(scene_sites(i), (int)(i % 64));
	assert_all_right(6400);
	assert_true(probe_count.hits >= 6400 - 64);
}

static void variable_frames(void **state)
{
	(void)state;
	probe_with_libunwind = true;
	for (int depth = 0; depth < 8; depth++)
		for (unsigned bytes = 0; bytes < 5000; bytes += 489) {
			scene_alloca(depth, bytes);
			scene_variable_array(depth, bytes / 16);
		}
	assert_all_right(500);
}

/* Same return address, same stack pointer, and the old return address still lies where it was. */
static void equal_stack_pointers_with_other_frames(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned part = seed >> 16 & 63;

		scene_shifted(part * 16 + 16, 1024 - part * 16);
	}
	assert_all_right(20000);
	assert_true(probe_count.hits > 0);
}

static void function_pointers(void **state)
{
	(void)state;
	probe_with_libunwind = true;
	for (unsigned choice = 0; choice < 300; choice++)
		scene_pointers(choice, (int)(choice % 9));
	assert_all_right(300);
}

static void callbacks_through_libc(void **state)
{
	(void)state;
	probe_with_libunwind = true;
	assert_true(scene_qsort());
	assert_true(scene_qsort());
	assert_all_right(20);
	assert_true(probe_count.hits > 0);
}

static void realigned_stacks(void **state)
{
	(void)state;
	probe_with_libunwind = true;
	for (unsigned bytes = 0; bytes < 700; bytes += 37)
		assert_true(scene_realigned(5, bytes) < 1000);
	assert_all_right(100);
}

static void long_jumps(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		scene_longjmp(i % 13);
	assert_all_right(400);
}

static void recursive_tree(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		scene_tree(11);
	assert_all_right(3 * 4095);
}

static void random_calls(void **state)
{
	unsigned seed = 4711;

	(void)state;
	for (int i = 0; i < 200000; i++)
		scene_random(&seed, (int)(seed >> 9) % 40);
	assert_all_right(200000);
}

/* Frames that the walker cannot follow are left to libgcc, and never remembered. */
static void assembler_frames(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		scene_assembler(0);
	assert_all_right(10);
	for (int i = 0; i < 10; i++)
		scene_assembler(1);
	assert_int_equal(probe_count.wrong, 0);
	assert_true(probe_count.partial > 0 || !is_by_walker());
}

static void exceptions_and_objects(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(scene_exceptions(i), 2);
		scene_objects(i);
	}
	assert_all_right(100);
}

static void *thread_main(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 2000; i++)
		scene_random(&seed, (int)(seed >> 9) % 30);
	probe_thread_end();
	return NULL;
}

static void threads(void **state)
{
	pthread_t thread[8];

	(void)state;
	for (uintptr_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, thread_main, (void *)(i + 1)), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	assert_all_right(16000);
}

static void on_signal(int number)
{
	(void)number;
	scene_recursion(3);
}

static void handle(int number, int flags)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags | SA_RESTART};

	sigaction(number, &action, NULL);
}

static void signal_handlers(void **state)
{
	(void)state;
	handle(SIGUSR1, 0);
	for (int i = 0; i < 50; i++)
		raise(SIGUSR1);
	assert_all_right(50);
	assert_true(probe_count.hits > 0 || !is_by_walker());
}

static int compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Wherever the timer strikes, also in prologues, in libc and in the procedure linkage table. */
static void signals_at_any_instruction(void **state)
{
	struct itimerval often = {{0, 500}, {0, 500}};
	struct itimerval never = {{0, 0}, {0, 0}};
	static int numbers[1000];

	(void)state;
	handle(SIGVTALRM, 0);
	setitimer(ITIMER_VIRTUAL, &often, NULL);
	for (int round = 0; round < 3000 && probe_count.calls < 60; round++) {
		for (int i = 0; i < 1000; i++)
			numbers[i] = i * 7919 % 1000;
		qsort(numbers, 1000, sizeof(int), compare_int);
	}
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	assert_int_equal(probe_count.wrong, 0);
}

static void alternate_signal_stack(void **state)
{
	static char memory[65536];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
	stack_t none = {.ss_flags = SS_DISABLE};

	(void)state;
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	handle(SIGUSR2, SA_ONSTACK);
	for (int i = 0; i < 50; i++)
		raise(SIGUSR2);
	sigaltstack(&none, NULL);
	assert_all_right(50);
}

static ucontext_t scheduler, coroutine;

static void coroutine_main(int depth)
{
	for (int i = 0; i < 3; i++) {
		scene_recursion(depth);
		scene_alloca(depth, 100);
		swapcontext(&coroutine, &scheduler);
	}
}

static void run_coroutine(void *memory, int depth)
{
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = memory;
	coroutine.uc_stack.ss_size = COROUTINE_STACK;
	coroutine.uc_link = &scheduler;
	makecontext(&coroutine, (void (*)(void))coroutine_main, 1, depth);
	for (int i = 0; i < 4; i++) {
		swapcontext(&scheduler, &coroutine);
		scene_recursion(depth);
	}
}

static void coroutines(void **state)
{
	char *inside = __builtin_alloca(COROUTINE_STACK);
	char *heap = malloc(COROUTINE_STACK);

	(void)state;
	for (int i = 0; i < 30; i++) {
		void *fresh = mmap(NULL, COROUTINE_STACK, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		run_coroutine(fresh, i % 5);
		munmap(fresh, COROUTINE_STACK); /* the next one gets the same place */
		run_coroutine(heap, (i + 1) % 5);
		run_coroutine(inside, (i + 2) % 5);
	}
	free(heap);
	assert_all_right(500);
}

/* Return: where it was loaded. */
static const void *run_plugin(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void (*enter)(void (*)(void), int);
	Dl_info info;
	void *symbol;
	volatile int times = 3; /* one call site, not three */

	assert_non_null(handle);
	symbol = dlsym(handle, "plugin_enter");
	assert_non_null(symbol);
	assert_true(dladdr(symbol, &info));
	memcpy(&enter, &symbol, sizeof(enter));
	for (int i = 0; i < times; i++)
		enter(probe, 4);
	dlclose(handle);
	return info.dli_fbase;
}

static void alternate(const char *one, const char *two, void (*between)(void))
{
	const void *last = NULL;
	int same = 0;

	for (int i = 0; i < 10; i++) {
		const void *at = run_plugin(i % 2 ? two : one);

		same += at == last;
		last = at;
		if (between)
			between();
	}
	if (!same)
		print_message("the loader used another address each time\n");
}

static void plugins_at_the_same_address(void **state)
{
	(void)state;
	alternate(PLUGIN_ONE, PLUGIN_TWO, NULL);
	assert_all_right(100);
	assert_true(probe_count.hits > 0);
}

/* Not to be told apart by their return addresses: right when told that something was closed. */
static void plugins_with_the_same_return_addresses(void **state)
{
	(void)state;
	alternate(PLUGIN_ONE, PLUGIN_TWIN, probe_forget);
	assert_all_right(100);
	alternate(PLUGIN_ONE, PLUGIN_TWIN, NULL); /* maybe wrong, but alive */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, reset)
	const struct CMUnitTest tests[] = {
		TEST(recursion_up_to_300),
		TEST(a_stack_seen_before_is_a_hit),
		TEST(sixty_four_call_sites),
		TEST(variable_frames),
		TEST(equal_stack_pointers_with_other_frames),
		TEST(function_pointers),
		TEST(callbacks_through_libc),
		TEST(realigned_stacks),
		TEST(long_jumps),
		TEST(recursive_tree),
		TEST(random_calls),
		TEST(assembler_frames),
#ifdef WITH_CXX
		TEST(exceptions_and_objects),
#endif
		TEST(threads),
		TEST(signal_handlers),
		TEST(signals_at_any_instruction),
		TEST(alternate_signal_stack),
		TEST(coroutines),
		TEST(plugins_at_the_same_address),
		TEST(plugins_with_the_same_return_addresses),
	};

#ifndef WITH_CXX
	(void)exceptions_and_objects;
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
