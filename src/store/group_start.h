/* group_start.h - `pmprof` itself as an MPI program: mpirun --map-by ppr:1:node pmprof collect JOB */
#ifndef PMP_GROUP_START_H
#define PMP_GROUP_START_H

#include "base/err.h"
#include "store/group.h"

/*
 * pmp_group_start - MPI_Init, and the group of all processes
 *
 * A preloaded libpmprof.so does not record us. Context: once, main thread, before anything else starts MPI.
 */
int pmp_group_start(struct pmp_group *group, struct pmp_diag *diag);

/* pmp_group_stop - MPI_Finalize */
void pmp_group_stop(struct pmp_group *group);

#endif
