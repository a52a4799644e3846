/*
 * stuck - programs that stand still, and some that only look like it: stuck CASE. Each case is one function; where a rank is stuck
 * is a line marked in a comment, which the tests look for: "stuck at: CASE WHO".
 */
#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE (1 << 20) /* doubles: above every eager limit */

static int rank, ranks;
static double *large;
static volatile int never; /* what a compiler cannot know */

static int left(void)
{
	return (rank + ranks - 1) % ranks;
}

static int right(void)
{
	return (rank + 1) % ranks;
}

static void receive(int source, int tag, MPI_Comm comm)
{
	double value;

	MPI_Recv(&value, 1, MPI_DOUBLE, source, tag, comm, MPI_STATUS_IGNORE); /* receive */
}

static void send(int dest, int tag, MPI_Comm comm)
{
	double value = rank;

	MPI_Send(&value, 1, MPI_DOUBLE, dest, tag, comm); /* send */
}

/* Wrong programs: each stands still for ever. */

static void receive_ring(void)
{
	receive(left(), 7, MPI_COMM_WORLD); /* line: receive_ring */
	send(right(), 7, MPI_COMM_WORLD);
}

static void head_to_head(void)
{
	MPI_Send(large, LARGE, MPI_DOUBLE, right(), 3, MPI_COMM_WORLD); /* line: head_to_head */
	MPI_Recv(large, LARGE, MPI_DOUBLE, left(), 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void bcast_barrier(void)
{
	double value = 1;

	if (rank == ranks - 1)
		MPI_Barrier(MPI_COMM_WORLD); /* line: bcast_barrier odd */
	else
		MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM,
			      MPI_COMM_WORLD); /* line: bcast_barrier most */
	MPI_Bcast(large, LARGE, MPI_DOUBLE, 0, MPI_COMM_WORLD);
}

/* Two communicators of all ranks: rank 0 takes them in the other order. */
static void crossed_comms(void)
{
	MPI_Comm rows, columns;

	MPI_Comm_dup(MPI_COMM_WORLD, &rows);
	MPI_Comm_dup(MPI_COMM_WORLD, &columns);
	MPI_Comm_set_name(rows, "rows");
	MPI_Comm_set_name(columns, "columns");
	MPI_Barrier(rank == 0 ? rows : columns); /* line: crossed_comms */
	MPI_Barrier(rank == 0 ? columns : rows);
}

static void wrong_tag(void)
{
	if (rank == 1)
		send(0, 6, MPI_COMM_WORLD);
	if (rank == 0)
		receive(1, 5, MPI_COMM_WORLD); /* line: wrong_tag */
	MPI_Barrier(MPI_COMM_WORLD);
}

static void wrong_comm(void)
{
	MPI_Comm other;

	MPI_Comm_dup(MPI_COMM_WORLD, &other);
	MPI_Comm_set_name(other, "other");
	if (rank == 1)
		send(0, 5, other);
	if (rank == 0)
		receive(1, 5, MPI_COMM_WORLD); /* line: wrong_comm */
	MPI_Barrier(MPI_COMM_WORLD);
}

static void wrong_root(void)
{
	MPI_Bcast(large, LARGE, MPI_DOUBLE, rank == ranks - 1 ? rank : 0,
		  MPI_COMM_WORLD); /* line: wrong_root */
	MPI_Barrier(MPI_COMM_WORLD);
}

static void early_return(void)
{
	if (rank == ranks - 1)
		return;
	MPI_Barrier(MPI_COMM_WORLD); /* line: early_return */
}

static void wait_any(void)
{
	MPI_Request requests[2];
	double values[2];
	int which;

	MPI_Irecv(&values[0], 1, MPI_DOUBLE, left(), 1, MPI_COMM_WORLD, &requests[0]);
	MPI_Irecv(&values[1], 1, MPI_DOUBLE, right(), 2, MPI_COMM_WORLD, &requests[1]);
	MPI_Waitany(2, requests, &which, MPI_STATUS_IGNORE); /* line: wait_any */
	send(left(), 2, MPI_COMM_WORLD);
	send(right(), 1, MPI_COMM_WORLD);
}

static void wait_all(void)
{
	MPI_Request requests[2];
	double value;

	MPI_Irecv(&value, 1, MPI_DOUBLE, left(), 9, MPI_COMM_WORLD, &requests[0]);
	MPI_Isend(large, LARGE, MPI_DOUBLE, right(), 8, MPI_COMM_WORLD, &requests[1]);
	MPI_Waitall(2, requests, MPI_STATUSES_IGNORE); /* line: wait_all */
}

/* Rank 0 sends large messages in another order than rank 1 receives them. */
static void wrong_order(void)
{
	if (rank == 0) {
		MPI_Ssend(large, LARGE, MPI_DOUBLE, 1, 1,
			  MPI_COMM_WORLD); /* line: wrong_order sender */
		MPI_Ssend(large, LARGE, MPI_DOUBLE, 1, 2, MPI_COMM_WORLD);
	} else if (rank == 1) {
		MPI_Recv(large, LARGE, MPI_DOUBLE, 0, 2, MPI_COMM_WORLD,
			 MPI_STATUS_IGNORE); /* line: wrong_order receiver */
		MPI_Recv(large, LARGE, MPI_DOUBLE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	}
	MPI_Barrier(MPI_COMM_WORLD);
}

static void any_source(void)
{
	receive(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD); /* line: any_source */
	send(right(), 0, MPI_COMM_WORLD);
}

static void probe(void)
{
	MPI_Status status;

	MPI_Probe(left(), 4, MPI_COMM_WORLD, &status); /* line: probe */
	send(right(), 4, MPI_COMM_WORLD);
}

static void sendrecv(void)
{
	double in, out = 1;

	MPI_Sendrecv(&out, 1, MPI_DOUBLE, right(), 1, &in, 1, MPI_DOUBLE, left(), 2, MPI_COMM_WORLD,
		     MPI_STATUS_IGNORE); /* line: sendrecv */
}

static void nonblocking(void)
{
	MPI_Request request;

	if (rank == 0)
		receive(ranks - 1, 1, MPI_COMM_WORLD); /* line: nonblocking first */
	MPI_Ibarrier(MPI_COMM_WORLD, &request);
	MPI_Wait(&request, MPI_STATUS_IGNORE); /* line: nonblocking others */
	if (rank == ranks - 1)
		send(0, 1, MPI_COMM_WORLD);
}

static void persistent(void)
{
	MPI_Request request;
	double value;

	MPI_Recv_init(&value, 1, MPI_DOUBLE, left(), 11, MPI_COMM_WORLD, &request);
	MPI_Start(&request);
	MPI_Wait(&request, MPI_STATUS_IGNORE); /* line: persistent */
	send(right(), 11, MPI_COMM_WORLD);
}

/* Even and odd ranks exchange over communicators of their own, and each half waits for the other. */
static void sub_comms(void)
{
	MPI_Comm half;
	int other = rank % 2 ? rank - 1 : rank + 1;

	MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
	MPI_Comm_set_name(half, rank % 2 ? "odd" : "even");
	if (rank < 2 && ranks > 1)
		receive(other, 1, MPI_COMM_WORLD); /* line: sub_comms first */
	MPI_Barrier(half);                         /* line: sub_comms others */
	if (rank < 2)
		send(other, 1, MPI_COMM_WORLD);
}

/* Programs that stand still without a deadlock: somebody could still do something. */

static void user_loop(void)
{
	if (rank == ranks - 1)
		while (!never)
			;            /* line: user_loop odd */
	MPI_Barrier(MPI_COMM_WORLD); /* line: user_loop others */
}

static void poll_test(void)
{
	MPI_Request request;
	double value;
	int flag = 0;

	MPI_Irecv(&value, 1, MPI_DOUBLE, left(), 7, MPI_COMM_WORLD, &request);
	while (!flag)
		MPI_Test(&request, &flag, MPI_STATUS_IGNORE); /* line: poll_test */
	send(right(), 7, MPI_COMM_WORLD);
}

static void poll_iprobe(void)
{
	int flag = 0;

	while (!flag)
		MPI_Iprobe(left(), 7, MPI_COMM_WORLD, &flag,
			   MPI_STATUS_IGNORE); /* line: poll_iprobe */
	send(right(), 7, MPI_COMM_WORLD);
}

/* Correct programs that are slow, idle, polling or sleeping; they end by themselves after some seconds. */

#define PATIENCE 8.0

static double work(double seconds)
{
	double begin = MPI_Wtime(), x = 0;

	while (MPI_Wtime() - begin < seconds)
		for (int i = 0; i < 100000; i++)
			x += 1.0 / (1 + i);
	return x;
}

static void slow_rank(void)
{
	if (rank == 0)
		large[0] = work(PATIENCE);
	MPI_Barrier(MPI_COMM_WORLD);
}

static void sleeping_rank(void)
{
	if (rank == 0)
		sleep((unsigned)PATIENCE);
	MPI_Allreduce(MPI_IN_PLACE, large, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void all_asleep(void)
{
	sleep((unsigned)PATIENCE);
	MPI_Barrier(MPI_COMM_WORLD);
}

static void slow_chain(void)
{
	if (rank == 0)
		large[0] = work(PATIENCE);
	else
		receive(rank - 1, 1, MPI_COMM_WORLD);
	if (rank + 1 < ranks)
		send(rank + 1, 1, MPI_COMM_WORLD);
}

static void master_worker(void)
{
	double value;

	if (rank) {
		work(PATIENCE);
		send(0, rank, MPI_COMM_WORLD);
	}
	for (int i = 1; rank == 0 && i < ranks; i++)
		MPI_Recv(&value, 1, MPI_DOUBLE, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD,
			 MPI_STATUS_IGNORE);
}

static void idle_pollers(void)
{
	double value = 0;
	int flag = 0;

	if (rank == 0) {
		work(PATIENCE);
		for (int i = 1; i < ranks; i++)
			send(i, 1, MPI_COMM_WORLD);
		return;
	}
	while (!flag) {
		MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
		usleep(1000);
	}
	MPI_Recv(&value, 1, MPI_DOUBLE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void test_pollers(void)
{
	MPI_Request request;
	int flag = 0;

	if (rank == 0)
		work(PATIENCE);
	MPI_Ibarrier(MPI_COMM_WORLD, &request);
	while (!flag)
		MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
}

/* All poll, and all look at something else as well: an event from outside ends it. */
static void all_poll(void)
{
	double begin = MPI_Wtime();
	int flag = 0;

	while (!flag && MPI_Wtime() - begin < PATIENCE)
		MPI_Iprobe(left(), 7, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
}

static void ping_pong(void)
{
	double begin = MPI_Wtime();
	int more = 1;

	while (more) {
		if (rank % 2 == 0 && rank + 1 < ranks) {
			send(rank + 1, 1, MPI_COMM_WORLD);
			receive(rank + 1, 2, MPI_COMM_WORLD);
		} else if (rank % 2) {
			receive(rank - 1, 1, MPI_COMM_WORLD);
			send(rank - 1, 2, MPI_COMM_WORLD);
		}
		more = MPI_Wtime() - begin < PATIENCE;
		MPI_Bcast(&more, 1, MPI_INT, 0, MPI_COMM_WORLD);
	}
}

static void exchange_large(void)
{
	double begin = MPI_Wtime();
	int more = 1;

	while (more) {
		MPI_Sendrecv_replace(large, LARGE, MPI_DOUBLE, right(), 1, left(), 1,
				     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		more = MPI_Wtime() - begin < PATIENCE;
		MPI_Bcast(&more, 1, MPI_INT, 0, MPI_COMM_WORLD);
	}
}

static void many_collectives(void)
{
	double begin = MPI_Wtime();
	int more = 1;

	while (more) {
		MPI_Allreduce(MPI_IN_PLACE, large, 1000, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
		MPI_Reduce(rank ? large : MPI_IN_PLACE, large, 10, MPI_DOUBLE, MPI_SUM, 0,
			   MPI_COMM_WORLD);
		more = MPI_Wtime() - begin < PATIENCE;
		MPI_Bcast(&more, 1, MPI_INT, 0, MPI_COMM_WORLD);
	}
}

static void waitany_workers(void)
{
	MPI_Request requests[64];
	double values[64];
	int which;

	if (rank) {
		work(PATIENCE * rank / ranks + 2);
		send(0, rank, MPI_COMM_WORLD);
		return;
	}
	for (int i = 1; i < ranks; i++)
		MPI_Irecv(&values[i], 1, MPI_DOUBLE, i, i, MPI_COMM_WORLD, &requests[i - 1]);
	for (int i = 1; i < ranks; i++)
		MPI_Waitany(ranks - 1, requests, &which, MPI_STATUS_IGNORE);
}

/* Messages that nobody has received yet, of several tags: their order is not that of the receives. */
static void late_receiver(void)
{
	if (rank != 1 % ranks)
		for (int tag = 0; tag < 3; tag++)
			send(1 % ranks, tag, MPI_COMM_WORLD);
	else
		work(PATIENCE);
	for (int i = 0; rank == 1 && i < ranks; i++)
		for (int tag = 2; i != 1 && tag >= 0; tag--)
			receive(i, tag, MPI_COMM_WORLD);
	MPI_Barrier(MPI_COMM_WORLD);
}

static void nonblocking_overlap(void)
{
	MPI_Request requests[2];
	double in = 0, out = 1;

	MPI_Irecv(&in, 1, MPI_DOUBLE, left(), 1, MPI_COMM_WORLD, &requests[0]);
	if (rank == 0)
		work(PATIENCE);
	MPI_Isend(&out, 1, MPI_DOUBLE, right(), 1, MPI_COMM_WORLD, &requests[1]);
	MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
	MPI_Barrier(MPI_COMM_WORLD);
}

static void large_to_busy(void)
{
	if (rank == 0) {
		for (int i = 1; i < ranks; i++)
			MPI_Send(large, LARGE, MPI_DOUBLE, i, 1, MPI_COMM_WORLD);
		return;
	}
	work(PATIENCE);
	MPI_Recv(large, LARGE, MPI_DOUBLE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void *thread_work(void *seconds)
{
	large[1] = work(*(double *)seconds);
	return NULL;
}

static void threads(void)
{
	double seconds = PATIENCE;
	pthread_t thread;

	pthread_create(&thread, NULL, thread_work, &seconds);
	pthread_join(thread, NULL);
	MPI_Barrier(MPI_COMM_WORLD);
}

static void sub_barriers(void)
{
	MPI_Comm half;

	MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
	if (rank < 2)
		work(rank ? PATIENCE / 2 : PATIENCE);
	MPI_Barrier(half);
	MPI_Barrier(MPI_COMM_WORLD);
}

static void gather_slow_root(void)
{
	double values[64];

	if (rank == 0)
		work(PATIENCE);
	MPI_Gather(large, 1, MPI_DOUBLE, values, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
	MPI_Bcast(large, LARGE, MPI_DOUBLE, 0, MPI_COMM_WORLD);
}

static void late_finalize(void)
{
	if (rank == 0)
		work(PATIENCE);
}

static void synchronous(void)
{
	if (rank == 0)
		work(PATIENCE);
	if (rank)
		MPI_Ssend(large, 1, MPI_DOUBLE, 0, 1, MPI_COMM_WORLD);
	for (int i = 1; rank == 0 && i < ranks; i++)
		receive(i, 1, MPI_COMM_WORLD);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
#define CASE(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	CASE(receive_ring),
	CASE(head_to_head),
	CASE(bcast_barrier),
	CASE(crossed_comms),
	CASE(wrong_tag),
	CASE(wrong_comm),
	CASE(wrong_root),
	CASE(early_return),
	CASE(wait_any),
	CASE(wait_all),
	CASE(wrong_order),
	CASE(any_source),
	CASE(probe),
	CASE(sendrecv),
	CASE(nonblocking),
	CASE(persistent),
	CASE(sub_comms),
	CASE(user_loop),
	CASE(poll_test),
	CASE(poll_iprobe),
	CASE(slow_rank),
	CASE(sleeping_rank),
	CASE(all_asleep),
	CASE(slow_chain),
	CASE(master_worker),
	CASE(idle_pollers),
	CASE(test_pollers),
	CASE(all_poll),
	CASE(ping_pong),
	CASE(exchange_large),
	CASE(many_collectives),
	CASE(waitany_workers),
	CASE(late_receiver),
	CASE(nonblocking_overlap),
	CASE(large_to_busy),
	CASE(threads),
	CASE(sub_barriers),
	CASE(gather_slow_root),
	CASE(late_finalize),
	CASE(synchronous),
};

int main(int argc, char **argv)
{
	size_t i = 0, count = sizeof(cases) / sizeof(cases[0]);

	while (argc > 1 && i < count && strcmp(cases[i].name, argv[1]) != 0)
		i++;
	if (argc < 2 || i == count)
		return fprintf(stderr, "stuck: which case?\n"), 2;
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	large = calloc(LARGE, sizeof(*large));
	MPI_Barrier(MPI_COMM_WORLD);
	cases[i].run();
	free(large);
	MPI_Finalize();
	if (rank == 0)
		printf("%s: done\n", argv[1]);
	return 0;
}
