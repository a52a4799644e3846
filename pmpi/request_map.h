/*
 * request_map.h - requests whose completion tells us something: receives, reads, and all persistent ones
 *
 * Sends and nonblocking collectives are not followed: all about them is known when they start. A handle alone is no lasting key:
 * MPI hands out one shared request for what is complete at once (never a receive from a real rank) and uses a handle again as
 * soon as its request is complete, on any thread. So a request is found before the completing MPI call, and what was found is
 * dropped after it: by then the handle may already be somebody else's, with another stamp.
 *
 * No lock, no allocation, except to make a persistent request known and to grow. When it cannot grow, the bytes of what does not
 * fit are not credited and the file says so (PMP_WARN_REQUESTS).
 */
#ifndef PMP_REQUEST_MAP_H
#define PMP_REQUEST_MAP_H

#include "comm_map.h"

enum pmp_request_kind {
	PMP_REQUEST_RECEIVE, /* of a message */
	PMP_REQUEST_READ,    /* of a file */
	PMP_REQUEST_KEPT,    /* persistent */
	PMP_REQUEST_MESSAGE /* no request: a message matched by MPI_Mprobe, waiting for MPI_Mrecv */
};

/* What each MPI_Start of a persistent request does. */
struct pmp_kept {
	uint32_t comm;
	int32_t peer, tag;
	uint64_t out, in;      /* bytes */
	bool is_send, is_recv; /* messages; a collective is neither */
	bool is_active;
	bool is_cancelled;
	struct pmp_stat *stat; /* of the last MPI_Start: gets the credit */
};

/* A found request. Valid until pmp_request_drop. */
struct pmp_found {
	struct pmp_request_slot *slot;
	uint64_t word;
	union {
		struct pmp_stat *stat;
		struct pmp_kept *kept;
		const struct pmp_comm_entry *message;
	} of;
	uint32_t comm;
	enum pmp_request_kind kind;
	bool is_cancelled;
};

/* pmp_request_find - false: null, not followed. Any thread, lock-free. */
bool pmp_request_find(const MPI_Request *request, struct pmp_found *found);

/* pmp_request_started - a call that starts a receive or a read returned; stat: its stat, NULL when it was lost */
void pmp_request_started(int rc, enum pmp_request_kind kind, const MPI_Request *request,
			 uint32_t comm, struct pmp_stat *stat);

/* pmp_request_keep - a persistent request was made; kept is copied. Allocates. */
void pmp_request_keep(int rc, const MPI_Request *request, const struct pmp_kept *kept);

/*
 * pmp_request_completed - what was found is complete, successfully, with this status
 *
 * Credits the bytes, counts the message, and forgets a request that is not persistent.
 */
void pmp_request_completed(const struct pmp_found *found, const MPI_Status *status);

/* pmp_request_drop - it ended without a result that counts: an error, MPI_Request_free */
void pmp_request_drop(const struct pmp_found *found);

/* pmp_request_cancel - MPI_Cancel was called: its status will have to be asked */
void pmp_request_cancel(const struct pmp_found *found);

/* pmp_message_made - MPI_Mprobe matched a message on a communicator; flag: of MPI_Improbe, else NULL */
void pmp_message_made(int rc, const int *flag, const struct pmp_comm_entry *on,
		      const MPI_Message *message);

/* pmp_message_take - the communicator of a matched message that is about to be received, and forget it */
const struct pmp_comm_entry *pmp_message_take(const MPI_Message *message);

#endif
