/* look_internal.h - between the files of look.c: the arenas of a job, opened, and what was copied of its processes */
#ifndef PMP_LOOK_INTERNAL_H
#define PMP_LOOK_INTERNAL_H

#include "inspect/code.h"
#include "inspect/live_stack.h"
#include "inspect/look.h"
#include "inspect/wait_for.h"
#include "store/arena_view.h"

struct pmp_look_rank {
	const struct pmp_surveyed_rank *who;
	struct pmp_arena_view first, second; /* open when is_first, is_second */
	bool is_first, is_second;
	int64_t first_ns, second_ns; /* CLOCK_MONOTONIC when they were read */
	struct pmp_code_map map;
	struct pmp_live_stack *stacks;
	size_t stack_count;
	struct pmp_diag why_not;
};

/* pmp_look_lane - the lane of the view that a thread records on, -1 none */
int pmp_look_lane(const struct pmp_arena_view *view, int tid);

/* pmp_look_event - the event in flight on a lane, NULL when it is outside of MPI */
const struct pmp_event *pmp_look_event(const struct pmp_lane_view *lane);

/* pmp_look_mono_ns - ticks of a record as CLOCK_MONOTONIC; -1 when the clock cannot tell */
int64_t pmp_look_mono_ns(const struct pmp_arena_header *header, uint64_t ticks);

/* pmp_look_peer - a rank as it stands in a record: from 0, PMP_SEEN_ANY, _NOBODY or _UNKNOWN */
int32_t pmp_look_peer(const struct pmp_arena_header *header, int32_t peer);

/* pmp_look_world - rank of a communicator's member in MPI_COMM_WORLD, found in the records of all ranks; PMP_SEEN_UNKNOWN */
int32_t pmp_look_world(const struct pmp_look_rank *ranks, size_t count,
		       const struct pmp_arena_view *view, uint32_t comm, int32_t peer);

/* pmp_look_call - what a lane is doing, by its record */
struct pmp_seen_call pmp_look_call(const struct pmp_look_rank *ranks, size_t count,
				   const struct pmp_look_rank *rank, int lane,
				   struct pmp_pool *pool);

/* pmp_look_threads - the threads of all ranks with symbols. Return: 0 or -PMP_ENOMEM */
int pmp_look_threads(struct pmp_look_rank *ranks, size_t count, struct pmp_pool *pool,
		     struct pmp_seen *seen);

/* pmp_look_waits - judge who waits for whom; after pmp_look_threads. Return: 0 or -PMP_ENOMEM */
int pmp_look_waits(const struct pmp_look_rank *ranks, size_t count, struct pmp_pool *pool,
		   struct pmp_seen *seen);

#endif
