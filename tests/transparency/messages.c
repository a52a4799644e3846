/* messages.c - point-to-point communication: all modes of sending, probing, matched probes, persistent requests, cancelling */
#include <string.h>

#include "say.h"

enum { MANY = 64 };

static int out[MANY], in[MANY];
static MPI_Request arrival;

/* A receive that is posted on all ranks before anybody goes on: MPI_Rsend may follow. */
static void expect_message(int tag)
{
	memset(in, 0, sizeof(in));
	SAY(MPI_Irecv(in, MANY, MPI_INT, before, tag, MPI_COMM_WORLD, &arrival));
	MPI_Barrier(MPI_COMM_WORLD);
}

static void see_message(void)
{
	MPI_Status status = unfilled();

	SAY(MPI_Wait(&arrival, &status));
	say_status("arrived", &status);
	say_ints("data", in, 6);
}

static void blocking(void)
{
	MPI_Status status = unfilled();

	expect_message(1);
	SAY(MPI_Send(out, 5, MPI_INT, next, 1, MPI_COMM_WORLD));
	see_message();
	expect_message(2);
	SAY(MPI_Ssend(out, 4, MPI_INT, next, 2, MPI_COMM_WORLD));
	see_message();
	expect_message(3);
	SAY(MPI_Rsend(out, 0, MPI_INT, next, 3, MPI_COMM_WORLD));
	see_message();
	SAY(MPI_Sendrecv(out, 3, MPI_INT, next, 4, in, MANY, MPI_INT, before, MPI_ANY_TAG,
			 MPI_COMM_WORLD, &status));
	say_status("sendrecv", &status);
	SAY(MPI_Sendrecv_replace(in, 3, MPI_INT, next, 5, MPI_ANY_SOURCE, 5, MPI_COMM_WORLD,
				 &status));
	say_status("sendrecv_replace", &status);
	status = unfilled();
	SAY(MPI_Recv(in, 1, MPI_INT, MPI_PROC_NULL, 9, MPI_COMM_WORLD, &status));
	say_status("from nobody", &status);
	SAY(MPI_Send(out, 1, MPI_INT, MPI_PROC_NULL, 9, MPI_COMM_WORLD));
}

static void started(void)
{
	MPI_Request request;

	expect_message(11);
	SAY(MPI_Isend(out, 7, MPI_INT, next, 11, MPI_COMM_WORLD, &request));
	SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));
	see_message();
	expect_message(12);
	SAY(MPI_Issend(out, 8, MPI_INT, next, 12, MPI_COMM_WORLD, &request));
	see_message();
	SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));
	expect_message(13);
	SAY(MPI_Irsend(out, 9, MPI_INT, next, 13, MPI_COMM_WORLD, &request));
	SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));
	see_message();
}

static void buffered(void)
{
	static char room[4096 + MPI_BSEND_OVERHEAD];
	MPI_Request request;
	void *back = NULL;
	int size = 0;

	SAY(MPI_Buffer_attach(room, sizeof(room)));
	expect_message(21);
	SAY(MPI_Bsend(out, 2, MPI_INT, next, 21, MPI_COMM_WORLD));
	see_message();
	expect_message(22);
	SAY(MPI_Ibsend(out, 3, MPI_INT, next, 22, MPI_COMM_WORLD, &request));
	SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));
	see_message();
	SAY(MPI_Buffer_detach(&back, &size));
	say("buffer back: %s, %d bytes", back == room ? "the same" : "another", size);
	SAY(MPI_Bsend(out, MANY, MPI_INT, next, 23, MPI_COMM_WORLD));
}

