/*
 * amdahl - a part of the work is done by one rank while the others wait, or by all of them alike
 *
 * usage: amdahl [--serial-fraction F] [--work N] [--steps N] [--repeat-all] [--no-regions]
 *
 *   --serial-fraction F   of the work on one rank, default 0.1
 *   --work N              million stripes in all, whatever the number of ranks, default 2400 (some seconds)
 *   --steps N             in which the work is done, default 10
 *   --repeat-all          every rank does the serial part: nobody waits, and nobody gains
 *   --no-regions          without annotations
 *
 * The serial part is the area under 1 / (1 + x), log 2; the parallel one that under 4 / (1 + x^2), pi. A stripe costs the same in
 * both, so that the speedup on N ranks is 1 / (F + (1 - F) / N).
 */
#include <getopt.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include <pmprof/pmprof.h>

struct options {
	double fraction;
	long long stripes;
	int steps;
	int repeat_all, no_regions;
};

/* Stripes from first to last of all; both integrands take one division. */
static double integrate(long long first, long long last, long long all, double power, double scale)
{
	double width = 1.0 / (double)all, sum = 0.0;

	for (long long i = first; i < last; i++) {
		double x = width * ((double)i + 0.5);

		sum += scale / (1.0 + x * (power + (1.0 - power) * x));
	}
	return sum * width;
}

/* One step of the part that cannot be divided: everybody needs its result to go on. */
static double serial_part(const struct options *o, int step, int rank)
{
	long long all = (long long)(o->fraction * (double)o->stripes);
	double part = 0.0;

	if (rank == 0 || o->repeat_all)
		part = integrate(all * step / o->steps, all * (step + 1) / o->steps, all, 1.0, 1.0);
	if (!o->repeat_all)
		MPI_Bcast(&part, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
	return part;
}

/* One step of the rest: each rank an equal share of the stripes. */
static double parallel_part(const struct options *o, int step, int rank, int ranks)
{
	long long all = o->stripes - (long long)(o->fraction * (double)o->stripes);
	long long from = all * step / o->steps, count = all * (step + 1) / o->steps - from;
	double part = integrate(from + count * rank / ranks, from + count * (rank + 1) / ranks, all,
				0.0, 4.0);
	double sum = 0.0;

	MPI_Allreduce(&part, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	return sum;
}

static void run(const struct options *o, int rank, int ranks, double *log2, double *pi)
{
	for (int step = 0; step < o->steps; step++) {
		if (o->no_regions) {
			*log2 += serial_part(o, step, rank);
			*pi += parallel_part(o, step, rank, ranks);
			continue;
		}
		PMPROF_REGION("serial")
		*log2 += serial_part(o, step, rank);
		PMPROF_REGION("parallel")
		*pi += parallel_part(o, step, rank, ranks);
	}
}

static int parse(int argc, char **argv, struct options *o)
{
	const struct option names[] = {
		{"serial-fraction", required_argument, NULL, 'f'},
		{"work", required_argument, NULL, 'w'},
		{"steps", required_argument, NULL, 's'},
		{"repeat-all", no_argument, &o->repeat_all, 1},
		{"no-regions", no_argument, &o->no_regions, 1},
		{NULL, 0, NULL, 0},
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (key == 'f')
			o->fraction = atof(optarg);
		else if (key == 'w')
			o->stripes = (long long)(1e6 * atof(optarg));
		else if (key == 's')
			o->steps = atoi(optarg);
		else if (key != 0)
			return 1;
	}
	return optind != argc || o->fraction < 0 || o->fraction >= 1 || o->stripes < 1 ||
	       o->steps < 1;
}

int main(int argc, char **argv)
{
	struct options o = {.fraction = 0.1, .stripes = 2400000000, .steps = 10};
	double log2 = 0.0, pi = 0.0;
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (parse(argc, argv, &o)) {
		fprintf(stderr, "amdahl: wrong arguments, the top of amdahl.c lists them\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	run(&o, rank, ranks, &log2, &pi);
	if (rank == 0)
		printf("%d ranks, serial fraction %g: log 2 is about %.9f, pi is about %.9f\n",
		       ranks, o.fraction, log2, pi);
	MPI_Finalize();
	return 0;
}
