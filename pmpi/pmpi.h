/* pmpi.h - what all files of the interposition layer share */
#ifndef PMP_PMPI_H
#define PMP_PMPI_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/hot.h"
#include "record/record.h"

/* Thread-local data of a preloaded library: no call to reach it. The room for it is small, so keep it below 512 bytes in all. */
#define PMP_THREAD _Thread_local __attribute__((tls_model("initial-exec")))

#define PMP_EXPORT __attribute__((visibility("default")))

/* pmp_key - a handle as a number: Open MPI's are pointers, MPICH's are ints */
#define pmp_key(handle)                                                                            \
	(sizeof(handle) == sizeof(uint32_t) ? (uint64_t)(uint32_t)(uintptr_t)(handle)              \
					    : (uint64_t)(uintptr_t)(handle))

/*
 * pmp_tracking - handles are followed, also while recording is paused: MPI_Init has returned and MPI_Finalize was not entered.
 * Communicators must be counted alike on all their members, and what was started has to be credited when it completes.
 */
extern bool pmp_tracking;

/* pmp_status - where MPI shall put the status so that we can read it: the program's, or our own when it wants none */
static inline MPI_Status *pmp_status(MPI_Status *wanted, MPI_Status *own)
{
	return wanted == MPI_STATUS_IGNORE ? own : wanted;
}

/* pmp_status_bytes - how much arrived, by a filled status */
uint64_t pmp_status_bytes(const MPI_Status *status);

#endif
