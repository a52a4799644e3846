/* exact_collective.c - all collectives, blocking and nonblocking, each root, v and w variants, MPI_IN_PLACE */
#include <stdlib.h>

#include "expect.h"

#define W MPI_COMM_WORLD

enum { ROOM = 4096 };

static int out[ROOM], in[ROOM];
static int counts[64], places[64], byte_places[64];
static MPI_Datatype ints[64];
static int total; /* ints, over all counts */

/* A nonblocking collective, completed at once. */
#define NB(call, bytes_out, bytes_in)                                                              \
	do {                                                                                       \
		MPI_Request request;                                                               \
		DO(call, bytes_out, bytes_in);                                                     \
		DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);                                   \
	} while (0)

static void uneven_counts(void)
{
	total = 0;
	for (int i = 0; i < all; i++) {
		counts[i] = 1 + 2 * i;
		places[i] = total;
		byte_places[i] = 4 * total;
		ints[i] = MPI_INT;
		total += counts[i];
	}
}

static void rooted(int root)
{
	int is_root = me == root;
	long long sum = is_root ? 4LL * total : 0, own = 4LL * counts[me];

	DO(MPI_Bcast(out, 10, MPI_INT, root, W), is_root ? 40 : 0, is_root ? 0 : 40);
	NB(MPI_Ibcast(out, 10, MPI_INT, root, W, &request), is_root ? 40 : 0, is_root ? 0 : 40);
	DO(MPI_Reduce(out, in, 5, MPI_INT, MPI_SUM, root, W), 20, is_root ? 20 : 0);
	NB(MPI_Ireduce(out, in, 5, MPI_INT, MPI_SUM, root, W, &request), 20, is_root ? 20 : 0);
	DO(MPI_Gather(out, 3, MPI_INT, in, 3, MPI_INT, root, W), 12, is_root ? 12 * all : 0);
	NB(MPI_Igather(out, 3, MPI_INT, in, 3, MPI_INT, root, W, &request), 12,
	   is_root ? 12 * all : 0);
	DO(MPI_Gatherv(out, counts[me], MPI_INT, in, counts, places, MPI_INT, root, W), own, sum);
	NB(MPI_Igatherv(out, counts[me], MPI_INT, in, counts, places, MPI_INT, root, W, &request),
	   own, sum);
	DO(MPI_Scatter(out, 3, MPI_INT, in, 3, MPI_INT, root, W), is_root ? 12 * all : 0, 12);
	NB(MPI_Iscatter(out, 3, MPI_INT, in, 3, MPI_INT, root, W, &request), is_root ? 12 * all : 0,
	   12);
	DO(MPI_Scatterv(out, counts, places, MPI_INT, in, counts[me], MPI_INT, root, W), sum, own);
	NB(MPI_Iscatterv(out, counts, places, MPI_INT, in, counts[me], MPI_INT, root, W, &request),
	   sum, own);
}

/* Root-only arguments are not looked at elsewhere. */
static void rooted_in_place(int root)
{
	int is_root = me == root;
	long long sum = is_root ? 4LL * total : 0, own = 4LL * counts[me];

	DO(MPI_Reduce(is_root ? MPI_IN_PLACE : out, is_root ? in : NULL, 5, MPI_INT, MPI_SUM, root,
		      W),
	   20, is_root ? 20 : 0);
	DO(MPI_Gather(is_root ? MPI_IN_PLACE : out, 3, MPI_INT, is_root ? in : NULL, 3, MPI_INT,
		      root, W),
	   12, is_root ? 12 * all : 0);
	DO(MPI_Gatherv(is_root ? MPI_IN_PLACE : out, is_root ? 0 : counts[me], MPI_INT,
		       is_root ? in : NULL, is_root ? counts : NULL, is_root ? places : NULL,
		       is_root ? MPI_INT : MPI_DATATYPE_NULL, root, W),
	   own, sum);
	DO(MPI_Scatter(is_root ? out : NULL, 3, MPI_INT, is_root ? MPI_IN_PLACE : in, 3, MPI_INT,
		       root, W),
	   is_root ? 12 * all : 0, 12);
	DO(MPI_Scatterv(is_root ? out : NULL, is_root ? counts : NULL, is_root ? places : NULL,
			MPI_INT, is_root ? MPI_IN_PLACE : in, is_root ? 0 : counts[me], MPI_INT,
			root, W),
	   sum, own);
}

