/* exact_neighbor.c - neighbourhood collectives: open and closed grids, graphs; only neighbours that exist count */
#include "expect.h"

#define NB(call, bytes_out, bytes_in)                                                              \
	do {                                                                                       \
		MPI_Request request;                                                               \
		DO(call, bytes_out, bytes_in);                                                     \
		DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);                                   \
	} while (0)

static int out[1024], in[1024];

/* real_in, real_out: neighbours that exist; every edge carries 5 ints, in the v and w variants 1 + its position */
static void exchange(MPI_Comm comm, int degree_in, int degree_out, const int real_in[],
		     const int real_out[])
{
	int send[16], recv[16], at[16];
	MPI_Aint byte_at[16];
	MPI_Datatype types[16];
	long long n_in = 0, n_out = 0, v_in = 0, v_out = 0;

	for (int i = 0; i < 16; i++) {
		send[i] = recv[i] = 2;
		at[i] = 32 * i;
		byte_at[i] = 4 * at[i];
		types[i] = MPI_INT;
	}
	for (int i = 0; i < degree_in; i++) {
		n_in += real_in[i];
		v_in += real_in[i] ? 4 * recv[i] : 0;
	}
	for (int i = 0; i < degree_out; i++) {
		n_out += real_out[i];
		v_out += real_out[i] ? 4 * send[i] : 0;
	}
	long long once = n_out ? 20 : 0, once_v = n_out ? 8 : 0;

	DO(MPI_Neighbor_allgather(out, 5, MPI_INT, in, 5, MPI_INT, comm), once, 20 * n_in);
	NB(MPI_Ineighbor_allgather(out, 5, MPI_INT, in, 5, MPI_INT, comm, &request), once,
	   20 * n_in);
	DO(MPI_Neighbor_alltoall(out, 5, MPI_INT, in, 5, MPI_INT, comm), 20 * n_out, 20 * n_in);
	NB(MPI_Ineighbor_alltoall(out, 5, MPI_INT, in, 5, MPI_INT, comm, &request), 20 * n_out,
	   20 * n_in);
	DO(MPI_Neighbor_allgatherv(out, 2, MPI_INT, in, recv, at, MPI_INT, comm), once_v, v_in);
	NB(MPI_Ineighbor_allgatherv(out, 2, MPI_INT, in, recv, at, MPI_INT, comm, &request), once_v,
	   v_in);
	DO(MPI_Neighbor_alltoallv(out, send, at, MPI_INT, in, recv, at, MPI_INT, comm), v_out,
	   v_in);
	NB(MPI_Ineighbor_alltoallv(out, send, at, MPI_INT, in, recv, at, MPI_INT, comm, &request),
	   v_out, v_in);
	DO(MPI_Neighbor_alltoallw(out, send, byte_at, types, in, recv, byte_at, types, comm), v_out,
	   v_in);
	NB(MPI_Ineighbor_alltoallw(out, send, byte_at, types, in, recv, byte_at, types, comm,
				   &request),
	   v_out, v_in);
}

static void line(int is_closed)
{
	MPI_Comm comm, copy;
	int real[2] = {is_closed || me > 0, is_closed || me < all - 1};

	DO(MPI_Cart_create(MPI_COMM_WORLD, 1, &all, &is_closed, 0, &comm), 0, 0);
	exchange(comm, 2, 2, real, real);
	DO(MPI_Comm_dup(comm, &copy), 0, 0); /* has the same topology */
	DO(MPI_Comm_free(&comm), 0, 0);
	exchange(copy, 2, 2, real, real);
	DO(MPI_Comm_free(&copy), 0, 0);
}

/* all x 1, open one way and closed the other: below and above in the second dimension is the rank itself. */
static void sheet(void)
{
	int dims[2] = {all, 1}, closed[2] = {0, 1}, keep[2] = {0, 1};
	int real[4] = {me > 0, me < all - 1, 1, 1};
	MPI_Comm comm, row;

	DO(MPI_Cart_create(MPI_COMM_WORLD, 2, dims, closed, 0, &comm), 0, 0);
	exchange(comm, 4, 4, real, real);
	DO(MPI_Cart_sub(comm, keep, &row), 0, 0);
	exchange(row, 2, 2, real + 2, real + 2);
	DO(MPI_Comm_free(&row), 0, 0);
	DO(MPI_Comm_free(&comm), 0, 0);
}

static void graphs(void)
{
	static const int real[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	int before = (me + all - 1) % all, next = (me + 1) % all;
	int sources[2] = {before, me}, index[64], edges[64], leaf = 0, degree = 1;
	MPI_Comm comm;

	/* everybody gets from the one before and from itself, and sends to the next and to itself */
	int destinations[2] = {next, me};
	DO(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 2, sources, MPI_UNWEIGHTED, 2,
					  destinations, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &comm),
	   0, 0);
	exchange(comm, 2, 2, real, real);
	DO(MPI_Comm_free(&comm), 0, 0);

	/* everybody sends to rank 0 only */
	DO(MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &me, &degree, &leaf, MPI_UNWEIGHTED,
				 MPI_INFO_NULL, 0, &comm),
	   0, 0);
	exchange(comm, me ? 0 : all, 1, real, real);
	DO(MPI_Comm_free(&comm), 0, 0);

	/* a ring */
	for (int i = 0; i < all; i++) {
		index[i] = 2 * (i + 1);
		edges[2 * i] = (i + all - 1) % all;
		edges[2 * i + 1] = (i + 1) % all;
	}
	DO(MPI_Graph_create(MPI_COMM_WORLD, all, index, edges, 0, &comm), 0, 0);
	exchange(comm, 2, 2, real, real);
	DO(MPI_Comm_free(&comm), 0, 0);
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	line(0);
	line(1);
	sheet();
	graphs();
	expect_finish();
	return 0;
}
