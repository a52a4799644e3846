/* same.c - one small program in six languages and bindings: C and C++ (this file), same.F90 (three times), same.py */
#include <mpi.h>

int main(int argc, char **argv)
{
	int me, all, next, before, a[1000] = {0}, b[1000] = {0};
	double x[100] = {0}, y[100] = {0};
	MPI_Request requests[2];
	MPI_Comm part;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &me);
	MPI_Comm_size(MPI_COMM_WORLD, &all);
	next = (me + 1) % all;
	before = (me + all - 1) % all;
	MPI_Bcast(a, 10, MPI_INT, 0, MPI_COMM_WORLD);
	for (int n = 1; n <= 5; n++) {
		MPI_Sendrecv(a, n, MPI_INT, next, 1, b, 1000, MPI_INT, before, 1, MPI_COMM_WORLD,
			     MPI_STATUS_IGNORE);
		MPI_Irecv(y, 100, MPI_DOUBLE, before, 2, MPI_COMM_WORLD, &requests[0]);
		MPI_Isend(x, 10 * n, MPI_DOUBLE, next, 2, MPI_COMM_WORLD, &requests[1]);
		MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
	}
	if (me > 0)
		MPI_Recv(b, 1000, MPI_INT, me - 1, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	if (me < all - 1)
		MPI_Send(a, 7, MPI_INT, me + 1, 3, MPI_COMM_WORLD);
	MPI_Recv_init(b, 1000, MPI_INT, before, 4, MPI_COMM_WORLD, &requests[0]);
	MPI_Start(&requests[0]);
	MPI_Isend(a, 3, MPI_INT, next, 4, MPI_COMM_WORLD, &requests[1]);
	MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
	MPI_Wait(&requests[1], MPI_STATUS_IGNORE);
	MPI_Request_free(&requests[0]);
	MPI_Allreduce(x, y, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	MPI_Allreduce(MPI_IN_PLACE, y, 4, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	MPI_Reduce(a, b, 4, MPI_INT, MPI_SUM, all - 1, MPI_COMM_WORLD);
	MPI_Gather(a, 2, MPI_INT, b, 2, MPI_INT, 0, MPI_COMM_WORLD);
	MPI_Scatter(a, 2, MPI_INT, b, 2, MPI_INT, 0, MPI_COMM_WORLD);
	MPI_Allgather(a, 5, MPI_INT, b, 5, MPI_INT, MPI_COMM_WORLD);
	MPI_Alltoall(a, 1, MPI_INT, b, 1, MPI_INT, MPI_COMM_WORLD);
	MPI_Scan(a, b, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	MPI_Comm_split(MPI_COMM_WORLD, me % 2, me, &part);
	MPI_Allreduce(x, y, 5, MPI_DOUBLE, MPI_SUM, part);
	MPI_Barrier(part);
	MPI_Comm_free(&part);
	MPI_Finalize();
	return 0;
}
