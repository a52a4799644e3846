/*
 * stencil.c - a program that is built three times: as it is, with `solve` 20 % slower by a change of two lines (SLOWER), and with an
 * MPI_Bcast called twice as often (CHATTY). No regions: `solve` has to be named by its function.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define CELLS 20000
#ifdef CHATTY
#define STEPS_PER_BCAST 5
#else
#define STEPS_PER_BCAST 10
#endif

static double cells[CELLS + 2];

static void sweep(void)
{
	for (int i = 1; i <= CELLS; i++)
		cells[i] = 0.25 * cells[i - 1] + 0.5 * cells[i] + 0.25 * cells[i + 1];
}

static void setup(int rank)
{
	for (int i = 0; i < CELLS + 2; i++)
		cells[i] = rank + i % 7;
	for (int k = 0; k < 300; k++)
		sweep();
	MPI_Barrier(MPI_COMM_WORLD);
}

static double solve(int rank, int ranks, int steps)
{
	double sum = 0;

	for (int step = 0; step < steps; step++) {
		int right = (rank + 1) % ranks, left = (rank + ranks - 1) % ranks;

		MPI_Sendrecv(&cells[CELLS], 1, MPI_DOUBLE, right, 0, &cells[0], 1, MPI_DOUBLE, left,
			     0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		for (int k = 0; k < 10; k++)
			sweep();
#ifdef SLOWER
		for (int k = 0; k < 2; k++)
			sweep();
#endif
		MPI_Allreduce(&cells[1], &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); /* SOLVE */
		if (step % STEPS_PER_BCAST == 0)
			MPI_Bcast(&cells[2], 1, MPI_DOUBLE, 0, MPI_COMM_WORLD); /* BCAST */
	}
	return sum;
}

int main(int argc, char **argv)
{
	int rank, ranks, steps = argc > 1 ? atoi(argv[1]) : 100;
	double sum;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	setup(rank);
	sum = solve(rank, ranks, steps);
	if (rank == 0)
		printf("%g\n", sum);
	MPI_Finalize();
	return 0;
}
