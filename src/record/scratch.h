/* scratch.h - where arena files lie: <scratch>/pmprof-<uid>/<job>/rank-<rank>.arena, folders 0700, files 0600 */
#ifndef PMP_SCRATCH_H
#define PMP_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/launch.h"

#define PMP_SCRATCH_PATH_MAX 1024

/* A file that was made here; it is opened again by name for each use, so that no descriptor of the program's is taken. */
struct pmp_scratch_file {
	char path[PMP_SCRATCH_PATH_MAX];
	uint64_t device;
	uint64_t inode;
	unsigned place;        /* in the list of places */
	bool is_second_choice; /* PMPROF_SCRATCH, or the file's predecessor, had no room for it */
};

/*
 * pmp_scratch_create - make a new, empty arena file
 * @bytes: room that must be there at once
 *
 * Tries PMPROF_SCRATCH if it is set, /dev/shm if it has room for all ranks of the node, $TMPDIR, /tmp. A folder that is a symbolic
 * link, belongs to somebody else or may be entered by others is not used. A name in use is left alone (its owner may live, or its
 * data be uncollected): rank-<rank>.<n>.arena is taken instead. Context: once, under the lock of the runtime.
 * Return: 0, -PMP_EIO, -PMP_EFULL.
 */
int pmp_scratch_create(const struct pmp_launch *launch, uint64_t bytes,
		       struct pmp_scratch_file *file, struct pmp_diag *diag);

/*
 * pmp_scratch_continue - make a new, empty file rank-<rank>.part (rank-<rank>.<n>.part) at the next place with room behind that of
 * @last; the environment is not looked at again. Any thread, one at a time. Return: 0, -PMP_EFULL.
 */
int pmp_scratch_continue(const struct pmp_launch *launch, uint64_t bytes,
			 const struct pmp_scratch_file *last, struct pmp_scratch_file *file);

/* pmp_scratch_open - descriptor of the very file that was made, or -PMP_EIO when it is gone or another one has its name */
int pmp_scratch_open(const struct pmp_scratch_file *file);

/* pmp_scratch_allocate - room on the disk for [offset, offset + bytes): 0, -PMP_EFULL, -PMP_EIO; never a signal */
int pmp_scratch_allocate(int fd, uint64_t offset, uint64_t bytes);

/* pmp_scratch_remove - the file, and the job's folder if that was the last one in it */
void pmp_scratch_remove(const struct pmp_scratch_file *file);

#endif
