/* finishing.c - finishing SECONDS [spawn]: rank 1 comes so late to MPI_Finalize; says what MPI_Finalize returns on each rank */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two more processes of the same program, that end together with us. */
static void spawn(char *program)
{
	char seconds[] = "0", again[] = "spawn", *arguments[] = {seconds, again, NULL};
	MPI_Comm parent, children;

	MPI_Comm_get_parent(&parent);
	if (parent == MPI_COMM_NULL)
		MPI_Comm_spawn(program, arguments, 2, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &children,
			       MPI_ERRCODES_IGNORE);
	else
		children = parent;
	MPI_Barrier(children);
	MPI_Comm_disconnect(&children);
}

int main(int argc, char **argv)
{
	int rank, sum;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	if (argc > 2 && strcmp(argv[2], "spawn") == 0)
		spawn(argv[0]);
	if (rank == 1 && argc > 1)
		sleep((unsigned)atoi(argv[1]));
	int rc = MPI_Finalize();
	printf("rank %d: %d\n", rank, rc);
	return 0;
}
