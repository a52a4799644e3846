/*
 * group_mpi.c - the processes of an MPI communicator as a group. The only file of store/ that includes mpi.h. Called by the thread
 * that is inside MPI_Finalize, or by `pmprof collect` under mpirun. Uses the PMPI names: nothing here may be recorded.
 */
#include <mpi.h>

#include "store/group.h"

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

static int send(const struct pmp_group *group, int to, const void *data, size_t bytes)
{
	const char *at = data;
	int rc = 0;

	while (bytes && rc == 0) {
		size_t part = bytes < PART_MAX ? bytes : PART_MAX;

		rc = result(PMPI_Send(at, (int)part, MPI_BYTE, to, TAG, comm_of(group)));
		at += part;
		bytes -= part;
	}
	return rc;
}

/* A message that is longer than the room for it is over all the same, for its sender too. */
static void forget(const struct pmp_group *group, int from)
{
	char nothing;

	PMPI_Recv(&nothing, 0, MPI_BYTE, from, TAG, comm_of(group), MPI_STATUS_IGNORE);
}

static int receive(const struct pmp_group *group, int from, void *data, size_t bytes)
{
	char *at = data;
	int rc = 0;

	while (bytes && rc == 0) {
		size_t part = bytes < PART_MAX ? bytes : PART_MAX;

		if (at) {
			rc = result(PMPI_Recv(at, (int)part, MPI_BYTE, from, TAG, comm_of(group),
					      MPI_STATUS_IGNORE));
			at += part;
		} else {
			forget(group, from);
		}
		bytes -= part;
	}
	return rc;
}

int pmp_group_mpi(struct pmp_group *group, void *comm)
{
	struct pmp_group g = {
		.handle = comm,
		.reduce = reduce,
		.broadcast = broadcast,
		.send = send,
		.receive = receive,
	};
	MPI_Comm c = *(MPI_Comm *)comm;

	/* an error must come back to us, not abort the program */
	if (PMPI_Comm_set_errhandler(c, MPI_ERRORS_RETURN) != MPI_SUCCESS ||
	    PMPI_Comm_rank(c, &g.rank) != MPI_SUCCESS || PMPI_Comm_size(c, &g.size) != MPI_SUCCESS)
		return -PMP_EINVALID;
	*group = g;
	return 0;
}
