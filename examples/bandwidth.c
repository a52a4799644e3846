/*
 * bandwidth - a triad over arrays far larger than the caches: ranks compute little and wait for memory
 *
 * usage: bandwidth [--mib N] [--passes N] [--table MIB]
 *
 *   --mib N       of each of the three arrays, all ranks together, default 192
 *   --passes N    over the arrays, default 60
 *   --table MIB   look-ups at random in a table of that size, which every rank has, instead of the triad: one million per pass,
 *                 all ranks together. A table that fits into a cache alone, but not twice, is much slower on two ranks
 *
 * The arrays are divided among the ranks, so that all of them together read and write the same on any number of ranks. They share
 * the memory, though, and when one rank alone takes all its bandwidth, two take just as long.
 */
#include <getopt.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include <pmprof/pmprof.h>

struct arrays {
	size_t count;
	double *a, *b, *c;
};

/* a = b + s c, then b and a change places, so that no pass can be left out. */
static void triad(struct arrays *v, double s)
{
	double *restrict a = v->a;
	const double *restrict b = v->b;
	const double *restrict c = v->c;

	for (size_t i = 0; i < v->count; i++)
		a[i] = b[i] + s * c[i];
	v->a = v->b;
	v->b = a;
}

static int allocate(struct arrays *v, size_t count)
{
	v->count = count;
	v->a = malloc(count * sizeof(double));
	v->b = malloc(count * sizeof(double));
	v->c = malloc(count * sizeof(double));
	if (!v->a || !v->b || !v->c)
		return 1;
	for (size_t i = 0; i < count; i++) {
		v->a[i] = 0.0;
		v->b[i] = 1.0;
		v->c[i] = 2.0;
	}
	return 0;
}

/* Every rank has the whole table; the look-ups are divided. Return: how many of them hit an odd number */
static double look_up(const unsigned *table, size_t size, size_t count, int rank)
{
	unsigned long long x = 88172645463325252ULL + 7919ULL * (unsigned)rank;
	size_t odd = 0;

	for (size_t i = 0; i < count; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		odd += table[x % size] & 1U;
	}
	return (double)odd;
}

static int run_table(double mib, int passes, int rank, int ranks)
{
	size_t size = (size_t)(mib * 1048576 / sizeof(unsigned));
	size_t count = (size_t)passes * 1000000;
	unsigned *table = malloc(size * sizeof(*table));
	double mine = 0.0, all = 0.0;

	if (!table)
		return 1;
	for (size_t i = 0; i < size; i++)
		table[i] = (unsigned)i;
	count = count * (size_t)(rank + 1) / (size_t)ranks - count * (size_t)rank / (size_t)ranks;
	PMPROF_REGION("look up")
	mine = look_up(table, size, count, rank);
	MPI_Reduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0)
		printf("%d ranks, %d million look-ups in %g MiB: %.3f of them odd, should be "
		       "half\n",
		       ranks, passes, mib, all / (1e6 * passes));
	free(table);
	return 0;
}

static double sum(const struct arrays *v)
{
	double mine = 0.0, all = 0.0;

	for (size_t i = 0; i < v->count; i++)
		mine += v->b[i];
	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	return all;
}

static int parse(int argc, char **argv, double *mib, int *passes, double *table)
{
	const struct option names[] = {
		{"mib", required_argument, NULL, 'm'},
		{"passes", required_argument, NULL, 'p'},
		{"table", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (key == 'm')
			*mib = atof(optarg);
		else if (key == 'p')
			*passes = atoi(optarg);
		else if (key == 't')
			*table = atof(optarg);
		else
			return 1;
	}
	return optind != argc || *mib < 1 || *passes < 1 || *table < 0;
}

int main(int argc, char **argv)
{
	struct arrays v;
	double mib = 192, table = 0, total;
	int passes = 60, rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (parse(argc, argv, &mib, &passes, &table)) {
		fprintf(stderr, "bandwidth: wrong arguments, the top of bandwidth.c lists them\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	if (table > 0) {
		if (run_table(table, passes, rank, ranks))
			MPI_Abort(MPI_COMM_WORLD, 1);
		MPI_Finalize();
		return 0;
	}
	size_t all = (size_t)(mib * 1048576 / sizeof(double));
	size_t first = all * (size_t)rank / (size_t)ranks;

	PMPROF_REGION("fill")
	if (allocate(&v, all * (size_t)(rank + 1) / (size_t)ranks - first)) {
		fprintf(stderr, "bandwidth: no memory for %g MiB\n", 3 * mib);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	PMPROF_REGION("triad")
	for (int pass = 0; pass < passes; pass++)
		triad(&v, 0.5);
	total = sum(&v);
	if (rank == 0)
		printf("%d ranks, %d passes over 3 x %g MiB: mean %.6f, should be %.6f\n", ranks,
		       passes, mib, total / (double)all, 1.0 + passes);
	free(v.a);
	free(v.b);
	free(v.c);
	MPI_Finalize();
	return 0;
}
