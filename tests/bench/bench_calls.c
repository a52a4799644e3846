/*
 * bench_calls.c - what a recorded call costs, measured inside one process
 *
 * Run under the profiler. Each case alternates batches of PMPI_ calls (bare) and of MPI_ calls
 * (profiled) and keeps the fastest batch of either. Prints one line of JSON per case. Without the
 * profiler both are the same function, and the difference is what the machine's noise leaves.
 */
#include <mpi.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define BATCH    1024
#define COMMS    64
#define TREE     12 /* levels below the trunk: 8191 paths */
#define TRUNK    10
#define NOINLINE __attribute__((noinline))
#define KEEP()   __asm__ volatile("" ::: "memory")

typedef void (*batch_fn)(void);

/* A case: two batches of the same calls. */
struct pair {
	const char *name;
	batch_fn bare;
	batch_fn profiled;
	unsigned calls; /* in one batch */
};

static int batches = 200;
static MPI_Comm comms[COMMS];
static int sink;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The batches, written once for MPI_ and once for PMPI_. */
#define SITE(P, c) P##Comm_rank(c, &sink);
#define SITES8(P, c)                                                                               \
	SITE(P, c) SITE(P, c) SITE(P, c) SITE(P, c) SITE(P, c) SITE(P, c) SITE(P, c) SITE(P, c)
#define SITES64(P, c)                                                                              \
	SITES8(P, c)                                                                               \
	SITES8(P, c) SITES8(P, c) SITES8(P, c) SITES8(P, c) SITES8(P, c) SITES8(P, c) SITES8(P, c)

