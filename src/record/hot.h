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
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "record/recorder.h"
#include "record/stack_cache.h"
#include "schema/arena.h"
#include "schema/calls.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "keys are packed in this order");

#define pmp_likely(x)   __builtin_expect(!!(x), 1)
#define pmp_unlikely(x) __builtin_expect(!!(x), 0)
#define PMP_HIDDEN      __attribute__((visibility("hidden")))

/* Left to itself the compiler makes calls of these in the 400 wrappers, and the probe goes through memory: 3 ns of 25. */
#define PMP_INLINE static inline __attribute__((always_inline))

/* The calling thread's recorder; never NULL: threads without one have one that never records. */
extern _Thread_local struct pmp_recorder *pmp_self __attribute__((tls_model("initial-exec")))
PMP_HIDDEN;

/* A recorder whose `gate` equals this may record. PMP_GATE_OFF while recording is off or paused. */
extern uint32_t pmp_gate PMP_HIDDEN;

struct pmp_probe {
	struct pmp_recorder *self;
	struct pmp_event *event; /* ring slot of this call */
	struct pmp_stat *stat;   /* NULL: not met before */
	uint64_t enter;
	uint64_t leave;
	uint32_t node;
	uint32_t region;
	uint32_t comm;
	uint16_t call;
	uint16_t size_class;
};

/* Cold halves of the functions below, in lanes.c and recorder.c. None takes the probe: it shall live in registers. */
struct pmp_recorder *pmp_enter_cold(void);
bool pmp_is_nested(struct pmp_recorder *self, const void *frame);
void pmp_unwind_missed(struct pmp_recorder *self);
struct pmp_gap *pmp_gap_miss(struct pmp_recorder *self, struct pmp_stat *stat, struct pmp_key key);
struct pmp_stat *pmp_stat_miss(struct pmp_recorder *self, struct pmp_key key, uint64_t ticks);
void pmp_flush_pending(struct pmp_recorder *self);
void pmp_ring_wrapped(struct pmp_recorder *self);

/*
 * pmp_enter - may this call be recorded?
 * @frame: __builtin_frame_address(0) of the wrapper: the return address of the wrapper lies in the slot above it
 *
 * False: recording is off or paused, the thread cannot be served, or the call was made inside another recorded call (depth
 * guard): call PMPI and return. A guard left behind by longjmp or a C++ exception is recognised by its frame and dropped.
 * True: the guard is held until pmp_end, and the call path is known (p->node).
 */
PMP_INLINE bool pmp_enter(struct pmp_probe *p, void *frame)
{
	struct pmp_recorder *self = pmp_self;
	bool is_hit;

	if (pmp_unlikely(self->gate != __atomic_load_n(&pmp_gate, __ATOMIC_RELAXED))) {
		self = pmp_enter_cold();
		if (!self)
			return false;
	}
	if (pmp_unlikely(self->guard != NULL) && pmp_is_nested(self, frame))
		return false;
	self->guard = frame;
	self->guard_address = ((const pmp_stack_word *)frame)[1];
	p->self = self;
	p->node = pmp_unwind(self->unwinder, frame, &is_hit);
	if (pmp_unlikely(!is_hit))
		pmp_unwind_missed(self);
	return true;
}

PMP_INLINE struct pmp_key pmp_stat_key(const struct pmp_probe *p)
{
	return (struct pmp_key){
		(uint64_t)p->region << 32 | p->node,
		(uint64_t)p->size_class << 48 | (uint64_t)p->call << 32 | p->comm,
	};
}

PMP_INLINE struct pmp_key pmp_gap_key(const struct pmp_recorder *self, uint32_t node, uint16_t call)
{
	return (struct pmp_key){
		(uint64_t)node << 32 | self->last_node,
		(uint64_t)call << 48 | (uint64_t)self->last_call << 32 | self->region,
	};
}

/* The time since the base becomes computation: that between the last event and one at p->node. */
PMP_INLINE void pmp_close_gap(struct pmp_recorder *self, struct pmp_gap *gap, uint64_t enter)
{
	uint64_t ticks = enter - self->base;

	if (pmp_unlikely(self->pending != 0))
		pmp_flush_pending(self);
	gap->count++;
	gap->total += ticks;
	gap->max = ticks > gap->max ? ticks : gap->max;
	self->base = enter;
	self->lane->last = enter;
}

/* Stat and gap of an event are known from its keys; usually the gap is the one that led to this stat last time. */
PMP_INLINE struct pmp_gap *pmp_find_records(struct pmp_probe *p)
{
	struct pmp_recorder *self = p->self;
	struct pmp_key key = pmp_gap_key(self, p->node, p->call);
	struct pmp_gap *gap = &self->lost_gap;

	p->stat = pmp_index_find(&self->stats, pmp_stat_key(p));
	if (pmp_likely(p->stat != NULL))
		gap = (struct pmp_gap *)(uintptr_t)p->stat->hint;
	if (pmp_unlikely(!pmp_key_is(gap, key)))
		gap = pmp_gap_miss(self, p->stat, key);
	return gap;
}

