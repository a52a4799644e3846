/*
 * pi - the area under 4 / (1 + x^2), every rank its own stripes: nothing to exchange but the sum at the end
 *
 * usage: pi [stripes]     default 4 billion (some seconds)
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static double integrate(long long stripes, int rank, int ranks)
{
	double width = 1.0 / (double)stripes, sum = 0.0;

	for (long long i = rank; i < stripes; i += ranks) {
		double x = width * ((double)i + 0.5);

		sum += 4.0 / (1.0 + x * x);
	}
	return sum * width;
}

int main(int argc, char **argv)
{
	long long stripes = argc > 1 ? atoll(argv[1]) : 4000000000;
	double mine, pi = 0.0;
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (stripes < 1) {
		fprintf(stderr, "pi: stripes must be positive\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	mine = integrate(stripes, rank, ranks);
	MPI_Reduce(&mine, &pi, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0)
		printf("%d ranks, %lld stripes: pi is about %.12f\n", ranks, stripes, pi);
	MPI_Finalize();
	return 0;
}
