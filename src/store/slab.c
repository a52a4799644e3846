/*
 * slab.c - one arena's records as rows of the file: global numbers, nanoseconds, sorted. Used by writer.c; pure.
 */
#include "store/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "model/model.h"
#include "schema/calls.h"

#define TIME_MAX (INT64_C(1) << 60)

/* What all rows of an arena need. */
struct context {
	const struct pmp_arena_view *arena;
	const struct pmp_arena_keys *keys;
	const struct pmp_catalog *catalog;
	struct pmp_clock_map clock;
	uint32_t lane;
};

static uint32_t path_of(const struct context *c, uint32_t node)
{
	return pmp_catalog_index(c->catalog, PMP_CATALOG_PATHS, c->keys->nodes[c->lane][node]);
}

static uint32_t region_of(const struct context *c, uint32_t region)
{
	return pmp_catalog_index(c->catalog, PMP_CATALOG_REGIONS, c->keys->regions[region]);
}

static uint32_t comm_of(const struct context *c, uint32_t comm)
{
	return pmp_catalog_index(c->catalog, PMP_CATALOG_COMMS, c->keys->comms[comm]);
}

static void put_profile(const struct context *c, const struct pmp_stat *s,
			struct pmp_row_profile *row)
{
	*row = (struct pmp_row_profile){
		.rank = (uint32_t)c->arena->header.rank,
		.thread = c->lane,
		.path = path_of(c, s->node),
		.region = region_of(c, s->region),
		.comm = comm_of(c, s->comm),
		.call = pmp_call_info(s->call)->name,
		.size_class = s->size_class,
		.count = (int64_t)s->count,
		.time_ns = pmp_clock_duration(&c->clock, s->total),
		.min_ns = pmp_clock_duration(&c->clock, s->min),
		.max_ns = pmp_clock_duration(&c->clock, s->max),
		.bytes_out = (int64_t)s->bytes_out,
		.bytes_in = (int64_t)(s->bytes_in + s->bytes_in_late),
	};
}

static void put_compute(const struct context *c, const struct pmp_gap *g,
			struct pmp_row_compute *row)
{
	*row = (struct pmp_row_compute){
		.rank = (uint32_t)c->arena->header.rank,
		.thread = c->lane,
		.from_path = path_of(c, g->from_node),
		.to_path = path_of(c, g->to_node),
		.region = region_of(c, g->region),
		.from_call = g->from_call,
		.to_call = g->to_call,
		.count = (int64_t)g->count,
		.time_ns = pmp_clock_duration(&c->clock, g->total),
		.max_ns = pmp_clock_duration(&c->clock, g->max),
	};
}

static void put_message(const struct context *c, const struct pmp_peer *p,
			struct pmp_row_messages *row)
{
	*row = (struct pmp_row_messages){
		.rank = (uint32_t)c->arena->header.rank,
		.peer = p->world < 0 ? PMP_NONE : (uint32_t)p->world,
		.comm = comm_of(c, p->comm),
		.sent_count = (int64_t)p->sent_count,
		.sent_bytes = (int64_t)p->sent_bytes,
		.recv_count = (int64_t)p->recv_count,
		.recv_bytes = (int64_t)p->recv_bytes,
	};
}

static void put_event(const struct context *c, const struct pmp_event *e,
		      struct pmp_row_events *row)
{
	*row = (struct pmp_row_events){
		.rank = (uint32_t)c->arena->header.rank,
		.thread = c->lane,
		.path = path_of(c, e->node),
		.region = region_of(c, e->region),
		.comm = comm_of(c, e->comm),
		.call = (uint16_t)e->call,
		.peer = e->peer,
		.tag = e->tag,
		.enter_ns = pmp_clock_mono(&c->clock, e->enter),
		.leave_ns = e->leave ? pmp_clock_mono(&c->clock, e->leave) : -1,
		.bytes = (int64_t)e->bytes,
	};
}

#define COMPARE(field)                                                                             \
	do {                                                                                       \
		if (x->field != y->field)                                                          \
			return x->field < y->field ? -1 : 1;                                       \
	} while (0)

static int compare_profile(const void *a, const void *b)
{
	const struct pmp_row_profile *x = a, *y = b;
	int calls;

	COMPARE(thread);
	COMPARE(path);
	COMPARE(region);
	COMPARE(comm);
	calls = strcmp(x->call, y->call);
	if (calls)
		return calls;
	COMPARE(size_class);
	COMPARE(count);
	COMPARE(time_ns);
	return 0;
}

static int compare_compute(const void *a, const void *b)
{
	const struct pmp_row_compute *x = a, *y = b;

	COMPARE(thread);
	COMPARE(from_path);
	COMPARE(to_path);
	COMPARE(region);
	COMPARE(from_call);
	COMPARE(to_call);
	COMPARE(count);
	COMPARE(time_ns);
	return 0;
}

static int compare_messages(const void *a, const void *b)
{
	const struct pmp_row_messages *x = a, *y = b;

	COMPARE(peer);
	COMPARE(comm);
	return 0;
}

/* Threads of a rank, and peers outside of MPI_COMM_WORLD, are added up. */
static size_t add_up(struct pmp_row_messages *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct pmp_row_messages *last = kept ? &rows[kept - 1] : NULL;

		if (!last || last->peer != rows[i].peer || last->comm != rows[i].comm) {
			rows[kept++] = rows[i];
			continue;
		}
		last->sent_count += rows[i].sent_count;
		last->sent_bytes += rows[i].sent_bytes;
		last->recv_count += rows[i].recv_count;
		last->recv_bytes += rows[i].recv_bytes;
	}
	return kept;
}

