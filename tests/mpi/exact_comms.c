/* exact_comms.c - sub- and intercommunicators: world ranks of peers, sizes, roots, handles that come back after a free */
#include "expect.h"

enum { TAG = 3 };

static int out[1024], in[1024];

static void ring(MPI_Comm comm, const int world[])
{
	int rank, size;

	DO(MPI_Comm_rank(comm, &rank), 0, 0);
	DO(MPI_Comm_size(comm, &size), 0, 0);

	int next = (rank + 1) % size, before = (rank + size - 1) % size;

	DO(MPI_Sendrecv(out, 10, MPI_INT, next, TAG, in, 10, MPI_INT, before, TAG, comm,
			MPI_STATUS_IGNORE),
	   40, 40);
	expect_sent(world[next], 40);
	expect_received(world[before], 40);
	DO(MPI_Alltoall(out, 1, MPI_INT, in, 1, MPI_INT, comm), 4 * size, 4 * size);
}

static void all_of_world(int world[64], int backwards)
{
	for (int i = 0; i < all; i++)
		world[i] = backwards ? all - 1 - i : i;
}

static void copies(void)
{
	MPI_Comm comm;
	MPI_Request request;
	int world[64];

	all_of_world(world, 0);
	for (int i = 0; i < 30; i++) {
		DO(MPI_Comm_dup(MPI_COMM_WORLD, &comm), 0, 0);
		DO(MPI_Comm_set_name(comm, "copy"), 0, 0);
		ring(comm, world);
		DO(MPI_Comm_free(&comm), 0, 0);
	}
	DO(MPI_Comm_idup(MPI_COMM_WORLD, &comm, &request), 0, 0);
	DO(MPI_Wait(&request, MPI_STATUS_IGNORE), 0, 0);
	ring(comm, world);
	DO(MPI_Comm_free(&comm), 0, 0);
	DO(MPI_Comm_dup_with_info(MPI_COMM_WORLD, MPI_INFO_NULL, &comm), 0, 0);
	ring(comm, world);
	DO(MPI_Comm_disconnect(&comm), 0, 0);
}

static void parts(void)
{
	MPI_Comm comm;
	MPI_Group group, some;
	int world[64], n = 0, even[64];

	/* backwards */
	all_of_world(world, 1);
	DO(MPI_Comm_split(MPI_COMM_WORLD, 0, -me, &comm), 0, 0);
	ring(comm, world);
	DO(MPI_Comm_free(&comm), 0, 0);

	/* even and odd */
	for (int i = me % 2; i < all; i += 2)
		world[n++] = i;
	DO(MPI_Comm_split(MPI_COMM_WORLD, me % 2, me, &comm), 0, 0);
	ring(comm, world);
	DO(MPI_Comm_free(&comm), 0, 0);

	/* only the even ones */
	n = 0;
	for (int i = 0; i < all; i += 2)
		even[n++] = i;
	DO(MPI_Comm_group(MPI_COMM_WORLD, &group), 0, 0);
	DO(MPI_Group_incl(group, n, even, &some), 0, 0);
	DO(MPI_Comm_create(MPI_COMM_WORLD, some, &comm), 0, 0);
	if (comm != MPI_COMM_NULL) {
		ring(comm, even);
		DO(MPI_Comm_free(&comm), 0, 0);
	}
	for (int i = 0; i < 3 && me % 2 == 0; i++) {
		DO(MPI_Comm_create_group(MPI_COMM_WORLD, some, 5, &comm), 0, 0);
		ring(comm, even);
		DO(MPI_Comm_free(&comm), 0, 0);
	}
	DO(MPI_Group_free(&some), 0, 0);
	DO(MPI_Group_free(&group), 0, 0);
	all_of_world(world, 0);
	DO(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, me, MPI_INFO_NULL, &comm), 0,
	   0);
	ring(comm, world);
	DO(MPI_Comm_free(&comm), 0, 0);
}

static void self(void)
{
	ring(MPI_COMM_SELF, &me);
}

