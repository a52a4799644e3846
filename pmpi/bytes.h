/*
 * bytes.h - how many bytes a call hands over and gets: one function per shape of call, named in schema/calls.def
 *
 * bytes_out is what the rank hands to the call, bytes_in what it gets from it. MPI_IN_PLACE changes nothing: the same data are
 * handed over and got, only the buffers coincide. MPI_PROC_NULL and what is insignificant on this rank count nothing. All in 64
 * bits. Nothing here complains: wrong arguments give some number, and the wrapper forgets it when the call fails.
 */
#ifndef PMP_BYTES_H
#define PMP_BYTES_H

#include "comm_map.h"
#include "type_size.h"

struct pmp_bytes {
	uint64_t out, in;
};

/* An array of counts, of int or (in the large-count functions) of MPI_Count. */
struct pmp_counts {
	const int *narrow;
	const MPI_Count *wide;
};

static inline struct pmp_counts pmp_counts_int(const int *counts)
{
	return (struct pmp_counts){counts, NULL};
}

static inline struct pmp_counts pmp_counts_large(const MPI_Count *counts)
{
	return (struct pmp_counts){NULL, counts};
}

/* An array of datatypes, of C or of Fortran. */
struct pmp_types {
	const MPI_Datatype *c;
	const MPI_Fint *fortran;
};

static inline struct pmp_types pmp_types_c(const MPI_Datatype *types)
{
	return (struct pmp_types){types, NULL};
}

static inline struct pmp_types pmp_types_fortran(const MPI_Fint *types)
{
	return (struct pmp_types){NULL, types};
}

static inline MPI_Datatype pmp_type_at(struct pmp_types types, int i)
{
	if (types.c)
		return types.c[i];
	return types.fortran ? pmp_type_of_fortran(types.fortran[i]) : MPI_DATATYPE_NULL;
}

static inline int64_t pmp_count_at(struct pmp_counts counts, int i)
{
	if (counts.narrow)
		return counts.narrow[i];
	return counts.wide ? (int64_t)counts.wide[i] : 0;
}

/* Ranks that a collective moves data to and from: of the remote group, if there is one. */
static inline int pmp_partners(const struct pmp_comm_entry *on)
{
	return on->remote_size ? on->remote_size : on->size;
}

/* Whose argument counts in a rooted collective. */
struct pmp_role {
	bool is_root; /* gathers or spreads */
	bool is_leaf; /* gives to or gets from the root; in an intracommunicator the root does so too */
};

static inline struct pmp_role pmp_role(int root, const struct pmp_comm_entry *on)
{
	if (!on->remote_size)
		return (struct pmp_role){root == on->rank, true};
	return (struct pmp_role){root == MPI_ROOT, root != MPI_ROOT && root != MPI_PROC_NULL};
}

static inline uint64_t pmp_larger(struct pmp_bytes bytes)
{
	return bytes.out > bytes.in ? bytes.out : bytes.in;
}

static inline uint64_t pmp_sum(struct pmp_counts counts, int n, MPI_Datatype datatype)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += pmp_count_at(counts, i);
	return pmp_bytes_of(sum, datatype);
}

static inline uint64_t pmp_sum_types(struct pmp_counts counts, int n, struct pmp_types types)
{
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += pmp_bytes_of(pmp_count_at(counts, i), pmp_type_at(types, i));
	return sum;
}

/* Messages, one-sided, files */

static inline struct pmp_bytes pmp_out(int64_t count, MPI_Datatype datatype)
{
	return (struct pmp_bytes){.out = pmp_bytes_of(count, datatype)};
}

static inline struct pmp_bytes pmp_in(int64_t count, MPI_Datatype datatype)
{
	return (struct pmp_bytes){.in = pmp_bytes_of(count, datatype)};
}

static inline struct pmp_bytes pmp_send(int64_t count, MPI_Datatype datatype, int dest)
{
	return pmp_out(dest == MPI_PROC_NULL ? 0 : count, datatype);
}

static inline struct pmp_bytes pmp_receive(int64_t count, MPI_Datatype datatype, int source)
{
	return pmp_in(source == MPI_PROC_NULL ? 0 : count, datatype);
}

