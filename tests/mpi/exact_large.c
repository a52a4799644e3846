/* exact_large.c - more than 2 GiB in one call, without the memory: one element of a type that reads the same bytes over and over */
#include "expect.h"

#define GIB (1LL << 30)

static char block[1 << 20];

/* 3 GiB of data lying in one MiB: 3072 blocks with stride 0 */
static MPI_Datatype huge(void)
{
	MPI_Datatype mib, type;

	DO(MPI_Type_contiguous(sizeof(block), MPI_BYTE, &mib), 0, 0);
	DO(MPI_Type_create_hvector(3072, 1, 0, mib, &type), 0, 0);
	DO(MPI_Type_commit(&type), 0, 0);
	DO(MPI_Type_free(&mib), 0, 0);
	return type;
}

/* 3 GiB really sent, through two MiB */
static void message(MPI_Datatype type)
{
	static char copy[sizeof(block)];
	MPI_Request requests[2];

	DO(MPI_Irecv(copy, 1, type, me, 1, MPI_COMM_WORLD, &requests[0]), 0, 3 * GIB);
	DO(MPI_Isend(block, 1, type, me, 1, MPI_COMM_WORLD, &requests[1]), 3 * GIB, 0);
	DO(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE), 0, 0);
	expect_sent(me, 3 * GIB);
	expect_received(me, 3 * GIB);
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);

	MPI_Datatype type = huge();

	DO(MPI_Bcast(block, 1, type, 0, MPI_COMM_SELF), 3 * GIB, 0);
	DO(MPI_Bcast(block, 700, type, 0, MPI_COMM_SELF), 2100 * GIB, 0);
	DO(MPI_Barrier(MPI_COMM_WORLD), 0, 0);
	if (me == 0)
		message(type);
	DO(MPI_Type_free(&type), 0, 0);
	expect_finish();
	return 0;
}
