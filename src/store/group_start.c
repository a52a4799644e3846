/*
 * group_start.c - starts and ends MPI for the tools. Called by cli/, never in the user's process.
 */
#include "store/group_start.h"

#include <mpi.h>
#include <stdlib.h>

static MPI_Comm world = MPI_COMM_NULL;

int pmp_group_start(struct pmp_group *group, struct pmp_diag *diag)
{
	int provided;

	setenv("PMPROF", "off", 1);
	if (PMPI_Init_thread(NULL, NULL, MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS ||
	    PMPI_Comm_dup(MPI_COMM_WORLD, &world) != MPI_SUCCESS)
		return pmp_fail(diag, PMP_EPEER, "cannot start MPI, try it without the launcher");
	return pmp_group_mpi(group, &world);
}

void pmp_group_stop(struct pmp_group *group)
{
	*group = pmp_group_single;
	if (world != MPI_COMM_NULL)
		PMPI_Comm_free(&world);
	PMPI_Finalize();
}
