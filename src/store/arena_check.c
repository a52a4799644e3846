/*
 * arena_check.c - decides which records of a salvaged arena can be believed. Used by arena_view.c, one thread.
 *
 * A record whose own numbers contradict each other is dropped. One that only refers to something lost (a call path whose segment
 * is gone) is kept with that reference set to 0, "unknown": its counts are still true. Records of tables that others refer to
 * (nodes, regions, communicators, modules) keep their places. Must not read the file.
 */
#include "store/arena_internal.h"

#include <stdlib.h>
#include <string.h>

#include "schema/calls.h"

#define SIGNAL_MAX 64

/* What a reference of a lane's record may point to. */
struct limits {
	struct pmp_arena_scan *scan;
	size_t nodes, regions, comms, modules, strings;
	uint64_t span; /* ticks the lane existed */
};

/* mend - a reference out of range becomes 0 */
static void mend(const struct limits *limits, uint32_t *reference, size_t count)
{
	if (*reference < count || *reference == 0)
		return;
	*reference = 0;
	limits->scan->mended++;
}

static void check_modules(const struct limits *limits, struct pmp_module *modules)
{
	for (size_t i = 0; i < limits->modules; i++) {
		struct pmp_module *m = &modules[i];

		mend(limits, &m->path, limits->strings);
		if (m->build_id_len <= 20 && m->start <= m->end)
			continue;
		memset(m, 0, sizeof(*m));
		limits->scan->dropped++;
	}
}

static void check_regions(const struct limits *limits, struct pmp_region *regions)
{
	for (size_t i = 0; i < limits->regions; i++) {
		mend(limits, &regions[i].parent, i);
		mend(limits, &regions[i].name, limits->strings);
	}
}

static void check_comms(const struct limits *limits, struct pmp_comm *comms)
{
	for (size_t i = 0; i < limits->comms; i++) {
		struct pmp_comm *c = &comms[i];

		mend(limits, &c->parent, i);
		mend(limits, &c->name, limits->strings);
		if (c->size <= INT32_MAX && c->remote_size <= INT32_MAX &&
		    c->origin < PMP_CALL_COUNT)
			continue;
		c->size = c->remote_size = c->origin = 0;
		limits->scan->mended++;
	}
}

static void check_nodes(const struct limits *limits, struct pmp_node *nodes)
{
	for (size_t i = 0; i < limits->nodes; i++) {
		mend(limits, &nodes[i].parent, i);
		mend(limits, &nodes[i].module, limits->modules);
	}
}

/* The first record of the table, if there is one that makes sense. */
static const struct pmp_crash *check_crash(const struct limits *limits, struct pmp_raw_table *table,
					   size_t lanes)
{
	struct pmp_crash *c = (struct pmp_crash *)table->records;

	if (table->count == 0)
		return NULL;
	if (c->signal <= 0 || c->signal > SIGNAL_MAX || c->inner > PMP_CRASH_INNER ||
	    c->outer > PMP_CRASH_FRAMES - PMP_CRASH_INNER) {
		limits->scan->dropped++;
		return NULL;
	}
	if (c->inner == 0) /* its stack was not stored to the end */
		c->outer = 0;
	if (c->depth > PMP_COUNT_MAX || c->depth < (uint64_t)c->inner + c->outer)
		c->depth = (uint64_t)c->inner + c->outer;
	if (c->lane >= lanes)
		c->lane = UINT32_MAX;
	mend(limits, &c->region, limits->regions);
	for (size_t i = 0; i < c->inner + c->outer; i++)
		mend(limits, &c->modules[i], limits->modules);
	table->records = NULL;
	return c;
}

/* Unused records (count 0: never completed) are skipped, contradictory ones dropped. */
enum verdict { KEEP, SKIP, DROP };

/*
 * A process that was killed between two stores leaves a stat whose count is ahead of its times: they are made to agree, nothing is
 * thrown away. No lane can spend more time than passed.
 */
static void mend_times(const struct limits *limits, uint64_t count, uint64_t *total, uint64_t *min,
		       uint64_t *max)
{
	uint64_t before[] = {*total, *min, *max};

	if (*total > limits->span)
		*total = limits->span;
	if (*max > *total)
		*max = *total;
	if (*min > *total / count)
		*min = *total / count;
	if (*max < *min)
		*max = *min;
	limits->scan->mended += before[0] != *total || before[1] != *min || before[2] != *max;
}

static enum verdict check_stat(const struct limits *limits, struct pmp_stat *s)
{
	if (s->count == 0)
		return SKIP;
	if (s->call == 0 || s->call >= PMP_CALL_COUNT || s->size_class > 64 ||
	    s->count > PMP_COUNT_MAX || s->bytes_out > PMP_COUNT_MAX ||
	    s->bytes_in > PMP_COUNT_MAX || s->bytes_in_late > PMP_COUNT_MAX)
		return DROP;
	mend_times(limits, s->count, &s->total, &s->min, &s->max);
	mend(limits, &s->node, limits->nodes);
	mend(limits, &s->region, limits->regions);
	mend(limits, &s->comm, limits->comms);
	return KEEP;
}

