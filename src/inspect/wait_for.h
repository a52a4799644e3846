/*
 * wait_for.h - who waits for whom, and whether anybody can still go on: plain memory, no I/O
 *
 * A rank that waits has arcs to the ranks it waits for: for all of them (AND), or for any of them (OR). Ranks that can go on are
 * taken away, then those that wait only for such, until nothing changes. What is left can never go on: a deadlock. Whatever is not
 * known counts as able to go on, so that a deadlock is never claimed without knowing it; MPI_Waitall and its kin, MPI_Sendrecv
 * and one-sided calls are such, because what they wait for is not recorded.
 */
#ifndef PMP_WAIT_FOR_H
#define PMP_WAIT_FOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/seen.h"

/* Of one rank and one communicator of which it is a member. */
struct pmp_fact_comm {
	uint64_t uid;
	int32_t my_rank, size;
	bool is_inter;
	uint64_t collectives; /* collective calls that have returned */
};

/* A message sent or a receive that has returned. */
struct pmp_fact_message {
	uint64_t uid;
	int32_t peer; /* in MPI_COMM_WORLD, or PMP_SEEN_ANY */
	int32_t tag;
	bool is_send;
};

/* Messages with one peer on one communicator, all that ever were. */
struct pmp_fact_traffic {
	uint64_t uid;
	int32_t peer; /* in MPI_COMM_WORLD */
	uint64_t sent, received;
};

struct pmp_fact {
	int32_t rank; /* in MPI_COMM_WORLD */
	enum pmp_seen_life life;
	bool is_still; /* in the same call in both looks, and all its threads that call MPI likewise */
	bool is_polling; /* made nothing but polls without success between the looks */
	uint16_t call;   /* in flight, or polled with; 0 outside of MPI */
	uint64_t uid;    /* communicator of it, 0 none */
	int32_t peer, tag, root;
	const char *comm;     /* its name */
	const char *location; /* "halo (halo.c:61)", "" unknown */
	const struct pmp_fact_comm *comms;
	size_t comm_count;
	const struct pmp_fact_message *messages; /* the last ones */
	size_t message_count;
	bool has_all_messages; /* those are all there were */
	const struct pmp_fact_traffic *traffic;
	size_t traffic_count;
};

enum pmp_verdict_kind {
	PMP_VERDICT_GOES_ON, /* nothing waits, or nothing is known */
	PMP_VERDICT_WAITING, /* ranks wait for others that can go on */
	PMP_VERDICT_UNKNOWN, /* a rank waits, but for whom is not recorded */
	PMP_VERDICT_POLLING, /* ranks ask again and again for what cannot come (livelock) */
	PMP_VERDICT_DEADLOCK,
};

enum pmp_arc_kind { PMP_ARC_NONE, PMP_ARC_ALL, PMP_ARC_ANY, PMP_ARC_NEVER };

struct pmp_arcs {
	enum pmp_arc_kind kind; /* NONE: it can go on; NEVER: it has ended */
	bool is_polling;
	uint32_t *to; /* indices of facts */
	size_t count;
};

struct pmp_verdict {
	enum pmp_verdict_kind kind;
	struct pmp_arcs *arcs; /* of each rank */
	bool *is_stuck;        /* of each rank: cannot go on any more */
	const char *sentence;  /* one, for people */
	const char *hint;      /* what gives it away: a near miss, a mismatch; "" none */
	const uint32_t *
		cycle; /* some stuck ranks that wait for each other, in order; empty when there is no cycle */
	size_t cycle_count;
};

/* pmp_wait_for - judge. Return: 0 or -PMP_ENOMEM */
int pmp_wait_for(const struct pmp_fact *facts, size_t count, int32_t size, struct pmp_pool *pool,
		 struct pmp_verdict *verdict);

#endif
