/* exact_nonblocking.c - Isend and its modes, Irecv, and every way of waiting, testing, cancelling and freeing */
#include <stdlib.h>

#include "expect.h"

enum { TAG = 5, MANY = 40 };

static int next, before;

/* Messages of 1 to MANY ints from the one before, and to the next; requests of receives first. */
static void post(MPI_Request requests[2 * MANY], int data[2 * MANY][64], int count)
{
	for (int i = 0; i < count; i++) {
		DO(MPI_Irecv(data[i], 64, MPI_INT, i % 3 ? before : MPI_ANY_SOURCE, TAG + i,
			     MPI_COMM_WORLD, &requests[i]),
		   0, 4 * (1 + i));
		expect_received(before, 4 * (1 + i));
	}
	for (int i = 0; i < count; i++) {
		DO(MPI_Isend(data[MANY + i], 1 + i, MPI_INT, next, TAG + i, MPI_COMM_WORLD,
			     &requests[count + i]),
		   4 * (1 + i), 0);
		expect_sent(next, 4 * (1 + i));
	}
}

static void wait_each(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	MPI_Status status;

	post(requests, data, 10);
	for (int i = 0; i < 20; i++)
		DO(MPI_Wait(&requests[i], i % 2 ? &status : MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Wait(&requests[0], MPI_STATUS_IGNORE), 0, 0); /* null by now */
}

static void wait_all(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	MPI_Status statuses[2 * MANY];

	for (int i = 0; i < 6; i++) {
		post(requests, data, MANY);
		DO(MPI_Waitall(2 * MANY, requests, i % 2 ? statuses : MPI_STATUSES_IGNORE), 0, 0);
	}
	DO(MPI_Waitall(0, NULL, MPI_STATUSES_IGNORE), 0, 0);
}

static void wait_any(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	int index;

	post(requests, data, MANY);
	for (int i = 0; i <= 2 * MANY; i++) /* the last finds none */
		DO(MPI_Waitany(2 * MANY, requests, &index, MPI_STATUS_IGNORE), 0, 0);
}

static void wait_some(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	int count = 0, indices[2 * MANY];

	post(requests, data, MANY);
	while (count != MPI_UNDEFINED)
		DO(MPI_Waitsome(2 * MANY, requests, &count, indices, MPI_STATUSES_IGNORE), 0, 0);
}

static void test_each(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];

	post(requests, data, 10);
	for (int i = 0; i < 20; i++) {
		int flag = 0;

		while (!flag)
			DO(MPI_Test(&requests[i], &flag, MPI_STATUS_IGNORE), 0, 0);
	}
}

static void test_all(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	MPI_Status statuses[2 * MANY];
	int flag = 0;

	post(requests, data, MANY);
	while (!flag)
		DO(MPI_Testall(2 * MANY, requests, &flag, MPI_STATUSES_IGNORE), 0, 0);
	post(requests, data, MANY);
	for (flag = 0; !flag;)
		DO(MPI_Testall(2 * MANY, requests, &flag, statuses), 0, 0);
}

static void test_any(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	MPI_Status status;
	int index = 0, flag;

	post(requests, data, MANY);
	for (int done = 0; done < 2 * MANY; done += flag)
		DO(MPI_Testany(2 * MANY, requests, &index, &flag,
			       done % 2 ? &status : MPI_STATUS_IGNORE),
		   0, 0);
}

static void test_some(int data[2 * MANY][64])
{
	MPI_Request requests[2 * MANY];
	MPI_Status statuses[2 * MANY];
	int count = 0, indices[2 * MANY];

	post(requests, data, MANY);
	while (count != MPI_UNDEFINED)
		DO(MPI_Testsome(2 * MANY, requests, &count, indices, statuses), 0, 0);
}

