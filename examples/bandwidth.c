/*
 * bandwidth - a triad over arrays far larger than the caches: ranks compute little and wait for memory
 *
 * usage: bandwidth [--mib N] [--passes N] [--table MIB | --counters FILE [--apart]]
 *
 *   --mib N          of each of the three arrays, all ranks together, default 192
 *   --passes N       over the arrays, default 60; of the two below: one million steps each, all ranks together
 *   --table MIB      instead of the triad: look-ups at random in a table of that size, which every rank has. A table that fits
 *                    into a cache alone, but not twice, is much slower on two ranks
 *   --counters FILE  instead of the triad: a histogram of random numbers, for each process its own, in FILE, which all processes
 *                    of the node map (made if it is missing). It is count[bin][process]: counters of different processes are
 *                    neighbours in one cache line (false sharing), which the processors take from each other at each step
 *   --apart          the same as count[process][bin]: nothing is shared
 *
 * The arrays are divided among the ranks, so that all of them together read and write the same on any number of ranks. They share
 * the memory, though, and when one rank alone takes all its bandwidth, two take just as long. Whether it does, and whether two
 * processors share a cache, differs between machines (and on virtual ones from minute to minute); a cache line they always share.
 */
#include <fcntl.h>
#include <getopt.h>
#include <mpi.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pmprof/pmprof.h>

#define STEPS     1000000 /* per pass */
#define BINS      64
#define PROCESSES 8

/* What all processes of the node map. */
struct histograms {
	_Atomic uint64_t processes; /* how many have come */
	char gap[248];
	uint64_t count[BINS * PROCESSES];
};

struct options {
	double mib, table;
	int passes;
	const char *counters;
	int is_apart;
};

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

/* Of all steps, those of this rank */
static size_t share(int passes, int rank, int ranks)
{
	size_t all = (size_t)passes * STEPS;

	return all * (size_t)(rank + 1) / (size_t)ranks - all * (size_t)rank / (size_t)ranks;
}

static int run_table(const struct options *o, int rank, int ranks)
{
	size_t bytes = (size_t)(o->table * 1048576) / 4 * 4, size = bytes / sizeof(unsigned);
	unsigned *table = NULL;
	double mine = 0.0, all = 0.0;

	if (posix_memalign((void **)&table, 1 << 21, bytes))
		return 1;
	madvise(table, bytes, MADV_HUGEPAGE); /* or the look-ups wait for page tables */
	for (size_t i = 0; i < size; i++)
		table[i] = (unsigned)i;
	PMPROF_REGION("look up")
	mine = look_up(table, size, share(o->passes, rank, ranks), rank);
	MPI_Reduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0)
		printf("%d ranks, %d million look-ups in %g MiB: %.3f of them odd, should be "
		       "half\n",
		       ranks, o->passes, o->table, all / ((double)STEPS * o->passes));
	free(table);
	return 0;
}

static struct histograms *map_histograms(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *file = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(struct histograms)) == 0)
		file = mmap(NULL, sizeof(struct histograms), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);
	if (file == MAP_FAILED)
		perror(path);
	if (fd >= 0)
		close(fd);
	return file == MAP_FAILED ? NULL : file;
}

static void fill_bins(volatile uint64_t *first, size_t distance, size_t steps, int rank)
{
	uint64_t x = 88172645463325252ULL + 7919ULL * (unsigned)rank;

	for (size_t i = 0; i < steps; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		first[(x >> 20) % BINS * distance]++;
	}
}

static double bins_total(const uint64_t *first, size_t distance)
{
	double total = 0.0;

	for (size_t bin = 0; bin < BINS; bin++)
		total += (double)first[bin * distance];
	return total;
}

static int run_counters(const struct options *o, int rank, int ranks)
{
	struct histograms *file = map_histograms(o->counters);
	size_t steps = share(o->passes, rank, ranks), process, distance;
	double mine, all = 0.0;
	uint64_t *first;

	if (!file)
		return 1;
	process = atomic_fetch_add(&file->processes, 1) % PROCESSES;
	first = file->count + (o->is_apart ? process * BINS : process);
	distance = o->is_apart ? 1 : PROCESSES;
	mine = -bins_total(first, distance);
	PMPROF_REGION("count")
	fill_bins(first, distance, steps, rank);
	mine += bins_total(first, distance);
	MPI_Reduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0)
		printf("%d ranks, %.0f numbers counted, should be %.0f\n", ranks, all,
		       (double)STEPS * o->passes);
	munmap(file, sizeof(*file));
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

static int run_triad(const struct options *o, int rank, int ranks)
{
	size_t all = (size_t)(o->mib * 1048576 / sizeof(double));
	size_t first = all * (size_t)rank / (size_t)ranks;
	struct arrays v;
	double total;

	PMPROF_REGION("fill")
	if (allocate(&v, all * (size_t)(rank + 1) / (size_t)ranks - first)) {
		fprintf(stderr, "bandwidth: no memory for %g MiB\n", 3 * o->mib);
		return 1;
	}
	PMPROF_REGION("triad")
	for (int pass = 0; pass < o->passes; pass++)
		triad(&v, 0.5);
	total = sum(&v);
	if (rank == 0)
		printf("%d ranks, %d passes over 3 x %g MiB: mean %.6f, should be %.6f\n", ranks,
		       o->passes, o->mib, total / (double)all, 1.0 + o->passes);
	free(v.a);
	free(v.b);
	free(v.c);
	return 0;
}

static int parse(int argc, char **argv, struct options *o)
{
	const struct option names[] = {
		{"mib", required_argument, NULL, 'm'},   {"passes", required_argument, NULL, 'p'},
		{"table", required_argument, NULL, 't'}, {"counters", required_argument, NULL, 'c'},
		{"apart", no_argument, NULL, 'a'},       {NULL, 0, NULL, 0},
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (key == 'm')
			o->mib = atof(optarg);
		else if (key == 'p')
			o->passes = atoi(optarg);
		else if (key == 't')
			o->table = atof(optarg);
		else if (key == 'c')
			o->counters = optarg;
		else if (key == 'a')
			o->is_apart = 1;
		else
			return 1;
	}
	return optind != argc || o->mib < 1 || o->passes < 1 || o->table < 0;
}

int main(int argc, char **argv)
{
	struct options o = {.mib = 192, .passes = 60};
	int rank, ranks, failed;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (parse(argc, argv, &o)) {
		fprintf(stderr, "bandwidth: wrong arguments, the top of bandwidth.c lists them\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	if (o.table > 0)
		failed = run_table(&o, rank, ranks);
	else if (o.counters)
		failed = run_counters(&o, rank, ranks);
	else
		failed = run_triad(&o, rank, ranks);
	if (failed)
		MPI_Abort(MPI_COMM_WORLD, 1);
	MPI_Finalize();
	return 0;
}
