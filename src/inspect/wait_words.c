/* wait_words.c - the sentence of a verdict, and what gives a mistake away. Called by wait_for.c. */
#include "inspect/wait_words.h"

#include <string.h>

#include "inspect/stack_tree.h"
#include "inspect/waits.h"
#include "schema/calls.h"

#define CYCLE_SHOWN 6
#define RANK_TEXT   40

static const char *call_name(const struct pmp_fact *fact)
{
	if (fact->life == PMP_SEEN_FINALIZING)
		return "MPI_Finalize";
	return fact->call ? pmp_call_info(fact->call)->name : "no MPI call";
}

static const char *at(const struct pmp_fact *fact, struct pmp_pool *pool)
{
	return fact->location[0] ? pmp_pool_printf(pool, " at %s", fact->location) : "";
}

/* "rank 0", "ranks 0-2,5" of those that a test picks. */
static const char *list_ranks(const struct pmp_fact *facts, size_t count, const bool *is_meant,
			      struct pmp_pool *pool)
{
	int32_t *ranks = pmp_pool_alloc(pool, count, sizeof(*ranks));
	size_t found = 0;

	for (size_t i = 0; ranks && i < count; i++)
		if (is_meant[i])
			ranks[found++] = facts[i].rank;
	return pmp_pool_printf(pool, found == 1 ? "rank %s" : "ranks %s",
			       ranks ? pmp_rank_list(ranks, found, RANK_TEXT, pool) : "");
}

static const char *comm_words(const struct pmp_fact *fact, struct pmp_pool *pool)
{
	if (!fact->comm[0] || strcmp(fact->comm, "MPI_COMM_WORLD") == 0)
		return "";
	return pmp_pool_printf(pool, " on '%s'", fact->comm);
}

/* "rank 0 in MPI_Recv at halo.c:61" */
static const char *one(const struct pmp_fact *fact, struct pmp_pool *pool)
{
	return pmp_pool_printf(pool, "rank %d in %s%s%s", fact->rank, call_name(fact),
			       comm_words(fact, pool), at(fact, pool));
}

static const char *cycle_words(const struct pmp_fact *facts, const struct pmp_verdict *v,
			       struct pmp_pool *pool)
{
	const char *text = "";
	size_t shown = v->cycle_count < CYCLE_SHOWN ? v->cycle_count : CYCLE_SHOWN;

	for (size_t i = 0; i < shown; i++)
		text = pmp_pool_printf(pool, "%s%s%s", text, i ? ", which waits for " : "",
				       one(&facts[v->cycle[i]], pool));
	if (shown < v->cycle_count)
		return pmp_pool_printf(pool, "%s, and so on through %zu ranks back to rank %d",
				       text, v->cycle_count, facts[v->cycle[0]].rank);
	return pmp_pool_printf(pool, "%s, which waits for rank %d", text, facts[v->cycle[0]].rank);
}

/* Members of one communicator in different collectives: who is in the smaller group? */
static bool mismatch(const struct pmp_fact *facts, size_t count, struct pmp_pool *pool,
		     struct pmp_verdict *v)
{
	for (size_t a = 0; a < count; a++)
		for (size_t b = 0; b < count; b++) {
			const struct pmp_fact *x = &facts[a], *y = &facts[b];
			bool is_other = x->call != y->call || x->root != y->root;

			if (!v->is_stuck[a] || !v->is_stuck[b] || x->uid != y->uid || !is_other ||
			    pmp_wait_of(x->call) < PMP_WAIT_ALL ||
			    pmp_wait_of(y->call) < PMP_WAIT_ALL || pmp_wait_has_arrived(y, x))
				continue;

			bool *like_x = pmp_pool_alloc(pool, count, sizeof(bool));
			bool *like_y = pmp_pool_alloc(pool, count, sizeof(bool));
			size_t nx = 0, ny = 0;

			for (size_t i = 0; like_x && like_y && i < count; i++) {
				const struct pmp_fact *f = &facts[i];

				like_x[i] = f->uid == x->uid && f->call == x->call &&
					    f->root == x->root;
				like_y[i] = f->uid == y->uid && f->call == y->call &&
					    f->root == y->root;
				nx += like_x[i];
				ny += like_y[i];
			}
			if (nx > ny)
				continue; /* the odd one first */
			v->sentence = pmp_pool_printf(
				pool, "%s called %s%s%s while %s called %s%s%s",
				list_ranks(facts, count, like_x, pool), call_name(x),
				x->root >= 0 ? pmp_pool_printf(pool, " with root %d", x->root) : "",
				at(x, pool), list_ranks(facts, count, like_y, pool), call_name(y),
				y->root >= 0 ? pmp_pool_printf(pool, " with root %d", y->root) : "",
				at(y, pool));
			v->hint = pmp_pool_printf(pool,
						  "collective calls on '%s' do not match: all "
						  "members have to make the same in the same order",
						  x->comm);
			return true;
		}
	return false;
}

