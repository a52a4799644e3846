/* exact_blocking.c - blocking point-to-point: all send modes, probes, MPI_PROC_NULL, MPI_ANY_SOURCE, derived types, errors */
#include <stdlib.h>

#include "expect.h"

enum { TAG = 7 };

/* Even ranks send to the next, odd ones receive from the one before. The last of an odd number has no partner. */
static int partner(void)
{
	int other = me % 2 ? me - 1 : me + 1;

	return other < all ? other : MPI_PROC_NULL;
}

static void one_way(int (*send)(const void *, int, MPI_Datatype, int, int, MPI_Comm),
		    const char *name, int count)
{
	int other = partner();
	int *data = calloc(1000, sizeof(int));
	MPI_Status status;

	if (me % 2 == 0) {
		long long bytes = other == MPI_PROC_NULL ? 0 : 4LL * count;

		expect_done(send(data, count, MPI_INT, other, TAG, MPI_COMM_WORLD), name, __LINE__,
			    bytes, 0);
		if (other != MPI_PROC_NULL)
			expect_sent(other, bytes);
	} else {
		DO(MPI_Recv(data, 1000, MPI_INT, other, TAG, MPI_COMM_WORLD,
			    count % 2 ? MPI_STATUS_IGNORE : &status),
		   0, 4 * count);
		expect_received(other, 4 * count);
	}
	free(data);
}

static void send_modes(void)
{
	char *buffer = malloc(100000);
	int size;

	for (int i = 0; i < 5; i++) {
		one_way(MPI_Send, "MPI_Send", 10 + i);
		one_way(MPI_Ssend, "MPI_Ssend", 100 + i);
	}
	one_way(MPI_Send, "MPI_Send", 0);
	DO(MPI_Buffer_attach(buffer, 100000), 0, 0);
	one_way(MPI_Bsend, "MPI_Bsend", 333);
	DO(MPI_Buffer_detach(&buffer, &size), 0, 0);
	free(buffer);
}

static void ready_send(void)
{
	int other = partner();
	double data[17] = {0};
	MPI_Request request;

	if (me % 2) {
		DO(MPI_Irecv(data, 17, MPI_DOUBLE, other, TAG, MPI_COMM_WORLD, &request), 0,
		   17 * 8);
		DO(MPI_Send(NULL, 0, MPI_INT, other, 1, MPI_COMM_WORLD), 0, 0);
		DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
		expect_sent(other, 0);
		expect_received(other, 17 * 8);
	} else if (other != MPI_PROC_NULL) {
		DO(MPI_Recv(NULL, 0, MPI_INT, other, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE), 0, 0);
		DO(MPI_Rsend(data, 17, MPI_DOUBLE, other, TAG, MPI_COMM_WORLD), 17 * 8, 0);
		expect_received(other, 0);
		expect_sent(other, 17 * 8);
	}
}

/* A ring; with one rank to itself. Buffers are larger than what arrives. */
static void both_ways(void)
{
	int next = (me + 1) % all, before = (me + all - 1) % all;
	int out[100] = {0}, in[500];

	for (int i = 0; i < 7; i++) {
		DO(MPI_Sendrecv(out, 100 - me, MPI_INT, next, TAG, in, 500, MPI_INT, before, TAG,
				MPI_COMM_WORLD, MPI_STATUS_IGNORE),
		   4 * (100 - me), 4 * (100 - before));
		expect_sent(next, 4 * (100 - me));
		expect_received(before, 4 * (100 - before));
	}
	DO(MPI_Sendrecv(out, 3, MPI_INT, next, TAG, in, 500, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG,
			MPI_COMM_WORLD, MPI_STATUS_IGNORE),
	   12, 12);
	DO(MPI_Sendrecv_replace(out, 9, MPI_INT, next, TAG, before, TAG, MPI_COMM_WORLD,
				MPI_STATUS_IGNORE),
	   36, 36);
	expect_sent(next, 12);
	expect_received(before, 12);
	expect_sent(next, 36);
	expect_received(before, 36);
	DO(MPI_Sendrecv(out, 5, MPI_INT, MPI_PROC_NULL, TAG, in, 5, MPI_INT, MPI_PROC_NULL, TAG,
			MPI_COMM_WORLD, MPI_STATUS_IGNORE),
	   0, 0);
	DO(MPI_Send(out, 5, MPI_INT, MPI_PROC_NULL, TAG, MPI_COMM_WORLD), 0, 0);
	DO(MPI_Recv(out, 5, MPI_INT, MPI_PROC_NULL, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE), 0, 0);
}