static enum verdict check_gap(const struct limits *limits, struct pmp_gap *g)
{
	uint64_t min = 0;

	if (g->count == 0)
		return SKIP;
	if (g->from_call >= PMP_CALL_COUNT || g->to_call >= PMP_CALL_COUNT ||
	    g->count > PMP_COUNT_MAX)
		return DROP;
	mend_times(limits, g->count, &g->total, &min, &g->max);
	mend(limits, &g->from_node, limits->nodes);
	mend(limits, &g->to_node, limits->nodes);
	mend(limits, &g->region, limits->regions);
	return KEEP;
}

static enum verdict check_peer(const struct limits *limits, struct pmp_peer *p)
{
	if (p->sent_count == 0 && p->recv_count == 0)
		return SKIP;
	if (p->rank < 0 || p->world < -1 || p->sent_count > PMP_COUNT_MAX ||
	    p->sent_bytes > PMP_COUNT_MAX || p->recv_count > PMP_COUNT_MAX ||
	    p->recv_bytes > PMP_COUNT_MAX)
		return DROP;
	mend(limits, &p->comm, limits->comms);
	return KEEP;
}

static bool check_event(const struct limits *limits, struct pmp_event *e)
{
	if (e->call == 0 || e->call >= PMP_CALL_COUNT || e->enter == 0 ||
	    e->bytes > PMP_COUNT_MAX || (e->leave && e->leave < e->enter))
		return false;
	mend(limits, &e->node, limits->nodes);
	mend(limits, &e->region, limits->regions);
	mend(limits, &e->comm, limits->comms);
	return true;
}

/* keep_good_<record> - leave only those that pass. Return: how many are left */
#define KEEP_GOOD(record)                                                                          \
	static size_t keep_good_##record(const struct limits *limits,                              \
					 struct pmp_##record *records, size_t count)               \
	{                                                                                          \
		size_t kept = 0;                                                                   \
                                                                                                   \
		for (size_t i = 0; i < count; i++) {                                               \
			enum verdict verdict = check_##record(limits, &records[i]);                \
                                                                                                   \
			if (verdict == KEEP)                                                       \
				records[kept++] = records[i];                                      \
			limits->scan->dropped += verdict == DROP;                                  \
		}                                                                                  \
		return kept;                                                                       \
	}
KEEP_GOOD(stat)
KEEP_GOOD(gap)
KEEP_GOOD(peer)

/* Does the event fit behind the one kept before it? Events of one thread do not overlap. */
static bool event_follows(const struct pmp_event *e, const struct pmp_lane *lane, uint64_t *time)
{
	if (e->enter < *time || (e->leave && e->leave > lane->last))
		return false;
	*time = e->leave ? e->leave : e->enter;
	return true;
}

/*
 * The ring in order of time. The slot of event number lane.events is in flight (left == 0), or still the oldest completed one, or
 * was never used. Return: a new array, NULL when there is no memory.
 */
static struct pmp_event *unroll(const struct limits *limits, const struct pmp_raw_table *ring,
				const struct pmp_lane *lane, size_t *kept)
{
	const struct pmp_event *slots = (const struct pmp_event *)ring->records;
	size_t capacity = ring->count;
	struct pmp_event *events = calloc(capacity + 1, sizeof(*events));
	uint64_t count = lane->events < capacity ? lane->events : capacity;
	uint64_t time = lane->begin;

	*kept = 0;
	if (!events)
		return NULL;
	for (uint64_t n = lane->events - count; capacity && n <= lane->events; n++) {
		struct pmp_event e = slots[n % capacity];
		bool is_oldest = n + capacity == lane->events;

		if (n == lane->events && (e.enter == 0 || e.leave != 0))
			break; /* nothing in flight */
		if (is_oldest && e.leave == 0)
			continue; /* its slot is in use again */
		if ((n == lane->events || e.leave) && check_event(limits, &e) &&
		    event_follows(&e, lane, &time))
			events[(*kept)++] = e;
		else
			limits->scan->dropped++;
	}
	return events;
}

static void take(struct pmp_raw_table *table, void **records, size_t *count)
{
	*records = table->records;
	*count = table->count;
	table->records = NULL;
}

/* A lane whose own record is lost still has its tables: as much of it as they tell is put together. */
static void restore_lane(struct pmp_lane_view *view)
{
	struct pmp_lane *lane = &view->lane;

	for (size_t i = 0; i < view->stat_count; i++)
		lane->calls += view->stats[i].count;
}

static int check_lane(struct limits *limits, struct pmp_arena_scan *scan,
		      struct pmp_lane_view *view, size_t index)
{
	struct pmp_raw_table *tables = scan->lane_tables[index];
	const struct pmp_raw_table *lanes = &scan->rank_tables[PMP_KIND_LANES];
	bool is_known = index < lanes->count;
	void *p;