static inline struct pmp_bytes pmp_partitioned_send(int partitions, int64_t count,
						    MPI_Datatype datatype, int dest)
{
	return pmp_send(partitions * count, datatype, dest);
}

static inline struct pmp_bytes pmp_partitioned_receive(int partitions, int64_t count,
						       MPI_Datatype datatype, int source)
{
	return pmp_receive(partitions * count, datatype, source);
}

static inline struct pmp_bytes pmp_sendrecv(int64_t sendcount, MPI_Datatype sendtype, int dest,
					    int64_t recvcount, MPI_Datatype recvtype, int source)
{
	return (struct pmp_bytes){pmp_send(sendcount, sendtype, dest).out,
				  pmp_receive(recvcount, recvtype, source).in};
}

/* MPI_NO_OP reads the target only. */
static inline struct pmp_bytes pmp_get_accumulate(int64_t origin_count,
						  MPI_Datatype origin_datatype,
						  int64_t result_count,
						  MPI_Datatype result_datatype, int target,
						  MPI_Op op)
{
	return pmp_sendrecv(origin_count, origin_datatype, op == MPI_NO_OP ? MPI_PROC_NULL : target,
			    result_count, result_datatype, target);
}

static inline struct pmp_bytes pmp_fetch_and_op(MPI_Datatype datatype, int target, MPI_Op op)
{
	return pmp_get_accumulate(1, datatype, 1, datatype, target, op);
}

/* The new value out, the old one in; the value compared with is a condition, not data that are moved. */
static inline struct pmp_bytes pmp_compare_and_swap(MPI_Datatype datatype, int target)
{
	return pmp_sendrecv(1, datatype, target, 1, datatype, target);
}

/* Collectives */

static inline struct pmp_bytes pmp_bcast(int64_t count, MPI_Datatype datatype, int root,
					 const struct pmp_comm_entry *on)
{
	struct pmp_role role = pmp_role(root, on);

	if (role.is_root)
		return pmp_out(count, datatype);
	return pmp_in(role.is_leaf ? count : 0, datatype);
}

static inline struct pmp_bytes pmp_reduce(int64_t count, MPI_Datatype datatype, int root,
					  const struct pmp_comm_entry *on)
{
	struct pmp_role role = pmp_role(root, on);
	uint64_t bytes = pmp_bytes_of(count, datatype);

	return (struct pmp_bytes){role.is_leaf ? bytes : 0, role.is_root ? bytes : 0};
}

static inline struct pmp_bytes pmp_allreduce(int64_t count, MPI_Datatype datatype)
{
	uint64_t bytes = pmp_bytes_of(count, datatype);

	return (struct pmp_bytes){bytes, bytes};
}

/* Nothing lies before rank 0. */
static inline struct pmp_bytes pmp_exscan(int64_t count, MPI_Datatype datatype,
					  const struct pmp_comm_entry *on)
{
	uint64_t bytes = pmp_bytes_of(count, datatype);

	return (struct pmp_bytes){bytes, on->rank == 0 ? 0 : bytes};
}

static inline struct pmp_bytes pmp_gather(const void *sendbuf, int64_t sendcount,
					  MPI_Datatype sendtype, int64_t recvcount,
					  MPI_Datatype recvtype, int root,
					  const struct pmp_comm_entry *on)
{
	struct pmp_role role = pmp_role(root, on);
	struct pmp_bytes bytes = {0, 0};
	uint64_t block = role.is_root ? pmp_bytes_of(recvcount, recvtype) : 0;

	if (role.is_root)
		bytes.in = block * (uint64_t)pmp_partners(on);
	if (role.is_leaf)
		bytes.out = sendbuf == MPI_IN_PLACE ? block : pmp_bytes_of(sendcount, sendtype);
	return bytes;
}

static inline struct pmp_bytes pmp_gatherv(const void *sendbuf, int64_t sendcount,
					   MPI_Datatype sendtype, struct pmp_counts recvcounts,
					   MPI_Datatype recvtype, int root,
					   const struct pmp_comm_entry *on)
{
	struct pmp_role role = pmp_role(root, on);
	struct pmp_bytes bytes = {0, 0};

	if (role.is_root)
		bytes.in = pmp_sum(recvcounts, pmp_partners(on), recvtype);
	if (!role.is_leaf)
		return bytes;
	if (sendbuf != MPI_IN_PLACE)
		bytes.out = pmp_bytes_of(sendcount, sendtype);
	else if (role.is_root)
		bytes.out = pmp_bytes_of(pmp_count_at(recvcounts, on->rank), recvtype);
	return bytes;
}

