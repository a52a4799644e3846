/*
 * h5_file.h - the file under HDF5, such that HDF5 never meets a write error
 *
 * HDF5 1.10 does not survive one: a flush that fails leaves its caches half way, and when the library shuts down (inside MPI_Finalize,
 * in the user's process) it crashes on what it has freed. We therefore write through a driver of our own, which goes on in
 * memory when the disk refuses and keeps the reason for us.
 */
#ifndef PMP_H5_FILE_H
#define PMP_H5_FILE_H

#include <hdf5.h>
#include <stdint.h>

#include "base/err.h"

/* pmp_h5_file_driver - let a file access list use the driver. One file at a time. Return: 0 or -PMP_EIO */
int pmp_h5_file_driver(hid_t access_list);

/* pmp_h5_file_check - 0 while all is on the disk, else -PMP_EFULL or -PMP_EIO: the file is worthless, close it and remove it */
int pmp_h5_file_check(const char *path, struct pmp_diag *diag);

/*
 * pmp_reserve - blocks for @bytes more behind the end of a file, which is made if need be
 *
 * The size of the file does not change; what is not used goes back when HDF5 cuts the file to its length. On a file system
 * that cannot reserve, as much is written once and taken back. Never raises SIGXFSZ. Return: 0, -PMP_EFULL, -PMP_EIO.
 */
int pmp_reserve(const char *path, int64_t bytes);

#endif
