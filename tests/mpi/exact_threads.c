/* exact_threads.c - four threads in MPI at once: requests of one completed by another, handles that come back on other threads */
#include <pthread.h>
#include <stdio.h>

#include "expect.h"

enum { THREADS = 4, ROUNDS = 400 };

static int next, before;

/* Requests posted by one thread for another to complete. */
struct handover {
	pthread_barrier_t barrier;
	MPI_Request requests[2][THREADS];
};

static struct handover handover;

static void own_messages(int tag)
{
	int out[64] = {0}, in[64];
	MPI_Request requests[2];

	for (int i = 0; i < ROUNDS; i++) {
		DO(MPI_Irecv(in, 64, MPI_INT, before, tag, MPI_COMM_WORLD, &requests[0]), 0,
		   4 * (i % 64));
		DO(MPI_Isend(out, i % 64, MPI_INT, next, tag, MPI_COMM_WORLD, &requests[1]),
		   4 * (i % 64), 0);
		if (i % 2)
			DO(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE), 0, 0);
		for (int done = i % 2 * 2; done < 2; done++) {
			int index;

			DO(MPI_Waitany(2, requests, &index, MPI_STATUS_IGNORE), 0, 0);
		}
		expect_sent(next, 4 * (i % 64));
		expect_received(before, 4 * (i % 64));
	}
}

/* Each completes what its neighbour started. */
static void hand_over(int id)
{
	int out = 0, in;

	for (int i = 0; i < 50; i++) {
		DO(MPI_Irecv(&in, 1, MPI_INT, before, 100 + id, MPI_COMM_WORLD,
			     &handover.requests[0][id]),
		   0, 4);
		DO(MPI_Isend(&out, 1, MPI_INT, next, 100 + id, MPI_COMM_WORLD,
			     &handover.requests[1][id]),
		   4, 0);
		expect_sent(next, 4);
		expect_received(before, 4);
		pthread_barrier_wait(&handover.barrier);
		DO(MPI_Wait(&handover.requests[0][(id + 1) % THREADS], MPI_STATUS_IGNORE), 0, 0);
		DO(MPI_Wait(&handover.requests[1][(id + 1) % THREADS], MPI_STATUS_IGNORE), 0, 0);
		pthread_barrier_wait(&handover.barrier);
	}
}

static void *work(void *argument)
{
	int id = (int)(long)argument;

	own_messages(id);
	hand_over(id);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	expect_start(argc, argv, MPI_THREAD_MULTIPLE);
	next = (me + 1) % all;
	before = (me + all - 1) % all;
	pthread_barrier_init(&handover.barrier, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&handover.barrier);
	expect_finish();
	return 0;
}