static inline struct pmp_bytes pmp_scatter(int64_t sendcount, MPI_Datatype sendtype,
					   const void *recvbuf, int64_t recvcount,
					   MPI_Datatype recvtype, int root,
					   const struct pmp_comm_entry *on)
{
	struct pmp_bytes mirrored =
		pmp_gather(recvbuf, recvcount, recvtype, sendcount, sendtype, root, on);

	return (struct pmp_bytes){mirrored.in, mirrored.out};
}

static inline struct pmp_bytes pmp_scatterv(struct pmp_counts sendcounts, MPI_Datatype sendtype,
					    const void *recvbuf, int64_t recvcount,
					    MPI_Datatype recvtype, int root,
					    const struct pmp_comm_entry *on)
{
	struct pmp_bytes mirrored =
		pmp_gatherv(recvbuf, recvcount, recvtype, sendcounts, sendtype, root, on);

	return (struct pmp_bytes){mirrored.in, mirrored.out};
}

static inline struct pmp_bytes pmp_allgather(const void *sendbuf, int64_t sendcount,
					     MPI_Datatype sendtype, int64_t recvcount,
					     MPI_Datatype recvtype, const struct pmp_comm_entry *on)
{
	uint64_t block = pmp_bytes_of(recvcount, recvtype);

	return (struct pmp_bytes){
		sendbuf == MPI_IN_PLACE ? block : pmp_bytes_of(sendcount, sendtype),
		block * (uint64_t)pmp_partners(on),
	};
}

static inline struct pmp_bytes pmp_allgatherv(const void *sendbuf, int64_t sendcount,
					      MPI_Datatype sendtype, struct pmp_counts recvcounts,
					      MPI_Datatype recvtype,
					      const struct pmp_comm_entry *on)
{
	struct pmp_bytes bytes = {.in = pmp_sum(recvcounts, pmp_partners(on), recvtype)};

	if (sendbuf != MPI_IN_PLACE)
		bytes.out = pmp_bytes_of(sendcount, sendtype);
	else if (on->size)
		bytes.out = pmp_bytes_of(pmp_count_at(recvcounts, on->rank), recvtype);
	return bytes;
}

static inline struct pmp_bytes pmp_alltoall(const void *sendbuf, int64_t sendcount,
					    MPI_Datatype sendtype, int64_t recvcount,
					    MPI_Datatype recvtype, const struct pmp_comm_entry *on)
{
	uint64_t in = pmp_bytes_of(recvcount, recvtype);
	uint64_t out = sendbuf == MPI_IN_PLACE ? in : pmp_bytes_of(sendcount, sendtype);
	uint64_t partners = (uint64_t)pmp_partners(on);

	return (struct pmp_bytes){partners * out, partners * in};
}

static inline struct pmp_bytes pmp_alltoallv(const void *sendbuf, struct pmp_counts sendcounts,
					     MPI_Datatype sendtype, struct pmp_counts recvcounts,
					     MPI_Datatype recvtype, const struct pmp_comm_entry *on)
{
	int n = pmp_partners(on);
	uint64_t in = pmp_sum(recvcounts, n, recvtype);

	return (struct pmp_bytes){sendbuf == MPI_IN_PLACE ? in : pmp_sum(sendcounts, n, sendtype),
				  in};
}

static inline struct pmp_bytes pmp_alltoallw(const void *sendbuf, struct pmp_counts sendcounts,
					     struct pmp_types sendtypes,
					     struct pmp_counts recvcounts,
					     struct pmp_types recvtypes,
					     const struct pmp_comm_entry *on)
{
	int n = pmp_partners(on);
	uint64_t in = pmp_sum_types(recvcounts, n, recvtypes);

	return (struct pmp_bytes){
		sendbuf == MPI_IN_PLACE ? in : pmp_sum_types(sendcounts, n, sendtypes), in};
}

