/*
 * look_waits.c - from the two looks at each rank's record to the facts that wait_for.c judges. Called by look.c, one thread.
 *
 * What is not certain (several threads in MPI at once, keys lost, recording paused) makes a rank one that goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "inspect/look_internal.h"
#include "inspect/waits.h"
#include "schema/calls.h"

#define LEVEL_MULTIPLE 3

struct builder {
	const struct pmp_look_rank *ranks;
	size_t count;
	struct pmp_pool *pool;
};

/* @is_moving: its ring was written while we read it, which looks like damage */
static bool is_exact(const struct pmp_arena_view *view, bool is_moving)
{
	for (size_t i = 0; i < view->lane_count; i++)
		if (view->lanes[i].lane.lost_keys || view->lanes[i].lane.paused)
			return false;
	return is_moving || (view->damage[0] == '\0' && view->dropped == 0);
}

/* The lane of the one thread that is in MPI, -1 when it cannot be told. */
static int busy_lane(const struct pmp_arena_view *view)
{
	int found = -1;

	if (view->lane_count > 1 && view->header.thread_level >= LEVEL_MULTIPLE)
		return -1;
	for (size_t i = 0; i < view->lane_count; i++)
		if (pmp_look_event(&view->lanes[i])) {
			if (found >= 0)
				return -1;
			found = (int)i;
		}
	return found;
}

static bool is_still(const struct pmp_look_rank *rank, int lane)
{
	const struct pmp_lane_view *then, *now = &rank->second.lanes[lane];
	const struct pmp_event *a, *b = pmp_look_event(now);

	if (!rank->is_first || (size_t)lane >= rank->first.lane_count)
		return false;
	then = &rank->first.lanes[lane];
	a = pmp_look_event(then);
	return a && b && a->enter == b->enter && then->lane.events == now->lane.events;
}

static bool is_same_poll(const struct pmp_event *a, const struct pmp_event *b)
{
	return a->call == b->call && a->comm == b->comm && a->peer == b->peer && a->tag == b->tag;
}

/* All that a rank has done between the looks is one poll, again and again. Return: that poll. */
static const struct pmp_event *find_poll(const struct pmp_look_rank *rank)
{
	const struct pmp_lane_view *now = &rank->second.lanes[0];
	const struct pmp_event *last;
	uint64_t made;

	if (!rank->is_first || rank->first.lane_count != 1 || rank->second.lane_count != 1 ||
	    !now->event_count)
		return NULL;
	last = &now->events[now->event_count - 1];
	made = now->lane.events - rank->first.lanes[0].lane.events;
	if (made < 2 || pmp_wait_of(last->call) != PMP_WAIT_POLL_PROBE)
		return NULL;
	for (size_t i = 0; i < now->event_count && i < made; i++)
		if (!is_same_poll(&now->events[now->event_count - 1 - i], last))
			return NULL;
	return last;
}

/* Collective calls that have returned are counted by the profile already. */
static int add_comms(const struct pmp_arena_view *view, struct pmp_pool *pool,
		     struct pmp_fact *fact)
{
	struct pmp_fact_comm *comms = pmp_pool_alloc(pool, view->comm_count, sizeof(*comms));

	if (!comms)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < view->comm_count; i++)
		comms[i] = (struct pmp_fact_comm){.uid = view->comms[i].uid,
						  .my_rank = (int32_t)view->comms[i].my_rank,
						  .size = (int32_t)view->comms[i].size,
						  .is_inter = view->comms[i].remote_size > 0};
	for (size_t l = 0; l < view->lane_count; l++)
		for (size_t s = 0; s < view->lanes[l].stat_count; s++) {
			const struct pmp_stat *stat = &view->lanes[l].stats[s];

			if (pmp_wait_is_collective(pmp_wait_of(stat->call)))
				comms[stat->comm].collectives += stat->count;
		}
	fact->comms = comms;
	fact->comm_count = view->comm_count;
	return 0;
}

static int add_traffic(const struct pmp_arena_view *view, struct pmp_pool *pool,
		       struct pmp_fact *fact)
{
	size_t room = 0;
	struct pmp_fact_traffic *traffic;

	for (size_t l = 0; l < view->lane_count; l++)
		room += view->lanes[l].peer_count;
	traffic = pmp_pool_alloc(pool, room, sizeof(*traffic));
	if (!traffic)
		return -PMP_ENOMEM;
	fact->traffic = traffic;
	for (size_t l = 0; l < view->lane_count; l++)
		for (size_t p = 0; p < view->lanes[l].peer_count; p++) {
			const struct pmp_peer *peer = &view->lanes[l].peers[p];
			struct pmp_fact_traffic *sum = traffic;

			while (sum < traffic + fact->traffic_count &&
			       (sum->uid != view->comms[peer->comm].uid ||
				sum->peer != peer->world))
				sum++;
			if (sum == traffic + fact->traffic_count)
				fact->traffic_count++;
			sum->uid = view->comms[peer->comm].uid;
			sum->peer = peer->world;
			sum->sent += peer->sent_count;
			sum->received += peer->recv_count;
		}
	return 0;
}

