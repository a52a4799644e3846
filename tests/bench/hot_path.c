/*
 * hot_path.c - many recorded calls from known paths, between two marks
 *
 * argv[1]: rounds. All is done twice: the second time paths, keys and tables exist. The marks are
 * system calls that nothing else makes (close of an impossible descriptor), for strace: -4713 to
 * -4714 encloses the profiled calls; allocations and locks between them are printed. Bare PMPI calls are made the same way, to know what MPI itself does.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SELF       MPI_COMM_SELF
#define FIRST_MARK -4711

extern unsigned long malloc_count __attribute__((weak));
extern unsigned long lock_count __attribute__((weak));

struct counts {
	unsigned long allocations;
	unsigned long locks;
};

static int sink;
static MPI_Request persistent[2];

#define CALLS(P)                                                                                   \
	static void P##calls(int rounds)                                                           \
	{                                                                                          \
		for (int i = 0; i < rounds; i++) {                                                 \
			MPI_Request r[2];                                                          \
			MPI_Status s[2];                                                           \
			double a = i, b;                                                           \
			int flag;                                                                  \
                                                                                                   \
			P##Comm_rank(MPI_COMM_WORLD, &sink);                                       \
			P##Iprobe(0, 9, SELF, &flag, MPI_STATUS_IGNORE);                           \
			P##Isend(&a, 1, MPI_DOUBLE, 0, 7, SELF, &r[0]);                            \
			P##Irecv(&b, 1, MPI_DOUBLE, 0, 7, SELF, &r[1]);                            \
			P##Waitall(2, r, s);                                                       \
			P##Allreduce(&a, &b, 1, MPI_DOUBLE, MPI_SUM, SELF);                        \
			P##Bcast(&a, 1, MPI_DOUBLE, 0, SELF);                                      \
			P##Sendrecv(&a, 1, MPI_DOUBLE, 0, 8, &b, 1, MPI_DOUBLE, 0, 8, SELF,        \
				    MPI_STATUS_IGNORE);                                            \
			P##Startall(2, persistent);                                                \
			P##Waitall(2, persistent, MPI_STATUSES_IGNORE);                            \
		}                                                                                  \
	}
CALLS(MPI_)
CALLS(PMPI_)

static struct counts read_counts(void)
{
	struct counts now = {&malloc_count ? malloc_count : 0, &lock_count ? lock_count : 0};

	return now;
}

static struct counts since(struct counts before)
{
	struct counts now = read_counts();

	return (struct counts){now.allocations - before.allocations, now.locks - before.locks};
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;
	static double a, b;
	struct counts start = read_counts();
	struct counts before, bare, profiled, whole;
	int level;

	MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
	MPI_Send_init(&a, 1, MPI_DOUBLE, 0, 5, SELF, &persistent[0]);
	MPI_Recv_init(&b, 1, MPI_DOUBLE, 0, 5, SELF, &persistent[1]);
	for (int pass = 0; pass < 2; pass++) { /* the first makes paths, keys and tables */
		before = read_counts();
		PMPI_calls(rounds);
		bare = since(before);
		close(FIRST_MARK - 2 * pass);
		before = read_counts();
		MPI_calls(rounds);
		profiled = since(before);
		close(FIRST_MARK - 2 * pass - 1);
	}
	whole = since(start);
	printf("allocations: bare %lu profiled %lu whole %lu\nlocks: bare %lu profiled %lu whole "
	       "%lu\n",
	       bare.allocations, profiled.allocations, whole.allocations, bare.locks,
	       profiled.locks, whole.locks);
	MPI_Request_free(&persistent[0]);
	MPI_Request_free(&persistent[1]);
	MPI_Finalize();
	return 0;
}
