/*
 * regions.c - regions of the program: a stack per thread, marks in the record. Called by api.c and the Fortran layer on any
 * thread. A begin or end costs one event and one clock reading; a name that is new on this thread, a lock.
 */
#include "record/record.h"

#include <string.h>

#include "record/hot.h"
#include "record/lanes.h"

/*
 * A mark is an event without duration: its one stamp ends the gap before it. It belongs to @region; the time before it to the
 * region the thread was in.
 */
static void mark(struct pmp_probe *p, enum pmp_call_id call, uint32_t region)
{
	struct pmp_gap *gap;

	p->region = region;
	p->comm = 0;
	p->call = (uint16_t)call;
	p->size_class = 0;
	gap = pmp_find_records(p);
	pmp_open_event(p, PMP_NO_PEER, PMP_NO_TAG, 0);
	pmp_enter_event(p);
	p->leave = p->enter;
	pmp_close_gap(p->self, gap, p->enter);
	if (!p->stat)
		p->stat = pmp_stat_miss(p->self, pmp_stat_key(p), 0);
	if (p->stat)
		pmp_count_call(p->stat, 0, 0, 0);
	pmp_close_event(p);
}

/* The region of that name inside the current one; NULL when there is no room for a new one. */
static const struct pmp_region_memo *find_region(struct pmp_recorder *self, const char *where,
						 const char *name)
{
	uint64_t slot = ((uintptr_t)where >> 3) + self->region;
	struct pmp_region_memo *memo = &self->region_memo[slot & (PMP_REGION_MEMO - 1)];

	if (memo->pointer == where && memo->parent == self->region &&
	    strncmp(memo->text, name, PMP_TEXT_MAX - 1) == 0)
		return memo;
	memo->region = pmp_rank_region(self->rank, self->region, name);
	memo->parent = self->region;
	memo->text = pmp_rank_region_name(self->rank, memo->region);
	memo->pointer = memo->region == self->region ? NULL : where;
	return memo->pointer ? memo : NULL;
}

/* Also while paused and inside of MPI calls regions are followed, without a mark. */
static struct pmp_recorder *silent_recorder(void)
{
	struct pmp_recorder *self = pmp_self;

	if (self->gate < PMP_GATE_FIRST || !pmp_lanes_are_open())
		return NULL;
	return self;
}

/* Too deep, or no room: such regions are only counted, so that their ends are known. */
static void open_region(struct pmp_recorder *self, const char *where, const char *name,
			struct pmp_probe *probe)
{
	const struct pmp_region_memo *region = NULL;

	if (!self->region_excess && self->region_depth < PMP_REGION_DEPTH)
		region = find_region(self, where, name);
	if (!region) {
		self->region_excess++;
		return;
	}
	if (probe)
		mark(probe, PMP_CALL_pmprof_region_begin, region->region);
	self->region_stack[self->region_depth++] =
		(struct pmp_open_region){.name = region->text, .outer = self->region};
	self->region = region->region;
}

void pmp_region_begin_at(const char *where, const char *name, void *frame)
{
	struct pmp_probe probe;

	if (pmp_enter(&probe, frame)) {
		open_region(probe.self, where, name, &probe);
		probe.self->guard = NULL;
	} else {
		struct pmp_recorder *self = silent_recorder();

		if (self)
			open_region(self, where, name, NULL);
	}
}

void pmp_region_begin(const char *name, void *frame)
{
	pmp_region_begin_at(name ? name : "", name ? name : "", frame);
}

/* How many regions to close: up to the innermost of that name; none when it is not open. */
static uint32_t levels_to_close(const struct pmp_recorder *self, const char *name)
{
	for (uint32_t level = 1; level <= self->region_depth; level++) {
		const char *open = self->region_stack[self->region_depth - level].name;

		if (!name || strncmp(open, name, PMP_TEXT_MAX - 1) == 0)
			return level;
	}
	return 0;
}

static void close_regions(struct pmp_recorder *self, const char *name, struct pmp_probe *probe)
{
	if (self->region_excess) {
		self->region_excess--;
		return;
	}
	for (uint32_t level = levels_to_close(self, name); level; level--) {
		if (probe)
			mark(probe, PMP_CALL_pmprof_region_end, self->region);
		self->region = self->region_stack[--self->region_depth].outer;
	}
}

void pmp_region_end(const char *name, void *frame)
{
	struct pmp_probe probe;

	if (pmp_enter(&probe, frame)) {
		close_regions(probe.self, name, &probe);
		probe.self->guard = NULL;
	} else {
		struct pmp_recorder *self = silent_recorder();

		if (self)
			close_regions(self, name, NULL);
	}
}
