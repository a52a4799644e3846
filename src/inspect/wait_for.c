/* wait_for.c - arcs, reduction, words. Called by look_waits.c and tests; see wait_for.h. */
#include "inspect/wait_for.h"

#include <string.h>

#include "base/err.h"
#include "inspect/stack_tree.h"
#include "inspect/wait_words.h"
#include "inspect/waits.h"
#include "schema/calls.h"

size_t pmp_wait_blind(const struct pmp_fact *facts, size_t count)
{
	size_t i = 0;

	for (; i < count; i++) {
		enum pmp_wait wait = pmp_wait_of(facts[i].call);

		if (facts[i].life == PMP_SEEN_RUNNING && facts[i].is_still &&
		    (wait == PMP_WAIT_EXCHANGE || wait == PMP_WAIT_REQUESTS_ALL ||
		     wait == PMP_WAIT_REQUESTS_ANY))
			return i;
	}
	return i;
}

static const struct pmp_fact_comm *comm_of(const struct pmp_fact *fact, uint64_t uid)
{
	for (size_t i = 0; i < fact->comm_count; i++)
		if (fact->comms[i].uid == uid)
			return &fact->comms[i];
	return NULL;
}

static void add_arc(struct pmp_arcs *arcs, size_t to)
{
	arcs->to[arcs->count++] = (uint32_t)to;
}

static size_t index_of(const struct pmp_fact *facts, size_t count, int32_t rank)
{
	for (size_t i = 0; i < count; i++)
		if (facts[i].rank == rank)
			return i;
	return count;
}

static bool tags_match(int32_t wanted, int32_t tag)
{
	return wanted == tag || wanted == PMP_SEEN_ANY;
}

static uint64_t count_messages(const struct pmp_fact *fact, uint64_t uid, int32_t peer, int32_t tag,
			       bool is_send)
{
	uint64_t count = 0;

	for (size_t i = 0; i < fact->message_count; i++) {
		const struct pmp_fact_message *m = &fact->messages[i];

		count += m->uid == uid && m->is_send == is_send && m->peer == peer &&
			 tags_match(tag, m->tag);
	}
	return count;
}

static const struct pmp_fact_traffic *traffic_of(const struct pmp_fact *fact, uint64_t uid,
						 int32_t peer)
{
	for (size_t i = 0; i < fact->traffic_count; i++)
		if (fact->traffic[i].uid == uid && fact->traffic[i].peer == peer)
			return &fact->traffic[i];
	return NULL;
}

uint64_t pmp_wait_unreceived(const struct pmp_fact *from, const struct pmp_fact *to, uint64_t uid)
{
	const struct pmp_fact_traffic *out = traffic_of(from, uid, to->rank);
	const struct pmp_fact_traffic *in = traffic_of(to, uid, from->rank);
	uint64_t sent = out ? out->sent : 0, received = in ? in->received : 0;

	return sent > received ? sent - received : 0;
}

/* Has a message that fits what `to` waits for left `from`, or is it about to? */
static bool is_on_its_way(const struct pmp_fact *from, const struct pmp_fact *to)
{
	enum pmp_wait wait = pmp_wait_of(from->call);

	if (wait == PMP_WAIT_EXCHANGE && from->uid == to->uid)
		return true; /* might be */
	if (wait == PMP_WAIT_SEND && from->uid == to->uid && from->peer == to->rank &&
	    tags_match(to->tag, from->tag))
		return true;
	if (pmp_wait_unreceived(from, to, to->uid) == 0)
		return false;
	if (!from->has_all_messages || !to->has_all_messages)
		return true;
	return count_messages(from, to->uid, to->rank, to->tag, true) >
	       count_messages(to, to->uid, from->rank, to->tag, false);
}

/* A receive or probe: from one rank, or from any of the communicator. */
static void receive_arcs(const struct pmp_fact *facts, size_t count, const struct pmp_fact *me,
			 struct pmp_arcs *arcs)
{
	const struct pmp_fact_comm *comm = comm_of(me, me->uid);
	size_t members = 0;

