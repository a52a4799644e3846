/*
 * test_record.c - the recorder with the step clock: every reading is 1000 ticks after the one before, so times are exact.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/hot.h"
#include "record/record.h"
#include "record_support.h"

#define STEP 1000u

static struct arena_copy copy;

static const struct pmp_lane *lane_of(unsigned lane)
{
	static struct pmp_lane *lanes;
	size_t count;

	free(lanes);
	lanes = arena_copy_table(&copy, PMP_KIND_LANES, PMP_LANE_NONE, &count);
	CHECK(lane < count);
	return &lanes[lane];
}

static void finish(void)
{
	CHECK(pmp_record_finalizing());
	copy = arena_copy_read(pmp_record_path());
}

static void check_balance(unsigned lane)
{
	const struct pmp_lane *record = lane_of(lane);

	CHECK_EQUAL(arena_copy_accounted(&copy, lane), record->last - record->begin);
}

static void passes(void (*body)(void))
{
	assert_int_equal(run_child(body), 0);
}

/* --- times and counts --- */

static void body_repeated(void)
{
	size_t stat_count, gap_count;
	struct pmp_stat *stats;
	struct pmp_gap *gaps;
	const struct pmp_gap *loop = NULL;

	start_recording();
	for (int i = 0; i < 10000; i++)
		CHECK(recorded_call(1, 24, NULL) != NULL);
	finish();
	stats = arena_copy_table(&copy, PMP_KIND_STATS, 0, &stat_count);
	gaps = arena_copy_table(&copy, PMP_KIND_GAPS, 0, &gap_count);
	CHECK_EQUAL(stat_count, 1);
	CHECK_EQUAL(stats[0].count, 10000);
	CHECK_EQUAL(stats[0].total, 10000 * STEP);
	CHECK_EQUAL(stats[0].min, STEP);
	CHECK_EQUAL(stats[0].max, STEP);
	CHECK_EQUAL(stats[0].bytes_out, 240000);
	CHECK_EQUAL(stats[0].bytes_in, 240000);
	CHECK_EQUAL(stats[0].size_class, 5);
	CHECK_EQUAL(stats[0].comm, 1);
	CHECK_EQUAL(gap_count, 3); /* from the start, around the loop, to the end */
	for (size_t i = 0; i < gap_count; i++)
		if (gaps[i].from_node && gaps[i].to_node)
			loop = &gaps[i];
	CHECK(loop != NULL);
	CHECK_EQUAL(loop->count, 9999);
	CHECK_EQUAL(loop->from_call, PMP_CALL_MPI_Allreduce);
	CHECK_EQUAL(lane_of(0)->events, 10000);
	CHECK_EQUAL(lane_of(0)->calls, 10000);
	CHECK_EQUAL(lane_of(0)->misses, 1);
	CHECK_EQUAL(arena_copy_header(&copy)->warnings, 0);
	check_balance(0);
}

static void test_repeated_call_is_exact(void **state)
{
	(void)state;
	passes(body_repeated);
}

static __attribute__((noinline)) void deep_calls(int depth)
{
	for (uint32_t comm = 1; comm < 5; comm++)
		recorded_call(comm, comm << depth, NULL);
	if (depth)
		deep_calls(depth - 1);
	recorded_call(9, 0, NULL);
}

static void body_many_paths(void)
{
	size_t count;
	struct pmp_node *nodes;

	start_recording();
	for (int i = 0; i < 5; i++)
		deep_calls(20);
	finish();
	nodes = arena_copy_table(&copy, PMP_KIND_NODES, 0, &count);
	CHECK(count > 40);
	CHECK_EQUAL(nodes[0].address, 0);
	for (size_t i = 1; i < count; i++) {
		CHECK(nodes[i].parent < i);
		CHECK(nodes[i].module != 0);
	}
	CHECK_EQUAL(lane_of(0)->calls, 5 * 21 * 5);
	CHECK_EQUAL(lane_of(0)->lost_keys, 0);
	CHECK(lane_of(0)->tool > 0);
	check_balance(0);
}

static void test_all_time_is_accounted_for(void **state)
{
	(void)state;
	passes(body_many_paths);
}

static int32_t world_rank(uint32_t comm, int32_t rank)
{
	return (int32_t)comm * 100 + rank;
}

