/*
 * bench_finalize.c - a run with 64 call sites and a few messages; how long MPI_Finalize takes
 *
 * Every rank measures; rank 0 cannot collect after MPI_Finalize, so each prints a line of JSON.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SITE    MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
#define SITES8  SITE SITE SITE SITE SITE SITE SITE SITE
#define SITES64 SITES8 SITES8 SITES8 SITES8 SITES8 SITES8 SITES8 SITES8
#define ROUNDS  20

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A line of /proc/self/status, in KiB. */
static long status_kib(const char *name)
{
	char line[256];
	long value = -1;
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line + strlen(name), ": %ld", &value);
	if (file)
		fclose(file);
	return value;
}

int main(int argc, char **argv)
{
	int rank, size;
	int one = 1, sum = 0;
	long rss;
	uint64_t begin;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	for (int i = 0; i < ROUNDS; i++) {
		SITES64
		MPI_Sendrecv(&one, 1, MPI_INT, (rank + 1) % size, 3, &sum, 1, MPI_INT,
			     (rank + size - 1) % size, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	}
	rss = status_kib("VmRSS");
	MPI_Barrier(MPI_COMM_WORLD);
	begin = now_ns();
	MPI_Finalize();
	printf("{\"rank\": %d, \"finalize_ms\": %.3f, \"rss_kib\": %ld, \"peak_kib\": %ld}\n", rank,
	       (double)(now_ns() - begin) / 1e6, rss, status_kib("VmHWM"));
	return 0;
}