/* Calls after which it is not known from whom or with which tag a message came, or that sends have been made. */
static bool hides_messages(const struct pmp_event *event, int32_t peer, bool is_send)
{
	static const uint32_t calls[] = {PMP_CALL_MPI_Mrecv, PMP_CALL_MPI_Imrecv,
					 PMP_CALL_MPI_Bsend, PMP_CALL_MPI_Ibsend,
					 PMP_CALL_MPI_Start, PMP_CALL_MPI_Startall};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (event->call == calls[i])
			return true;
	if (pmp_wait_of(event->call) == PMP_WAIT_EXCHANGE)
		return true;
	return !is_send && (peer < 0 || event->tag < 0);
}

static int add_messages(const struct builder *b, const struct pmp_arena_view *view, int lane,
			struct pmp_fact *fact)
{
	const struct pmp_lane_view *l = &view->lanes[lane];
	struct pmp_fact_message *messages =
		pmp_pool_alloc(b->pool, l->event_count, sizeof(*messages));

	if (!messages)
		return -PMP_ENOMEM;
	fact->messages = messages;
	fact->has_all_messages = view->lane_count == 1 && l->event_count >= l->lane.events;
	for (size_t i = 0; i < l->event_count; i++) {
		const struct pmp_event *event = &l->events[i];
		enum pmp_wait wait = pmp_wait_of(event->call);
		bool is_send = wait == PMP_WAIT_SEND || wait == PMP_WAIT_START_SEND;
		bool is_receive = wait == PMP_WAIT_RECEIVE || wait == PMP_WAIT_START_RECEIVE;
		int32_t peer = pmp_look_peer(&view->header, event->peer);

		if (event->leave == 0)
			continue;
		if (hides_messages(event, peer, !is_receive))
			fact->has_all_messages = false;
		if (!is_send && !is_receive)
			continue;
		messages[fact->message_count++] = (struct pmp_fact_message){
			.uid = view->comms[event->comm].uid,
			.peer = pmp_look_world(b->ranks, b->count, view, event->comm, peer),
			.tag = event->tag < 0 ? PMP_SEEN_ANY : event->tag,
			.is_send = is_send};
	}
	return 0;
}

static const char *location_of(const struct pmp_seen_rank *seen, uint32_t tid,
			       struct pmp_pool *pool)
{
	for (size_t i = 0; i < seen->thread_count; i++) {
		const struct pmp_seen_thread *thread = &seen->threads[i];

		if ((uint32_t)thread->task.tid == tid && thread->frame_count)
			return pmp_place_long_text(pool, &thread->frames[thread->frame_count - 1]);
	}
	return "";
}

static void add_call(const struct builder *b, const struct pmp_arena_view *view,
		     const struct pmp_event *event, struct pmp_fact *fact)
{
	int32_t peer = event->peer == PMP_NO_PEER ? PMP_SEEN_UNKNOWN
						  : pmp_look_peer(&view->header, event->peer);

	fact->call = (uint16_t)event->call;
	fact->uid = event->comm ? view->comms[event->comm].uid : 0;
	fact->comm = pmp_pool_printf(b->pool, "%s",
				     pmp_arena_string(view, view->comms[event->comm].name));
	fact->tag = event->tag == PMP_NO_TAG ? PMP_SEEN_UNKNOWN
		    : event->tag < 0         ? PMP_SEEN_ANY
					     : event->tag;
	if (pmp_wait_is_collective(pmp_wait_of(event->call)))
		fact->root = peer;
	else
		fact->peer = pmp_look_world(b->ranks, b->count, view, event->comm, peer);
}

static int make_fact(const struct builder *b, size_t i, const struct pmp_seen_rank *seen,
		     struct pmp_fact *fact)
{
	const struct pmp_look_rank *rank = &b->ranks[i];
	const struct pmp_arena_view *view = &rank->second;
	const struct pmp_event *poll;
	int lane, rc;

	*fact = (struct pmp_fact){.rank = seen->rank,
				  .life = seen->life,
				  .peer = PMP_SEEN_UNKNOWN,
				  .tag = PMP_SEEN_UNKNOWN,
				  .root = PMP_SEEN_UNKNOWN,
				  .comm = "",
				  .location = ""};
	if (!rank->is_second || view->lane_count == 0)
		return 0;
	rc = add_comms(view, b->pool, fact);
	rc = rc ? rc : add_traffic(view, b->pool, fact);
	lane = busy_lane(view);
	rc = rc ? rc : add_messages(b, view, lane < 0 ? 0 : lane, fact);
	if (rc)
		return rc;
	fact->location = location_of(seen, view->lanes[lane < 0 ? 0 : lane].lane.tid, b->pool);
	poll = find_poll(rank);
	if (!is_exact(view, poll != NULL))
		return 0;
	fact->is_polling = poll != NULL;
	fact->is_still = !poll && lane >= 0 && is_still(rank, lane);
	if (poll || fact->is_still)
		add_call(b, view, poll ? poll : pmp_look_event(&view->lanes[lane]), fact);
	return 0;
}

int pmp_look_waits(const struct pmp_look_rank *ranks, size_t count, struct pmp_pool *pool,
		   struct pmp_seen *seen)
{
	const struct builder b = {ranks, count, pool};
	struct pmp_fact *facts = pmp_pool_alloc(pool, count, sizeof(*facts));
	struct pmp_verdict *verdict = pmp_pool_alloc(pool, 1, sizeof(*verdict));
	int rc = facts && verdict ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = make_fact(&b, i, &seen->ranks[i], &facts[i]);
	rc = rc ? rc : pmp_wait_for(facts, count, seen->size, pool, verdict);
	seen->verdict = verdict;
	return rc;
}
