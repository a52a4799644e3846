/*
 * pending.h - the requests that we follow in a list of requests, and statuses to read for them
 *
 * Used around one call of MPI_Waitall and its kin: find, call MPI, then exactly one of all, some, none.
 */
#ifndef PMP_PENDING_H
#define PMP_PENDING_H

#include "fortran.h"
#include "request_map.h"

/* pmp_settle - after a call on one request that was found before it */
static inline void pmp_settle(const struct pmp_found *found, int rc, bool is_complete,
			      MPI_Request request, const MPI_Status *status)
{
	if (rc == MPI_SUCCESS && is_complete)
		pmp_request_completed(found, status);
	else if (rc != MPI_SUCCESS && request == MPI_REQUEST_NULL)
		pmp_request_drop(found);
}

struct room;

/* A list of requests: of C, or of Fortran, where indices begin with 1. One of the two. */
struct pmp_requests {
	const MPI_Request *c;
	const MPI_Fint *fortran;
};

static inline MPI_Request pmp_request_at(struct pmp_requests requests, int i)
{
	return requests.c ? requests.c[i] : pmp_fortran_request(requests.fortran[i]);
}

/* Their statuses, likewise. */
struct pmp_statuses {
	const MPI_Status *c;
	const MPI_Fint *fortran;
};

struct pmp_pending {
	struct pmp_requests requests;
	struct pmp_followed *followed; /* ascending by position */
	int count;                     /* of followed */
	struct room *room;             /* where they stand; NULL: nothing to give back */
};

/*
 * pmp_pending_find - look all requests up
 *
 * Return: whether requests that we follow are among them. Without memory nothing is followed: their bytes are not credited
 * (PMP_WARN_REQUESTS).
 */
bool pmp_pending_find(struct pmp_pending *pending, int count, struct pmp_requests requests);

/* pmp_pending_statuses - room for the statuses of all requests, where the program wants none; after pmp_pending_find was true */
MPI_Status *pmp_pending_statuses(const struct pmp_pending *pending);

/* pmp_pending_all - all are complete, or some failed: settle each by its status */
void pmp_pending_all(struct pmp_pending *pending, int rc, struct pmp_statuses statuses);

/* pmp_pending_some - those at indices are complete or failed; statuses in the order of indices. MPI_UNDEFINED is no index. */
void pmp_pending_some(struct pmp_pending *pending, int rc, int outcount, const int indices[],
		      struct pmp_statuses statuses);

/* pmp_pending_none - nothing was completed */
void pmp_pending_none(struct pmp_pending *pending);

/* pmp_pending_outcount - of MPI_Waitsome and MPI_Testsome: 0 where it is not defined */
static inline int pmp_pending_outcount(int rc, const int *outcount)
{
	return (rc == MPI_SUCCESS || rc == MPI_ERR_IN_STATUS) && *outcount != MPI_UNDEFINED
		       ? *outcount
		       : 0;
}

#endif
