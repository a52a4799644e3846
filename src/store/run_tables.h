/* run_tables.h - the small tables, which rank 0 adds when the long ones are in the file */
#ifndef PMP_RUN_TABLES_H
#define PMP_RUN_TABLES_H

#include <hdf5.h>

#include "model/pool.h"
#include "store/catalog.h"
#include "store/h5_table.h"
#include "store/rank_info.h"
#include "store/writer.h"

/* Everything rank 0 writes alone, as rows; owned by the pool. */
struct pmp_run_tables {
	struct pmp_pool *pool;
	struct pmp_row_run run;
	struct {
		const void *rows;
		size_t count;
	} tables[PMP_FILE_TABLE_COUNT]; /* empty for the long tables and `run` */
};

/*
 * pmp_run_tables_make - rows from the plan and the catalog, symbols included if the options want them
 *
 * Return: 0 or -PMP_ENOMEM. pmp_run_tables_free accepts a zeroed one.
 */
int pmp_run_tables_make(struct pmp_run_tables *tables, const struct pmp_plan *plan,
			const struct pmp_catalog *catalog, const struct pmp_write_options *options);
void pmp_run_tables_free(struct pmp_run_tables *tables);

/* pmp_run_tables_bytes - room they need in the file at most */
int64_t pmp_run_tables_bytes(const struct pmp_run_tables *tables);

/* pmp_run_tables_write, pmp_run_tables_verify - on rank 0, into a file opened by it alone */
int pmp_run_tables_write(const struct pmp_run_tables *tables, hid_t file, struct pmp_diag *diag);
int pmp_run_tables_verify(const struct pmp_run_tables *tables, hid_t file, struct pmp_diag *diag);

#endif
