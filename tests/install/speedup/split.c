/* Work that is divided among the ranks but for a part that rank 0 does alone: split [--serial FRACTION] [--work MILLIONS] */
#include <mpi.h>
#include <pmprof/pmprof.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 10

static double sum_of(long long from, long long to, long long step)
{
	double sum = 0;

	for (long long i = from; i < to; i += step)
		sum += 1.0 / ((double)i + 1.0);
	return sum;
}

int main(int argc, char **argv)
{
	double serial = 0, mine = 0, all = 0;
	long long work = 1000;
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--serial") == 0)
			serial = atof(argv[i + 1]);
		if (strcmp(argv[i], "--work") == 0)
			work = atoll(argv[i + 1]);
	}
	work = work * 1000000 / STEPS;
	for (int step = 0; step < STEPS; step++) {
		long long alone = (long long)((double)work * serial);

		PMPROF_REGION("alone")
		{
			if (rank == 0)
				mine += sum_of(0, alone, 1);
			MPI_Barrier(MPI_COMM_WORLD);
		}
		PMPROF_REGION("work")
		{
			mine += sum_of(alone + rank, work, ranks);
			MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
		}
	}
	if (rank == 0)
		printf("%.6f\n", all);
	MPI_Finalize();
	return 0;
}