	if (!comm || me->peer == PMP_SEEN_UNKNOWN || me->peer == PMP_SEEN_NOBODY)
		return;
	for (size_t i = 0; i < count; i++) {
		bool is_meant = me->peer == PMP_SEEN_ANY ? comm_of(&facts[i], me->uid) != NULL
							 : facts[i].rank == me->peer;

		if (!is_meant)
			continue;
		members++;
		if (is_on_its_way(&facts[i], me)) {
			arcs->count = 0;
			return;
		}
		/* nobody waits for a message of its own, but it may wait for itself alone */
		if (&facts[i] != me || me->peer != PMP_SEEN_ANY)
			add_arc(arcs, i);
	}
	if (me->peer == PMP_SEEN_ANY && (comm->is_inter || members != (size_t)comm->size))
		arcs->count = 0; /* some of them are not seen */
	else if (arcs->count)
		arcs->kind = me->peer == PMP_SEEN_ANY ? PMP_ARC_ANY : PMP_ARC_ALL;
}

static bool takes(const struct pmp_fact *to, const struct pmp_fact *from)
{
	enum pmp_wait wait = pmp_wait_of(to->call);

	if (wait == PMP_WAIT_EXCHANGE)
		return true;
	if (wait != PMP_WAIT_RECEIVE && wait != PMP_WAIT_PROBE && wait != PMP_WAIT_POLL_PROBE)
		return false;
	return to->uid == from->uid && (to->peer == PMP_SEEN_ANY || to->peer == from->rank) &&
	       tags_match(to->tag, from->tag);
}

static void send_arcs(const struct pmp_fact *facts, size_t count, const struct pmp_fact *me,
		      struct pmp_arcs *arcs)
{
	size_t to = me->peer >= 0 ? index_of(facts, count, me->peer) : count;

	if (to == count || takes(&facts[to], me))
		return;
	add_arc(arcs, to);
	arcs->kind = PMP_ARC_ALL;
}

/* Is it in the same collective as me, or past it? The n-th of a communicator is the n-th for all members. */
bool pmp_wait_has_arrived(const struct pmp_fact *other, const struct pmp_fact *me)
{
	const struct pmp_fact_comm *mine = comm_of(me, me->uid), *its = comm_of(other, me->uid);

	if (!mine || !its || its->collectives > mine->collectives)
		return true;
	return its->collectives == mine->collectives && other->uid == me->uid && other->is_still &&
	       other->call == me->call && other->root == me->root;
}

static void collective_arcs(const struct pmp_fact *facts, size_t count, const struct pmp_fact *me,
			    enum pmp_wait wait, struct pmp_arcs *arcs)
{
	const struct pmp_fact_comm *comm = comm_of(me, me->uid);
	bool is_root = comm && me->root == comm->my_rank;
	size_t members = 0;

	if (!comm || comm->is_inter)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct pmp_fact_comm *its = comm_of(&facts[i], me->uid);

		if (!its)
			continue;
		members++;
		if (&facts[i] == me || pmp_wait_has_arrived(&facts[i], me))
			continue;
		if (wait == PMP_WAIT_ROOT_OUT && !is_root && its->my_rank == me->root) {
			arcs->count = 0; /* without the root nothing comes */
			add_arc(arcs, i);
			arcs->kind = PMP_ARC_ALL;
			return;
		}
		add_arc(arcs, i);
	}
	if (members != (size_t)comm->size)
		arcs->count = 0;
	else if (arcs->count)
		arcs->kind = wait == PMP_WAIT_ALL || (wait == PMP_WAIT_ROOT_IN && is_root)
				     ? PMP_ARC_ALL
				     : PMP_ARC_ANY;
}

static void finalize_arcs(const struct pmp_fact *facts, size_t count, int32_t size,
			  const struct pmp_fact *me, struct pmp_arcs *arcs)
{
	if ((int32_t)count != size)
		return;
	for (size_t i = 0; i < count; i++)
		if (&facts[i] != me && facts[i].life != PMP_SEEN_FINALIZING)
			add_arc(arcs, i);
	if (arcs->count)
		arcs->kind = PMP_ARC_ALL;
}

static void make_arcs(const struct pmp_fact *facts, size_t count, int32_t size, size_t i,
		      struct pmp_arcs *arcs)
{
	const struct pmp_fact *me = &facts[i];
	enum pmp_wait wait = pmp_wait_of(me->call);

