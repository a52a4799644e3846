/*
 * fortran_lifecycle.c - lifecycle.c for the Fortran bindings, whose own MPI_Init and MPI_Finalize do not call those of C
 *
 * Called by the program on its main thread.
 */
#include "fortran.h"
#include "lifecycle.h"

typedef void one_fn(MPI_Fint *);
typedef void three_fn(MPI_Fint *, MPI_Fint *, MPI_Fint *);

static void fortran_init(one_fn *real, const void *frame, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;

	(void)frame;
	pmp_lifecycle_start();
	real(error);
	if (*error == MPI_SUCCESS)
		pmp_lifecycle_running();
}

static void fortran_init_thread(three_fn *real, const void *frame, MPI_Fint *required,
				MPI_Fint *provided, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;

	(void)frame;
	pmp_lifecycle_start();
	real(required, provided, error);
	if (*error == MPI_SUCCESS)
		pmp_lifecycle_running();
}

static void fortran_finalize(one_fn *real, const void *frame, MPI_Fint *ierror)
{
	(void)frame;
	pmp_lifecycle_finalize();
	real(ierror);
}

static void fortran_abort(three_fn *real, const void *frame, MPI_Fint *comm, MPI_Fint *code,
			  MPI_Fint *ierror)
{
	(void)frame;
	pmp_record_abort(*code);
	real(comm, code, ierror);
}

static void fortran_pcontrol(one_fn *real, const void *frame, MPI_Fint *level)
{
	(void)frame;
	pmp_lifecycle_pcontrol(*level);
	real(level);
}

#define ENTRIES(lower, upper, failed, parameters, ...)                                             \
	PMP_FORTRAN_ENTRIES(fortran_##lower, mpi_##lower, MPI_##upper, parameters, failed,         \
			    __VA_ARGS__)
#define FAIL pmp_fortran_fail(ierror)

ENTRIES(init, INIT, FAIL, (MPI_Fint * ierror), ierror)
ENTRIES(init_thread, INIT_THREAD, FAIL, (MPI_Fint * required, MPI_Fint *provided, MPI_Fint *ierror),
	required, provided, ierror)
ENTRIES(finalize, FINALIZE, FAIL, (MPI_Fint * ierror), ierror)
ENTRIES(abort, ABORT, FAIL, (MPI_Fint * comm, MPI_Fint *code, MPI_Fint *ierror), comm, code, ierror)
ENTRIES(pcontrol, PCONTROL, (void)level, (MPI_Fint * level), level)
