/*
 * faulty_calls.c - calls with wrong arguments: what MPI says must be the same with and without the profiler
 *
 * faulty_calls returned: errors are returned; prints every code, every status that is filled, every call of an error handler.
 * faulty_calls fatal N:  the N-th wrong call with the default error handler, which ends the program.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int me, all, handled;
static int data[64];

static void print_code(const char *call, int rc)
{
	int class = 0;

	if (rc != MPI_SUCCESS)
		PMPI_Error_class(rc, &class);
	printf("%d: %s: %d class %d, handler called %d times\n", me, call, rc, class, handled);
}

static void print_status(const char *what, const MPI_Status *status)
{
	int count = -5, cancelled = -5;

	PMPI_Get_count(status, MPI_INT, &count);
	PMPI_Test_cancelled(status, &cancelled);
	printf("%d: %s: source %d tag %d error %d count %d cancelled %d\n", me, what,
	       status->MPI_SOURCE, status->MPI_TAG, status->MPI_ERROR, count, cancelled);
}

#define SHOW(call) print_code(#call, call)

static void handler(MPI_Comm *comm, int *code, ...)
{
	(void)comm;
	(void)code;
	handled++;
}

static MPI_Status marked(void)
{
	MPI_Status status;

	memset(&status, 0, sizeof(status));
	status.MPI_SOURCE = 4711;
	status.MPI_TAG = 4712;
	status.MPI_ERROR = 4713;
	return status;
}

static void wrong_messages(void)
{
	MPI_Request request = MPI_REQUEST_NULL;
	MPI_Status status = marked();
	int flag;

	SHOW(MPI_Send(data, -1, MPI_INT, me, 0, MPI_COMM_WORLD));
	SHOW(MPI_Send(data, 1, MPI_DATATYPE_NULL, me, 0, MPI_COMM_WORLD));
	SHOW(MPI_Send(data, 1, MPI_INT, all, 0, MPI_COMM_WORLD));
	SHOW(MPI_Send(data, 1, MPI_INT, me, -9, MPI_COMM_WORLD));
	SHOW(MPI_Send(data, 1, MPI_INT, me, 0, MPI_COMM_NULL));
	SHOW(MPI_Recv(data, -1, MPI_INT, me, 0, MPI_COMM_WORLD, &status));
	SHOW(MPI_Recv(data, 1, MPI_INT, -7, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
	SHOW(MPI_Isend(data, 1, MPI_INT, me, 0, MPI_COMM_WORLD, NULL));
	SHOW(MPI_Irecv(data, 1, MPI_INT, me, 0, MPI_COMM_WORLD, NULL));
	SHOW(MPI_Irecv(data, 1, MPI_INT, all, 0, MPI_COMM_WORLD, &request));
	SHOW(MPI_Send_init(data, 1, MPI_INT, all, 0, MPI_COMM_WORLD, &request));
	SHOW(MPI_Recv_init(data, 1, MPI_INT, me, 0, MPI_COMM_WORLD, NULL));
	SHOW(MPI_Probe(all, 0, MPI_COMM_WORLD, &status));
	SHOW(MPI_Wait(NULL, &status));
	SHOW(MPI_Test(&request, NULL, &status));
	SHOW(MPI_Test(&request, &flag, &status));
	print_status("test of a null request", &status);
	SHOW(MPI_Start(&request));
	SHOW(MPI_Startall(1, &request));
	SHOW(MPI_Cancel(&request));
	SHOW(MPI_Request_free(&request));
	SHOW(MPI_Waitall(3, NULL, MPI_STATUSES_IGNORE));
	SHOW(MPI_Waitall(-3, &request, MPI_STATUSES_IGNORE));
	SHOW(MPI_Waitany(1, &request, NULL, &status));
	SHOW(MPI_Testall(1, &request, NULL, MPI_STATUSES_IGNORE));
	SHOW(MPI_Waitsome(1, &request, NULL, NULL, MPI_STATUSES_IGNORE));
}

static void wrong_collectives(void)
{
	SHOW(MPI_Bcast(data, 1, MPI_INT, all, MPI_COMM_WORLD));
	SHOW(MPI_Bcast(data, -1, MPI_INT, 0, MPI_COMM_WORLD));
	SHOW(MPI_Bcast(data, 1, MPI_INT, 0, MPI_COMM_NULL));
	SHOW(MPI_Reduce(data, data + 8, 1, MPI_INT, MPI_OP_NULL, 0, MPI_COMM_WORLD));
	SHOW(MPI_Allreduce(data, data + 8, 1, MPI_DATATYPE_NULL, MPI_SUM, MPI_COMM_WORLD));
	SHOW(MPI_Alltoallv(data, NULL, NULL, MPI_INT, data + 8, NULL, NULL, MPI_INT,
			   MPI_COMM_WORLD));
	SHOW(MPI_Alltoallw(data, NULL, NULL, NULL, data + 8, NULL, NULL, NULL, MPI_COMM_WORLD));
	SHOW(MPI_Allgatherv(data, 1, MPI_INT, data + 8, NULL, NULL, MPI_INT, MPI_COMM_WORLD));
	SHOW(MPI_Neighbor_allgather(data, 1, MPI_INT, data + 8, 1, MPI_INT, MPI_COMM_WORLD));
	SHOW(MPI_Reduce_scatter(data, data + 8, NULL, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
}

static void wrong_handles(void)
{
	MPI_Comm comm = MPI_COMM_WORLD, null = MPI_COMM_NULL;
	MPI_Datatype type = MPI_DATATYPE_NULL;
	MPI_Win win = MPI_WIN_NULL;
	MPI_File file = MPI_FILE_NULL;

	SHOW(MPI_Comm_free(&null));
	SHOW(MPI_Comm_free(&comm));
	SHOW(MPI_Comm_split(MPI_COMM_NULL, 0, 0, &comm));
	SHOW(MPI_Comm_split(MPI_COMM_WORLD, 0, 0, NULL));
	SHOW(MPI_Comm_dup(MPI_COMM_WORLD, NULL));
	SHOW(MPI_Comm_set_name(MPI_COMM_WORLD, NULL));
	SHOW(MPI_Cart_create(MPI_COMM_WORLD, -1, NULL, NULL, 0, &comm));
	SHOW(MPI_Type_free(&type));
	SHOW(MPI_Type_free(NULL));
	SHOW(MPI_Type_commit(&type));
	SHOW(MPI_Win_create(data, -5, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win));
	SHOW(MPI_Win_free(&win));
	SHOW(MPI_Put(data, 1, MPI_INT, 0, 0, 1, MPI_INT, win));
	SHOW(MPI_File_open(MPI_COMM_SELF, "/nonexistent/file", MPI_MODE_RDONLY, MPI_INFO_NULL,
			   &file));
	SHOW(MPI_File_read(MPI_FILE_NULL, data, 1, MPI_INT, MPI_STATUS_IGNORE));
	SHOW(MPI_File_close(&file));
}

/* Messages of 8 ints for a buffer of 4: in every completing call, with and without statuses. */
static void truncated(void)
{
	MPI_Request requests[2];
	MPI_Status statuses[2];
	int count, indices[2], flag;

	for (int way = 0; way < 8; way++) {
		statuses[0] = statuses[1] = marked();
		PMPI_Irecv(data, 8, MPI_INT, me, 2, MPI_COMM_WORLD, &requests[1]);
		MPI_Irecv(data, 4, MPI_INT, me, 1, MPI_COMM_WORLD, &requests[0]);
		MPI_Send(data + 16, 8, MPI_INT, me, 2, MPI_COMM_WORLD);
		MPI_Send(data + 16, 8, MPI_INT, me, 1, MPI_COMM_WORLD);
		switch (way) {
		case 0:
			SHOW(MPI_Waitall(2, requests, statuses));
			break;
		case 1:
			SHOW(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
			break;
		case 2:
			SHOW(MPI_Wait(&requests[0], &statuses[0]));
			break;
		case 3:
			SHOW(MPI_Wait(&requests[0], MPI_STATUS_IGNORE));
			break;
		case 4:
			SHOW(MPI_Waitsome(2, requests, &count, indices, statuses));
			break;
		case 5:
			SHOW(MPI_Waitsome(2, requests, &count, indices, MPI_STATUSES_IGNORE));
			break;
		case 6:
			SHOW(MPI_Testall(2, requests, &flag, MPI_STATUSES_IGNORE));
			break;
		default:
			SHOW(MPI_Waitany(2, requests, &count, MPI_STATUS_IGNORE));
		}
		print_status("first", &statuses[0]);
		print_status("second", &statuses[1]);
		for (int i = 0; i < 2; i++) {
			printf("%d: request %d is %s\n", me, i,
			       requests[i] == MPI_REQUEST_NULL ? "null" : "left");
			PMPI_Wait(&requests[i], MPI_STATUS_IGNORE);
		}
	}
}

static void good_statuses(void)
{
	MPI_Request request;
	MPI_Status status = marked();
	int flag;

	MPI_Irecv(data, 8, MPI_INT, me, 1, MPI_COMM_WORLD, &request);
	SHOW(MPI_Test(&request, &flag, &status));
	printf("%d: flag %d\n", me, flag);
	MPI_Send(data, 3, MPI_INT, me, 1, MPI_COMM_WORLD);
	SHOW(MPI_Wait(&request, &status));
	print_status("wait", &status);
	status = marked();
	SHOW(MPI_Recv(data, 3, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &status));
	print_status("nobody", &status);
	MPI_Irecv(data, 8, MPI_INT, me, 1, MPI_COMM_WORLD, &request);
	SHOW(MPI_Cancel(&request));
	status = marked();
	SHOW(MPI_Wait(&request, &status));
	print_status("cancelled", &status);
}

static void all_of_them(void)
{
	wrong_messages();
	wrong_collectives();
	wrong_handles();
	truncated();
	good_statuses();
}

static void returned(void)
{
	MPI_Errhandler own;

	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
	all_of_them();
	MPI_Comm_create_errhandler(handler, &own);
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, own);
	all_of_them();
	MPI_Errhandler_free(&own);
}

static void fatal(int which)
{
	MPI_Request request = MPI_REQUEST_NULL;
	MPI_Comm comm = MPI_COMM_NULL;

	if (which == 0)
		MPI_Send(data, -1, MPI_INT, me, 0, MPI_COMM_WORLD);
	else if (which == 1)
		MPI_Recv(data, 1, MPI_INT, all, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	else if (which == 2)
		MPI_Bcast(data, 1, MPI_INT, 0, MPI_COMM_NULL);
	else if (which == 3)
		MPI_Comm_free(&comm);
	else if (which == 4)
		MPI_Start(&request);
	else
		MPI_Waitall(-1, &request, MPI_STATUSES_IGNORE);
	printf("%d: survived\n", me);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	MPI_Init(&argc, &argv);
	PMPI_Comm_rank(MPI_COMM_WORLD, &me);
	PMPI_Comm_size(MPI_COMM_WORLD, &all);
	if (argc > 2)
		fatal(atoi(argv[2]));
	else
		returned();
	fflush(stdout);
	return MPI_Finalize();
}
