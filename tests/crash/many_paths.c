/*
 * many_paths - an MPI_Allreduce by a call path that was never seen before, again and again: what is recorded of it grows all the time
 *
 * usage: many_paths DIR [kill]
 *
 * Each rank keeps the number of its completed calls in DIR/count.RANK, as examples/crash does. If DIR/wait exists, every rank stops
 * halfway, makes DIR/half.RANK and goes on when DIR/wait is gone. kill: rank 1 kills itself before MPI_Finalize.
 */
#include <fcntl.h>
#include <mpi.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEPTH 13

static volatile uint64_t *count;
static const char *folder;
static int rank;

static void walk(unsigned path, int depth);

static __attribute__((noinline)) void left(unsigned path, int depth)
{
	walk(path / 2, depth);
	__asm__ volatile("");
}

static __attribute__((noinline)) void right(unsigned path, int depth)
{
	walk(path / 2, depth);
	__asm__ volatile("");
}

/* The digits of @path are the way. */
static __attribute__((noinline)) void walk(unsigned path, int depth)
{
	int one = 1, all;

	if (depth == 0) {
		MPI_Allreduce(&one, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
		++*count;
	} else if (path & 1) {
		left(path, depth - 1);
	} else {
		right(path, depth - 1);
	}
	__asm__ volatile("");
}

static int open_count(void)
{
	char name[4096];
	void *page;
	int fd;

	snprintf(name, sizeof(name), "%s/count.%d", folder, rank);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*count)))
		return 1;
	page = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	count = page;
	return page == MAP_FAILED;
}

static void wait_halfway(void)
{
	char half[4096], wait[4096];

	snprintf(half, sizeof(half), "%s/half.%d", folder, rank);
	snprintf(wait, sizeof(wait), "%s/wait", folder);
	if (access(wait, F_OK) == 0)
		close(open(half, O_CREAT | O_WRONLY, 0600));
	while (access(wait, F_OK) == 0)
		usleep(10000);
}

int main(int argc, char **argv)
{
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	folder = argc > 1 ? argv[1] : ".";
	if (open_count())
		MPI_Abort(MPI_COMM_WORLD, 2);
	*count = 1; /* MPI_Comm_rank */
	for (unsigned path = 0; path < 1u << DEPTH; path++) {
		if (path == 1u << (DEPTH - 1))
			wait_halfway();
		walk(path, DEPTH);
	}
	if (argc > 2 && strcmp(argv[2], "kill") == 0 && rank == 1)
		raise(SIGKILL);
	MPI_Finalize();
	if (rank == 0)
		printf("%u paths\n", 1u << DEPTH);
	return 0;
}
