/* wrapper.h - what generated wrappers are made of, besides bytes.h */
#ifndef PMP_WRAPPER_H
#define PMP_WRAPPER_H

#include "bytes.h"
#include "comm_map.h"
#include "request_map.h"

/* pmp_leave - the call is over; what failed moved nothing */
static inline struct pmp_stat *pmp_leave(struct pmp_probe *probe, int rc, uint64_t out, uint64_t in)
{
	bool is_done = rc == MPI_SUCCESS;

	return pmp_end(probe, is_done ? out : 0, is_done ? in : 0);
}

/* pmp_posted - a message was sent, unless to MPI_PROC_NULL */
static inline void pmp_posted(int rc, const struct pmp_comm_entry *on, int dest, uint64_t bytes)
{
	if (rc == MPI_SUCCESS && dest >= 0)
		pmp_sent(on->index, dest, bytes, pmp_comm_world_rank);
}

/* pmp_read - bytes that a status reports */
static inline uint64_t pmp_read(int rc, const MPI_Status *seen)
{
	return rc == MPI_SUCCESS ? pmp_status_bytes(seen) : 0;
}

/* pmp_arrived - a message was received, unless from MPI_PROC_NULL. Return: its bytes. */
static inline uint64_t pmp_arrived(int rc, const struct pmp_comm_entry *on, const MPI_Status *seen)
{
	if (rc != MPI_SUCCESS || seen->MPI_SOURCE < 0)
		return 0;

	uint64_t bytes = pmp_status_bytes(seen);

	pmp_received(on->index, seen->MPI_SOURCE, bytes, pmp_comm_world_rank);
	return bytes;
}

/* pmp_started - a receive or read was started; one from MPI_PROC_NULL is complete already, and its request is shared */
static inline void pmp_started(int rc, enum pmp_request_kind kind, const MPI_Request *request,
			       uint32_t comm, int source, struct pmp_stat *stat)
{
	if (source != MPI_PROC_NULL)
		pmp_request_started(rc, kind, request, comm, stat);
}

/* pmp_keep - a persistent request was made */
static inline void pmp_keep(int rc, const MPI_Request *request, const struct pmp_comm_entry *on,
			    int32_t peer, int32_t tag, struct pmp_bytes bytes, bool is_send,
			    bool is_recv)
{
	struct pmp_kept kept = {
		.comm = on->index,
		.peer = peer,
		.tag = tag,
		.out = bytes.out,
		.in = bytes.in,
		.is_send = is_send && peer != MPI_PROC_NULL,
		.is_recv = is_recv && peer != MPI_PROC_NULL,
	};

	pmp_request_keep(rc, request, &kept);
}

/* pmp_made_key - of a new window or file, 0 when there is none */
#define pmp_made_key(rc, made) ((rc) == MPI_SUCCESS ? pmp_key(*(made)) : 0)

#endif