static void body_messages(void)
{
	size_t count;
	struct pmp_peer *peers;

	start_recording();
	recorded_call(1, 8, NULL);
	for (int i = 0; i < 300; i++) {
		pmp_sent(1, i % 100, 10, world_rank);
		pmp_received(2, i % 100, 7, world_rank);
	}
	finish();
	peers = arena_copy_table(&copy, PMP_KIND_PEERS, 0, &count);
	CHECK_EQUAL(count, 200);
	for (size_t i = 0; i < count; i++) {
		bool is_sent = peers[i].comm == 1;

		CHECK_EQUAL(peers[i].world, world_rank(peers[i].comm, peers[i].rank));
		CHECK_EQUAL(peers[i].sent_count, is_sent ? 3 : 0);
		CHECK_EQUAL(peers[i].sent_bytes, is_sent ? 30 : 0);
		CHECK_EQUAL(peers[i].recv_count, is_sent ? 0 : 3);
		CHECK_EQUAL(peers[i].recv_bytes, is_sent ? 0 : 21);
	}
}

static void test_messages_by_peer(void **state)
{
	(void)state;
	passes(body_messages);
}

/* --- pause, regions --- */

static void body_pause(void)
{
	start_recording();
	recorded_call(1, 8, NULL);
	pmp_record_pause();
	for (int i = 0; i < 7; i++) {
		CHECK(recorded_call(1, 8, NULL) == NULL);
		pmp_clock_now();
	}
	pmp_record_pause();
	pmp_record_resume();
	pmp_record_resume();
	recorded_call(1, 8, NULL);
	pmp_record_pause();
	finish();
	CHECK_EQUAL(lane_of(0)->calls, 2);
	CHECK_EQUAL(lane_of(0)->paused, 8 * STEP + STEP); /* the second pause ends with the run */
	check_balance(0);
}

static void test_pause_is_not_computation(void **state)
{
	(void)state;
	passes(body_pause);
}

static void pause_inside(void)
{
	pmp_record_pause();
	pmp_clock_now();
}

static void body_pause_in_call(void)
{
	start_recording();
	recorded_call(1, 8, pause_inside);
	recorded_call(1, 8, NULL);
	pmp_record_resume();
	recorded_call(1, 8, NULL);
	finish();
	CHECK_EQUAL(lane_of(0)->calls, 2);
	check_balance(0);
}

static void test_pause_inside_a_call(void **state)
{
	(void)state;
	passes(body_pause_in_call);
}

static void region(const char *name, bool is_begin)
{
	if (is_begin)
		pmp_region_begin(name, __builtin_frame_address(0));
	else
		pmp_region_end(name, __builtin_frame_address(0));
	__asm__ volatile("" ::: "memory");
}

static uint64_t gap_ticks(uint32_t of_region)
{
	size_t count;
	struct pmp_gap *gaps = arena_copy_table(&copy, PMP_KIND_GAPS, 0, &count);
	uint64_t ticks = 0;

	for (size_t i = 0; i < count; i++)
		ticks += gaps[i].region == of_region ? gaps[i].total : 0;
	free(gaps);
	return ticks;
}

static void body_regions(void)
{
	char buf[8] = "outer";
	size_t count;
	struct pmp_region *regions;
	uint64_t marks = 0;
	struct pmp_stat *stats;

	start_recording();
	region("nothing open", false);
	for (int i = 0; i < 50; i++) {
		strcpy(buf, "outer");
		region(buf, true);
		strcpy(buf, "inner");
		region(buf, true);
		recorded_call(1, 8, NULL);
		for (int k = 0; k < 10; k++)
			pmp_clock_now();
		region("inner", false);
		region("unknown", false);
		region("outer", false);
	}
	region("outer", true);
	region("inner", true);
	region("outer", false); /* closes both */
	finish();
	regions = arena_copy_table(&copy, PMP_KIND_REGIONS, PMP_LANE_NONE, &count);
	CHECK_EQUAL(count, 3);
	CHECK_EQUAL(regions[1].parent, 0);
	CHECK_EQUAL(regions[2].parent, 1);
	stats = arena_copy_table(&copy, PMP_KIND_STATS, 0, &count);
	for (size_t i = 0; i < count; i++) {
		if (stats[i].call == PMP_CALL_MPI_Allreduce) {
			CHECK_EQUAL(stats[i].region, 2);
			continue;
		}
		CHECK_EQUAL(stats[i].total, 0);
		marks += stats[i].count;
	}
	CHECK_EQUAL(marks, 51 * 4);
	CHECK(gap_ticks(2) >= 50 * 11 * STEP);
	CHECK(gap_ticks(2) <= 50 * 12 * STEP + 51 * STEP);
	CHECK(gap_ticks(0) <= 60 * STEP);
	CHECK_EQUAL(lane_of(0)->calls, 50);
	CHECK_EQUAL(lane_of(0)->events, 50 + 51 * 4);
	check_balance(0);
}

