/*
 * group.h - the processes that write a file together: one, or those of an MPI communicator. One writer serves both.
 *
 * All but send and receive are collective over the group; they return 0 or a negative pmp_err; with one process they are trivial.
 */
#ifndef PMP_GROUP_H
#define PMP_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum pmp_reduce { PMP_REDUCE_SUM, PMP_REDUCE_MIN, PMP_REDUCE_MAX };

struct pmp_group {
	int rank, size;
	void *handle; /* MPI_Comm * for the collective one */
	int (*reduce)(const struct pmp_group *, enum pmp_reduce op, int64_t *values,
		      size_t count); /* to all, in place */
	int (*broadcast)(const struct pmp_group *, void *data, size_t bytes); /* from 0 */
	int (*send)(const struct pmp_group *, int to, const void *data, size_t bytes);
	/* exactly the bytes that are sent; NULL: take them and forget them */
	int (*receive)(const struct pmp_group *, int from, void *data, size_t bytes);
};

extern const struct pmp_group pmp_group_single;

/* pmp_group_mpi - over an MPI communicator (pointer to MPI_Comm); group_mpi.c is the one file of store/ that includes mpi.h */
int pmp_group_mpi(struct pmp_group *group, void *comm);

/* pmp_group_send, pmp_group_receive - of any length, which goes ahead; the receiver frees. Without memory for them they are taken
 * all the same: the sender must not wait for ever. */
int pmp_group_send(const struct pmp_group *group, int to, const void *data, size_t bytes);
int pmp_group_receive(const struct pmp_group *group, int from, void **data, size_t *bytes);

/* pmp_agree - the worst rc of all, on all: -PMP_EPEER where only others failed */
int pmp_agree(const struct pmp_group *group, int rc);

/* pmp_agree_reason - after a failure of all: the process that failed knows why, rank 0, which prints, gets its words */
void pmp_agree_reason(const struct pmp_group *group, int rc, struct pmp_diag *diag);

#endif
