/*
 * recorder.h - what a thread records with: the private half of a lane
 *
 * A recorder belongs to a lane for good; threads borrow it one after the other. Only the borrowing thread ever touches it.
 *
 * All times of a thread are accounted for: begin + gaps + stats + tool + paused = last, save for calls that were lost (a lane
 * idles between two threads). `base` is the private stamp up to which
 * that holds; work of ours that was measured moves it on and waits in `tool_pending` for the next event.
 */
#ifndef PMP_RECORDER_H
#define PMP_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "record/index.h"
#include "record/modules.h"
#include "record/rank.h"
#include "record/table.h"
#include "record/unwind.h"

#define PMP_REGION_DEPTH 64
#define PMP_REGION_MEMO  64 /* a power of 2 */
#define PMP_RING_EVENTS  4096
#define PMP_RING_SHORT   256 /* when there is no room for a long one */

/* Values of the gate: whoever holds the same value as the gate may record. */
#define PMP_GATE_OFF     UINT32_C(0)
#define PMP_GATE_NOBODY  UINT32_C(1) /* of threads without a recorder: never equals the gate */
#define PMP_GATE_REFUSED UINT32_C(2) /* of threads that cannot get one */
#define PMP_GATE_FIRST   UINT32_C(3) /* the gate moves on with each resume */

/* The region that a name led to last time; checked by content, because names may lie in reused buffers. */
struct pmp_region_memo {
	const char *pointer; /* as given by the program */
	const char *text;    /* our copy */
	uint32_t parent;
	uint32_t region;
};

struct pmp_open_region {
	const char *name; /* our copy */
	uint32_t outer;   /* the region around it */
};

struct pmp_recorder {
	/* on every call */
	uint32_t gate;
	uint32_t region;
	void *guard; /* frame of the wrapper inside of which the thread is, NULL outside */
	uint64_t guard_address;
	struct pmp_unwinder *unwinder;
	struct pmp_lane *lane;
	struct pmp_event *ring;
	uint64_t ring_mask;
	uint64_t events;
	uint64_t base;
	uint64_t pending; /* tool_pending and paused_pending together */
	uint32_t last_node;
	uint16_t last_call;
	uint16_t lane_idx;
	struct pmp_index stats;
	struct pmp_index gaps;

	/* now and then */
	uint64_t tool_pending;
	uint64_t paused_pending;
	uint64_t paused_seen; /* of the process's paused time */
	uint64_t miss_begin;
	struct pmp_rank *rank;
	struct pmp_module_memo module;
	struct pmp_table node_table, stat_table, gap_table, peer_table;
	struct pmp_map nodes;        /* (address, parent) -> node */
	struct pmp_map peers;        /* (comm, rank) -> index + 1 */
	struct pmp_map python_paths; /* (stack of Python, C path) -> node */
	uint32_t interpreter,
		python; /* modules: the interpreter's, and what stands for its functions */
	struct pmp_peer *last_sent, *last_received;
	struct pmp_gap lost_gap; /* takes what no table has room for */
	struct pmp_recorder *next;
	bool is_in_use;
	uint32_t region_depth, region_excess;
	struct pmp_open_region region_stack[PMP_REGION_DEPTH];
	struct pmp_region_memo region_memo[PMP_REGION_MEMO];
};

extern const struct pmp_paths_ops pmp_recorder_paths;

/*
 * pmp_recorder_new - a recorder on a new lane of @rank, with empty tables
 *
 * Context: under the rank's lock. Return: NULL when the arena or the memory is full.
 */
struct pmp_recorder *pmp_recorder_new(struct pmp_rank *rank);

/* pmp_recorder_free - private memory of a recorder and its unwinder; the lane stays */
void pmp_recorder_free(struct pmp_recorder *self);

/* pmp_recorder_open - the calling thread begins to record at @now: 0 or -PMP_ENOMEM */
int pmp_recorder_open(struct pmp_recorder *self, uint64_t now);

/* pmp_recorder_close - the calling thread records no more: a last gap up to @now */
void pmp_recorder_close(struct pmp_recorder *self, uint64_t now);

/* pmp_recorder_leave - the calling thread ends: give back what was made for its stack */
void pmp_recorder_leave(struct pmp_recorder *self);

/*
 * pmp_recorder_node - the node below @parent that is known by @key, else a new one; 0 when there is no room
 *
 * Context: the recorder's thread, on misses.
 */
uint32_t pmp_recorder_node(struct pmp_recorder *self, uint32_t parent, uint64_t key,
			   uint64_t address, uint32_t module);

/* pmp_recorder_tool - @ticks of work of ours, just done, are not the program's */
void pmp_recorder_tool(struct pmp_recorder *self, uint64_t ticks);

/* pmp_recorder_paused - @ticks since the base were paused */
void pmp_recorder_paused(struct pmp_recorder *self, uint64_t ticks);

#endif
