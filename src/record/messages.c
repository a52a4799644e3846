/*
 * messages.c - point-to-point messages by peer. Called by wrappers on the recording thread, after the call.
 */
#include "record/hot.h"

static struct pmp_peer *add_peer(struct pmp_recorder *self, uint32_t comm, int32_t rank,
				 int32_t world)
{
	struct pmp_peer *peer = NULL;

	if (pmp_map_room(&self->peers) == 0)
		peer = pmp_table_reserve(&self->peer_table, 1);
	if (!peer)
		return NULL;
	*peer = (struct pmp_peer){.comm = comm, .rank = rank, .world = world};
	pmp_map_add(&self->peers, (uint32_t)rank, comm,
		    pmp_table_publish(&self->peer_table, 1) + 1);
	return peer;
}

/* @memo: the peer of the last message in this direction; programs often send to one peer several times. */
static struct pmp_peer *find_peer(struct pmp_recorder *self, struct pmp_peer **memo, uint32_t comm,
				  int32_t rank, int32_t (*world)(uint32_t comm, int32_t rank))
{
	struct pmp_peer *peer = *memo;
	uint32_t idx;

	if (peer && peer->comm == comm && peer->rank == rank)
		return peer;
	idx = pmp_map_find(&self->peers, (uint32_t)rank, comm);
	peer = idx ? pmp_table_at(&self->peer_table, idx - 1)
		   : add_peer(self, comm, rank, world(comm, rank));
	if (peer)
		*memo = peer;
	else
		self->lane->lost_keys++;
	return peer;
}

void pmp_sent(uint32_t comm, int32_t rank, uint64_t bytes,
	      int32_t (*world)(uint32_t comm, int32_t rank))
{
	struct pmp_recorder *self = pmp_self;
	struct pmp_peer *peer;

	if (self->gate < PMP_GATE_FIRST)
		return;
	peer = find_peer(self, &self->last_sent, comm, rank, world);
	if (!peer)
		return;
	peer->sent_bytes += bytes;
	peer->sent_count++;
}

void pmp_received(uint32_t comm, int32_t rank, uint64_t bytes,
		  int32_t (*world)(uint32_t comm, int32_t rank))
{
	struct pmp_recorder *self = pmp_self;
	struct pmp_peer *peer;

	if (self->gate < PMP_GATE_FIRST)
		return;
	peer = find_peer(self, &self->last_received, comm, rank, world);
	if (!peer)
		return;
	peer->recv_bytes += bytes;
	peer->recv_count++;
}