static void send_modes(int data[2 * MANY][64])
{
	MPI_Request requests[7];
	char *buffer = malloc(10000);
	int size, flag;

	for (int i = 0; i < 3; i++) {
		DO(MPI_Irecv(data[i], 64, MPI_INT, before, i, MPI_COMM_WORLD, &requests[i]), 0, 40);
		expect_received(before, 40);
	}
	DO(MPI_Buffer_attach(buffer, 10000), 0, 0);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
	DO(MPI_Issend(data[10], 10, MPI_INT, next, 0, MPI_COMM_WORLD, &requests[3]), 40, 0);
	DO(MPI_Irsend(data[11], 10, MPI_INT, next, 1, MPI_COMM_WORLD, &requests[4]), 40, 0);
	DO(MPI_Ibsend(data[12], 10, MPI_INT, next, 2, MPI_COMM_WORLD, &requests[5]), 40, 0);
	for (int i = 0; i < 3; i++)
		expect_sent(next, 40);
	DO(MPI_Irecv(data[3], 64, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD, &requests[6]), 0, 0);
	DO(MPI_Request_get_status(requests[6], &flag, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Waitall(7, requests, MPI_STATUSES_IGNORE), 0, 0);
	DO(MPI_Buffer_detach(&buffer, &size), 0, 0);
	free(buffer);
}

/* Born complete: all share one request, which may not be taken for a receive. */
static void shared_requests(int data[2 * MANY][64])
{
	MPI_Request requests[20];

	for (int i = 0; i < 10; i++) {
		DO(MPI_Irecv(data[i], 8, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD,
			     &requests[2 * i]),
		   0, 0);
		DO(MPI_Isend(data[i], 8, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD,
			     &requests[2 * i + 1]),
		   0, 0);
	}
	DO(MPI_Waitall(20, requests, MPI_STATUSES_IGNORE), 0, 0);
}

/* A cancelled receive gets nothing; one matched before it could be cancelled does; a freed send was sent. */
static void cancel_and_free(int data[2 * MANY][64])
{
	MPI_Request request;
	MPI_Status status;
	int flag;

	for (int i = 0; i < 5; i++) {
		DO(MPI_Irecv(data[0], 64, MPI_INT, before, 999, MPI_COMM_WORLD, &request), 0, 0);
		DO(MPI_Cancel(&request), 0, 0);
		DO(MPI_Wait(&request, i % 2 ? &status : MPI_STATUS_IGNORE), 0, 0);
		if (i % 2)
			DO(MPI_Test_cancelled(&status, &flag), 0, 0);
	}
	DO(MPI_Irecv(data[0], 64, MPI_INT, me, 888, MPI_COMM_WORLD, &request), 0, 24);
	DO(MPI_Send(data[1], 6, MPI_INT, me, 888, MPI_COMM_WORLD), 24, 0);
	DO(MPI_Cancel(&request), 0, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	expect_sent(me, 24);
	expect_received(me, 24);
	DO(MPI_Isend(data[1], 2, MPI_INT, next, 777, MPI_COMM_WORLD, &request), 8, 0);
	DO(MPI_Request_free(&request), 0, 0);
	DO(MPI_Recv(data[2], 2, MPI_INT, before, 777, MPI_COMM_WORLD, MPI_STATUS_IGNORE), 0, 8);
	expect_sent(next, 8);
	expect_received(before, 8);
}

static void matched(int data[2 * MANY][64])
{
	MPI_Message message;
	MPI_Request request;

	DO(MPI_Isend(data[1], 11, MPI_INT, next, 55, MPI_COMM_WORLD, &request), 44, 0);
	expect_sent(next, 44);
	DO(MPI_Mprobe(before, 55, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Imrecv(data[2], 64, MPI_INT, &message, &request), 0, 44);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	expect_received(before, 44);
	DO(MPI_Mprobe(MPI_PROC_NULL, 55, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Imrecv(data[2], 64, MPI_INT, &message, &request), 0, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
}

/* So many at once that the table of requests has to grow. */
static void flood(void)
{
	enum { FLOOD = 20000 };
	MPI_Request *requests = malloc(FLOOD * sizeof(MPI_Request));
	char *data = malloc(FLOOD), one = 1;

	for (int i = 0; i < FLOOD; i++) {
		DO(MPI_Irecv(&data[i], 1, MPI_CHAR, me, 3, MPI_COMM_WORLD, &requests[i]), 0, 1);
		expect_received(me, 1);
	}
	for (int i = 0; i < FLOOD; i++) {
		DO(MPI_Send(&one, 1, MPI_CHAR, me, 3, MPI_COMM_WORLD), 1, 0);
		expect_sent(me, 1);
	}
	DO(MPI_Waitall(FLOOD, requests, MPI_STATUSES_IGNORE), 0, 0);
	free(requests);
	free(data);
}

/* What was started before the pause is credited when it completes in it; what is started in it counts nothing. */
static void paused(int data[2 * MANY][64])
{
	MPI_Request request;

	DO(MPI_Irecv(data[0], 64, MPI_INT, before, 66, MPI_COMM_WORLD, &request), 0, 20);
	DO(MPI_Send(data[1], 5, MPI_INT, next, 66, MPI_COMM_WORLD), 20, 0);
	expect_sent(next, 20);
	expect_received(before, 20);
	MPI_Pcontrol(0);
	MPI_Wait(&request, MPI_STATUS_IGNORE);
	MPI_Irecv(data[0], 64, MPI_INT, before, 67, MPI_COMM_WORLD, &request);
	MPI_Send(data[1], 5, MPI_INT, next, 67, MPI_COMM_WORLD);
	MPI_Pcontrol(1);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	MPI_Pcontrol(7);
}

int main(int argc, char **argv)
{
	static int data[2 * MANY][64];

	expect_start(argc, argv, MPI_THREAD_SINGLE);
	next = (me + 1) % all;
	before = (me + all - 1) % all;
	wait_each(data);
	wait_all(data);
	wait_any(data);
	wait_some(data);
	test_each(data);
	test_all(data);
	test_any(data);
	test_some(data);
	send_modes(data);
	shared_requests(data);
	cancel_and_free(data);
	matched(data);
	flood();
	paused(data);
	expect_finish();
	return 0;
}