	if (me->life == PMP_SEEN_ENDED)
		arcs->kind = PMP_ARC_NEVER;
	else if (me->life == PMP_SEEN_FINALIZING)
		finalize_arcs(facts, count, size, me, arcs);
	if (me->life != PMP_SEEN_RUNNING || !(me->is_still || me->is_polling))
		return;
	arcs->is_polling = me->is_polling;
	if (wait == PMP_WAIT_RECEIVE || wait == PMP_WAIT_PROBE || wait == PMP_WAIT_POLL_PROBE)
		receive_arcs(facts, count, me, arcs);
	else if (wait == PMP_WAIT_SEND)
		send_arcs(facts, count, me, arcs);
	else if (wait >= PMP_WAIT_ALL)
		collective_arcs(facts, count, me, wait, arcs);
}

static bool is_released(const struct pmp_arcs *arcs, const bool *is_stuck)
{
	size_t free_ones = 0;

	if (arcs->kind == PMP_ARC_NEVER)
		return false;
	for (size_t i = 0; i < arcs->count; i++)
		free_ones += !is_stuck[arcs->to[i]];
	return arcs->kind == PMP_ARC_NONE ||
	       (arcs->kind == PMP_ARC_ALL ? free_ones == arcs->count : free_ones > 0);
}

/* Release whom something can still release. Return: how many wait without hope; ended ones are not counted. */
static size_t reduce(const struct pmp_arcs *arcs, size_t count, bool polls_are_free, bool *is_stuck)
{
	bool has_changed = true;
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		is_stuck[i] = !(polls_are_free && arcs[i].is_polling);
	while (has_changed) {
		has_changed = false;
		for (size_t i = 0; i < count; i++)
			if (is_stuck[i] && is_released(&arcs[i], is_stuck)) {
				is_stuck[i] = false;
				has_changed = true;
			}
	}
	for (size_t i = 0; i < count; i++)
		left += is_stuck[i] && arcs[i].kind != PMP_ARC_NEVER;
	return left;
}

/* From a stuck rank to a stuck one it waits for, until one comes again. */
static int find_cycle(struct pmp_verdict *v, size_t count, struct pmp_pool *pool)
{
	uint32_t *path = pmp_pool_alloc(pool, count + 1, sizeof(*path));
	size_t *seen_at = pmp_pool_alloc(pool, count, sizeof(*seen_at));
	size_t len = 0, at = 0;

	if (!path || !seen_at)
		return -PMP_ENOMEM;
	while (at < count && (!v->is_stuck[at] || v->arcs[at].kind == PMP_ARC_NEVER))
		at++;
	while (at < count && seen_at[at] == 0) {
		size_t next = count;

		path[len++] = (uint32_t)at;
		seen_at[at] = len;
		for (size_t i = 0; i < v->arcs[at].count && next == count; i++)
			if (v->is_stuck[v->arcs[at].to[i]])
				next = v->arcs[at].to[i];
		at = next;
	}
	if (at < count) {
		v->cycle = path + seen_at[at] - 1;
		v->cycle_count = len - (seen_at[at] - 1);
	}
	return 0;
}

int pmp_wait_for(const struct pmp_fact *facts, size_t count, int32_t size, struct pmp_pool *pool,
		 struct pmp_verdict *verdict)
{
	struct pmp_verdict v = {.arcs = pmp_pool_alloc(pool, count, sizeof(*v.arcs)),
				.is_stuck = pmp_pool_alloc(pool, count, sizeof(bool)),
				.sentence = "",
				.hint = ""};
	size_t waiting = 0, blind = pmp_wait_blind(facts, count);
	int rc = v.arcs && v.is_stuck ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		v.arcs[i].to = pmp_pool_alloc(pool, count, sizeof(uint32_t));
		if (!v.arcs[i].to)
			return -PMP_ENOMEM;
		make_arcs(facts, count, size, i, &v.arcs[i]);
		waiting += v.arcs[i].count > 0;
	}
	if (rc)
		return rc;
	if (reduce(v.arcs, count, true, v.is_stuck))
		v.kind = PMP_VERDICT_DEADLOCK;
	else if (reduce(v.arcs, count, false, v.is_stuck))
		v.kind = PMP_VERDICT_POLLING;
	else if (blind < count)
		v.kind = PMP_VERDICT_UNKNOWN;
	else
		v.kind = waiting ? PMP_VERDICT_WAITING : PMP_VERDICT_GOES_ON;
	rc = find_cycle(&v, count, pool);
	if (rc)
		return rc;
	pmp_wait_words(facts, count, pool, &v);
	*verdict = v;
	return pmp_pool_failed(pool) ? -PMP_ENOMEM : 0;
}
