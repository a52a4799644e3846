/*
 * reserve.h - room on the disk before HDF5 is let loose on it
 *
 * HDF5 1.10 does not survive a failed write: the close that follows fails half way, and when the library shuts down (inside
 * MPI_Finalize, in the user's process) it uses what it has freed. So room is reserved first, which finds quotas and limits that
 * statvfs does not show; and should a write fail all the same, the file under HDF5 is exchanged for memory, so that it closes well.
 *
 * What remains: an I/O error (not a lack of room) that hits one process in the middle of a collective call of HDF5. The others then
 * wait inside the library for a process that has left it (seen in H5Dcreate: H5D__chunk_allocate waits in a barrier). The time limit
 * of MPI_Finalize is the guard against that.
 */
#ifndef PMP_RESERVE_H
#define PMP_RESERVE_H

#include <hdf5.h>
#include <stdint.h>

#include "base/err.h"
#include "store/group.h"

/*
 * pmp_reserve - blocks for @bytes more behind the end of a file, which is made if need be
 *
 * The size of the file does not change; what is not used goes back when HDF5 cuts the file to its length. On a file system
 * that cannot reserve, as much is written once and taken back. Never raises SIGXFSZ. Return: 0, -PMP_EFULL, -PMP_EIO.
 */
int pmp_reserve(const char *path, int64_t bytes);

/*
 * pmp_h5_abandon - close a file after a failure, on all processes that opened it; what is in it does not matter any more
 *
 * Context: collective over the group; @file may be negative on all. The file has to be removed by its name afterwards.
 */
void pmp_h5_abandon(const struct pmp_group *group, hid_t file);

#endif