/*
 * The ring slot of the event, complete but for its times. A reader takes a slot without an entry stamp for an unused one: the old
 * event goes in one step, the new one appears in one step (pmp_enter_event).
 */
PMP_INLINE void pmp_open_event(struct pmp_probe *p, int32_t peer, int32_t tag, uint64_t bytes)
{
	struct pmp_event *event = &p->self->ring[p->self->events & p->self->ring_mask];

	__atomic_store_n(&event->enter, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&event->leave, 0, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	event->bytes = bytes;
	event->node = p->node;
	event->region = p->region;
	event->comm = p->comm;
	event->peer = peer;
	event->tag = tag;
	event->call = p->call;
	p->event = event;
}

PMP_INLINE void pmp_enter_event(struct pmp_probe *p)
{
	uint64_t now = pmp_clock_now();

	p->enter = now > p->self->base ? now : p->self->base;
	__atomic_store_n(&p->event->enter, p->enter, __ATOMIC_RELEASE);
}

/*
 * pmp_begin - stamp the entry; the time since the previous event becomes computation of the current region
 * @size: bytes posted, the larger direction: chooses the size class and stands in the flight recorder
 */
PMP_INLINE void pmp_begin(struct pmp_probe *p, unsigned call, uint32_t comm, int32_t peer,
			  int32_t tag, uint64_t size)
{
	struct pmp_recorder *self = p->self;
	struct pmp_gap *gap;

	p->region = self->region;
	p->comm = comm;
	p->call = (uint16_t)call;
	p->size_class = (uint16_t)(size ? 64 - __builtin_clzll(size) : 0);
	gap = pmp_find_records(p);
	pmp_open_event(p, peer, tag, size);
	pmp_enter_event(p);
	pmp_close_gap(self, gap, p->enter);
}

/* pmp_stop - stamp the exit. Work of ours between pmp_stop and pmp_end is not counted as MPI time. */
PMP_INLINE void pmp_stop(struct pmp_probe *p)
{
	p->leave = pmp_clock_now();
}

PMP_INLINE void pmp_count_call(struct pmp_stat *stat, uint64_t ticks, uint64_t out, uint64_t in)
{
	stat->total += ticks;
	stat->min = ticks < stat->min ? ticks : stat->min;
	stat->max = ticks > stat->max ? ticks : stat->max;
	stat->bytes_out += out;
	stat->bytes_in += in;
	stat->count++;
}

/*
 * The event is complete, and the next gap begins where it ended. The count goes first: a process killed in between leaves one event
 * without an end; the other way round its slot would pass for the oldest of the ring.
 */
PMP_INLINE void pmp_close_event(struct pmp_probe *p)
{
	struct pmp_recorder *self = p->self;

	self->last_node = p->node;
	self->last_call = p->call;
	self->events++;
	__atomic_store_n(&self->lane->events, self->events, __ATOMIC_RELEASE);
	__atomic_store_n(&self->lane->last, p->leave, __ATOMIC_RELEASE);
	__atomic_store_n(&p->event->leave, p->leave, __ATOMIC_RELEASE);
	if (pmp_unlikely((self->events & self->ring_mask) == 0))
		pmp_ring_wrapped(self);
}

/* pmp_end - add the call to its stat, complete the event, release the guard. Return: the stat, NULL when it was lost. */
PMP_INLINE struct pmp_stat *pmp_end(struct pmp_probe *p, uint64_t bytes_out, uint64_t bytes_in)
{
	struct pmp_recorder *self = p->self;

	p->leave = p->leave > p->enter ? p->leave : p->enter;
	self->base = p->leave;
	if (pmp_unlikely(!p->stat))
		p->stat = pmp_stat_miss(self, pmp_stat_key(p), p->leave - p->enter);
	if (pmp_likely(p->stat != NULL))
		pmp_count_call(p->stat, p->leave - p->enter, bytes_out, bytes_in);
	p->event->bytes = bytes_out > bytes_in ? bytes_out : bytes_in;
	self->lane->calls++;
	pmp_close_event(p);
	self->guard = NULL;
	return p->stat;
}

/*
 * pmp_sent, pmp_received - one message of the calling thread, counted in the peer table
 * @world: called only when (comm, rank) is new: its rank in MPI_COMM_WORLD or -1
 */
void pmp_sent(uint32_t comm, int32_t rank, uint64_t bytes,
	      int32_t (*world)(uint32_t comm, int32_t rank));
void pmp_received(uint32_t comm, int32_t rank, uint64_t bytes,
		  int32_t (*world)(uint32_t comm, int32_t rank));

/* pmp_credit - bytes that arrived by completing what another call started, on any thread; stat may be NULL */
static inline void pmp_credit(struct pmp_stat *stat, uint64_t bytes)
{
	if (stat)
		__atomic_fetch_add(&stat->bytes_in_late, bytes, __ATOMIC_RELAXED);
}

#endif
