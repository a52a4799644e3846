/*
 * load.h - the tables of a file as rows in memory, types checked, meaning not yet
 *
 * HDF5 1.10 can be led to crash or to loop by a damaged file. It therefore runs in a child process, which puts the rows into memory
 * shared with us; when the child dies, that is one line of error here.
 */
#ifndef PMP_LOAD_H
#define PMP_LOAD_H

#include <stddef.h>

#include "base/err.h"
#include "store/file_schema.h"

struct pmp_load_table {
	void *rows; /* of struct pmp_row_<table> */
	size_t count;
};

struct pmp_load {
	struct pmp_load_table tables[PMP_FILE_TABLE_COUNT]; /* run: one row */
	char *base; /* of the memory all rows and texts lie in */
	size_t size;
	size_t used; /* written by the child: checked before it is believed */
	int rc;
	struct pmp_diag diag;
};

/*
 * pmp_load_open - read all tables of a file
 *
 * Return: 0 with *load, to be given back with pmp_load_close; else as pmp_read. Texts in the rows are terminated and lie in the
 * shared memory, whatever the child did: checked here.
 */
int pmp_load_open(const char *path, struct pmp_load **load, struct pmp_diag *diag);
void pmp_load_close(struct pmp_load *load);

/* pmp_load_alloc - zeroed bytes of the shared memory, NULL when it is used up */
void *pmp_load_alloc(struct pmp_load *load, size_t count, size_t size);

/* pmp_h5_load - the part that runs in the child: everything that calls HDF5 */
int pmp_h5_load(const char *path, struct pmp_load *load, struct pmp_diag *diag);

#endif
