/*
 * recorder.c - making a recorder, and what its thread does when something is new: a path, a key, a peer. Called by the thread
 * that holds the recorder; the time spent here is measured and counted as ours (lane.tool).
 */
#include "record/recorder.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/hot.h"
#include "record/modules.h"
#include "record/python.h"
#include "record/python_paths.h"

/* First sizes of the tables of a lane in records; they double. */
#define NODE_COUNT 508
#define STAT_COUNT 204
#define GAP_COUNT  305
#define PEER_COUNT 84

uint32_t pmp_recorder_node(struct pmp_recorder *self, uint32_t parent, uint64_t key,
			   uint64_t address, uint32_t module)
{
	uint32_t idx = pmp_map_find(&self->nodes, key, parent);
	struct pmp_node *node;

	if (idx)
		return idx;
	node = pmp_map_room(&self->nodes) ? NULL : pmp_table_reserve(&self->node_table, 1);
	if (!node) {
		self->lane->lost_paths++;
		return 0;
	}
	*node = (struct pmp_node){.address = address, .parent = parent, .module = module};
	idx = pmp_table_publish(&self->node_table, 1);
	pmp_map_add(&self->nodes, key, parent, idx);
	return idx;
}

static uint32_t child(void *ctx, uint32_t parent, uint64_t address)
{
	struct pmp_recorder *self = ctx;
	uint32_t idx = pmp_map_find(&self->nodes, address, parent);

	if (idx)
		return idx;
	return pmp_recorder_node(self, parent, address, address,
				 pmp_module_of(self->rank, &self->module, address));
}

static void stamp_miss(void *ctx)
{
	struct pmp_recorder *self = ctx;

	self->miss_begin = pmp_clock_now();
}

const struct pmp_paths_ops pmp_recorder_paths = {
	.child = child, .miss = stamp_miss, .overlay = pmp_python_path};

void pmp_recorder_tool(struct pmp_recorder *self, uint64_t ticks)
{
	self->base += ticks;
	self->tool_pending += ticks;
	self->pending = 1;
}

void pmp_recorder_paused(struct pmp_recorder *self, uint64_t ticks)
{
	self->base += ticks;
	self->paused_pending += ticks;
	self->pending = 1;
}

void pmp_flush_pending(struct pmp_recorder *self)
{
	self->lane->tool += self->tool_pending;
	self->lane->paused += self->paused_pending;
	self->tool_pending = self->paused_pending = self->pending = 0;
}

void pmp_unwind_missed(struct pmp_recorder *self)
{
	uint64_t now = pmp_clock_now();
	uint64_t begin = self->miss_begin > self->base ? self->miss_begin : self->base;

	self->lane->misses++;
	if (now > begin)
		pmp_recorder_tool(self, now - begin);
	if (pmp_unwinder_is_partial(self->unwinder))
		pmp_arena_warn(&self->rank->arena, PMP_WARN_UNWIND);
}

static struct pmp_gap *add_gap(struct pmp_recorder *self, struct pmp_key key)
{
	struct pmp_gap *gap = NULL;

	if (pmp_index_room(&self->gaps) == 0)
		gap = pmp_table_reserve(&self->gap_table, 1);
	if (!gap)
		return &self->lost_gap;
	memcpy(gap, &key, sizeof(key));
	pmp_table_publish(&self->gap_table, 1);
	pmp_index_add(&self->gaps, gap);
	return gap;
}

struct pmp_gap *pmp_gap_miss(struct pmp_recorder *self, struct pmp_stat *stat, struct pmp_key key)
{
	struct pmp_gap *gap = pmp_index_find(&self->gaps, key);

	if (!gap) {
		uint64_t begin =
			pmp_clock_now(); /* the base lies before the computation that ends here */
		uint64_t end;

		gap = add_gap(self, key);
		end = pmp_clock_now();
		if (begin >= self->base && end > begin)
			pmp_recorder_tool(self, end - begin);
	}
	if (stat)
		stat->hint = (uintptr_t)gap;
	return gap;
}

static struct pmp_stat *add_stat(struct pmp_recorder *self, struct pmp_key key, uint64_t ticks)
{
	struct pmp_stat *stat = NULL;

	if (pmp_index_room(&self->stats) == 0)
		stat = pmp_table_reserve(&self->stat_table, 1);
	if (!stat)
		return NULL;
	memcpy(stat, &key, sizeof(key));
	stat->min = ticks;
	stat->max = ticks;
	stat->hint = (uintptr_t)&self->lost_gap; /* its key is that of no gap */
	pmp_table_publish(&self->stat_table, 1);
	pmp_index_add(&self->stats, stat);
	return stat;
}

/* The base is the exit stamp: since then nothing but work of ours was done. */
struct pmp_stat *pmp_stat_miss(struct pmp_recorder *self, struct pmp_key key, uint64_t ticks)
{
	struct pmp_stat *stat = add_stat(self, key, ticks);
	uint64_t end = pmp_clock_now();

