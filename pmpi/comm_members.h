/* comm_members.h - who is in a communicator, asked of MPI without communication */
#ifndef PMP_COMM_MEMBERS_H
#define PMP_COMM_MEMBERS_H

#include "comm_map.h"

/* pmp_members_start, pmp_members_stop - MPI_Init has returned; MPI_Finalize was entered */
void pmp_members_start(void);
void pmp_members_stop(void);

/* pmp_members_world - world rank of a rank (of the remote group, if there is one); -1: not in MPI_COMM_WORLD */
int32_t pmp_members_world(MPI_Comm comm, int32_t rank);

/* pmp_members_first - a number made of the world rank of rank 0 of each group; the same on both sides of an intercommunicator */
uint64_t pmp_members_first(MPI_Comm comm);

/* pmp_members_hash - of the world ranks of all members; likewise. Cost: proportional to their number. */
uint64_t pmp_members_hash(MPI_Comm comm);

/* pmp_members_count - how often this function was called with that number, this time included. Any thread, takes a lock. */
uint32_t pmp_members_count(uint64_t members);

/* pmp_members_neighbors - in one block of memory that the caller frees; NULL without memory */
struct pmp_neighbors *pmp_members_neighbors(MPI_Comm comm);

#endif