static void test_regions_nest(void **state)
{
	(void)state;
	passes(body_regions);
}

static void body_deep_regions(void)
{
	start_recording();
	for (int i = 0; i < 100; i++)
		region("r", true);
	for (int i = 0; i < 100; i++)
		region("r", false);
	recorded_call(1, 8, NULL);
	CHECK_EQUAL(pmp_self->region, 0);
	finish();
	CHECK_EQUAL(lane_of(0)->events, 2 * PMP_REGION_DEPTH + 1);
	check_balance(0);
}

static void test_regions_deeper_than_the_stack(void **state)
{
	(void)state;
	passes(body_deep_regions);
}

/* --- guard --- */

static void nested(void)
{
	CHECK(recorded_call(2, 8, NULL) == NULL);
}

static jmp_buf way_out;

static void jump(void)
{
	longjmp(way_out, 1);
}

static void body_guard(void)
{
	start_recording();
	CHECK(recorded_call(1, 8, nested) != NULL);
	if (setjmp(way_out) == 0)
		recorded_call(1, 8, jump);
	CHECK(recorded_call(1, 8, nested) != NULL);
	finish();
	CHECK_EQUAL(lane_of(0)->calls, 2);
	CHECK_EQUAL(lane_of(0)->events, 2);
	check_balance(0);
}

static void test_nested_calls_and_longjmp(void **state)
{
	(void)state;
	passes(body_guard);
}

/* --- threads, processes --- */

static void *thread(void *data)
{
	for (int i = 0; i < 1000; i++)
		CHECK(recorded_call(*(uint32_t *)data, 8, NULL) != NULL);
	return NULL;
}

