/* process_guest.c - a library that a program loads and unloads while it runs; built twice, with other code in front */
#include <mpi.h>

int guest_visit(void);

#ifdef GUEST_PADDING
int guest_padding(int x);

int guest_padding(int x)
{
	return x * 3 + 1;
}
#endif

int guest_visit(void)
{
	return MPI_Barrier(MPI_COMM_WORLD) != MPI_SUCCESS;
}
