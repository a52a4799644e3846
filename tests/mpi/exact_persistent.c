/* exact_persistent.c - persistent requests: all modes, Start, Startall, every way of completing, inactive ones, PROC_NULL */
#include <stdlib.h>

#include "expect.h"

static int next, before;

static void one_pair(void)
{
	int out[50] = {0}, in[80], flag;
	MPI_Request send, recv;

	DO(MPI_Send_init(out, 50, MPI_INT, next, 1, MPI_COMM_WORLD, &send), 0, 0);
	DO(MPI_Recv_init(in, 80, MPI_INT, before, 1, MPI_COMM_WORLD, &recv), 0, 0);
	for (int i = 0; i < 9; i++) {
		expect_done(MPI_Start(&recv), "MPI_Start", __LINE__, 0, 200);
		expect_done(MPI_Start(&send), "MPI_Start", __LINE__, 200, 0);
		expect_sent(next, 200);
		expect_received(before, 200);
		DO(MPI_Wait(&send, MPI_STATUS_IGNORE), 0, 0);
		if (i % 2)
			DO(MPI_Wait(&recv, MPI_STATUS_IGNORE), 0, 0);
		for (flag = i % 2; !flag;)
			DO(MPI_Test(&recv, &flag, MPI_STATUS_IGNORE), 0, 0);
		DO(MPI_Wait(&recv, MPI_STATUS_IGNORE), 0, 0); /* inactive: no message */
	}
	DO(MPI_Request_free(&send), 0, 0);
	DO(MPI_Request_free(&recv), 0, 0);
}

static void many(void)
{
	enum { N = 12 };
	static int data[2 * N][N];
	MPI_Request requests[2 * N];
	long long bytes = 0;
	int index, count, indices[2 * N];

	for (int i = 0; i < N; i++) {
		DO(MPI_Recv_init(data[i], N, MPI_INT, MPI_ANY_SOURCE, i, MPI_COMM_WORLD,
				 &requests[i]),
		   0, 0);
		DO(MPI_Send_init(data[N + i], i, MPI_INT, next, i, MPI_COMM_WORLD,
				 &requests[N + i]),
		   0, 0);
		bytes += 4 * i;
	}
	for (int round = 0; round < 4; round++) {
		DO(MPI_Startall(2 * N, requests), bytes, bytes);
		for (int i = 0; i < N; i++) {
			expect_sent(next, 4 * i);
			expect_received(before, 4 * i);
		}
		if (round == 0)
			DO(MPI_Waitall(2 * N, requests, MPI_STATUSES_IGNORE), 0, 0);
		for (int i = 0; round == 1 && i < 2 * N; i++)
			DO(MPI_Waitany(2 * N, requests, &index, MPI_STATUS_IGNORE), 0, 0);
		for (count = 0; round == 2 && count != MPI_UNDEFINED;)
			DO(MPI_Waitsome(2 * N, requests, &count, indices, MPI_STATUSES_IGNORE), 0,
			   0);
		for (int flag = 0; round == 3 && !flag;)
			DO(MPI_Testall(2 * N, requests, &flag, MPI_STATUSES_IGNORE), 0, 0);
	}
	for (int i = 0; i < 2 * N; i++)
		DO(MPI_Request_free(&requests[i]), 0, 0);
}

static void send_modes(void)
{
	int data[6][10] = {{0}}, size;
	char *buffer = malloc(1000);
	MPI_Request requests[6];

	DO(MPI_Buffer_attach(buffer, 1000), 0, 0);
	for (int i = 0; i < 3; i++)
		DO(MPI_Recv_init(data[i], 10, MPI_INT, before, i, MPI_COMM_WORLD, &requests[i]), 0,
		   0);
	DO(MPI_Ssend_init(data[3], 10, MPI_INT, next, 0, MPI_COMM_WORLD, &requests[3]), 0, 0);
	DO(MPI_Bsend_init(data[4], 10, MPI_INT, next, 1, MPI_COMM_WORLD, &requests[4]), 0, 0);
	DO(MPI_Rsend_init(data[5], 10, MPI_INT, next, 2, MPI_COMM_WORLD, &requests[5]), 0, 0);
	DO(MPI_Startall(3, requests), 0, 120);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
	DO(MPI_Startall(3, requests + 3), 120, 0);
	DO(MPI_Waitall(6, requests, MPI_STATUSES_IGNORE), 0, 0);
	for (int i = 0; i < 3; i++) {
		expect_sent(next, 40);
		expect_received(before, 40);
	}
	for (int i = 0; i < 6; i++)
		DO(MPI_Request_free(&requests[i]), 0, 0);
	DO(MPI_Buffer_detach(&buffer, &size), 0, 0);
	free(buffer);
}

static void nobody(void)
{
	int data[10] = {0};
	MPI_Request requests[2];

	DO(MPI_Recv_init(data, 10, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD, &requests[0]), 0, 0);
	DO(MPI_Send_init(data, 10, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD, &requests[1]), 0, 0);
	for (int i = 0; i < 3; i++) {
		DO(MPI_Start(&requests[0]), 0, 0);
		DO(MPI_Start(&requests[1]), 0, 0);
		DO(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE), 0, 0);
	}
	DO(MPI_Request_free(&requests[0]), 0, 0);
	DO(MPI_Request_free(&requests[1]), 0, 0);
}

static void cancelled(void)
{
	int data[10];
	MPI_Request request;

	DO(MPI_Recv_init(data, 10, MPI_INT, before, 99, MPI_COMM_WORLD, &request), 0, 0);
	DO(MPI_Start(&request), 0, 0);
	DO(MPI_Cancel(&request), 0, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Request_free(&request), 0, 0);
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	next = (me + 1) % all;
	before = (me + all - 1) % all;
	one_pair();
	many();
	send_modes();
	nobody();
	cancelled();
	expect_finish();
	return 0;
}