/* A message that was sent, to whom it is missing, but with another tag or on another communicator. */
static const char *near_miss(const struct pmp_fact *facts, size_t count,
			     const struct pmp_verdict *v, struct pmp_pool *pool)
{
	for (size_t i = 0; i < count; i++) {
		const struct pmp_fact *me = &facts[i];

		if (!v->is_stuck[i] || pmp_wait_of(me->call) != PMP_WAIT_RECEIVE)
			continue;
		for (size_t a = 0; a < v->arcs[i].count; a++) {
			const struct pmp_fact *from = &facts[v->arcs[i].to[a]];

			if (pmp_wait_of(from->call) == PMP_WAIT_SEND && from->peer == me->rank)
				return pmp_pool_printf(
					pool,
					"rank %d sends to rank %d with tag %d%s%s, which waits for "
					"tag %d%s",
					from->rank, me->rank, from->tag, comm_words(from, pool),
					at(from, pool), me->tag, comm_words(me, pool));
			for (size_t m = from->message_count; m-- > 0;) {
				const struct pmp_fact_message *sent = &from->messages[m];

				if (!sent->is_send || sent->peer != me->rank ||
				    !pmp_wait_unreceived(from, me, sent->uid))
					continue;
				return pmp_pool_printf(
					pool,
					"a message from rank %d to rank %d with tag %d%s has not "
					"been "
					"received; rank %d waits for tag %d%s",
					from->rank, me->rank, sent->tag,
					sent->uid == me->uid ? "" : " on another communicator",
					me->rank, me->tag, comm_words(me, pool));
			}
		}
	}
	return "";
}

/* Somebody waits for ranks that have gone home. */
static bool gone_home(const struct pmp_fact *facts, size_t count, struct pmp_pool *pool,
		      struct pmp_verdict *v)
{
	for (size_t i = 0; i < count; i++)
		for (size_t a = 0; v->is_stuck[i] && a < v->arcs[i].count; a++) {
			const struct pmp_fact *to = &facts[v->arcs[i].to[a]];

			if (facts[i].life != PMP_SEEN_RUNNING || to->life < PMP_SEEN_FINALIZING)
				continue;
			v->sentence = pmp_pool_printf(
				pool, "rank %d %s and will never come to where %s", to->rank,
				to->life == PMP_SEEN_ENDED ? "has ended"
							   : "is in MPI_Finalize already",
				pmp_pool_printf(pool, "%s waits for it", one(&facts[i], pool)));
			return true;
		}
	return false;
}

static void waiting_words(const struct pmp_fact *facts, size_t count, struct pmp_pool *pool,
			  struct pmp_verdict *v)
{
	bool *is_awaited = pmp_pool_alloc(pool, count, sizeof(bool));
	bool *is_waiting = pmp_pool_alloc(pool, count, sizeof(bool));
	const struct pmp_fact *first = NULL;
	size_t waiting = 0;

	for (size_t i = 0; is_awaited && is_waiting && i < count; i++) {
		is_waiting[i] = v->arcs[i].count > 0;
		waiting += is_waiting[i];
		for (size_t a = 0; a < v->arcs[i].count; a++)
			if (v->arcs[v->arcs[i].to[a]].count == 0)
				is_awaited[v->arcs[i].to[a]] = true;
	}
	for (size_t i = 0; is_awaited && i < count && !first; i++)
		first = is_awaited[i] ? &facts[i] : NULL;
	if (!first)
		return;
	v->sentence = pmp_pool_printf(
		pool, "%s for %s, which can go on%s%s",
		pmp_pool_printf(pool, "%s wait%s", list_ranks(facts, count, is_waiting, pool),
				waiting == 1 ? "s" : ""),
		list_ranks(facts, count, is_awaited, pool),
		first->call || !first->location[0] ? "" : ": outside of MPI", at(first, pool));
}

void pmp_wait_words(const struct pmp_fact *facts, size_t count, struct pmp_pool *pool,
		    struct pmp_verdict *v)
{
	if (v->kind == PMP_VERDICT_WAITING)
		waiting_words(facts, count, pool, v);
	if (v->kind == PMP_VERDICT_UNKNOWN)
		v->sentence = pmp_pool_printf(
			pool, "%s stands still, and for whom it waits there is not recorded",
			one(&facts[pmp_wait_blind(facts, count)], pool));
	if (v->kind < PMP_VERDICT_POLLING)
		return;
	if (!mismatch(facts, count, pool, v) && !gone_home(facts, count, pool, v)) {
		if (v->cycle_count)
			v->sentence = cycle_words(facts, v, pool);
		else
			v->sentence = pmp_pool_printf(pool, "%s wait for what cannot come",
						      list_ranks(facts, count, v->is_stuck, pool));
	}
	if (!v->hint[0])
		v->hint = near_miss(facts, count, v, pool);
}