static int reserve(struct pmp_slab *slab, const struct pmp_arena_view *arena)
{
	size_t counts[PMP_SLAB_COUNT] = {0};

	for (size_t i = 0; i < arena->lane_count; i++) {
		counts[PMP_SLAB_PROFILE] += arena->lanes[i].stat_count;
		counts[PMP_SLAB_COMPUTE] += arena->lanes[i].gap_count;
		counts[PMP_SLAB_MESSAGES] += arena->lanes[i].peer_count;
		counts[PMP_SLAB_EVENTS] += arena->lanes[i].event_count;
	}
	slab->profile = calloc(counts[PMP_SLAB_PROFILE] + 1, sizeof(*slab->profile));
	slab->compute = calloc(counts[PMP_SLAB_COMPUTE] + 1, sizeof(*slab->compute));
	slab->messages = calloc(counts[PMP_SLAB_MESSAGES] + 1, sizeof(*slab->messages));
	slab->events = calloc(counts[PMP_SLAB_EVENTS] + 1, sizeof(*slab->events));
	return slab->profile && slab->compute && slab->messages && slab->events ? 0 : -PMP_ENOMEM;
}

static void put_lane(struct pmp_slab *slab, const struct context *c)
{
	const struct pmp_lane_view *lane = &c->arena->lanes[c->lane];
	size_t *counts = slab->counts;

	for (size_t i = 0; i < lane->stat_count; i++)
		put_profile(c, &lane->stats[i], &slab->profile[counts[PMP_SLAB_PROFILE]++]);
	for (size_t i = 0; i < lane->gap_count; i++)
		put_compute(c, &lane->gaps[i], &slab->compute[counts[PMP_SLAB_COMPUTE]++]);
	for (size_t i = 0; i < lane->peer_count; i++)
		put_message(c, &lane->peers[i], &slab->messages[counts[PMP_SLAB_MESSAGES]++]);
	for (size_t i = 0; i < lane->event_count; i++)
		put_event(c, &lane->events[i], &slab->events[counts[PMP_SLAB_EVENTS]++]);
}

int pmp_slab_fill(struct pmp_slab *slab, const struct pmp_arena_view *arena,
		  const struct pmp_arena_keys *keys, const struct pmp_catalog *catalog)
{
	struct context c = {arena, keys, catalog, pmp_clock_map(&arena->header), 0};

	memset(slab, 0, sizeof(*slab));
	if (reserve(slab, arena))
		return -PMP_ENOMEM;
	for (; c.lane < arena->lane_count; c.lane++)
		put_lane(slab, &c);
	qsort(slab->profile, slab->counts[PMP_SLAB_PROFILE], sizeof(*slab->profile),
	      compare_profile);
	qsort(slab->compute, slab->counts[PMP_SLAB_COMPUTE], sizeof(*slab->compute),
	      compare_compute);
	qsort(slab->messages, slab->counts[PMP_SLAB_MESSAGES], sizeof(*slab->messages),
	      compare_messages);
	slab->counts[PMP_SLAB_MESSAGES] = add_up(slab->messages, slab->counts[PMP_SLAB_MESSAGES]);
	return 0;
}

/* Stamps of a damaged record may be anything: readers subtract them from each other. */
static int64_t shifted(int64_t time, int64_t shift)
{
	int64_t sum = (int64_t)((uint64_t)time + (uint64_t)shift);

	return sum > TIME_MAX ? TIME_MAX : sum < -TIME_MAX ? -TIME_MAX : sum;
}

void pmp_slab_place(struct pmp_slab *slab, int64_t shift_ns, uint32_t ranks)
{
	for (size_t i = 0; i < slab->counts[PMP_SLAB_MESSAGES]; i++)
		if (slab->messages[i].peer >= ranks)
			slab->messages[i].peer = PMP_NONE;
	for (size_t i = 0; i < slab->counts[PMP_SLAB_EVENTS]; i++) {
		struct pmp_row_events *e = &slab->events[i];

		e->enter_ns = shifted(e->enter_ns, shift_ns);
		if (e->leave_ns != -1)
			e->leave_ns = shifted(e->leave_ns, shift_ns);
		if (e->leave_ns != -1 && e->leave_ns < e->enter_ns)
			e->leave_ns = e->enter_ns;
	}
}

const void *pmp_slab_rows(const struct pmp_slab *slab, enum pmp_slab_table table)
{
	const void *const rows[PMP_SLAB_COUNT] = {slab->profile, slab->compute, slab->messages,
						  slab->events};

	return rows[table];
}

const struct pmp_file_table *pmp_slab_schema(enum pmp_slab_table table)
{
	static const enum pmp_file_table_id ids[PMP_SLAB_COUNT] = {
		PMP_FILE_TABLE_profile, PMP_FILE_TABLE_compute, PMP_FILE_TABLE_messages,
		PMP_FILE_TABLE_events};

	return &pmp_file_tables[ids[table]];
}

void pmp_slab_free(struct pmp_slab *slab)
{
	free(slab->profile);
	free(slab->compute);
	free(slab->messages);
	free(slab->events);
	memset(slab, 0, sizeof(*slab));
}
