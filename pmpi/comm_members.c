/*
 * comm_members.c - ranks in MPI_COMM_WORLD, hashes of members, neighbours in a topology
 *
 * Called by comm_map.c when a communicator is made, or is used with a new peer or in a neighbourhood collective for the first
 * time. Every MPI call here is local. Errors of MPI make a group look empty: they cannot happen on a valid communicator.
 */
#include "comm_members.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

static MPI_Group world = MPI_GROUP_NULL;

void pmp_members_start(void)
{
	PMPI_Comm_group(MPI_COMM_WORLD, &world);
}

void pmp_members_stop(void)
{
	if (world != MPI_GROUP_NULL)
		PMPI_Group_free(&world);
}

static bool is_inter(MPI_Comm comm)
{
	int inter = 0;

	PMPI_Comm_test_inter(comm, &inter);
	return inter;
}

/* The group that ranks of messages refer to. Freed by the caller. */
static MPI_Group peer_group(MPI_Comm comm)
{
	MPI_Group group = MPI_GROUP_NULL;

	if (is_inter(comm))
		PMPI_Comm_remote_group(comm, &group);
	else
		PMPI_Comm_group(comm, &group);
	return group;
}

static int32_t translate(MPI_Group group, int rank)
{
	int size = 0, found = MPI_UNDEFINED;

	if (group == MPI_GROUP_NULL || world == MPI_GROUP_NULL)
		return -1;
	PMPI_Group_size(group, &size);
	if (rank < 0 || rank >= size)
		return -1;
	PMPI_Group_translate_ranks(group, 1, &rank, world, &found);
	return found == MPI_UNDEFINED ? -1 : found;
}

int32_t pmp_members_world(MPI_Comm comm, int32_t rank)
{
	MPI_Group group = peer_group(comm);
	int32_t found = translate(group, rank);

	if (group != MPI_GROUP_NULL)
		PMPI_Group_free(&group);
	return found;
}

static uint64_t first_of(MPI_Group *group)
{
	int32_t first = translate(*group, 0);

	if (*group != MPI_GROUP_NULL)
		PMPI_Group_free(group);
	return (uint64_t)(first + 1);
}

static uint64_t hash_of(MPI_Group *group)
{
	uint64_t hash = 0;
	int size = 0;

	if (*group == MPI_GROUP_NULL)
		return 0;
	PMPI_Group_size(*group, &size);
	for (int rank = 0; rank < size; rank++)
		hash = pmp_hash_combine(hash, (uint64_t)(translate(*group, rank) + 1));
	PMPI_Group_free(group);
	return hash;
}

/* The same, whichever of the two groups is the local one. */
static uint64_t of_both(MPI_Comm comm, uint64_t (*number)(MPI_Group *))
{
	MPI_Group group = MPI_GROUP_NULL;

	PMPI_Comm_group(comm, &group);
	uint64_t local = number(&group);
	if (!is_inter(comm))
		return local;
	PMPI_Comm_remote_group(comm, &group);
	uint64_t remote = number(&group);
	return local < remote ? pmp_hash_combine(local, remote) : pmp_hash_combine(remote, local);
}

uint64_t pmp_members_first(MPI_Comm comm)
{
	return of_both(comm, first_of);
}

uint64_t pmp_members_hash(MPI_Comm comm)
{
	return of_both(comm, hash_of);
}

uint32_t pmp_members_count(uint64_t members)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct seen {
		uint64_t members;
		uint32_t count;
	} * seen;
	static size_t used, room;
	uint32_t count = 1;
	size_t i = 0;

	pthread_mutex_lock(&lock);
	while (i < used && seen[i].members != members)
		i++;
	if (i == room) {
		struct seen *more = realloc(seen, (2 * room + 16) * sizeof(*seen));

		if (more) {
			seen = more;
			room = 2 * room + 16;
		}
	}
	if (i < used)
		count = ++seen[i].count;
	else if (i < room)
		seen[used++] = (struct seen){members, count};
	pthread_mutex_unlock(&lock);
	return count;
}

/* Room for the lists; is_real is written by the caller through *flags. */
static struct pmp_neighbors *new_neighbors(int in, int out, bool **flags)
{
	size_t count = (size_t)in + (size_t)out;
	struct pmp_neighbors *n = calloc(1, sizeof(*n) + count * sizeof(bool));

	if (!n)
		return NULL;
	n->in = in;
	n->out = out;
	n->is_real = *flags = (bool *)(n + 1);
	return n;
}

static struct pmp_neighbors *cart_neighbors(MPI_Comm comm)
{
	struct pmp_neighbors *n;
	bool *flags;
	int dims = 0;

	PMPI_Cartdim_get(comm, &dims);
	n = new_neighbors(2 * dims, 2 * dims, &flags);
	for (int dim = 0; n && dim < dims; dim++) {
		int below = MPI_PROC_NULL, above = MPI_PROC_NULL;

		PMPI_Cart_shift(comm, dim, 1, &below, &above);
		flags[2 * dim] = flags[2 * dims + 2 * dim] = below != MPI_PROC_NULL;
		flags[2 * dim + 1] = flags[2 * dims + 2 * dim + 1] = above != MPI_PROC_NULL;
	}
	return n;
}

static struct pmp_neighbors *graph_neighbors(MPI_Comm comm)
{
	struct pmp_neighbors *n;
	bool *flags;
	int rank = 0, count = 0;

	PMPI_Comm_rank(comm, &rank);
	PMPI_Graph_neighbors_count(comm, rank, &count);
	n = new_neighbors(count, count, &flags);
	for (int i = 0; n && i < 2 * count; i++)
		flags[i] = true; /* a graph has no MPI_PROC_NULL */
	return n;
}

static struct pmp_neighbors *dist_graph_neighbors(MPI_Comm comm)
{
	struct pmp_neighbors *n;
	bool *flags;
	int in = 0, out = 0, weighted;

	PMPI_Dist_graph_neighbors_count(comm, &in, &out, &weighted);
	n = new_neighbors(in, out, &flags);
	int *ranks = calloc(2 * ((size_t)in + (size_t)out) + 1, sizeof(int));
	if (!n || !ranks) {
		free(n);
		free(ranks);
		return NULL;
	}
	int *weights = ranks + in + out;
	PMPI_Dist_graph_neighbors(comm, in, ranks, weights, out, ranks + in, weights + in);
	for (int i = 0; i < in + out; i++)
		flags[i] = ranks[i] != MPI_PROC_NULL;
	free(ranks);
	return n;
}

struct pmp_neighbors *pmp_members_neighbors(MPI_Comm comm)
{
	struct pmp_neighbors *n = NULL;
	int topology = MPI_UNDEFINED;

	PMPI_Topo_test(comm, &topology);
	if (topology == MPI_CART)
		n = cart_neighbors(comm);
	else if (topology == MPI_GRAPH)
		n = graph_neighbors(comm);
	else if (topology == MPI_DIST_GRAPH)
		n = dist_graph_neighbors(comm);
	for (int i = 0; n && i < n->in; i++)
		n->real_in += n->is_real[i];
	for (int i = 0; n && i < n->out; i++)
		n->real_out += n->is_real[n->in + i];
	return n;
}
