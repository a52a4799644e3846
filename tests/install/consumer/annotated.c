/* What a user's program looks like: annotated, and knowing nothing of where pmprof is. */
#include <mpi.h>
#include <pmprof/pmprof.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int rank, sum = 0;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	PMPROF_REGION("adding")
	{
		for (int i = 0; i < 10; i++)
			MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	}
	if (rank == 0)
		printf("sum %d\n", sum);
	MPI_Finalize();
	return 0;
}