	if (is_known)
		view->lane = ((const struct pmp_lane *)lanes->records)[index];
	limits->span = PMP_TICKS_MAX;
	if (is_known && view->lane.last >= view->lane.begin &&
	    view->lane.last - view->lane.begin < PMP_TICKS_MAX)
		limits->span = view->lane.last - view->lane.begin;
	limits->nodes = tables[PMP_KIND_NODES].count;
	check_nodes(limits, (struct pmp_node *)tables[PMP_KIND_NODES].records);
	take(&tables[PMP_KIND_NODES], &p, &view->node_count);
	view->nodes = p;
	take(&tables[PMP_KIND_STATS], &p, &view->stat_count);
	view->stats = p;
	view->stat_count = keep_good_stat(limits, p, view->stat_count);
	take(&tables[PMP_KIND_GAPS], &p, &view->gap_count);
	view->gaps = p;
	view->gap_count = keep_good_gap(limits, p, view->gap_count);
	take(&tables[PMP_KIND_PEERS], &p, &view->peer_count);
	view->peers = p;
	view->peer_count = keep_good_peer(limits, p, view->peer_count);
	if (!is_known)
		restore_lane(view);
	if (!is_known)
		return 0;
	view->events = unroll(limits, &tables[PMP_KIND_EVENTS], &view->lane, &view->event_count);
	return view->events ? 0 : -PMP_ENOMEM;
}

/* A lane exists when it has a record or a table; lanes reserved but never used have neither a record nor a thread. */
static size_t count_lanes(const struct pmp_arena_scan *scan)
{
	size_t known = scan->rank_tables[PMP_KIND_LANES].count;

	return known > scan->lane_count ? known : scan->lane_count;
}

static int check_lanes(struct limits *limits, struct pmp_arena_scan *scan,
		       struct pmp_arena_view *view)
{
	size_t count = count_lanes(scan);
	static const struct pmp_lane unused;

	view->lanes = calloc(count + 1, sizeof(*view->lanes));
	if (!view->lanes)
		return -PMP_ENOMEM;
	view->lane_count = count;
	for (size_t i = 0; i < count; i++) {
		int rc = 0;

		if (i < scan->lane_count)
			rc = check_lane(limits, scan, &view->lanes[i], i);
		else
			view->lanes[i].lane =
				((const struct pmp_lane *)scan->rank_tables[PMP_KIND_LANES]
					 .records)[i];
		if (rc)
			return rc;
	}
	while (view->lane_count && !view->lanes[view->lane_count - 1].node_count &&
	       memcmp(&view->lanes[view->lane_count - 1].lane, &unused, sizeof(unused)) == 0)
		view->lane_count--;
	return 0;
}

int pmp_arena_check(struct pmp_arena_scan *scan, struct pmp_arena_view *view)
{
	struct pmp_raw_table *tables = scan->rank_tables;
	struct limits limits = {
		.scan = scan,
		.regions = tables[PMP_KIND_REGIONS].count,
		.comms = tables[PMP_KIND_COMMS].count,
		.modules = tables[PMP_KIND_MODULES].count,
		.strings = tables[PMP_KIND_STRINGS].count,
	};
	char *strings = realloc(tables[PMP_KIND_STRINGS].records, limits.strings + 1);
	void *p;

	if (!strings)
		return -PMP_ENOMEM;
	strings[limits.strings] = '\0';
	tables[PMP_KIND_STRINGS].records = NULL;
	view->strings = strings;
	view->strings_bytes = limits.strings + 1;
	check_modules(&limits, (struct pmp_module *)tables[PMP_KIND_MODULES].records);
	check_regions(&limits, (struct pmp_region *)tables[PMP_KIND_REGIONS].records);
	check_comms(&limits, (struct pmp_comm *)tables[PMP_KIND_COMMS].records);
	take(&tables[PMP_KIND_MODULES], &p, &view->module_count);
	view->modules = p;
	take(&tables[PMP_KIND_REGIONS], &p, &view->region_count);
	view->regions = p;
	take(&tables[PMP_KIND_COMMS], &p, &view->comm_count);
	view->comms = p;
	view->crash = check_crash(&limits, &tables[PMP_KIND_CRASHES], count_lanes(scan));
	return check_lanes(&limits, scan, view);
}

void pmp_arena_check_free(struct pmp_arena_view *view)
{
	for (size_t i = 0; view->lanes && i < view->lane_count; i++) {
		struct pmp_lane_view *lane = &view->lanes[i];

		free((void *)lane->nodes);
		free((void *)lane->stats);
		free((void *)lane->gaps);
		free((void *)lane->peers);
		free((void *)lane->events);
	}
	free(view->lanes);
	free((void *)view->strings);
	free((void *)view->modules);
	free((void *)view->regions);
	free((void *)view->comms);
	free((void *)view->crash);
}
