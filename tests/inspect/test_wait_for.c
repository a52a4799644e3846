/* test_wait_for.c - who waits for whom, on made-up ranks: what is a deadlock, and what must never be called one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/wait_for.h"
#include "schema/calls.h"

#define RANKS 4
#define WORLD UINT64_C(77)
#define OTHER UINT64_C(78)

struct scene {
	struct pmp_fact facts[RANKS];
	struct pmp_fact_comm comms[RANKS][2];
	struct pmp_fact_traffic traffic[RANKS][RANKS];
	struct pmp_fact_message messages[RANKS][2];
	struct pmp_verdict verdict;
};

static struct scene scene;
static struct pmp_pool *pool;

static int begin(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	pool = pmp_pool_new();
	for (int r = 0; r < RANKS; r++) {
		scene.comms[r][0] = (struct pmp_fact_comm){WORLD, r, RANKS, false, 5};
		scene.comms[r][1] = (struct pmp_fact_comm){OTHER, r, RANKS, false, 0};
		for (int p = 0; p < RANKS; p++)
			scene.traffic[r][p] = (struct pmp_fact_traffic){WORLD, p, 0, 0};
		scene.facts[r] = (struct pmp_fact){.rank = r,
						   .life = PMP_SEEN_RUNNING,
						   .peer = PMP_SEEN_UNKNOWN,
						   .tag = PMP_SEEN_UNKNOWN,
						   .root = PMP_SEEN_UNKNOWN,
						   .comm = "MPI_COMM_WORLD",
						   .location = "",
						   .comms = scene.comms[r],
						   .comm_count = 2,
						   .traffic = scene.traffic[r],
						   .traffic_count = RANKS,
						   .messages = scene.messages[r],
						   .has_all_messages = true};
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	pmp_pool_free(pool);
	return 0;
}

static void in_call(int rank, unsigned call, int32_t peer, int32_t tag)
{
	scene.facts[rank].is_still = true;
	scene.facts[rank].call = (uint16_t)call;
	scene.facts[rank].uid = WORLD;
	scene.facts[rank].peer = peer;
	scene.facts[rank].tag = tag;
}

static enum pmp_verdict_kind judge(int32_t size)
{
	assert_int_equal(pmp_wait_for(scene.facts, RANKS, size, pool, &scene.verdict), 0);
	return scene.verdict.kind;
}

static void test_ring(void **state)
{
	(void)state;
	for (int r = 0; r < RANKS; r++)
		in_call(r, PMP_CALL_MPI_Recv, (r + 3) % RANKS, 7);
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	assert_int_equal(scene.verdict.cycle_count, RANKS);
	/* one that moves breaks it */
	scene.facts[2].is_still = false;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
	assert_non_null(strstr(scene.verdict.sentence, "for rank 2"));
}

static void test_transfer_is_no_deadlock(void **state)
{
	(void)state;
	in_call(0, PMP_CALL_MPI_Send, 1, 7);
	in_call(1, PMP_CALL_MPI_Recv, 0, 7);
	assert_int_equal(judge(RANKS), PMP_VERDICT_GOES_ON);
	in_call(1, PMP_CALL_MPI_Recv, PMP_SEEN_ANY, PMP_SEEN_ANY);
	assert_int_equal(judge(RANKS), PMP_VERDICT_GOES_ON);
	/* with another tag they never meet */
	in_call(1, PMP_CALL_MPI_Recv, 0, 8);
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	assert_non_null(strstr(scene.verdict.hint, "tag 7"));
}

static void test_message_on_its_way(void **state)
{
	(void)state;
	in_call(0, PMP_CALL_MPI_Recv, 1, 5);
	in_call(1, PMP_CALL_MPI_Recv, 0, 5);
	scene.traffic[1][0].sent = 1;
	scene.messages[1][0] = (struct pmp_fact_message){WORLD, 0, 5, true};
	scene.facts[1].message_count = 1;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
	/* it has another tag: nothing helps */
	scene.messages[1][0].tag = 6;
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	assert_non_null(strstr(scene.verdict.hint, "tag 6"));
	/* not all messages are known: it may be the one */
	scene.facts[1].has_all_messages = false;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
}

