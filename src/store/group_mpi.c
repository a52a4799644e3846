/*
 * group_mpi.c - the processes of an MPI communicator as a group. The only file of store/ that includes mpi.h. Called by the thread
 * that is inside MPI_Finalize, or by `pmprof collect` under mpirun. Uses the PMPI names: nothing here may be recorded.
 */
#include <mpi.h>

#include "store/group.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

#define TAG      4711
#define PART_MAX ((size_t)1 << 30) /* counts of MPI are int */

static MPI_Comm comm_of(const struct pmp_group *group)
{
	return *(MPI_Comm *)group->handle;
}

static MPI_Op op_of(enum pmp_reduce op)
{
	return op == PMP_REDUCE_SUM ? MPI_SUM : op == PMP_REDUCE_MIN ? MPI_MIN : MPI_MAX;
}

static int result(int mpi_rc)
{
	return mpi_rc == MPI_SUCCESS ? 0 : -PMP_EPEER;
}

static int reduce(const struct pmp_group *group, enum pmp_reduce op, int64_t *values, size_t count)
{
	return result(PMPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_INT64_T, op_of(op),
				     comm_of(group)));
}

static int reduce_f(const struct pmp_group *group, enum pmp_reduce op, double *values, size_t count)
{
	return result(PMPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_DOUBLE, op_of(op),
				     comm_of(group)));
}

static int scan(const struct pmp_group *group, const int64_t *values, int64_t *before, size_t count)
{
	for (size_t i = 0; i < count; i++)
		before[i] = 0; /* MPI leaves rank 0's result undefined */
	return result(
		PMPI_Exscan(values, before, (int)count, MPI_INT64_T, MPI_SUM, comm_of(group)));
}

static int broadcast(const struct pmp_group *group, void *data, size_t bytes)
{
	char *at = data;
	int rc = 0;

	while (bytes && rc == 0) {
		size_t part = bytes < PART_MAX ? bytes : PART_MAX;

		rc = result(PMPI_Bcast(at, (int)part, MPI_BYTE, 0, comm_of(group)));
		at += part;
		bytes -= part;
	}
	return rc;
}

/* The length goes ahead, so that the receiver needs no probe and large messages can be split. */
static int send(const struct pmp_group *group, int to, const void *data, size_t bytes)
{
	uint64_t length = bytes;
	const char *at = data;
	int rc = result(PMPI_Send(&length, 1, MPI_UINT64_T, to, TAG, comm_of(group)));

	while (bytes && rc == 0) {
		size_t part = bytes < PART_MAX ? bytes : PART_MAX;

		rc = result(PMPI_Send(at, (int)part, MPI_BYTE, to, TAG, comm_of(group)));
		at += part;
		bytes -= part;
	}
	return rc;
}

static int receive(const struct pmp_group *group, int from, void **data, size_t *bytes)
{
	uint64_t length = 0;
	int rc = result(
		PMPI_Recv(&length, 1, MPI_UINT64_T, from, TAG, comm_of(group), MPI_STATUS_IGNORE));
	char *at = rc ? NULL : malloc(length ? length : 1);

	if (rc)
		return rc;
	if (!at)
		return -PMP_ENOMEM;
	*data = at;
	*bytes = length;
	while (length && rc == 0) {
		size_t part = length < PART_MAX ? length : PART_MAX;

		rc = result(PMPI_Recv(at, (int)part, MPI_BYTE, from, TAG, comm_of(group),
				      MPI_STATUS_IGNORE));
		at += part;
		length -= part;
	}
	if (rc)
		free(*data);
	return rc;
}

/* One process writes faster and more safely without MPI-IO. */
static int open_file(const struct pmp_group *group, int64_t *fapl)
{
	if (group->size == 1)
		return 0;
	return H5Pset_fapl_mpio((hid_t)*fapl, comm_of(group), MPI_INFO_NULL) < 0 ? -PMP_EIO : 0;
}

/*
 * The handle is HDF5's own MPI_File. Each process puts one over memory into its place, with itself as the only member: what HDF5
 * still does with it before it closes needs no other process. The real file is closed by all together.
 */
static void divert(const struct pmp_group *group, void *handle)
{
	MPI_File *slot = handle, real = *slot, memory;
	char name[64];
	int fd, rc;

	if (group->size == 1)
		return;
	fd = memfd_create("pmprof", MFD_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	rc = fd < 0 ? MPI_ERR_IO
		    : PMPI_File_open(MPI_COMM_SELF, name, MPI_MODE_RDWR, MPI_INFO_NULL, &memory);
	if (rc == MPI_SUCCESS)
		*slot = memory;
	if (fd >= 0)
		close(fd);
	if (rc == MPI_SUCCESS)
		PMPI_File_close(&real);
}

int pmp_group_mpi(struct pmp_group *group, void *comm)
{
	struct pmp_group g = {
		.handle = comm,
		.reduce = reduce,
		.reduce_f = reduce_f,
		.scan = scan,
		.broadcast = broadcast,
		.send = send,
		.receive = receive,
		.open_file = open_file,
		.divert = divert,
	};
	MPI_Comm c = *(MPI_Comm *)comm;

	/* an error must come back to us, not abort the program */
	if (PMPI_Comm_set_errhandler(c, MPI_ERRORS_RETURN) != MPI_SUCCESS ||
	    PMPI_Comm_rank(c, &g.rank) != MPI_SUCCESS || PMPI_Comm_size(c, &g.size) != MPI_SUCCESS)
		return -PMP_EINVALID;
	*group = g;
	return 0;
}
