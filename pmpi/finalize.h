/* finalize.h - the end of a run: one file from all ranks */
#ifndef PMP_FINALIZE_H
#define PMP_FINALIZE_H

#include "pmpi.h"

/*
 * pmp_finalize_write - write the file with all ranks, or leave the arenas and say how to collect them
 * @has_record: this rank has an arena. One without takes part all the same: then nobody writes here, and `pmprof collect` takes
 *              what there is.
 * @is_spawned: this job was started by MPI_Comm_spawn: its file gets a name of its own
 *
 * Collective over MPI_COMM_WORLD; called in MPI_Finalize before PMPI_Finalize, when recording has stopped. Prints at most one
 * line, on rank 0. Does not hang when a rank is lost before the writing begins: after PMPROF_FINALIZE_TIMEOUT it gives up.
 */
void pmp_finalize_write(bool has_record, bool is_spawned);

#endif
