/* topologies.c - grids, graphs and distributed graphs, and the collective operations over neighbours */
#include "say.h"

static int out[64], in[64];

/* A ring with two edges per process, in every kind of topology */
static void neighbours(MPI_Comm comm)
{
	int ones[4] = {1, 1, 1, 1}, places[4] = {0, 2, 4, 6};
	MPI_Aint bytes[4] = {0, 8, 16, 24};
	MPI_Datatype types[4] = {MPI_INT, MPI_INT, MPI_INT, MPI_INT};
	MPI_Request r;

	for (int i = 0; i < 64; i++) {
		out[i] = 100 * me + i;
		in[i] = -1;
	}
	SAY(MPI_Neighbor_allgather(out, 1, MPI_INT, in, 1, MPI_INT, comm));
	SAY(MPI_Neighbor_allgatherv(out, 1, MPI_INT, in + 4, ones, places, MPI_INT, comm));
	SAY(MPI_Neighbor_alltoall(out, 1, MPI_INT, in + 12, 1, MPI_INT, comm));
	SAY(MPI_Neighbor_alltoallv(out, ones, places, MPI_INT, in + 16, ones, places, MPI_INT,
				   comm));
	SAY(MPI_Neighbor_alltoallw(out, ones, bytes, types, in + 24, ones, bytes, types, comm));
	say_ints("in", in, 32);
	SAY(MPI_Ineighbor_allgather(out, 1, MPI_INT, in, 1, MPI_INT, comm, &r));
	SAY(MPI_Wait(&r, MPI_STATUS_IGNORE));
	SAY(MPI_Ineighbor_allgatherv(out, 1, MPI_INT, in + 4, ones, places, MPI_INT, comm, &r));
	SAY(MPI_Wait(&r, MPI_STATUS_IGNORE));
	SAY(MPI_Ineighbor_alltoall(out, 1, MPI_INT, in + 12, 1, MPI_INT, comm, &r));
	SAY(MPI_Wait(&r, MPI_STATUS_IGNORE));
	SAY(MPI_Ineighbor_alltoallv(out, ones, places, MPI_INT, in + 16, ones, places, MPI_INT,
				    comm, &r));
	SAY(MPI_Wait(&r, MPI_STATUS_IGNORE));
	SAY(MPI_Ineighbor_alltoallw(out, ones, bytes, types, in + 24, ones, bytes, types, comm,
				    &r));
	SAY(MPI_Wait(&r, MPI_STATUS_IGNORE));
	say_ints("in", in, 32);
}

static void say_kind(MPI_Comm comm)
{
	int kind = -1;

	SAY(MPI_Topo_test(comm, &kind));
	say("kind: cart %d, graph %d, dist_graph %d, none %d", kind == MPI_CART, kind == MPI_GRAPH,
	    kind == MPI_DIST_GRAPH, kind == MPI_UNDEFINED);
}

static void grid(void)
{
	int dims[2] = {0, 1}, periods[2] = {1, 0}, coords[2] = {-1, -1}, keep[2] = {1, 0};
	int count = -1, rank = -1, from = -1, to = -1, length = all;
	MPI_Comm comm, row, line;

	SAY(MPI_Dims_create(all, 2, dims));
	say_ints("dims", dims, 2);
	SAY(MPI_Cart_map(MPI_COMM_WORLD, 2, dims, periods, &rank));
	SAY(MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &comm));
	say_kind(comm);
	SAY(MPI_Cartdim_get(comm, &count));
	SAY(MPI_Cart_get(comm, 2, dims, periods, coords));
	say_ints("coords", coords, 2);
	SAY(MPI_Cart_rank(comm, coords, &rank));
	SAY(MPI_Cart_coords(comm, rank, 2, coords));
	SAY(MPI_Cart_shift(comm, 0, 1, &from, &to));
	say("%d dims, rank %d, from %d to %d", count, rank, from, to);
	SAY(MPI_Cart_sub(comm, keep, &row));
	SAY(MPI_Comm_size(row, &count));
	say("row of %d", count);
	SAY(MPI_Cart_shift(comm, 5, 1, &from, &to));
	SAY(MPI_Cart_coords(comm, all, 2, coords));
	MPI_Comm_free(&row);
	MPI_Comm_free(&comm);
	SAY(MPI_Cart_create(MPI_COMM_WORLD, 1, &length, periods, 0, &line));
	if (all > 2) /* twice the same neighbour: which message is which is a matter of taste */
		neighbours(line);
	MPI_Comm_free(&line);
}