static void probed(void)
{
	MPI_Status status = unfilled();
	MPI_Message message;
	MPI_Request request;
	int flag = -1;

	SAY(MPI_Iprobe(before, 31, MPI_COMM_WORLD, &flag, &status));
	say("probe without a message: %d", flag);
	MPI_Barrier(MPI_COMM_WORLD);
	for (int i = 0; i < 4; i++)
		MPI_Isend(out + i, i + 1, MPI_INT, next, 31 + i, MPI_COMM_WORLD, &request),
			MPI_Request_free(&request);
	SAY(MPI_Probe(before, 31, MPI_COMM_WORLD, &status));
	say_status("probe", &status);
	SAY(MPI_Recv(in, 1, MPI_INT, before, 31, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
	for (flag = 0; !flag;)
		MPI_Iprobe(MPI_ANY_SOURCE, 32, MPI_COMM_WORLD, &flag, &status);
	say_status("iprobe", &status);
	SAY(MPI_Recv(in, 2, MPI_INT, before, 32, MPI_COMM_WORLD, &status));
	SAY(MPI_Mprobe(before, 33, MPI_COMM_WORLD, &message, &status));
	say_status("mprobe", &status);
	SAY(MPI_Mrecv(in, MANY, MPI_INT, &message, &status));
	say_status("mrecv", &status);
	say("message is %s", message == MPI_MESSAGE_NULL ? "null" : "left");
	for (flag = 0; !flag;)
		MPI_Improbe(before, 34, MPI_COMM_WORLD, &flag, &message, &status);
	SAY(MPI_Imrecv(in, MANY, MPI_INT, &message, &request));
	SAY(MPI_Wait(&request, &status));
	say_status("imrecv", &status);
	SAY(MPI_Mprobe(MPI_PROC_NULL, 35, MPI_COMM_WORLD, &message, &status));
	say("message is %s", message == MPI_MESSAGE_NO_PROC ? "of nobody" : "another");
	SAY(MPI_Mrecv(in, 1, MPI_INT, &message, &status));
	say_status("mrecv of nobody", &status);
}

static void persistent(void)
{
	static char room[4096 + MPI_BSEND_OVERHEAD];
	MPI_Request requests[8];
	MPI_Status statuses[8];
	void *back;
	int size;

	MPI_Buffer_attach(room, sizeof(room));
	SAY(MPI_Send_init(out, 1, MPI_INT, next, 41, MPI_COMM_WORLD, &requests[0]));
	SAY(MPI_Ssend_init(out, 2, MPI_INT, next, 42, MPI_COMM_WORLD, &requests[1]));
	SAY(MPI_Bsend_init(out, 3, MPI_INT, next, 43, MPI_COMM_WORLD, &requests[2]));
	SAY(MPI_Rsend_init(out, 4, MPI_INT, next, 44, MPI_COMM_WORLD, &requests[3]));
	for (int i = 0; i < 4; i++)
		SAY(MPI_Recv_init(in + 8 * i, 8, MPI_INT, before, 41 + i, MPI_COMM_WORLD,
				  &requests[4 + i]));
	for (int round = 0; round < 3; round++) {
		SAY(MPI_Startall(4, requests + 4));
		MPI_Barrier(MPI_COMM_WORLD);
		for (int i = 0; i < 4; i++)
			SAY(MPI_Start(&requests[i]));
		SAY(MPI_Waitall(8, requests, statuses));
		for (int i = 4; i < 8; i++)
			say_status("persistent", &statuses[i]);
	}
	SAY(MPI_Wait(&requests[0], &statuses[0]));
	say_status("inactive", &statuses[0]);
	for (int i = 0; i < 8; i++)
		SAY(MPI_Request_free(&requests[i]));
	MPI_Buffer_detach(&back, &size);
}

static void cancelled(void)
{
	MPI_Status status = unfilled();
	MPI_Request request;

	SAY(MPI_Irecv(in, 1, MPI_INT, MPI_ANY_SOURCE, 51, MPI_COMM_WORLD, &request));
	SAY(MPI_Cancel(&request));
	SAY(MPI_Wait(&request, &status));
	say_status("cancelled", &status);
	SAY(MPI_Irecv(in, 1, MPI_INT, MPI_PROC_NULL, 51, MPI_COMM_WORLD, &request));
	SAY(MPI_Request_free(&request));
	say("request is %s", request == MPI_REQUEST_NULL ? "null" : "left");
}

static void wrong(void)
{
	MPI_Request request = MPI_REQUEST_NULL;
	MPI_Status status = unfilled();
	MPI_Message message = MPI_MESSAGE_NULL;
	int flag;

	SAY(MPI_Send(out, -1, MPI_INT, next, 0, MPI_COMM_WORLD));
	SAY(MPI_Ssend(out, 1, MPI_INT, all, 0, MPI_COMM_WORLD));
	SAY(MPI_Bsend(out, 1, MPI_INT, next, -9, MPI_COMM_WORLD));
	SAY(MPI_Rsend(out, 1, MPI_DATATYPE_NULL, next, 0, MPI_COMM_WORLD));
	SAY(MPI_Isend(out, 1, MPI_INT, all, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Issend(out, -1, MPI_INT, next, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Ibsend(out, 1, MPI_INT, all, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Irsend(out, 1, MPI_INT, next, -9, MPI_COMM_WORLD, &request));
	SAY(MPI_Send(out, 1, MPI_INT, next, 0, MPI_COMM_NULL));
	SAY(MPI_Recv(in, -1, MPI_INT, before, 0, MPI_COMM_WORLD, &status));
	SAY(MPI_Irecv(in, 1, MPI_INT, all, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Sendrecv(out, -1, MPI_INT, next, 0, in, 1, MPI_INT, before, 0, MPI_COMM_WORLD,
			 &status));
	SAY(MPI_Sendrecv_replace(in, 1, MPI_DATATYPE_NULL, next, 0, before, 0, MPI_COMM_WORLD,
				 &status));
	SAY(MPI_Probe(all, 0, MPI_COMM_WORLD, &status));
	SAY(MPI_Iprobe(before, -7, MPI_COMM_WORLD, &flag, &status));
	SAY(MPI_Mprobe(all, 0, MPI_COMM_WORLD, &message, &status));
	SAY(MPI_Improbe(before, -7, MPI_COMM_WORLD, &flag, &message, &status));
	SAY(MPI_Send_init(out, 1, MPI_INT, all, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Recv_init(in, -1, MPI_INT, before, 0, MPI_COMM_WORLD, &request));
	request = MPI_REQUEST_NULL;
	SAY(MPI_Start(&request));
	SAY(MPI_Startall(1, &request));
	SAY(MPI_Cancel(&request));
	SAY(MPI_Request_free(&request));
	say_status("left alone", &status);
}

void chapter_messages(void)
{
	for (int i = 0; i < MANY; i++)
		out[i] = 100 * me + i;
	blocking();
	started();
	buffered();
	probed();
	persistent();
	cancelled();
	wrong();
}
