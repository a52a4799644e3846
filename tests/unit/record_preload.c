/*
 * record_preload.c - what libpmprof.so does in MPI_Init and MPI_Finalize, for a program without MPI.
 */
#include "record/record.h"

static __attribute__((constructor)) void begin(void)
{
	const struct pmp_start start = {.mpi_library = "none"};

	pmp_record_start(&start, NULL);
	pmp_record_running(0, 1, 0);
}

static __attribute__((destructor)) void end(void)
{
	pmp_record_finalizing();
}