/* Collectives between the group of rank 0 and that of the others. */
static void between(MPI_Comm inter, int remote)
{
	int is_first = me == 0, root = is_first ? MPI_ROOT : 0;
	int counts[64], places[64] = {0}, local = all - remote;

	for (int i = 0; i < 64; i++)
		counts[i] = 2;
	DO(MPI_Barrier(inter), 0, 0);
	DO(MPI_Bcast(out, 6, MPI_INT, root, inter), is_first ? 24 : 0, is_first ? 0 : 24);
	DO(MPI_Reduce(out, in, 6, MPI_INT, MPI_SUM, root, inter), is_first ? 0 : 24,
	   is_first ? 24 : 0);
	DO(MPI_Gather(out, 2, MPI_INT, in, 2, MPI_INT, root, inter), is_first ? 0 : 8,
	   is_first ? 8 * remote : 0);
	DO(MPI_Scatter(out, 2, MPI_INT, in, 2, MPI_INT, root, inter), is_first ? 8 * remote : 0,
	   is_first ? 0 : 8);
	DO(MPI_Gatherv(out, 2, MPI_INT, in, counts, places, MPI_INT, root, inter), is_first ? 0 : 8,
	   is_first ? 8 * remote : 0);
	DO(MPI_Scatterv(out, counts, places, MPI_INT, in, 2, MPI_INT, root, inter),
	   is_first ? 8 * remote : 0, is_first ? 0 : 8);
	DO(MPI_Allreduce(out, in, 3, MPI_INT, MPI_SUM, inter), 12, 12);
	DO(MPI_Allgather(out, 3, MPI_INT, in, 3, MPI_INT, inter), 12, 12 * remote);
	DO(MPI_Alltoall(out, 3, MPI_INT, in, 3, MPI_INT, inter), 12 * remote, 12 * remote);
	/* both groups share out the same number of blocks */
	DO(MPI_Reduce_scatter_block(out, in, is_first ? all - 1 : 1, MPI_INT, MPI_SUM, inter),
	   4 * (is_first ? all - 1 : local), is_first ? 4 * (all - 1) : 4);
}

static void root_is_not_there(MPI_Comm inter)
{
	/* the last of the others is the root: the rest of them have no part */
	int root = me == all - 1 ? MPI_ROOT : me ? MPI_PROC_NULL : all - 2;

	DO(MPI_Bcast(out, 6, MPI_INT, root, inter), root == MPI_ROOT ? 24 : 0, me ? 0 : 24);
	DO(MPI_Reduce(out, in, 6, MPI_INT, MPI_SUM, root, inter), me ? 0 : 24,
	   root == MPI_ROOT ? 24 : 0);
}

static void intercommunicator(void)
{
	MPI_Comm part, inter, merged;
	int world[64];

	DO(MPI_Comm_split(MPI_COMM_WORLD, me > 0, me, &part), 0, 0);
	DO(MPI_Intercomm_create(part, 0, MPI_COMM_WORLD, me ? 0 : 1, TAG, &inter), 0, 0);
	between(inter, me ? 1 : all - 1);
	root_is_not_there(inter);
	if (me == 0) {
		for (int i = 1; i < all; i++) {
			expect_done(MPI_Send(out, i, MPI_INT, i - 1, TAG, inter), "MPI_Send",
				    __LINE__, 4 * i, 0);
			expect_sent(i, 4 * i);
		}
	} else {
		DO(MPI_Recv(in, 100, MPI_INT, 0, TAG, inter, MPI_STATUS_IGNORE), 0, 4 * me);
		expect_received(0, 4 * me);
	}
	all_of_world(world, 0);
	DO(MPI_Intercomm_merge(inter, me > 0, &merged), 0, 0);
	ring(merged, world);
	DO(MPI_Comm_free(&merged), 0, 0);
	DO(MPI_Comm_free(&inter), 0, 0);
	DO(MPI_Comm_free(&part), 0, 0);
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	copies();
	parts();
	self();
	if (all > 1)
		intercommunicator();
	expect_finish();
	return 0;
}
