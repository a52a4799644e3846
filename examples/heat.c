/*
 * heat - heat spreads over a square plate: a 5-point stencil on a grid that is cut into one strip of rows per rank
 *
 * usage: heat [size [steps]]     size x size cells, default 512 and 400
 *
 * Each step exchanges the strips' edge rows with both neighbours (Irecv, Isend, Waitall) and computes the new temperatures;
 * every tenth step all ranks agree on the residual (Allreduce). Prints the sum of all temperatures, which does not depend on
 * the number of ranks.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include <pmprof/pmprof.h>

#define RESIDUAL_EVERY 10

struct strip {
	int width, rows; /* without the halo */
	int up, down;    /* neighbours, MPI_PROC_NULL at the rim */
	double *now, *next;
};

static double *row(const struct strip *s, double *grid, int r)
{
	return grid + (size_t)r * (size_t)s->width;
}

static int strip_init(struct strip *s, int size)
{
	int rank, ranks;

	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	s->width = size;
	s->rows = size / ranks + (rank < size % ranks);
	s->up = rank > 0 ? rank - 1 : MPI_PROC_NULL;
	s->down = rank + 1 < ranks ? rank + 1 : MPI_PROC_NULL;
	s->now = calloc((size_t)(s->rows + 2) * (size_t)size, sizeof(double));
	s->next = calloc((size_t)(s->rows + 2) * (size_t)size, sizeof(double));
	if (!s->now || !s->next)
		return 1;
	for (int x = 0; rank == 0 && x < size; x++) /* the upper rim is hot */
		s->now[x] = s->next[x] = 100.0;
	return 0;
}

static void exchange_halo(const struct strip *s)
{
	MPI_Request requests[4];

	MPI_Irecv(row(s, s->now, 0), s->width, MPI_DOUBLE, s->up, 1, MPI_COMM_WORLD, &requests[0]);
	MPI_Irecv(row(s, s->now, s->rows + 1), s->width, MPI_DOUBLE, s->down, 2, MPI_COMM_WORLD,
		  &requests[1]);
	MPI_Isend(row(s, s->now, 1), s->width, MPI_DOUBLE, s->up, 2, MPI_COMM_WORLD, &requests[2]);
	MPI_Isend(row(s, s->now, s->rows), s->width, MPI_DOUBLE, s->down, 1, MPI_COMM_WORLD,
		  &requests[3]);
	MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
}

/* One step; the return value is this strip's share of the residual. */
static double relax(struct strip *s)
{
	double change = 0.0;

	for (int r = 1; r <= s->rows; r++) {
		const double *above = row(s, s->now, r - 1), *here = row(s, s->now, r),
			     *below = row(s, s->now, r + 1);
		double *out = row(s, s->next, r);

		for (int x = 1; x < s->width - 1; x++) {
			out[x] = 0.25 * (above[x] + below[x] + here[x - 1] + here[x + 1]);
			change += (out[x] - here[x]) * (out[x] - here[x]);
		}
	}
	double *swap = s->now;

	s->now = s->next;
	s->next = swap;
	return change;
}

static double total(const struct strip *s)
{
	double mine = 0.0, all = 0.0;

	for (int r = 1; r <= s->rows; r++)
		for (int x = 0; x < s->width; x++)
			mine += row(s, s->now, r)[x];
	MPI_Reduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
	return all;
}

static double solve(struct strip *s, int steps)
{
	double residual = 0.0;

	for (int step = 1; step <= steps; step++) {
		double change = 0.0;

		PMPROF_REGION("halo")
		exchange_halo(s);
		PMPROF_REGION("relax")
		change = relax(s);
		if (step % RESIDUAL_EVERY == 0) {
			MPI_Allreduce(&change, &residual, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
			residual = sqrt(residual);
		}
	}
	return residual;
}

int main(int argc, char **argv)
{
	int size = argc > 1 ? atoi(argv[1]) : 512;
	int steps = argc > 2 ? atoi(argv[2]) : 400;
	double residual = 0.0, heat;
	struct strip strip = {0};
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (size < 3 || size < ranks || steps < 1 || strip_init(&strip, size)) {
		fprintf(stderr, "heat: size and steps must be positive, with a row for each rank, "
				"and fit in memory\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	PMPROF_REGION("solve")
	residual = solve(&strip, steps);
	heat = total(&strip);
	if (rank == 0)
		printf("%d ranks, %d steps on %d x %d: heat %.6f, residual %.3e\n", ranks, steps,
		       size, size, heat, residual);
	free(strip.now);
	free(strip.next);
	MPI_Finalize();
	return 0;
}
