/*
 * hot.h - the path of every recorded call. Contract for generated wrappers:
 *
 *	int MPI_Send(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
 *	{
 *		struct pmp_probe probe;
 *
 *		if (!pmp_enter(&probe, __builtin_frame_address(0)))
 *			return PMPI_Send(buf, count, datatype, dest, tag, comm);
 *		uint64_t out = ...bytes, read before the call...;
 *		pmp_begin(&probe, PMP_CALL_MPI_Send, comm_index, dest, tag, out);
 *		int rc = PMPI_Send(buf, count, datatype, dest, tag, comm);
 *		pmp_stop(&probe);
 *		...what has to be read from statuses...
 *		pmp_end(&probe, out, 0);
 *		return rc;
 *	}
 *
 * No function here locks, allocates, or makes a system call, save when a table has to grow or a stack is new (cold, counted in
 * pmp_lane.tool).
 */
#ifndef PMP_HOT_H
#define PMP_HOT_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/arena.h"
#include "schema/calls.h"

struct pmp_recorder; /* one per thread, private memory; its published half is a lane of the arena */

struct pmp_probe {
	struct pmp_recorder *self;
	struct pmp_event *event; /* ring slot of this call */
	uint64_t enter;
	uint64_t leave;
	uint32_t node;
	uint32_t region;
	uint32_t comm;
	uint16_t call;
	uint16_t size_class;
};

/*
 * pmp_enter - may this call be recorded?
 * @frame: __builtin_frame_address(0) of the wrapper: the return address of the wrapper lies in the slot above it
 *
 * False: recording is off or paused, the thread cannot be served, or the call was made inside another recorded call (depth
 * guard): call PMPI and return. A guard left behind by longjmp or a C++ exception is recognised by its frame and dropped.
 * True: the guard is held until pmp_end, and the call path is known (p->node).
 */
bool pmp_enter(struct pmp_probe *p, void *frame);

/*
 * pmp_begin - stamp the entry; the time since the previous event becomes computation of the current region
 * @size: bytes posted, the larger direction: chooses the size class and stands in the flight recorder
 */
void pmp_begin(struct pmp_probe *p, unsigned call, uint32_t comm, int32_t peer, int32_t tag, uint64_t size);

/* pmp_stop - stamp the exit. Work of ours between pmp_stop and pmp_end is not counted as MPI time. */
void pmp_stop(struct pmp_probe *p);

/* pmp_end - add the call to its stat, complete the event, release the guard. Return: the stat, NULL when it was lost. */
struct pmp_stat *pmp_end(struct pmp_probe *p, uint64_t bytes_out, uint64_t bytes_in);

/*
 * pmp_sent, pmp_received - one message of the calling thread, counted in the peer table
 * @world: called only when (comm, rank) is new: its rank in MPI_COMM_WORLD or -1
 */
void pmp_sent(uint32_t comm, int32_t rank, uint64_t bytes, int32_t (*world)(uint32_t comm, int32_t rank));
void pmp_received(uint32_t comm, int32_t rank, uint64_t bytes, int32_t (*world)(uint32_t comm, int32_t rank));

/* pmp_credit - bytes that arrived by completing what another call started, on any thread; stat may be NULL */
static inline void pmp_credit(struct pmp_stat *stat, uint64_t bytes)
{
	if (stat)
		__atomic_fetch_add(&stat->bytes_in_late, bytes, __ATOMIC_RELAXED);
}

#endif
