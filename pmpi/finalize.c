/*
 * finalize.c - meet all ranks, write the file through the plugin, say so in one line
 *
 * The ranks meet in one nonblocking reduction, polled against the clock, in which each says what it has and when it came. All
 * decide by the same numbers: if the last came too late after the first, nobody writes. So a rank that comes when the others have
 * given up gives up as well, instead of waiting for them in a collective call.
 *
 * Only now errors of our own calls on MPI_COMM_WORLD are possible; while we are at it, it has MPI_ERRORS_RETURN, so that the
 * program's error handler does not hear of them.
 */
#include "finalize.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fmt.h"
#include "base/launch.h"
#include "store/plugin.h"
#include "writers.h"

#define SLACK_S                                                                                    \
	5 /* how long the reduction may take when everybody is there; also what clocks of nodes may differ */

struct ending {
	pmp_plugin_write_fn *write;
	const char *arena; /* NULL: this rank has none */
	char path[PATH_MAX];
	struct pmp_diag diag;
	double largest; /* bytes of the largest record of all ranks */
	int rank, size;
};

/* What the ranks agree on: each value reduced with MPI_MIN. */
enum { MINUS_HAS_RECORD, EARLIEST, MINUS_LATEST, MINUS_BYTES, VALUES };

static double now_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double timeout_s(void)
{
	uint64_t seconds;

	pmp_env_number(PMP_ENV_PMPROF_FINALIZE_TIMEOUT, &seconds); /* or the default */
	return (double)seconds;
}

/* Where the writer may be: where the environment says, and nowhere else; beside us; where it was installed; where ld.so looks. */
enum place { GIVEN, BESIDE, INSTALLED, ANYWHERE, PLACE_COUNT };

static bool plugin_path(enum place place, char path[PATH_MAX])
{
	static const char name[] = "libpmprof-hdf5.so";
	const char *given = pmp_env_text(PMP_ENV_PMPROF_PLUGIN);
	const char *slash = NULL;
	Dl_info self;

	if (place == BESIDE && dladdr((void *)(uintptr_t)pmp_finalize_write, &self) &&
	    self.dli_fname)
		slash = strrchr(self.dli_fname, '/');
	if (place == GIVEN)
		snprintf(path, PATH_MAX, "%s", given);
	else if (place == BESIDE && slash)
		snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - self.dli_fname), self.dli_fname,
			 name);
	else if (place == INSTALLED)
		snprintf(path, PATH_MAX, "%s/%s", PMPROF_LIBDIR, name);
	else
		snprintf(path, PATH_MAX, "%s", name);
	return (place == GIVEN) == (*given != '\0');
}

/* Never closed: HDF5 cleans up in PMPI_Finalize, by an attribute of MPI_COMM_SELF. The first failure is the one to tell. */
static int load_plugin(struct ending *ending)
{
	char path[PATH_MAX];
	void *library = NULL, *entry = NULL;

	for (enum place place = GIVEN; place < PLACE_COUNT && !entry; place++) {
		if (!plugin_path(place, path))
			continue;
		library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		entry = library ? dlsym(library, PMP_PLUGIN_ENTRY) : NULL;
		if (!entry)
			pmp_fail(&ending->diag, PMP_ENOTFOUND, "cannot load the writer '%s': %s",
				 path, dlerror());
	}
	if (!entry)
		return -PMP_ENOTFOUND;
	ending->diag.text[0] = '\0';
	memcpy(&ending->write, &entry, sizeof(entry));
	return 0;
}