#define BATCHES(P)                                                                                 \
	static NOINLINE void P##batch_comm_rank(void)                                              \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Comm_rank(MPI_COMM_WORLD, &sink);                                       \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##batch_iprobe(void)                                                 \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Iprobe(0, 77, MPI_COMM_WORLD, &sink, MPI_STATUS_IGNORE);                \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##batch_self(void)                                                   \
	{                                                                                          \
		for (int i = 0; i < BATCH / 4; i++) {                                              \
			MPI_Request r[2];                                                          \
			double a = i, b;                                                           \
                                                                                                   \
			P##Isend(&a, 1, MPI_DOUBLE, 0, 7, MPI_COMM_SELF, &r[0]);                   \
			P##Irecv(&b, 1, MPI_DOUBLE, 0, 7, MPI_COMM_SELF, &r[1]);                   \
			P##Waitall(2, r, MPI_STATUSES_IGNORE);                                     \
		}                                                                                  \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##batch_allreduce(void)                                              \
	{                                                                                          \
		double a = 1, b;                                                                   \
                                                                                                   \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Allreduce(&a, &b, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_SELF);               \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##batch_sites(void)                                                  \
	{                                                                                          \
		for (int i = 0; i < BATCH / 64; i++) {                                             \
			SITES64(P, MPI_COMM_WORLD)                                                 \
		}                                                                                  \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##batch_comms(void)                                                  \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Comm_rank(comms[i % COMMS], &sink);                                     \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE int P##tree(int level)                                                     \
	{                                                                                          \
		int n = 1;                                                                         \
                                                                                                   \
		P##Comm_rank(MPI_COMM_WORLD, &sink);                                               \
		if (level > 0) {                                                                   \
			n += P##tree(level - 1);                                                   \
			KEEP();                                                                    \
			n += P##tree(level - 1);                                                   \
		}                                                                                  \
		KEEP();                                                                            \
		return n;                                                                          \
	}                                                                                          \
	static NOINLINE void P##batch_tree(void)                                                   \
	{                                                                                          \
		P##tree(TREE);                                                                     \
		KEEP();                                                                            \
	}

BATCHES(MPI_)
BATCHES(PMPI_)

#define PAIR(name, batch, calls)                                                                   \
	{                                                                                          \
		name, PMPI_batch_##batch, MPI_batch_##batch, calls                                 \
	}
static const struct pair comm_rank = PAIR("Comm_rank", comm_rank, BATCH);
static const struct pair iprobe = PAIR("Iprobe", iprobe, BATCH);
static const struct pair self = PAIR("Isend+Irecv+Waitall", self, BATCH / 4 * 3);
static const struct pair allreduce = PAIR("Allreduce", allreduce, BATCH);
static const struct pair sites = PAIR("64 sites", sites, BATCH);
static const struct pair communicators = PAIR("64 communicators", comms, BATCH);
static const struct pair tree = PAIR("tree", tree, (2 << TREE) - 1);

static uint64_t time_batch(batch_fn batch)
{
	uint64_t begin = now_ns();

	batch();
	return now_ns() - begin;
}

static void report(const char *name, int depth, int threads, double bare_ns, double profiled_ns)
{
	printf("{\"case\": \"%s\", \"depth\": %d, \"threads\": %d, \"bare_ns\": %.2f, "
	       "\"profiled_ns\": %.2f}\n",
	       name, depth, threads, bare_ns, profiled_ns);
}

static NOINLINE void measure(const struct pair *pair, int depth)
{
	uint64_t bare = UINT64_MAX;
	uint64_t profiled = UINT64_MAX;

	for (int i = 0; i < batches; i++) {
		uint64_t a = time_batch(pair->bare);
		uint64_t b = time_batch(pair->profiled);

		bare = a < bare ? a : bare;
		profiled = b < profiled ? b : profiled;
	}
	report(pair->name, depth, 1, (double)bare / pair->calls, (double)profiled / pair->calls);
}

/* measure() and the batch are two of the frames. */
static NOINLINE int descend(const struct pair *pair, int depth, int left)
{
	int r = 0;

	if (left > 0)
		r = descend(pair, depth, left - 1);
	else
		measure(pair, depth);
	KEEP();
	return r + 1;
}

static void measure_at(const struct pair *pair, int depth)
{
	descend(pair, depth, depth > 3 ? depth - 3 : 0);
}

/* The first walk makes all paths: what a call costs whose path was never seen. */
static void measure_first_tree(void)
{
	uint64_t bare = time_batch(tree.bare);
	uint64_t profiled = time_batch(tree.profiled);

	report("tree, first time", TRUNK, 1, (double)bare / tree.calls,
	       (double)profiled / tree.calls);
}

static uint64_t clock_read(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#else
	return now_ns();
#endif
}

static void measure_limit(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < batches; i++) {
		uint64_t begin = now_ns();

		for (int k = 0; k < BATCH; k++) {
			uint64_t a = clock_read();

			__asm__ volatile("" ::"r"(a));
			a = clock_read();
			__asm__ volatile("" ::"r"(a));
		}
		uint64_t t = now_ns() - begin;

		best = t < best ? t : best;
	}
	report("two clock reads", 0, 1, 0, (double)best / BATCH);
}

struct thread {
	pthread_t id;
	pthread_barrier_t *barrier;
	uint64_t bare;
	uint64_t profiled;
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	for (int i = 0; i < batches; i++) {
		uint64_t a = time_batch(comm_rank.bare);
		uint64_t b = time_batch(comm_rank.profiled);

		t->bare = a < t->bare ? a : t->bare;
		t->profiled = b < t->profiled ? b : t->profiled;
		if (i % 16 == 0)
			pthread_barrier_wait(t->barrier);
	}
	return NULL;
}

static void measure_threads(void)
{
	pthread_barrier_t barrier;
	struct thread t[2];
	double bare = 0;
	double profiled = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++) {
		t[i] = (struct thread){
			.barrier = &barrier, .bare = UINT64_MAX, .profiled = UINT64_MAX};
		pthread_create(&t[i].id, NULL, thread_main, &t[i]);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i].id, NULL);
		bare += (double)t[i].bare / BATCH / 2;
		profiled += (double)t[i].profiled / BATCH / 2;
	}
	report("Comm_rank, 2 threads", 3, 2, bare, profiled);
}

int main(int argc, char **argv)
{
	static const struct pair *const all[] = {&comm_rank, &iprobe, &self, &allreduce};
	static const int depths[] = {1, 20, 50};
	int level;

	if (argc > 1)
		batches = atoi(argv[1]);
	MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
	for (int i = 0; i < COMMS; i++)
		MPI_Comm_dup(MPI_COMM_SELF, &comms[i]);
	measure_limit();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t k = 0; k < sizeof(depths) / sizeof(depths[0]); k++)
			measure_at(all[i], depths[k]);
	measure_at(&sites, 20);
	measure_at(&communicators, 20);
	measure_first_tree();
	batches = batches / 4 + 1;
	measure_at(&tree, TRUNK);
	batches = batches * 4;
	measure_threads();
	measure_limit();
	for (int i = 0; i < COMMS; i++)
		MPI_Comm_free(&comms[i]);
	MPI_Finalize();
	return 0;
}
