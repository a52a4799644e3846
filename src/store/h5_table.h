/*
 * h5_table.h - one table of schema/file.def in an HDF5 file, with rows of all processes of a group
 *
 * Chunked, shuffled, deflated and with a checksum per chunk (fletcher32), so that a damaged file is found when it is read. All functions return 0 or a negative pmp_err and put the HDF5 library's own
 * reason into @diag.
 */
#ifndef PMP_H5_TABLE_H
#define PMP_H5_TABLE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/file_schema.h"
#include "store/group.h"

#define PMP_H5_WRITER 0 /* the process of the group that has the file open */

/* Rows of a table that lie together, in memory and in the file. */
struct pmp_h5_block {
	const void
		*rows;  /* of the table's row struct; NULL in the processes that do not have them */
	uint64_t first; /* row in the file */
	size_t count;
	int owner; /* process that has them */
};

struct pmp_h5_table {
	const struct pmp_file_table *schema;
	uint64_t total; /* rows of all processes */
	size_t widths
		[PMP_FILE_COLUMNS_MAX]; /* bytes of the text columns: the same on all processes */
	const struct pmp_h5_block *blocks; /* of all processes, one behind the other: all rows */
	size_t block_count;
};

/* pmp_h5_widths - room that the text columns of the rows here need (at least 1) */
void pmp_h5_widths(struct pmp_h5_table *table);

/* pmp_h5_row_bytes - bytes of a row in the file before compression */
size_t pmp_h5_row_bytes(const struct pmp_h5_table *table);

/*
 * pmp_h5_write - create the table and write it; collective
 *
 * Each process needs memory for one chunk (some MiB), however long the table is. A failure anywhere lets all return; the results differ,
 * and have to be agreed on.
 * @file: on PMP_H5_WRITER; the others have none open
 */
int pmp_h5_write(hid_t file, const struct pmp_h5_table *table, const struct pmp_group *group,
		 struct pmp_diag *diag);

/* pmp_h5_verify - read the rows of this process back, in a file that it has open itself, and compare */
int pmp_h5_verify(hid_t file, const struct pmp_h5_table *table, struct pmp_diag *diag);

/* pmp_h5_write_attributes - a one-row table as attributes of the root group */
int pmp_h5_write_attributes(hid_t file, const struct pmp_file_table *schema, const void *row,
			    struct pmp_diag *diag);

/* pmp_h5_fail - pmp_fail with the innermost reason on HDF5's error stack appended */
int pmp_h5_fail(struct pmp_diag *diag, enum pmp_err err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* pmp_h5_quiet - keep HDF5 from printing; pmp_h5_restore undoes it (the library may be the application's) */
struct pmp_h5_quiet {
	H5E_auto2_t function;
	void *data;
};
void pmp_h5_quiet(struct pmp_h5_quiet *saved);
void pmp_h5_restore(const struct pmp_h5_quiet *saved);

/* pmp_h5_file_type, pmp_h5_memory_type - of a column; the caller closes it. Negative on failure */
hid_t pmp_h5_file_type(enum pmp_file_type type, size_t width);
hid_t pmp_h5_memory_type(enum pmp_file_type type, size_t width);

#endif