/* Poll until complete or too late. An abandoned request keeps using its buffers: they are static. */
static int await(MPI_Request *request, double seconds)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	double begin = now_s(CLOCK_MONOTONIC);
	int is_done = 0;

	for (unsigned polls = 0;; polls++) {
		if (PMPI_Test(request, &is_done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
			return -PMP_EPEER;
		if (is_done)
			return 0;
		if (now_s(CLOCK_MONOTONIC) - begin > seconds)
			return -PMP_ETIMEOUT;
		if (polls > 1000)
			nanosleep(&pause, NULL);
	}
}

/* Meet all ranks. 0: all are here, and at least one has a record. */
static int meet(struct ending *ending)
{
	static double mine[VALUES], all[VALUES];
	double limit = timeout_s(), now = now_s(CLOCK_REALTIME);
	MPI_Request request;

	mine[MINUS_HAS_RECORD] = ending->arena ? -1 : 0;
	mine[EARLIEST] = now;
	mine[MINUS_LATEST] = -now;
	mine[MINUS_BYTES] = -(double)pmp_record_bytes();
	if (PMPI_Iallreduce(mine, all, VALUES, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD, &request) !=
	    MPI_SUCCESS)
		return pmp_fail(&ending->diag, PMP_EPEER, "the ranks cannot be reached");
	if (await(&request, limit + SLACK_S) < 0 || -all[MINUS_LATEST] - all[EARLIEST] > limit)
		return pmp_fail(&ending->diag, PMP_ETIMEOUT,
				"not all ranks came to MPI_Finalize within %.0f s", limit);
	if (all[MINUS_HAS_RECORD] >= 0)
		return -PMP_ENOTFOUND; /* said when recording could not begin */
	ending->largest = -all[MINUS_BYTES];
	return 0;
}

/* PMPROF_OUT, or PROGRAM.JOB.pmprof.h5: the job is the folder of the arena. Absolute; on rank 0. */
static void choose_path(struct ending *ending)
{
	const char *given = pmp_env_text(PMP_ENV_PMPROF_OUT);
	const char *arena = ending->arena ? ending->arena : "";
	struct pmp_launch launch;
	char cwd[PATH_MAX] = "", name[NAME_MAX + 1];
	const char *end = strrchr(arena, '/');
	const char *job = end;

	while (job && job > arena && job[-1] != '/')
		job--;
	pmp_launch_read(
		&launch); /* the very name, unless the program has changed its environment */
	if (*given)
		snprintf(name, sizeof(name), "%s", given);
	else
		snprintf(name, sizeof(name), "%.100s.%.*s.pmprof.h5", program_invocation_short_name,
			 job ? (int)(end - job) : (int)strlen(launch.job), job ? job : launch.job);
	if (*given == '/' || !getcwd(cwd, sizeof(cwd)))
		snprintf(ending->path, sizeof(ending->path), "%s", *given ? given : name);
	else if (snprintf(ending->path, sizeof(ending->path), "%s/%s", cwd,
			  *given ? given : name) >= (int)sizeof(ending->path))
		ending->path[0] = '\0';
}

/* What MPI_Comm_spawn started ends at the same time as its parents and has their environment: "x.spawned-PID.pmprof.h5". */
static void avoid_parents_path(char path[PATH_MAX])
{
	static const char *const endings[] = {".pmprof.h5", ".h5", ""};
	char changed[PATH_MAX];

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(path), tail = strlen(endings[i]);

		if (len < tail || strcmp(path + len - tail, endings[i]) != 0)
			continue;
		if (snprintf(changed, sizeof(changed), "%.*s.spawned-%d%s", (int)(len - tail), path,
			     (int)getpid(), endings[i]) < (int)sizeof(changed))
			strcpy(path, changed);
		return;
	}
}

/* Each writer loads the plugin and calls it, once all of them could load it. */
static int call_plugin(struct ending *ending, struct pmp_writers *writers,
		       struct pmp_write_summary *summary)
{
	struct pmp_plugin_args args = {
		.version = PMP_PLUGIN_VERSION,
		.comm = &writers->comm,
		.arena_paths = writers->arenas,
		.arena_count = writers->arena_count,
		.options = {.path = ending->path,
			    .expected_ranks = ending->size,
			    .symbols = pmp_env_flag(PMP_ENV_PMPROF_SYMBOLS)},
	};
	int rc = pmp_writers_agree(writers, load_plugin(ending));

	if (rc == -PMP_EPEER)
		return pmp_fail(&ending->diag, PMP_EPEER,
				"another rank cannot load the writer 'libpmprof-hdf5.so'");
	return rc ? rc : ending->write(&args, summary, &ending->diag);
}