static void graph(void)
{
	int index[64], edges[128], count = -1, nodes = -1, found[128], rank = -1;
	MPI_Comm comm;

	for (int i = 0; i < all; i++) {
		index[i] = 2 * (i + 1);
		edges[2 * i] = (i + all - 1) % all;
		edges[2 * i + 1] = (i + 1) % all;
	}
	SAY(MPI_Graph_map(MPI_COMM_WORLD, all, index, edges, &rank));
	SAY(MPI_Graph_create(MPI_COMM_WORLD, all, index, edges, 0, &comm));
	say_kind(comm);
	SAY(MPI_Graphdims_get(comm, &nodes, &count));
	SAY(MPI_Graph_get(comm, all, 2 * all, index, edges));
	say("%d nodes, %d edges", nodes, count);
	say_ints("edges", edges, 2 * all);
	SAY(MPI_Graph_neighbors_count(comm, me, &count));
	SAY(MPI_Graph_neighbors(comm, me, count, found));
	say_ints("neighbours", found, count);
	SAY(MPI_Graph_neighbors_count(comm, all, &count));
	if (all > 2)
		neighbours(comm);
	MPI_Comm_free(&comm);
}

static void distributed(void)
{
	int sources[2] = {before, -1}, targets[2] = {next, -1}, weights[2] = {3, 0}, degree = 1;
	int in_count = -1, out_count = -1, is_weighted = -1, other[2] = {-1, -1};
	MPI_Comm comm;

	SAY(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, sources, weights, 1, targets, weights,
					   MPI_INFO_NULL, 0, &comm));
	say_kind(comm);
	SAY(MPI_Dist_graph_neighbors_count(comm, &in_count, &out_count, &is_weighted));
	say("%d in, %d out, weighted %d", in_count, out_count, is_weighted);
	SAY(MPI_Dist_graph_neighbors(comm, 1, sources, weights, 1, targets, other));
	say("from %d to %d, weights %d %d", sources[0], targets[0], weights[0], other[0]);
	neighbours(comm);
	MPI_Comm_free(&comm);
	SAY(MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &me, &degree, targets, MPI_UNWEIGHTED,
				  MPI_INFO_NULL, 0, &comm));
	SAY(MPI_Dist_graph_neighbors_count(comm, &in_count, &out_count, &is_weighted));
	say("%d in, %d out, weighted %d", in_count, out_count, is_weighted);
	neighbours(comm);
	MPI_Comm_free(&comm);
}

static void wrong(void)
{
	int value, dims[2] = {-1, 3};
	MPI_Comm comm;

	say_kind(MPI_COMM_WORLD);
	SAY(MPI_Cartdim_get(MPI_COMM_WORLD, &value));
	SAY(MPI_Graphdims_get(MPI_COMM_WORLD, &value, &value));
	SAY(MPI_Dist_graph_neighbors_count(MPI_COMM_WORLD, &value, &value, &value));
	SAY(MPI_Dims_create(all, 2, dims));
	SAY(MPI_Cart_create(MPI_COMM_WORLD, -1, NULL, NULL, 0, &comm));
	SAY(MPI_Neighbor_allgather(out, 1, MPI_INT, in, 1, MPI_INT, MPI_COMM_WORLD));
	SAY(MPI_Topo_test(MPI_COMM_NULL, &value));
}

void chapter_topologies(void)
{
	grid();
	graph();
	distributed();
	wrong();
}