static void body_threads(void)
{
	uint64_t calls = 0;
	size_t lane_count;

	start_recording();
	for (int round = 0; round < 20; round++) {
		pthread_t threads[4];
		uint32_t comms[4];

		for (uint32_t i = 0; i < 4; i++) {
			comms[i] = i + 1;
			CHECK(pthread_create(&threads[i], NULL, thread, &comms[i]) == 0);
		}
		recorded_call(9, 8, NULL);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
	finish();
	free(arena_copy_table(&copy, PMP_KIND_LANES, PMP_LANE_NONE, &lane_count));
	CHECK(lane_count >= 2 && lane_count <= 5);
	for (unsigned i = 0; i < lane_count; i++)
		calls += lane_of(i)->calls;
	CHECK_EQUAL(calls, 20 * 4 * 1000 + 20);
	CHECK_EQUAL(lane_of(0)->calls, 20);
	check_balance(0);
	pmp_record_close(true);
}

static void test_threads_come_and_go(void **state)
{
	(void)state;
	passes(body_threads);
}

static volatile bool is_over;

static void *mark_on(void *unused)
{
	char name[16];

	for (unsigned i = 0; !is_over; i++) {
		snprintf(name, sizeof(name), "r%u", i % 1000);
		region(name, true);
		region(name, false);
	}
	return unused;
}

static void *fork_on(void *unused)
{
	for (int i = 0; i < 20; i++) {
		pid_t child = fork();

		if (child == 0) {
			pmp_record_pause();
			pmp_record_resume();
			region("child", true);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	return unused;
}

static void body_end_under_threads(void)
{
	pthread_t threads[3];

	start_recording();
	CHECK(pthread_create(&threads[0], NULL, mark_on, NULL) == 0);
	CHECK(pthread_create(&threads[1], NULL, mark_on, NULL) == 0);
	CHECK(pthread_create(&threads[2], NULL, fork_on, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		recorded_call(1, 8, NULL);
		pmp_record_pause();
		pmp_record_resume();
		usleep(100);
	}
	finish();
	check_balance(0);
	pmp_record_close(true);
	usleep(1000);
	is_over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

static void test_end_while_threads_mark_and_fork(void **state)
{
	(void)state;
	passes(body_end_under_threads);
	assert_string_equal(child_arena(), "");
}

static void body_fork(void)
{
	int status;
	pid_t child;

	start_recording();
	recorded_call(1, 8, NULL);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		CHECK(recorded_call(1, 8, NULL) == NULL);
		CHECK(!pmp_record_finalizing());
		CHECK(pmp_record_path() == NULL);
		exit(5);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_EQUAL(WEXITSTATUS(status), 5);
	CHECK(recorded_call(1, 8, NULL) != NULL);
	finish();
	CHECK_EQUAL(lane_of(0)->calls, 2);
	CHECK_EQUAL(arena_copy_header(&copy)->end, PMP_END_FINALIZED);
}

static void test_forked_child_records_nothing(void **state)
{
	(void)state;
	passes(body_fork);
}

/* --- a call in flight --- */

static void die(void)
{
	raise(SIGKILL);
}

static void body_in_flight(void)
{
	start_recording();
	for (int i = 0; i < 5000; i++)
		recorded_call(1, 8, NULL);
	pmp_clock_now();
	recorded_call(3, 64, die);
}

static void test_call_in_flight_is_seen(void **state)
{
	int status = run_child(body_in_flight);
	struct pmp_event *ring;
	const struct pmp_event *slot;
	const struct pmp_lane *lane;
	size_t count;

	(void)state;
	assert_true(WIFSIGNALED(status));
	copy = arena_copy_read(child_arena());
	lane = lane_of(0);
	assert_int_equal(lane->events, 5000);
	ring = arena_copy_table(&copy, PMP_KIND_EVENTS, 0, &count);
	assert_int_equal(count, PMP_RING_EVENTS);
	slot = &ring[lane->events % count];
	assert_int_equal(slot->leave, 0);
	assert_int_equal(slot->comm, 3);
	assert_int_equal(slot->bytes, 64);
	assert_int_equal(slot->enter, lane->last); /* the computation before it is not lost */
	assert_int_equal(arena_copy_accounted(&copy, 0), lane->last - lane->begin);
	assert_int_equal(arena_copy_header(&copy)->end, PMP_END_NONE);
	assert_int_equal(arena_copy_header(&copy)->phase, PMP_PHASE_RUNNING);
	free(ring);
}

/* --- off --- */

static void body_off(void)
{
	struct pmp_start start = {.mpi_library = "none"};
	struct pmp_diag diag = {""};

	setenv("PMPROF", "off", 1);
	CHECK(pmp_record_start(&start, &diag) == 0);
	pmp_record_running(0, 1, 0);
	CHECK(recorded_call(1, 8, NULL) == NULL);
	region("r", true);
	pmp_record_pause();
	pmp_record_resume();
	CHECK(pmp_record_path() == NULL);
	CHECK(!pmp_record_finalizing());
	pmp_record_close(true);
}

static void test_off_leaves_nothing(void **state)
{
	(void)state;
	passes(body_off);
	assert_string_equal(child_arena(), "");
}

static void body_bad_mode(void)
{
	struct pmp_start start = {.mpi_library = "none"};
	struct pmp_diag diag = {""};

	setenv("PMPROF", "profil", 1);
	CHECK(pmp_record_start(&start, &diag) < 0);
	CHECK(strstr(diag.text, "did you mean 'profile'") != NULL);
	CHECK(recorded_call(1, 8, NULL) == NULL);
}

static void test_bad_mode_switches_off(void **state)
{
	(void)state;
	passes(body_bad_mode);
}

static int tidy(void **state)
{
	(void)state;
	arena_copy_free(&copy);
	remove_scratch();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated_call_is_exact),
		cmocka_unit_test(test_all_time_is_accounted_for),
		cmocka_unit_test(test_messages_by_peer),
		cmocka_unit_test(test_pause_is_not_computation),
		cmocka_unit_test(test_pause_inside_a_call),
		cmocka_unit_test(test_regions_nest),
		cmocka_unit_test(test_regions_deeper_than_the_stack),
		cmocka_unit_test(test_nested_calls_and_longjmp),
		cmocka_unit_test(test_threads_come_and_go),
		cmocka_unit_test(test_end_while_threads_mark_and_fork),
		cmocka_unit_test(test_forked_child_records_nothing),
		cmocka_unit_test(test_call_in_flight_is_seen),
		cmocka_unit_test(test_off_leaves_nothing),
		cmocka_unit_test(test_bad_mode_switches_off),
	};

	return cmocka_run_group_tests(tests, NULL, tidy);
}