static void to_all(void)
{
	long long own = 4LL * counts[me], sum = 4LL * total;

	DO(MPI_Allreduce(out, in, 9, MPI_DOUBLE, MPI_SUM, W), 72, 72);
	NB(MPI_Iallreduce(out, in, 9, MPI_DOUBLE, MPI_SUM, W, &request), 72, 72);
	DO(MPI_Allreduce(MPI_IN_PLACE, in, 9, MPI_DOUBLE, MPI_SUM, W), 72, 72);
	DO(MPI_Allgather(out, 2, MPI_INT, in, 2, MPI_INT, W), 8, 8 * all);
	NB(MPI_Iallgather(out, 2, MPI_INT, in, 2, MPI_INT, W, &request), 8, 8 * all);
	DO(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, in, 2, MPI_INT, W), 8, 8 * all);
	DO(MPI_Allgatherv(out, counts[me], MPI_INT, in, counts, places, MPI_INT, W), own, sum);
	NB(MPI_Iallgatherv(out, counts[me], MPI_INT, in, counts, places, MPI_INT, W, &request), own,
	   sum);
	DO(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, in, counts, places, MPI_INT, W), own,
	   sum);
	DO(MPI_Reduce_scatter(out, in, counts, MPI_INT, MPI_SUM, W), sum, own);
	NB(MPI_Ireduce_scatter(out, in, counts, MPI_INT, MPI_SUM, W, &request), sum, own);
	DO(MPI_Reduce_scatter_block(out, in, 6, MPI_INT, MPI_SUM, W), 24 * all, 24);
	NB(MPI_Ireduce_scatter_block(out, in, 6, MPI_INT, MPI_SUM, W, &request), 24 * all, 24);
	DO(MPI_Scan(out, in, 8, MPI_INT, MPI_SUM, W), 32, 32);
	NB(MPI_Iscan(out, in, 8, MPI_INT, MPI_SUM, W, &request), 32, 32);
	DO(MPI_Exscan(out, in, 8, MPI_INT, MPI_SUM, W), 32, me ? 32 : 0);
	NB(MPI_Iexscan(out, in, 8, MPI_INT, MPI_SUM, W, &request), 32, me ? 32 : 0);
	DO(MPI_Barrier(W), 0, 0);
	NB(MPI_Ibarrier(W, &request), 0, 0);
}

/* Rank r sends r + p + 1 ints to p: not the same out and in on no rank but the middle one. */
static void all_to_all(void)
{
	int send[64], recv[64], at[64], byte_at[64];
	long long out_bytes = 0, in_bytes = 0;

	for (int p = 0; p < all; p++) {
		send[p] = 1 + me + 3 * p;
		recv[p] = 1 + p + 3 * me;
		at[p] = 64 * p;
		byte_at[p] = 4 * at[p];
		out_bytes += 4 * send[p];
		in_bytes += 4 * recv[p];
	}
	DO(MPI_Alltoall(out, 7, MPI_INT, in, 7, MPI_INT, W), 28 * all, 28 * all);
	NB(MPI_Ialltoall(out, 7, MPI_INT, in, 7, MPI_INT, W, &request), 28 * all, 28 * all);
	DO(MPI_Alltoall(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, in, 7, MPI_INT, W), 28 * all, 28 * all);
	DO(MPI_Alltoallv(out, send, at, MPI_INT, in, recv, at, MPI_INT, W), out_bytes, in_bytes);
	NB(MPI_Ialltoallv(out, send, at, MPI_INT, in, recv, at, MPI_INT, W, &request), out_bytes,
	   in_bytes);
	DO(MPI_Alltoallw(out, send, byte_at, ints, in, recv, byte_at, ints, W), out_bytes,
	   in_bytes);
	NB(MPI_Ialltoallw(out, send, byte_at, ints, in, recv, byte_at, ints, W, &request),
	   out_bytes, in_bytes);
}

static void local_and_derived(void)
{
	MPI_Datatype column;

	DO(MPI_Reduce_local(out, in, 5, MPI_INT, MPI_SUM), 0, 0);
	DO(MPI_Type_vector(4, 1, 8, MPI_INT, &column), 0, 0);
	DO(MPI_Type_commit(&column), 0, 0);
	DO(MPI_Bcast(out, 3, column, 0, W), me ? 0 : 48, me ? 48 : 0);
	DO(MPI_Allgather(out, 1, column, in, 4, MPI_INT, W), 16, 16 * all);
	DO(MPI_Type_free(&column), 0, 0);
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	uneven_counts();
	for (int root = 0; root < all; root++) {
		rooted(root);
		rooted_in_place(root);
	}
	to_all();
	all_to_all();
	local_and_derived();
	expect_finish();
	return 0;
}
