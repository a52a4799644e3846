/* starting.h - MPI_Start and MPI_Startall, of C and of Fortran: what each start of a persistent request counts as */
#ifndef PMP_STARTING_H
#define PMP_STARTING_H

#include "pending.h"

/* What a request does when it is started; NULL when it is not one of ours. */
static inline struct pmp_kept *pmp_kept_of(MPI_Request request)
{
	struct pmp_found found;

	if (!pmp_request_find(&request, &found) || found.kind != PMP_REQUEST_KEPT)
		return NULL;
	return found.of.kept;
}

static inline struct pmp_bytes pmp_kept_bytes(const struct pmp_kept *kept)
{
	return (struct pmp_bytes){kept->out, kept->is_recv ? 0 : kept->in};
}

/* An unrecorded start is not credited either: its messages do not count. */
static inline void pmp_kept_started(struct pmp_kept *kept, struct pmp_stat *stat)
{
	kept->is_active = true;
	kept->stat = stat;
	if (kept->is_send)
		pmp_sent(kept->comm, kept->peer, kept->out, pmp_comm_world_rank);
}

/* What a start counts as; one of several requests has no peer, and a communicator only if it is that of all. */
struct pmp_starting {
	struct pmp_kept *kept; /* of a single request */
	uint32_t comm;
	int32_t peer, tag;
	uint64_t size;
	struct pmp_bytes bytes;
};

static inline struct pmp_starting pmp_starting_one(MPI_Request request)
{
	struct pmp_kept *kept = pmp_kept_of(request);

	if (!kept)
		return (struct pmp_starting){.peer = PMP_NO_PEER, .tag = PMP_NO_TAG};
	return (struct pmp_starting){
		.kept = kept,
		.comm = kept->comm,
		.peer = kept->peer,
		.tag = kept->tag,
		.size = kept->out > kept->in ? kept->out : kept->in,
		.bytes = pmp_kept_bytes(kept),
	};
}

static inline struct pmp_starting pmp_starting_all(int count, struct pmp_requests requests)
{
	struct pmp_starting all = {.peer = PMP_NO_PEER, .tag = PMP_NO_TAG};
	uint64_t in = 0;

	for (int i = 0; (requests.c || requests.fortran) && i < count; i++) {
		const struct pmp_kept *kept = pmp_kept_of(pmp_request_at(requests, i));

		if (!kept)
			continue;
		all.comm = i == 0 || all.comm == kept->comm ? kept->comm : 0;
		all.bytes.out += kept->out;
		all.bytes.in += pmp_kept_bytes(kept).in;
		in += kept->in;
	}
	all.size = all.bytes.out > in ? all.bytes.out : in;
	return all;
}

static inline void pmp_started_all(int rc, int count, struct pmp_requests requests,
				   struct pmp_stat *stat)
{
	for (int i = 0; rc == MPI_SUCCESS && i < count; i++) {
		struct pmp_kept *kept = pmp_kept_of(pmp_request_at(requests, i));

		if (kept)
			pmp_kept_started(kept, stat);
	}
}

#endif
