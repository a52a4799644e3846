/* requests.c - completing in all ways, with and without statuses, truncated messages, generalized requests */
#include "say.h"

enum { COUNT = 3 };

static int out[64], in[COUNT][64];
static MPI_Request requests[COUNT];
static MPI_Status statuses[COUNT];

/* Message 1 is longer than its receive when @is_truncated. */
static void post(int is_truncated)
{
	for (int i = 0; i < COUNT; i++) {
		statuses[i] = unfilled();
		MPI_Irecv(in[i], is_truncated && i == 1 ? 4 : 64, MPI_INT, me, i, MPI_COMM_WORLD,
			  &requests[i]);
	}
	for (int i = 0; i < COUNT; i++)
		MPI_Send(out, 8 + i, MPI_INT, me, i, MPI_COMM_WORLD);
}

static void see(int has_statuses)
{
	for (int i = 0; i < COUNT; i++) {
		say("request %d is %s", i, requests[i] == MPI_REQUEST_NULL ? "null" : "left");
		if (has_statuses)
			say_status("status", &statuses[i]);
		if (requests[i] != MPI_REQUEST_NULL)
			MPI_Wait(&requests[i], MPI_STATUS_IGNORE);
	}
}

static void all_of_them(int is_truncated, int has_statuses)
{
	MPI_Status *where = has_statuses ? statuses : MPI_STATUSES_IGNORE;
	int flag = -1;

	say("truncated %d, statuses %d", is_truncated, has_statuses);
	post(is_truncated);
	SAY(MPI_Waitall(COUNT, requests, where));
	see(has_statuses);
	post(is_truncated);
	SAY(MPI_Testall(COUNT, requests, &flag, where));
	say("flag %d", flag);
	see(has_statuses);
}

static void some_of_them(int is_truncated, int has_statuses)
{
	MPI_Status *where = has_statuses ? statuses : MPI_STATUSES_IGNORE;
	int count = -1, indices[COUNT] = {-1, -1, -1};

	post(is_truncated);
	SAY(MPI_Waitsome(COUNT, requests, &count, indices, where));
	say_ints("indices", indices, count < 0 ? 0 : count);
	see(has_statuses);
	post(is_truncated);
	SAY(MPI_Testsome(COUNT, requests, &count, indices, where));
	say_ints("indices", indices, count < 0 ? 0 : count);
	see(has_statuses);
}

static void one_of_them(int has_statuses)
{
	MPI_Status *where = has_statuses ? statuses : MPI_STATUS_IGNORE;
	int index = -1, flag = -1;

	post(0);
	SAY(MPI_Waitany(COUNT, requests, &index, where));
	say("index %d", index);
	see(has_statuses);
	post(0);
	SAY(MPI_Testany(COUNT, requests, &index, &flag, where));
	say("index %d, flag %d", index, flag);
	see(has_statuses);
	post(0);
	SAY(MPI_Request_get_status(requests[2], &flag, where));
	say("flag %d", flag);
	SAY(MPI_Test(&requests[0], &flag, where));
	say("flag %d", flag);
	see(has_statuses);
}

/* All null: everything is complete, and the statuses are empty. */
static void nothing(void)
{
	int index = -1, flag = -1, count = -1, indices[COUNT] = {-1};

	for (int i = 0; i < COUNT; i++) {
		requests[i] = MPI_REQUEST_NULL;
		statuses[i] = unfilled();
	}
	SAY(MPI_Waitall(COUNT, requests, statuses));
	SAY(MPI_Testall(0, requests, &flag, statuses));
	SAY(MPI_Waitany(COUNT, requests, &index, statuses));
	say("index %s", index == MPI_UNDEFINED ? "undefined" : "defined");
	SAY(MPI_Testany(COUNT, requests, &index, &flag, statuses));
	SAY(MPI_Waitsome(COUNT, requests, &count, indices, statuses));
	say("count %s", count == MPI_UNDEFINED ? "undefined" : "defined");
	SAY(MPI_Testsome(COUNT, requests, &count, indices, statuses));
	SAY(MPI_Wait(&requests[0], &statuses[0]));
	SAY(MPI_Test(&requests[0], &flag, &statuses[0]));
	SAY(MPI_Request_get_status(requests[0], &flag, &statuses[0]));
	say("flag %d", flag);
	see(1);
}

static int query(void *state, MPI_Status *status)
{
	say("query of %d", *(int *)state);
	SAY(MPI_Status_set_elements(status, MPI_INT, 3));
	SAY(MPI_Status_set_elements_x(status, MPI_INT, 3));
	SAY(MPI_Status_set_cancelled(status, 0));
	status->MPI_SOURCE = 77;
	status->MPI_TAG = 78;
	return MPI_SUCCESS;
}

static int release(void *state)
{
	say("release of %d", *(int *)state);
	return MPI_SUCCESS;
}

static int cancel(void *state, int is_complete)
{
	say("cancel of %d: %d", *(int *)state, is_complete);
	return MPI_SUCCESS;
}

static void generalized(void)
{
	int state = 42, flag = -1;
	MPI_Request request;
	MPI_Status status = unfilled();

	SAY(MPI_Status_set_elements(&status, MPI_INT, 5));
	SAY(MPI_Status_set_elements_x(&status, MPI_INT, 6));
	SAY(MPI_Status_set_cancelled(&status, 1));
	say_status("set", &status);
	SAY(MPI_Grequest_start(query, release, cancel, &state, &request));
	SAY(MPI_Test(&request, &flag, &status));
	say("flag %d", flag);
	SAY(MPI_Cancel(&request));
	SAY(MPI_Grequest_complete(request));
	SAY(MPI_Wait(&request, &status));
	say_status("generalized", &status);
}

static void wrong(void)
{
	int index = -1;

	requests[0] = MPI_REQUEST_NULL;
	SAY(MPI_Waitall(-1, requests, MPI_STATUSES_IGNORE));
	SAY(MPI_Waitany(-1, requests, &index, MPI_STATUS_IGNORE));
	SAY(MPI_Waitsome(-1, requests, &index, &index, MPI_STATUSES_IGNORE));
	SAY(MPI_Testall(-1, requests, &index, MPI_STATUSES_IGNORE));
	SAY(MPI_Testany(-1, requests, &index, &index, MPI_STATUS_IGNORE));
	SAY(MPI_Testsome(-1, requests, &index, &index, MPI_STATUSES_IGNORE));
	SAY(MPI_Grequest_complete(MPI_REQUEST_NULL));
}

void chapter_requests(void)
{
	for (int has_statuses = 0; has_statuses < 2; has_statuses++) {
		all_of_them(0, has_statuses);
		all_of_them(1, has_statuses);
		some_of_them(0, has_statuses);
		some_of_them(1, has_statuses);
		one_of_them(has_statuses);
	}
	nothing();
	generalized();
	wrong();
}
