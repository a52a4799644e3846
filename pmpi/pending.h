/*
 * pending.h - the requests that we follow in a list of requests, and statuses to read for them
 *
 * Used around one call of MPI_Waitall and its kin: find, call MPI with what find returned, then exactly one of all, some, none.
 */
#ifndef PMP_PENDING_H
#define PMP_PENDING_H

#include "request_map.h"

struct room;

struct pmp_pending {
	struct pmp_followed *followed; /* ascending by position */
	int count;                     /* of followed */
	struct room *room;             /* where they stand; NULL: nothing to give back */
};

/*
 * pmp_pending_find - look all requests up
 *
 * Return: the statuses to hand to MPI: the program's, or ours when it wants none and requests that we follow are among them.
 * Without memory nothing is followed: their bytes are not credited (PMP_WARN_REQUESTS).
 */
MPI_Status *pmp_pending_find(struct pmp_pending *pending, int count, const MPI_Request requests[],
			     MPI_Status *statuses);

/* pmp_pending_find_one - the same for calls with one status. Return: whether a request that we follow is among them. */
bool pmp_pending_find_one(struct pmp_pending *pending, int count, const MPI_Request requests[]);

/* pmp_pending_all - all are complete, or some failed: settle each by its status */
void pmp_pending_all(struct pmp_pending *pending, int rc, const MPI_Request requests[],
		     const MPI_Status statuses[]);

/* pmp_pending_some - those at indices are complete or failed; statuses in the order of indices. MPI_UNDEFINED is no index. */
void pmp_pending_some(struct pmp_pending *pending, int rc, const MPI_Request requests[],
		      int outcount, const int indices[], const MPI_Status statuses[]);

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
