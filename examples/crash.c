/*
 * crash - computes and communicates, then ends in the way that its argument names
 *
 * usage: crash WAY [--rank R] [--at N] [--counts DIR] [--slow]
 *
 *   WAY            one of: none kill kill-all term abort segv overflow mpi_abort exit _exit return hang
 *   --rank R       the rank to which it happens, default 1 (0 when there is only one); kill-all: to every rank
 *   --at N         after N completed MPI calls of that rank, default 100; hang: it sleeps for ever
 *   --counts DIR   each rank keeps the number of its completed MPI calls in DIR/count.RANK, up to date whatever happens
 *   --slow         a millisecond of rest between two calls
 *
 * Calls are counted from MPI_Init (not included) to MPI_Finalize (not included).
 */
#include <fcntl.h>
#include <getopt.h>
#include <mpi.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 500

static struct {
	const char *way, *counts;
	int rank, slow;
	uint64_t at;
} options = {.rank = 1, .at = 100};

static int my_rank;
static uint64_t private_count;
static volatile uint64_t *count =
	&private_count; /* completed MPI calls; mapped to a file with --counts */

static volatile int bottom = -1; /* never reached */

static int overflow(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth == bottom ? 0 : overflow(depth + 1) + frame[0];
}

static void die_kill(void)
{
	raise(SIGKILL);
}

static void die_term(void)
{
	raise(SIGTERM);
}

static void die_segv(void)
{
	volatile int *nowhere = NULL;

	*nowhere = 1;
}

static void die_overflow(void)
{
	overflow(0);
}

static void die_mpi_abort(void)
{
	MPI_Abort(MPI_COMM_WORLD, 5);
}

static void die_exit(void)
{
	exit(3);
}

static void die_now(void)
{
	_exit(4);
}

static void die_hang(void)
{
	for (;;)
		pause();
}

static void live(void)
{
}

static const struct way {
	const char *name;
	void (*die)(void);
} ways[] = {
	{"none", live},
	{"kill", die_kill},
	{"kill-all", die_kill},
	{"term", die_term},
	{"abort", abort},
	{"segv", die_segv},
	{"overflow", die_overflow},
	{"mpi_abort", die_mpi_abort},
	{"exit", die_exit},
	{"_exit", die_now},
	{"return", live},
	{"hang", die_hang},
};

static const struct way *find_way(const char *name)
{
	for (size_t i = 0; name && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	return NULL;
}

/* After every MPI call. Return: 1 when main is to return without MPI_Finalize. */
static int completed(const struct way *way)
{
	if (++*count != options.at ||
	    (my_rank != options.rank && strcmp(way->name, "kill-all") != 0))
		return 0;
	fflush(stdout);
	way->die();
	return strcmp(way->name, "return") == 0;
}

static int open_count(void)
{
	char path[4096];
	int fd;
	void *page;

	if (!options.counts)
		return 0;
	snprintf(path, sizeof(path), "%s/count.%d", options.counts, my_rank);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*count)))
		return 1;
	page = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return 1;
	count = page;
	return 0;
}

static int parse(int argc, char **argv)
{
	const struct option names[] = {
		{"rank", required_argument, NULL, 'r'},
		{"at", required_argument, NULL, 'a'},
		{"counts", required_argument, NULL, 'c'},
		{"slow", no_argument, &options.slow, 1},
		{NULL, 0, NULL, 0},
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (key == 'r')
			options.rank = atoi(optarg);
		else if (key == 'a')
			options.at = strtoull(optarg, NULL, 10);
		else if (key == 'c')
			options.counts = optarg;
		else if (key != 0)
			return 1;
	}
	options.way = argv[optind];
	return optind + 1 != argc;
}

/* Two calls a round: something from the left, something from all. */
static int run(const struct way *way, int ranks)
{
	int left = (my_rank + ranks - 1) % ranks, right = (my_rank + 1) % ranks;

	for (int round = 0; round < ROUNDS; round++) {
		double token = round, got = 0.0, sum = 0.0;

		MPI_Sendrecv(&token, 1, MPI_DOUBLE, right, 0, &got, 1, MPI_DOUBLE, left, 0,
			     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		if (completed(way))
			return 1;
		MPI_Allreduce(&got, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
		if (completed(way))
			return 1;
		if (options.slow)
			usleep(1000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct way *way;
	int ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &my_rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	private_count = 2;
	if (parse(argc, argv) || !(way = find_way(options.way)) || open_count()) {
		fprintf(stderr, "crash: wrong arguments, the top of crash.c lists them\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
		return 2;
	}
	*count = private_count;
	if (options.rank >= ranks)
		options.rank = 0;
	if (my_rank == 0)
		printf("%d ranks, way %s\n", ranks, way->name);
	if (run(way, ranks))
		return 6;
	MPI_Finalize();
	if (my_rank == 0)
		printf("reached the end after %llu calls\n", (unsigned long long)*count);
	return 0;
}
