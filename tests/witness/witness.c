/*
 * witness.c - programs whose verdict is known beforehand: witness SCENE [NUMBER...]; witness.py knows what the report has to say
 *
 * Work is sleeping until a fixed time, so that its length does not depend on the machine. Lines that the test looks for carry a
 * comment WITNESS(name).
 */
#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pmprof/pmprof.h>

static int rank, ranks;
static double numbers[3];

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double worked; /* by our own clock */

static void rest(double seconds)
{
	double begin = clock_s(CLOCK_MONOTONIC), end = begin + seconds;
	struct timespec until = {(time_t)end, (long)((end - (double)(time_t)end) * 1e9)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
	worked += clock_s(CLOCK_MONOTONIC) - begin;
}

/* Outside of what is compared. */
static void rest_aside(double seconds)
{
	double before = worked;

	rest(seconds);
	worked = before;
}

static void spin(double seconds)
{
	double end = clock_s(CLOCK_THREAD_CPUTIME_ID) + seconds;

	while (clock_s(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void sum_up(void)
{
	double mine = 1, all;

	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); /* WITNESS(sum_up) */
}

/* slow RANK FACTOR: it works that many times longer in region "solve". */
static void slow(void)
{
	for (int step = 0; step < 15; step++) {
		PMPROF_REGION("solve") /* WITNESS(solve) */
		{
			rest(0.010 * (rank == (int)numbers[0] ? numbers[1] : 1));
			sum_up();
		}
		PMPROF_REGION("output")
		rest_aside(0.001);
	}
}

static void from_barrier_to_reduce(double seconds)
{
	double mine = 1, all;

	MPI_Barrier(MPI_COMM_WORLD); /* WITNESS(from) */
	rest(seconds);
	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); /* WITNESS(to) */
}

/* plain RANK FACTOR: the same without regions. */
static void plain(void)
{
	for (int step = 0; step < 15; step++) {
		from_barrier_to_reduce(0.010 * (rank == (int)numbers[0] ? numbers[1] : 1));
		rest_aside(0.001);
	}
}

static void even(void)
{
	for (int step = 0; step < 20; step++) {
		rest(0.010);
		sum_up();
	}
}

static void even_regions(void)
{
	PMPROF_REGION("solve")
	even();
}

/* spinning: computes for real; only with a processor for each rank */
static void spinning(void)
{
	for (int step = 0; step < 20; step++) {
		spin(0.015);
		sum_up();
	}
}

/* once RANK: sleeps 300 ms in one of the passes */
static void once(void)
{
	for (int step = 0; step < 20; step++) {
		PMPROF_REGION("solve") /* WITNESS(once) */
		{
			rest(0.010);
			if (rank == (int)numbers[0] && step == 7)
				rest(0.300);
			sum_up();
		}
	}
}

static void send_late(void)
{
	int token = 1;

	rest(0.050);
	MPI_Send(&token, 1, MPI_INT, 1, 7, MPI_COMM_WORLD); /* WITNESS(send) */
}

static void receive(void)
{
	int token;

	MPI_Recv(&token, 1, MPI_INT, 0, 7, MPI_COMM_WORLD,
		 MPI_STATUS_IGNORE); /* WITNESS(receive) */
}

/* late: ten times a message of rank 0 comes 50 ms after rank 1 waits for it */
static void late(void)
{
	for (int i = 0; i < 10; i++) {
		if (rank == 0)
			send_late();
		else if (rank == 1)
			receive();
		MPI_Barrier(MPI_COMM_WORLD);
	}
}

/* turns: two ranks work by turns, 20 ms each; each waits as long as it works */
static void turns(void)
{
	int token = 0;

	for (int i = 0; i < 20; i++) {
		if (i % 2 == rank) {
			rest(0.020);
			MPI_Send(&token, 1, MPI_INT, 1 - rank, 7, MPI_COMM_WORLD);
		} else if (rank < 2) {
			MPI_Recv(&token, 1, MPI_INT, 1 - rank, 7,
				 MPI_COMM_WORLD, /* WITNESS(turn) */
				 MPI_STATUS_IGNORE);
		}
	}
}

/* chain: each rank works 20 ms and passes on; all work alike and most of the time wait */
static void chain(void)
{
	int token = 0, left = (rank + ranks - 1) % ranks, right = (rank + 1) % ranks;

	for (int lap = 0; lap < 8; lap++) {
		if (rank || lap)
			MPI_Recv(&token, 1, MPI_INT, left, 7, MPI_COMM_WORLD, /* WITNESS(chain) */
				 MPI_STATUS_IGNORE);
		rest(0.020);
		if (rank < ranks - 1 || lap < 7)
			MPI_Send(&token, 1, MPI_INT, right, 7, MPI_COMM_WORLD);
	}
}

/* paused: of 400 ms 200 are not to be looked at; the middle half with calls in it */
static void paused(void)
{
	rest(0.100);
	sum_up();
	MPI_Pcontrol(0);
	rest_aside(0.100);
	sum_up();
	rest_aside(0.100);
	MPI_Pcontrol(1);
	sum_up();
	rest(0.100);
	pmprof_pause();
	pmprof_resume();
}

static void *talk(void *comm)
{
	for (int i = 0; i < 50; i++) {
		nanosleep(&(struct timespec){0, 2000000}, NULL);
		MPI_Barrier(*(MPI_Comm *)comm);
	}
	return NULL;
}

/* threads: a second thread in MPI while the first one works, calls and waits */
static void threads(void)
{
	MPI_Comm comm;
	pthread_t thread;

	MPI_Comm_dup(MPI_COMM_WORLD, &comm);
	if (pthread_create(&thread, NULL, talk, &comm))
		MPI_Abort(MPI_COMM_WORLD, 3);
	even();
	pthread_join(thread, NULL);
	MPI_Comm_free(&comm);
}

/* chatter: very many short calls */
static void chatter(void)
{
	int flag;

	for (int i = 0; i < 200000; i++)
		MPI_Iprobe(MPI_ANY_SOURCE, 5, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
	sum_up();
}

/* one_phase: a single long stretch between two calls */
static void one_phase(void)
{
	sum_up();
	rest(0.500);
	sum_up();
}

/* silent: no MPI call between MPI_Init and MPI_Finalize */
static void silent(void)
{
	rest(0.300);
}

/* store: rank 0 alone writes, the others wait for it; store 1: all write together */
static void store(void)
{
	enum { BYTES = 4 << 20 };
	char *data = calloc(1, BYTES);
	MPI_File file;

	if (!data || MPI_File_open(MPI_COMM_WORLD, getenv("WITNESS_FILE"),
				   MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL, &file))
		MPI_Abort(MPI_COMM_WORLD, 3);
	for (int i = 0; i < 20; i++) {
		MPI_Offset at = (MPI_Offset)BYTES * (numbers[0] != 0 ? rank : 0);

		if (numbers[0] != 0)
			MPI_File_write_at_all(file, at, data, BYTES, MPI_BYTE,
					      MPI_STATUS_IGNORE); /* WITNESS(all) */
		else if (rank == 0)
			MPI_File_write_at(file, at, data, BYTES, MPI_BYTE,
					  MPI_STATUS_IGNORE); /* WITNESS(one) */
		MPI_Barrier(MPI_COMM_WORLD);
	}
	MPI_File_close(&file);
	free(data);
}

static void dive(int depth)
{
	if (depth == 0)
		MPI_Barrier(MPI_COMM_WORLD);
	else
		dive(depth - 1);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

/* deep: 4000 frames */
static void deep(void)
{
	dive(4000);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenes[] = {
	{"slow", slow},       {"plain", plain},
	{"even", even},       {"even_regions", even_regions},
	{"once", once},       {"spinning", spinning},
	{"late", late},       {"turns", turns},
	{"chain", chain},     {"paused", paused},
	{"threads", threads}, {"one_phase", one_phase},
	{"silent", silent},   {"store", store},
	{"deep", deep},       {"chatter", chatter},
};

int main(int argc, char **argv)
{
	int found = 0, provided;

	if (argc > 1 && strcmp(argv[1], "threads") == 0) {
		MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
		if (provided != MPI_THREAD_MULTIPLE)
			MPI_Abort(MPI_COMM_WORLD, 77);
	} else {
		MPI_Init(&argc, &argv);
	}
	if (argc > 1 && strcmp(argv[1], "silent") == 0) { /* no call at all */
		rank = atoi(getenv("OMPI_COMM_WORLD_RANK"));
	} else {
		MPI_Comm_rank(MPI_COMM_WORLD, &rank);
		MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	}
	for (int i = 2; i < argc && i < 5; i++)
		numbers[i - 2] = atof(argv[i]);
	for (size_t i = 0; argc > 1 && i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (strcmp(argv[1], scenes[i].name) == 0) {
			scenes[i].run();
			found = 1;
		}
	}
	if (!found) {
		fprintf(stderr, "witness: the first argument names a scene, see witness.c\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	printf("worked %d %.6f\n", rank, worked);
	MPI_Finalize();
	return 0;
}
