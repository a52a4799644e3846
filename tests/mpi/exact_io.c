/* exact_io.c - MPI-IO: every way of reading and writing; reads count what the file had, which may be less than asked for */
#include <stdio.h>

#include "expect.h"

enum { N = 25 };

static int data[4 * N];

static void write_all_ways(MPI_File file)
{
	MPI_Request request;
	MPI_Offset at = (MPI_Offset)me * N * 4;

	DO(MPI_File_write_at(file, at, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_File_write_at_all(file, at, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_File_seek(file, at, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_write(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_File_seek(file, at, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_write_all(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_File_iwrite_at(file, at, data, N, MPI_INT, &request), 4 * N, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_File_iwrite_at_all(file, at, data, N, MPI_INT, &request), 4 * N, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_File_write_at_all_begin(file, at, data, N, MPI_INT), 4 * N, 0);
	DO(MPI_File_write_at_all_end(file, data, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_File_sync(file), 0, 0);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
}

static void read_all_ways(MPI_File file)
{
	MPI_Request request;
	MPI_Status status;
	MPI_Offset at = (MPI_Offset)me * N * 4;

	DO(MPI_File_read_at(file, at, data, N, MPI_INT, MPI_STATUS_IGNORE), 0, 4 * N);
	DO(MPI_File_read_at_all(file, at, data, N, MPI_INT, &status), 0, 4 * N);
	DO(MPI_File_seek(file, at, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_read(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 0, 4 * N);
	DO(MPI_File_seek(file, at, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_read_all(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 0, 4 * N);
	DO(MPI_File_iread_at(file, at, data, N, MPI_INT, &request), 0, 4 * N);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	DO(MPI_File_iread_at_all(file, at, data, N, MPI_INT, &request), 0, 4 * N);
	DO(MPI_Waitall(1, &request, MPI_STATUSES_IGNORE), 0, 0);
	DO(MPI_File_read_at_all_begin(file, at, data, N, MPI_INT), 0, 0);
	DO(MPI_File_read_at_all_end(file, data, MPI_STATUS_IGNORE), 0, 4 * N);
	/* 10 ints before the end there are 10 ints */
	DO(MPI_File_read_at(file, (MPI_Offset)(all * N - 10) * 4, data, N, MPI_INT,
			    MPI_STATUS_IGNORE),
	   0, 40);
	DO(MPI_File_read_at(file, (MPI_Offset)all * N * 4, data, N, MPI_INT, MPI_STATUS_IGNORE), 0,
	   0);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
}

static void shared_pointer(MPI_File file)
{
	DO(MPI_File_seek_shared(file, 0, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_write_shared(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
	DO(MPI_File_seek_shared(file, 0, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_read_shared(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 0, 4 * N);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
	DO(MPI_File_seek_shared(file, 0, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_write_ordered(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_File_seek_shared(file, 0, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_read_ordered(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 0, 4 * N);
}

/* Each rank sees every all-th int. */
static void views(MPI_File file)
{
	MPI_Datatype stripe;

	DO(MPI_Type_vector(N, 1, all, MPI_INT, &stripe), 0, 0);
	DO(MPI_Type_commit(&stripe), 0, 0);
	DO(MPI_File_set_view(file, 4 * me, MPI_INT, stripe, "native", MPI_INFO_NULL), 0, 0);
	DO(MPI_File_write_all(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 4 * N, 0);
	DO(MPI_File_seek(file, 0, MPI_SEEK_SET), 0, 0);
	DO(MPI_File_read_all(file, data, N, MPI_INT, MPI_STATUS_IGNORE), 0, 4 * N);
	DO(MPI_Type_free(&stripe), 0, 0);
}

int main(int argc, char **argv)
{
	char path[4096];
	MPI_File file;

	expect_start(argc, argv, MPI_THREAD_SINGLE);
	snprintf(path, sizeof(path), "%s/data", argv[1]);
	DO(MPI_File_open(MPI_COMM_WORLD, path, MPI_MODE_CREATE | MPI_MODE_RDWR, MPI_INFO_NULL,
			 &file),
	   0, 0);
	write_all_ways(file);
	read_all_ways(file);
	shared_pointer(file);
	views(file);
	DO(MPI_File_close(&file), 0, 0);
	expect_finish();
	return 0;
}