static int write_together(struct ending *ending, MPI_Comm comm, struct pmp_write_summary *summary)
{
	struct pmp_writers writers;
	int rc = pmp_writers_choose(&writers, comm, ending->arena, (uint64_t)ending->largest);

	if (rc == 0) {
		PMPI_Bcast(ending->path, sizeof(ending->path), MPI_CHAR, 0, comm);
		if (writers.is_writer)
			rc = call_plugin(ending, &writers, summary);
		rc = pmp_writers_share(&writers, rc);
	} else {
		pmp_fail(&ending->diag, PMP_EPEER, "the ranks cannot agree on who writes");
	}
	pmp_writers_release(&writers);
	return rc;
}

/* On a communicator of our own. It has no attributes of the program's: no callback runs. */
static int write_file(struct ending *ending, bool is_spawned, struct pmp_write_summary *summary)
{
	MPI_Comm comm = MPI_COMM_NULL;
	MPI_Group group;
	int rc;

	PMPI_Comm_group(MPI_COMM_WORLD, &group);
	rc = PMPI_Comm_create(MPI_COMM_WORLD, group, &comm);
	PMPI_Group_free(&group);
	if (rc != MPI_SUCCESS || comm == MPI_COMM_NULL)
		return pmp_fail(&ending->diag, PMP_EPEER, "cannot make a communicator");
	PMPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
	if (ending->rank == 0) {
		choose_path(ending);
		if (is_spawned)
			avoid_parents_path(ending->path);
	}
	rc = write_together(ending, comm, summary);
	PMPI_Comm_free(&comm);
	return rc;
}

static void say_written(const struct ending *ending, const struct pmp_write_summary *summary)
{
	const char *file = strrchr(ending->path, '/');
	char efficiency[64] = "", quoted[2 * PATH_MAX];

	file = pmp_env_is_set(PMP_ENV_PMPROF_OUT) || !file ? ending->path : file + 1;
	if (summary->parallel_efficiency >= 0)
		snprintf(efficiency, sizeof(efficiency), ", parallel efficiency %s",
			 pmp_fmt_percent(summary->parallel_efficiency).text);
	fprintf(stderr, "pmprof: %d rank%s, %s%s; read it with: pmprof report %s\n", summary->ranks,
		summary->ranks == 1 ? "" : "s", pmp_fmt_seconds(summary->wall_s).text, efficiency,
		pmp_fmt_shell(file, quoted, sizeof(quoted)));
	if (summary->remark[0])
		fprintf(stderr, "pmprof: %s\n", summary->remark);
}

static void say_failed(const struct ending *ending)
{
	const char *slash = ending->arena ? strrchr(ending->arena, '/') : NULL;
	char folder[PATH_MAX], quoted[2 * PATH_MAX];

	fprintf(stderr, "pmprof: no file was written: %s", ending->diag.text);
	if (slash) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - ending->arena),
			 ending->arena);
		fprintf(stderr, "; the records are kept, to write it: pmprof collect %s",
			pmp_fmt_shell(folder, quoted, sizeof(quoted)));
	}
	fputc('\n', stderr);
}

void pmp_finalize_write(bool has_record, bool is_spawned)
{
	static struct ending ending;
	struct pmp_write_summary summary = {0};
	MPI_Errhandler handler = MPI_ERRHANDLER_NULL;
	int rc;

	ending.arena = has_record ? pmp_record_path() : NULL;
	PMPI_Comm_get_errhandler(MPI_COMM_WORLD, &handler);
	PMPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	PMPI_Comm_rank(MPI_COMM_WORLD, &ending.rank);
	PMPI_Comm_size(MPI_COMM_WORLD, &ending.size);
	rc = meet(&ending);
	if (rc == 0)
		rc = write_file(&ending, is_spawned, &summary);
	if (ending.rank == 0 && !pmp_env_flag(PMP_ENV_PMPROF_QUIET)) {
		if (rc == 0)
			say_written(&ending, &summary);
		else if (ending.diag.text[0])
			say_failed(&ending);
	}
	PMPI_Comm_set_errhandler(MPI_COMM_WORLD, handler);
	if (handler != MPI_ERRHANDLER_NULL)
		PMPI_Errhandler_free(&handler);
	pmp_record_close(rc == 0 && !pmp_env_flag(PMP_ENV_PMPROF_KEEP));
}