/* The result is spread over the local group, also in an intercommunicator. */
static inline struct pmp_bytes pmp_reduce_scatter(struct pmp_counts recvcounts,
						  MPI_Datatype datatype,
						  const struct pmp_comm_entry *on)
{
	struct pmp_bytes bytes = {.out = pmp_sum(recvcounts, on->size, datatype)};

	if (on->size)
		bytes.in = pmp_bytes_of(pmp_count_at(recvcounts, on->rank), datatype);
	return bytes;
}

static inline struct pmp_bytes pmp_reduce_scatter_block(int64_t recvcount, MPI_Datatype datatype,
							const struct pmp_comm_entry *on)
{
	uint64_t block = pmp_bytes_of(recvcount, datatype);

	return (struct pmp_bytes){block * (uint64_t)on->size, block};
}

/* Neighbourhoods: only neighbours that exist. What goes to all of them alike is handed over once. */

static inline uint64_t pmp_sum_real(struct pmp_counts counts, const bool *is_real, int n,
				    MPI_Datatype datatype)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		if (is_real[i])
			sum += pmp_count_at(counts, i);
	return pmp_bytes_of(sum, datatype);
}

static inline uint64_t pmp_sum_real_types(struct pmp_counts counts, const bool *is_real, int n,
					  struct pmp_types types)
{
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		if (is_real[i])
			sum += pmp_bytes_of(pmp_count_at(counts, i), pmp_type_at(types, i));
	return sum;
}

static inline struct pmp_bytes pmp_neighbor_allgather(int64_t sendcount, MPI_Datatype sendtype,
						      int64_t recvcount, MPI_Datatype recvtype,
						      const struct pmp_comm_entry *on)
{
	const struct pmp_neighbors *n = pmp_comm_neighbors(on);

	return (struct pmp_bytes){n->real_out ? pmp_bytes_of(sendcount, sendtype) : 0,
				  (uint64_t)n->real_in * pmp_bytes_of(recvcount, recvtype)};
}

static inline struct pmp_bytes pmp_neighbor_allgatherv(int64_t sendcount, MPI_Datatype sendtype,
						       struct pmp_counts recvcounts,
						       MPI_Datatype recvtype,
						       const struct pmp_comm_entry *on)
{
	const struct pmp_neighbors *n = pmp_comm_neighbors(on);

	return (struct pmp_bytes){n->real_out ? pmp_bytes_of(sendcount, sendtype) : 0,
				  pmp_sum_real(recvcounts, n->is_real, n->in, recvtype)};
}

static inline struct pmp_bytes pmp_neighbor_alltoall(int64_t sendcount, MPI_Datatype sendtype,
						     int64_t recvcount, MPI_Datatype recvtype,
						     const struct pmp_comm_entry *on)
{
	const struct pmp_neighbors *n = pmp_comm_neighbors(on);

	return (struct pmp_bytes){(uint64_t)n->real_out * pmp_bytes_of(sendcount, sendtype),
				  (uint64_t)n->real_in * pmp_bytes_of(recvcount, recvtype)};
}

static inline struct pmp_bytes pmp_neighbor_alltoallv(struct pmp_counts sendcounts,
						      MPI_Datatype sendtype,
						      struct pmp_counts recvcounts,
						      MPI_Datatype recvtype,
						      const struct pmp_comm_entry *on)
{
	const struct pmp_neighbors *n = pmp_comm_neighbors(on);

	return (struct pmp_bytes){pmp_sum_real(sendcounts, n->is_real + n->in, n->out, sendtype),
				  pmp_sum_real(recvcounts, n->is_real, n->in, recvtype)};
}

static inline struct pmp_bytes pmp_neighbor_alltoallw(struct pmp_counts sendcounts,
						      struct pmp_types sendtypes,
						      struct pmp_counts recvcounts,
						      struct pmp_types recvtypes,
						      const struct pmp_comm_entry *on)
{
	const struct pmp_neighbors *n = pmp_comm_neighbors(on);

	return (struct pmp_bytes){
		pmp_sum_real_types(sendcounts, n->is_real + n->in, n->out, sendtypes),
		pmp_sum_real_types(recvcounts, n->is_real, n->in, recvtypes)};
}

#endif
