/* collectives.c - all collective operations, blocking and not, in place, over intercommunicators, with operators of its own */
#include <string.h>

#include "say.h"

enum { MOST = 64 };

static int out[MOST], in[MOST];
static int counts[MOST], places[MOST], byte_places[MOST];
static MPI_Datatype types[MOST];
static MPI_Request request;

/* The blocking and the nonblocking form, with the same arguments */
#define BOTH(name, iname, ...)                                                                     \
	do {                                                                                       \
		fill();                                                                            \
		say_result(#name, MPI_##name(__VA_ARGS__));                                        \
		say_ints("in", in, 12);                                                            \
		fill();                                                                            \
		request = MPI_REQUEST_NULL;                                                        \
		say_result(#iname, MPI_##iname(__VA_ARGS__, &request));                            \
		SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));                                        \
		say_ints("in", in, 12);                                                            \
	} while (0)

static void fill(void)
{
	for (int i = 0; i < MOST; i++) {
		out[i] = 10 * me + i;
		in[i] = -1;
	}
}

/* One element more for each rank, with a hole between them */
static void layout(int size)
{
	for (int i = 0; i < size; i++) {
		counts[i] = i % 3 + 1;
		places[i] = 4 * i;
		byte_places[i] = (int)sizeof(int) * places[i];
		types[i] = MPI_INT;
	}
}

static void from_and_to_one(MPI_Comm comm, int root)
{
	int mine = me % 3 + 1;

	BOTH(Bcast, Ibcast, me == root ? out : in, 5, MPI_INT, root, comm);
	BOTH(Gather, Igather, out, 2, MPI_INT, in, 2, MPI_INT, root, comm);
	BOTH(Gatherv, Igatherv, out, mine, MPI_INT, in, counts, places, MPI_INT, root, comm);
	BOTH(Scatter, Iscatter, out, 2, MPI_INT, in, 2, MPI_INT, root, comm);
	BOTH(Scatterv, Iscatterv, out, counts, places, MPI_INT, in, mine, MPI_INT, root, comm);
	BOTH(Reduce, Ireduce, out, in, 3, MPI_INT, MPI_SUM, root, comm);
	if (me == root)
		BOTH(Reduce, Ireduce, MPI_IN_PLACE, in, 3, MPI_INT, MPI_MAX, root, comm);
	else
		BOTH(Reduce, Ireduce, out, NULL, 3, MPI_INT, MPI_MAX, root, comm);
}

static void all_to_all(MPI_Comm comm)
{
	int mine = me % 3 + 1, equal[MOST];

	for (int i = 0; i < MOST; i++)
		equal[i] = 1;
	BOTH(Barrier, Ibarrier, comm);
	BOTH(Allgather, Iallgather, out, 2, MPI_INT, in, 2, MPI_INT, comm);
	BOTH(Allgatherv, Iallgatherv, out, mine, MPI_INT, in, counts, places, MPI_INT, comm);
	BOTH(Alltoall, Ialltoall, out, 2, MPI_INT, in, 2, MPI_INT, comm);
	BOTH(Alltoallv, Ialltoallv, out, equal, places, MPI_INT, in, equal, places, MPI_INT, comm);
	BOTH(Alltoallw, Ialltoallw, out, equal, byte_places, types, in, equal, byte_places, types,
	     comm);
	BOTH(Allreduce, Iallreduce, out, in, 4, MPI_INT, MPI_SUM, comm);
	BOTH(Reduce_scatter_block, Ireduce_scatter_block, out, in, 2, MPI_INT, MPI_SUM, comm);
	BOTH(Reduce_scatter, Ireduce_scatter, out, in, counts, MPI_INT, MPI_SUM, comm);
}

static void in_order(MPI_Comm comm)
{
	BOTH(Scan, Iscan, out, in, 3, MPI_INT, MPI_SUM, comm);
	if (me > 0) {
		BOTH(Exscan, Iexscan, out, in, 3, MPI_INT, MPI_SUM, comm);
	} else { /* what rank 0 gets is undefined */
		int nowhere[3];

		SAY(MPI_Exscan(out, nowhere, 3, MPI_INT, MPI_SUM, comm));
		SAY(MPI_Iexscan(out, nowhere, 3, MPI_INT, MPI_SUM, comm, &request));
		SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));
	}
}

