/* look_record.c - what the arena of a rank says about the calls in flight. Called by look.c and look_threads.c, one thread. */
#include <string.h>
#include <time.h>

#include "inspect/look_internal.h"
#include "inspect/waits.h"
#include "schema/calls.h"

#define BASELINE_NS                                                                                \
	UINT64_C(                                                                                  \
		1000000000) /* two clock pairs that far apart are better than the first calibration */

int pmp_look_lane(const struct pmp_arena_view *view, int tid)
{
	for (size_t i = 0; i < view->lane_count; i++)
		if (view->lanes[i].lane.tid == (uint32_t)tid)
			return (int)i;
	return -1;
}

const struct pmp_event *pmp_look_event(const struct pmp_lane_view *lane)
{
	const struct pmp_event *last =
		lane->event_count ? &lane->events[lane->event_count - 1] : NULL;

	return last && last->leave == 0 ? last : NULL;
}

int64_t pmp_look_mono_ns(const struct pmp_arena_header *header, uint64_t ticks)
{
	const struct pmp_clock_pair *start = &header->start, *latest = &header->latest;
	double scale = header->tick_is_ns ? 1 : header->ns_per_tick;

	if (strcmp(header->clock, "step") == 0)
		return -1;
	if (latest->ticks > start->ticks && latest->mono_ns > start->mono_ns + BASELINE_NS)
		scale = (double)(latest->mono_ns - start->mono_ns) /
			(double)(latest->ticks - start->ticks);
	return (int64_t)start->mono_ns + (int64_t)((double)(int64_t)(ticks - start->ticks) * scale);
}

int32_t pmp_look_peer(const struct pmp_arena_header *header, int32_t peer)
{
	/* MPICH and its kin have the two the other way round */
	bool is_mpich = strncmp(header->mpi_library, "Open MPI", 8) != 0;

	if (peer >= 0)
		return peer;
	if (peer == -1)
		return is_mpich ? PMP_SEEN_NOBODY : PMP_SEEN_ANY;
	if (peer == -2)
		return is_mpich ? PMP_SEEN_ANY : PMP_SEEN_NOBODY;
	return PMP_SEEN_UNKNOWN;
}

/* Members of the two groups of an intercommunicator came from different communicators. */
static uint64_t side_of(const struct pmp_arena_view *view, const struct pmp_comm *comm)
{
	while (comm->remote_size && comm->parent && view->comms[comm->parent].remote_size)
		comm = &view->comms[comm->parent];
	return view->comms[comm->parent].uid;
}

static const struct pmp_comm *same_comm(const struct pmp_arena_view *view, uint64_t uid)
{
	for (size_t i = 1; i < view->comm_count; i++)
		if (view->comms[i].uid == uid)
			return &view->comms[i];
	return NULL;
}

int32_t pmp_look_world(const struct pmp_look_rank *ranks, size_t count,
		       const struct pmp_arena_view *view, uint32_t comm, int32_t peer)
{
	const struct pmp_comm *mine = comm < view->comm_count ? &view->comms[comm] : NULL;

	if (peer < 0 || !comm || !mine)
		return peer < 0 ? peer : PMP_SEEN_UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		const struct pmp_arena_view *other = &ranks[i].second;
		const struct pmp_comm *its =
			ranks[i].is_second ? same_comm(other, mine->uid) : NULL;

		if (!its || its->my_rank != (uint32_t)peer)
			continue;
		if (!mine->remote_size || side_of(other, its) != side_of(view, mine))
			return other->header.rank;
	}
	return PMP_SEEN_UNKNOWN;
}

static const char *region_name(const struct pmp_arena_view *view, uint32_t region,
			       struct pmp_pool *pool)
{
	const char *name = "";

	for (; region; region = view->regions[region].parent)
		name = pmp_pool_printf(pool, "%s%s%s",
				       pmp_arena_string(view, view->regions[region].name),
				       name[0] ? "/" : "", name);
	return name;
}

static int64_t since(const struct pmp_look_rank *rank, uint64_t ticks)
{
	int64_t begin = pmp_look_mono_ns(&rank->second.header, ticks);

	if (begin < 0)
		return -1;
	return rank->second_ns > begin ? rank->second_ns - begin : 0;
}

struct pmp_seen_call pmp_look_call(const struct pmp_look_rank *ranks, size_t count,
				   const struct pmp_look_rank *rank, int lane,
				   struct pmp_pool *pool)
{
	const struct pmp_arena_view *view = &rank->second;
	const struct pmp_lane_view *l = &view->lanes[lane];
	const struct pmp_event *event = pmp_look_event(l);
	const struct pmp_event *last = l->event_count ? &l->events[l->event_count - 1] : NULL;
	struct pmp_seen_call call = {.peer = PMP_SEEN_UNKNOWN,
				     .source = PMP_SEEN_UNKNOWN,
				     .root = PMP_SEEN_UNKNOWN,
				     .tag = PMP_SEEN_UNKNOWN,
				     .for_ns = -1,
				     .comm = "",
				     .region = ""};
	int32_t peer;

	if (last)
		call.region = region_name(view, last->region, pool);
	if (!event) {
		call.last_call = last ? (uint16_t)last->call : PMP_CALL_NONE;
		call.for_ns = since(rank, l->lane.last);
		return call;
	}
	peer = event->peer == PMP_NO_PEER ? PMP_SEEN_UNKNOWN
					  : pmp_look_peer(&view->header, event->peer);
	call.call = (uint16_t)event->call;
	call.for_ns = since(rank, event->enter);
	call.bytes = event->bytes;
	if (event->comm)
		call.comm = pmp_arena_string(view, view->comms[event->comm].name);
	call.comm = pmp_pool_printf(pool, "%s", call.comm);
	if (event->tag != PMP_NO_TAG)
		call.tag = event->tag < 0 ? PMP_SEEN_ANY : event->tag;
	if (pmp_wait_is_collective(pmp_wait_of(event->call)))
		call.root = peer;
	else
		call.peer = pmp_look_world(ranks, count, view, event->comm, peer);
	return call;
}
