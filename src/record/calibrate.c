/*
 * calibrate.c - measures the cost of a recorded call. Called by runtime.c at start, on the main thread, while the gate is closed.
 */
#include "record/calibrate.h"

#include "record/hot.h"

#define BATCHES     20
#define CALLS       100
#define ARENA_BYTES (UINT64_C(1) << 20)

static __attribute__((noinline)) void recorded_call(void)
{
	struct pmp_probe probe;

	if (!pmp_enter(&probe, __builtin_frame_address(0)))
		return;
	pmp_begin(&probe, PMP_CALL_MPI_Comm_rank, 0, PMP_NO_PEER, PMP_NO_TAG, 0);
	pmp_stop(&probe);
	pmp_end(&probe, 0, 0);
}

static double measure(void)
{
	uint64_t best = UINT64_MAX;

	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t begin = pmp_clock_now();
		uint64_t ticks;

		for (int i = 0; i < CALLS; i++)
			recorded_call();
		ticks = pmp_clock_now() - begin;
		best = ticks < best ? ticks : best;
	}
	return (double)best / CALLS;
}

static double measure_with(struct pmp_rank *rank)
{
	struct pmp_recorder *before = pmp_self;
	struct pmp_recorder *self = pmp_recorder_new(rank);
	double ticks = 0.0;

	if (!self)
		return 0.0;
	if (pmp_recorder_open(self, pmp_clock_now()) == 0) {
		self->gate =
			PMP_GATE_OFF; /* equals the closed gate: this thread records, no other does */
		pmp_self = self;
		ticks = measure();
		pmp_self = before;
	}
	pmp_recorder_free(self);
	return ticks;
}

double pmp_calibrate(void)
{
	struct pmp_rank rank = {.lock = PTHREAD_MUTEX_INITIALIZER};
	double ticks = 0.0;

	if (pmp_clock.kind == PMP_CLOCK_STEP || pmp_arena_open_private(&rank.arena, ARENA_BYTES))
		return 0.0;
	if (pmp_rank_init(&rank) == 0) {
		ticks = measure_with(&rank);
		pmp_rank_release(&rank);
	}
	pmp_arena_close(&rank.arena, true);
	return ticks;
}