static void in_place(MPI_Comm comm)
{
	BOTH(Allreduce, Iallreduce, MPI_IN_PLACE, in, 4, MPI_INT, MPI_MIN, comm);
	BOTH(Allgather, Iallgather, MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, in, 2, MPI_INT, comm);
	BOTH(Scan, Iscan, MPI_IN_PLACE, in, 2, MPI_INT, MPI_SUM, comm);
}

static void first_of(void *left, void *right, int *length, MPI_Datatype *type)
{
	(void)type;
	memcpy(right, left, sizeof(int) * (size_t)*length);
}

static void operators(void)
{
	MPI_Op op;
	int commutes = -1;

	SAY(MPI_Op_create(first_of, 0, &op));
	SAY(MPI_Op_commutative(op, &commutes));
	say("commutes: %d", commutes);
	BOTH(Allreduce, Iallreduce, out, in, 3, MPI_INT, op, MPI_COMM_WORLD);
	fill();
	SAY(MPI_Reduce_local(out, in, 3, MPI_INT, op));
	say_ints("in", in, 4);
	SAY(MPI_Op_free(&op));
	say("operator is %s", op == MPI_OP_NULL ? "null" : "left");
	SAY(MPI_Op_commutative(MPI_SUM, &commutes));
	say("commutes: %d", commutes);
}

/* Even and odd ranks face each other. */
static void between(void)
{
	MPI_Comm half, inter;
	int root = me % 2 ? 0 : me == 0 ? MPI_ROOT : MPI_PROC_NULL;

	if (all < 2)
		return;
	MPI_Comm_split(MPI_COMM_WORLD, me % 2, me, &half);
	SAY(MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - me % 2, 5, &inter));
	BOTH(Bcast, Ibcast, me == 0 ? out : in, 3, MPI_INT, root, inter);
	BOTH(Allgather, Iallgather, out, 1, MPI_INT, in, 1, MPI_INT, inter);
	BOTH(Allreduce, Iallreduce, out, in, 1, MPI_INT, MPI_SUM, inter);
	BOTH(Alltoall, Ialltoall, out, 1, MPI_INT, in, 1, MPI_INT, inter);
	SAY(MPI_Barrier(inter));
	MPI_Comm_free(&inter);
	MPI_Comm_free(&half);
}

static void wrong(void)
{
	SAY(MPI_Bcast(out, 1, MPI_INT, all, MPI_COMM_WORLD));
	SAY(MPI_Ibcast(out, -1, MPI_INT, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Barrier(MPI_COMM_NULL));
	SAY(MPI_Ibarrier(MPI_COMM_NULL, &request));
	SAY(MPI_Gather(out, -1, MPI_INT, in, 1, MPI_INT, 0, MPI_COMM_WORLD));
	SAY(MPI_Scatter(out, 1, MPI_INT, in, 1, MPI_INT, all, MPI_COMM_WORLD));
	SAY(MPI_Allgather(out, 1, MPI_DATATYPE_NULL, in, 1, MPI_INT, MPI_COMM_WORLD));
	SAY(MPI_Alltoall(out, -1, MPI_INT, in, 1, MPI_INT, MPI_COMM_WORLD));
	SAY(MPI_Reduce(out, in, 1, MPI_INT, MPI_OP_NULL, 0, MPI_COMM_WORLD));
	SAY(MPI_Ireduce(out, in, -1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD, &request));
	SAY(MPI_Allreduce(out, in, 1, MPI_DATATYPE_NULL, MPI_SUM, MPI_COMM_WORLD));
	SAY(MPI_Iallreduce(out, in, 1, MPI_INT, MPI_OP_NULL, MPI_COMM_WORLD, &request));
	SAY(MPI_Scan(out, in, -1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
	SAY(MPI_Reduce_scatter_block(out, in, -1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
	SAY(MPI_Reduce_local(out, in, 1, MPI_INT, MPI_OP_NULL));
	SAY(MPI_Op_create(NULL, 0, NULL));
}

void chapter_collectives(void)
{
	layout(all);
	from_and_to_one(MPI_COMM_WORLD, 0);
	from_and_to_one(MPI_COMM_WORLD, all - 1);
	all_to_all(MPI_COMM_WORLD);
	in_order(MPI_COMM_WORLD);
	in_place(MPI_COMM_WORLD);
	operators();
	between();
	wrong();
}
