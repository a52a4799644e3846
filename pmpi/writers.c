/*
 * writers.c - which ranks write the file
 *
 * Called in MPI_Finalize by finalize.c, on the thread that is there. Taking part in a file costs a rank the plugin and some dozen
 * synchronisations; the records of a node are usually a few MiB that one process reads from the node's
 * memory faster than that. Nothing of the records travels through MPI here.
 */
#include "writers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/environment.h"

#define PATH_BYTES 1024
#define NAP_MIN_NS 20000
#define NAP_MAX_NS 1000000

/* What a rank tells its writer: the file, and by what it is known to be the same one. */
struct pmp_writers_record {
	uint64_t device, inode;
	uint64_t is_empty; /* there is none */
	char path[PATH_BYTES];
};

static int result(int mpi_rc)
{
	return mpi_rc == MPI_SUCCESS ? 0 : -PMP_EPEER;
}

/* What cannot be described has no path, and is not visible. */
static void describe(const char *arena, struct pmp_writers_record *record)
{
	struct stat st;

	memset(record, 0, sizeof(*record));
	record->is_empty = !arena;
	if (!arena || strlen(arena) >= sizeof(record->path) || stat(arena, &st))
		return;
	record->device = (uint64_t)st.st_dev;
	record->inode = (uint64_t)st.st_ino;
	strcpy(record->path, arena);
}

static bool is_visible(const struct pmp_writers_record *record)
{
	struct stat st;

	return record->path[0] && stat(record->path, &st) == 0 &&
	       record->device == (uint64_t)st.st_dev && record->inode == (uint64_t)st.st_ino &&
	       access(record->path, R_OK) == 0;
}

/* Does the node's first rank see all files? The answer is the same on all of its ranks. */
static int gather_names(struct pmp_writers *w, const char *arena, bool *is_shared)
{
	struct pmp_writers_record own;
	int rank = 0, size = 0, seen = 1, rc;

	PMPI_Comm_rank(w->node, &rank);
	PMPI_Comm_size(w->node, &size);
	describe(arena, &own);
	if (rank == 0) {
		w->records = calloc((size_t)size, sizeof(*w->records));
		w->arenas = calloc((size_t)size, sizeof(*w->arenas));
		seen = w->records && w->arenas;
	}
	rc = result(PMPI_Bcast(&seen, 1, MPI_INT, 0, w->node));
	if (rc || !seen)
		return rc ? rc : -PMP_ENOMEM;
	rc = result(PMPI_Gather(&own, sizeof(own), MPI_BYTE, w->records, sizeof(own), MPI_BYTE, 0,
				w->node));
	for (int i = 0; rank == 0 && i < size; i++) {
		if (w->records[i].is_empty)
			continue;
		seen = seen && is_visible(&w->records[i]);
		w->arenas[w->arena_count++] = w->records[i].path;
	}
	if (rc == 0)
		rc = result(PMPI_Bcast(&seen, 1, MPI_INT, 0, w->node));
	w->is_writer = rank == 0;
	*is_shared = seen;
	return rc;
}

static void write_own(struct pmp_writers *w, const char *arena)
{
	if (w->node != MPI_COMM_NULL)
		PMPI_Comm_free(&w->node);
	free(w->arenas);
	w->own = arena;
	w->arenas = &w->own;
	w->arena_count = arena != NULL;
	w->is_writer = true;
}

/* Small records of a node to its first rank. */
static int choose_on_node(struct pmp_writers *w, MPI_Comm comm, const char *arena, uint64_t largest)
{
	uint64_t limit;
	bool is_shared = false;
	int size = 1, rank = 0, rc;

	pmp_env_number(PMP_ENV_PMPROF_GATHER, &limit);
	PMPI_Comm_rank(comm, &rank);
	rc = result(
		PMPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &w->node));
	if (rc)
		return rc;
	PMPI_Comm_size(w->node, &size);
	if (largest <= limit / (uint64_t)size)
		rc = gather_names(w, arena, &is_shared);
	if (rc == 0 && !is_shared)
		write_own(w, arena);
	return rc;
}

int pmp_writers_choose(struct pmp_writers *w, MPI_Comm comm, const char *arena, uint64_t largest)
{
	int rank = 0, worst, rc;

	*w = (struct pmp_writers){.comm = MPI_COMM_NULL, .node = MPI_COMM_NULL};
	PMPI_Comm_rank(comm, &rank);
	worst = choose_on_node(w, comm, arena, largest);
	rc = result(PMPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MIN, comm));
	if (rc || worst)
		return rc ? rc : worst;
	return result(PMPI_Comm_split(comm, w->is_writer ? 0 : MPI_UNDEFINED, rank, &w->comm));
}

int pmp_writers_agree(const struct pmp_writers *w, int rc)
{
	int worst = rc, mpi_rc;

	mpi_rc = PMPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MIN, w->comm);
	if (mpi_rc != MPI_SUCCESS)
		return -PMP_EPEER;
	return rc == 0 && worst ? -PMP_EPEER : rc;
}

/* Those who wait leave the processors to the writer: MPI's own waiting would poll all the time. */
int pmp_writers_share(const struct pmp_writers *w, int rc)
{
	struct timespec nap = {.tv_nsec = NAP_MIN_NS};
	MPI_Request request;
	int is_done = 0, shared = rc;

	if (w->node == MPI_COMM_NULL)
		return rc;
	if (PMPI_Ibcast(&shared, 1, MPI_INT, 0, w->node, &request) != MPI_SUCCESS)
		return -PMP_EPEER;
	while (PMPI_Test(&request, &is_done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !is_done) {
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < NAP_MAX_NS)
			nap.tv_nsec += nap.tv_nsec / 2;
	}
	return is_done ? shared : -PMP_EPEER;
}

void pmp_writers_release(struct pmp_writers *w)
{
	if (w->comm != MPI_COMM_NULL)
		PMPI_Comm_free(&w->comm);
	if (w->node != MPI_COMM_NULL)
		PMPI_Comm_free(&w->node);
	if (w->arenas != &w->own)
		free(w->arenas);
	free(w->records);
	w->arenas = NULL;
	w->records = NULL;
}