	if (!stat)
		self->lane->lost_keys++;
	if (end > self->base)
		pmp_recorder_tool(self, end - self->base);
	return stat;
}

/* Once per ring: a reader of a dead process's arena gets a clock pair that is not too old. */
void pmp_ring_wrapped(struct pmp_recorder *self)
{
	struct pmp_arena_header *header = pmp_arena_header(&self->rank->arena);
	struct pmp_clock_reading reading;

	if (self->lane_idx != 0)
		return;
	pmp_clock_read(&reading);
	header->latest.ticks = reading.ticks;
	header->latest.mono_ns = reading.mono_ns;
	header->latest.real_ns = reading.real_ns;
}

static int init_ring(struct pmp_recorder *self)
{
	static const uint32_t sizes[] = {PMP_RING_EVENTS, PMP_RING_SHORT};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pmp_segment *segment =
			pmp_arena_segment(&self->rank->arena, PMP_KIND_EVENTS, self->lane_idx,
					  sizeof(struct pmp_event), sizes[i], 0, true);

		if (!segment)
			continue;
		self->ring = (struct pmp_event *)(segment + 1);
		self->ring_mask = sizes[i] - 1;
		return 0;
	}
	return -PMP_EFULL;
}

static int init_tables(struct pmp_recorder *self)
{
	const struct {
		struct pmp_table *table;
		enum pmp_kind kind;
		uint32_t record_bytes, capacity;
	} rows[] = {
		{&self->node_table, PMP_KIND_NODES, sizeof(struct pmp_node), NODE_COUNT},
		{&self->stat_table, PMP_KIND_STATS, sizeof(struct pmp_stat), STAT_COUNT},
		{&self->gap_table, PMP_KIND_GAPS, sizeof(struct pmp_gap), GAP_COUNT},
		{&self->peer_table, PMP_KIND_PEERS, sizeof(struct pmp_peer), PEER_COUNT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = pmp_table_init(rows[i].table, &self->rank->arena, rows[i].kind,
					self->lane_idx, rows[i].record_bytes, rows[i].capacity);

		if (rc)
			return rc;
	}
	pmp_table_publish(&self->node_table, 1); /* the root */
	return init_ring(self);
}

static int init_indices(struct pmp_recorder *self)
{
	if (pmp_index_init(&self->stats, 9) || pmp_index_init(&self->gaps, 9) ||
	    pmp_map_init(&self->nodes, 10) || pmp_map_init(&self->peers, 7))
		return -PMP_ENOMEM;
	return pmp_python_state() == PMP_PYTHON_KNOWN ? pmp_map_init(&self->python_paths, 8) : 0;
}

struct pmp_recorder *pmp_recorder_new(struct pmp_rank *rank)
{
	struct pmp_recorder *self = mmap(NULL, sizeof(*self), PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (self == MAP_FAILED)
		return NULL;
	self->rank = rank;
	self->gate = PMP_GATE_NOBODY;
	if (init_indices(self))
		goto fail;
	self->lane = pmp_table_reserve(&rank->lanes, 1);
	if (!self->lane)
		goto fail;
	self->lane_idx = (uint16_t)pmp_table_publish(&rank->lanes, 1);
	if (init_tables(self) == 0)
		return self;
fail:
	pmp_recorder_free(self);
	return NULL;
}

void pmp_recorder_free(struct pmp_recorder *self)
{
	pmp_unwinder_free(self->unwinder);
	pmp_index_release(&self->stats);
	pmp_index_release(&self->gaps);
	pmp_map_release(&self->nodes);
	pmp_map_release(&self->peers);
	pmp_map_release(&self->python_paths);
	munmap(self, sizeof(*self));
}

int pmp_recorder_open(struct pmp_recorder *self, uint64_t now)
{
	self->unwinder = pmp_unwinder_new(&pmp_recorder_paths, self);
	if (!self->unwinder)
		return -PMP_ENOMEM;
	self->base = now;
	self->guard = NULL;
	self->last_node = 0;
	self->last_call = 0;
	self->region = 0;
	self->region_depth = self->region_excess = 0;
	if (self->lane->users++ == 0)
		self->lane->begin = now;
	self->lane->last = now;
	self->lane->tid = (uint32_t)syscall(SYS_gettid);
	return 0;
}

void pmp_recorder_close(struct pmp_recorder *self, uint64_t now)
{
	struct pmp_key key = pmp_gap_key(self, 0, 0);
	struct pmp_gap *gap = pmp_index_find(&self->gaps, key);

	if (!gap)
		gap = add_gap(self, key);
	pmp_close_gap(self, gap, now > self->base ? now : self->base);
	self->gate = PMP_GATE_NOBODY;
	self->guard = NULL;
}

void pmp_recorder_leave(struct pmp_recorder *self)
{
	pmp_unwinder_free(self->unwinder);
	self->unwinder = NULL;
}