static void probes(void)
{
	int other = partner(), flag = 0, count;
	short data[64] = {0};
	MPI_Message message;
	MPI_Status status;

	if (other == MPI_PROC_NULL)
		return;
	if (me % 2 == 0) {
		for (int i = 1; i <= 4; i++) {
			DO(MPI_Send(data, i, MPI_SHORT, other, TAG, MPI_COMM_WORLD), 2 * i, 0);
			expect_sent(other, 2 * i);
		}
		return;
	}
	DO(MPI_Probe(other, TAG, MPI_COMM_WORLD, &status), 0, 0);
	DO(MPI_Get_count(&status, MPI_SHORT, &count), 0, 0);
	DO(MPI_Recv(data, 64, MPI_SHORT, MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE), 0,
	   2);
	DO(MPI_Mprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Mrecv(data, 64, MPI_SHORT, &message, MPI_STATUS_IGNORE), 0, 4);
	while (!flag)
		DO(MPI_Improbe(other, TAG, MPI_COMM_WORLD, &flag, &message, &status), 0, 0);
	DO(MPI_Mrecv(data, 64, MPI_SHORT, &message, &status), 0, 6);
	for (flag = 0; !flag;)
		DO(MPI_Iprobe(other, TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Recv(data, 64, MPI_SHORT, other, TAG, MPI_COMM_WORLD, &status), 0, 8);
	for (int i = 1; i <= 4; i++)
		expect_received(other, 2 * i);
	DO(MPI_Mprobe(MPI_PROC_NULL, TAG, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_Mrecv(data, 64, MPI_SHORT, &message, MPI_STATUS_IGNORE), 0, 0);
}

/* Everybody to rank 0, which does not know from whom; shorter than the buffer. */
static void any_source(void)
{
	char data[1000] = {0};

	if (me > 0) {
		DO(MPI_Send(data, 100 + me, MPI_CHAR, 0, TAG, MPI_COMM_WORLD), 100 + me, 0);
		expect_sent(0, 100 + me);
		return;
	}
	for (int from = 1; from < all; from++) {
		MPI_Status status;

		expect_done(MPI_Recv(data, 1000, MPI_CHAR, MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD,
				     &status),
			    "MPI_Recv", __LINE__, 0, 100 + from);
		expect_received(from, 100 + from);
	}
}

static void send_to_self(MPI_Datatype type, int count, long long bytes)
{
	char out[4096] = {0}, in[4096];

	DO(MPI_Sendrecv(out, count, type, me, TAG, in, count, type, me, TAG, MPI_COMM_WORLD,
			MPI_STATUS_IGNORE),
	   bytes, bytes);
	expect_sent(me, bytes);
	expect_received(me, bytes);
}

/* Two types one after the other, often with the same handle: sizes may not be remembered beyond MPI_Type_free. */
static void derived_types(void)
{
	int lengths[] = {1, 2};
	MPI_Aint places[] = {0, 8};
	MPI_Datatype members[] = {MPI_INT, MPI_DOUBLE}, type, wide;

	for (int i = 0; i < 20; i++) {
		DO(MPI_Type_vector(3, 1 + i % 5, 7, MPI_INT, &type), 0, 0);
		DO(MPI_Type_commit(&type), 0, 0);
		send_to_self(type, 2, 2LL * 3 * (1 + i % 5) * 4);
		DO(MPI_Type_free(&type), 0, 0);
	}
	DO(MPI_Type_create_struct(2, lengths, places, members, &type), 0, 0);
	DO(MPI_Type_create_resized(type, 0, 64, &wide), 0, 0);
	DO(MPI_Type_commit(&wide), 0, 0);
	send_to_self(wide, 5, 5 * 20);
	DO(MPI_Type_free(&type), 0, 0);
	DO(MPI_Type_free(&wide), 0, 0);
	DO(MPI_Type_contiguous(0, MPI_INT, &type), 0, 0);
	DO(MPI_Type_commit(&type), 0, 0);
	send_to_self(type, 3, 0);
	DO(MPI_Type_free(&type), 0, 0);
}

static void failures(void)
{
	int data[4];

	DO(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), 0, 0);
	FAILS(MPI_Send(data, -1, MPI_INT, me, TAG, MPI_COMM_WORLD));
	FAILS(MPI_Send(data, 4, MPI_INT, all + 5, TAG, MPI_COMM_WORLD));
	FAILS(MPI_Send(data, 4, MPI_DATATYPE_NULL, me, TAG, MPI_COMM_WORLD));
	FAILS(MPI_Recv(data, 4, MPI_INT, me, -77, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
	DO(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL), 0, 0);
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	send_modes();
	ready_send();
	both_ways();
	probes();
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
	any_source();
	derived_types();
	failures();
	expect_finish();
	return 0;
}