static void test_any_source(void **state)
{
	(void)state;
	for (int r = 0; r < RANKS; r++)
		in_call(r, PMP_CALL_MPI_Recv, PMP_SEEN_ANY, PMP_SEEN_ANY);
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	/* any one that can go on is enough */
	scene.facts[3].is_still = false;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
	/* a member that is not seen may send */
	scene.facts[3].is_still = true;
	for (int r = 0; r < RANKS; r++)
		scene.comms[r][0].size = RANKS + 1;
	assert_int_equal(judge(RANKS + 1), PMP_VERDICT_GOES_ON);
}

static void test_collectives(void **state)
{
	(void)state;
	for (int r = 0; r < RANKS; r++)
		in_call(r, PMP_CALL_MPI_Barrier, PMP_SEEN_UNKNOWN, PMP_SEEN_UNKNOWN);
	assert_int_equal(judge(RANKS), PMP_VERDICT_GOES_ON); /* all are there */
	scene.facts[1].call = PMP_CALL_MPI_Allreduce;
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	assert_non_null(strstr(scene.verdict.sentence, "rank 1 called MPI_Allreduce"));
	/* one has it behind itself */
	scene.comms[1][0].collectives = 6;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
}

static void test_roots(void **state)
{
	(void)state;
	for (int r = 0; r < RANKS; r++) {
		in_call(r, PMP_CALL_MPI_Bcast, PMP_SEEN_UNKNOWN, PMP_SEEN_UNKNOWN);
		scene.facts[r].root = 0;
	}
	scene.facts[0].is_still = false; /* the root computes */
	scene.facts[0].call = 0;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
	in_call(0, PMP_CALL_MPI_Recv, 3, 1); /* the root waits for a member */
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
}

static void test_early_return(void **state)
{
	(void)state;
	for (int r = 0; r < RANKS - 1; r++)
		in_call(r, PMP_CALL_MPI_Barrier, PMP_SEEN_UNKNOWN, PMP_SEEN_UNKNOWN);
	scene.facts[RANKS - 1].life = PMP_SEEN_FINALIZING;
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	assert_non_null(strstr(scene.verdict.sentence, "rank 3 is in MPI_Finalize"));
	/* all of them there: it is just the end */
	for (int r = 0; r < RANKS; r++)
		scene.facts[r].life = PMP_SEEN_FINALIZING;
	assert_int_equal(judge(RANKS), PMP_VERDICT_GOES_ON);
}

static void test_dead_rank(void **state)
{
	(void)state;
	in_call(0, PMP_CALL_MPI_Recv, 3, 1);
	scene.facts[3].life = PMP_SEEN_ENDED;
	assert_int_equal(judge(RANKS), PMP_VERDICT_DEADLOCK);
	assert_non_null(strstr(scene.verdict.sentence, "rank 3 has ended"));
}

static void test_polling_is_no_deadlock(void **state)
{
	(void)state;
	for (int r = 0; r < RANKS; r++) {
		in_call(r, PMP_CALL_MPI_Iprobe, (r + 1) % RANKS, 1);
		scene.facts[r].is_still = false;
		scene.facts[r].is_polling = true;
	}
	assert_int_equal(judge(RANKS), PMP_VERDICT_POLLING);
	scene.facts[0].is_polling = false;
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
}

static void test_unknown_is_no_deadlock(void **state)
{
	(void)state;
	in_call(0, PMP_CALL_MPI_Recv, 1, 1);
	in_call(1, PMP_CALL_MPI_Waitall, PMP_SEEN_UNKNOWN, PMP_SEEN_UNKNOWN);
	assert_int_equal(judge(RANKS), PMP_VERDICT_UNKNOWN);
	in_call(1, PMP_CALL_MPI_Win_fence, PMP_SEEN_UNKNOWN, PMP_SEEN_UNKNOWN);
	assert_int_equal(judge(RANKS), PMP_VERDICT_WAITING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_ring),
		TEST(test_transfer_is_no_deadlock),
		TEST(test_message_on_its_way),
		TEST(test_any_source),
		TEST(test_collectives),
		TEST(test_roots),
		TEST(test_early_return),
		TEST(test_dead_rank),
		TEST(test_polling_is_no_deadlock),
		TEST(test_unknown_is_no_deadlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
