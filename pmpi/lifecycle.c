/*
 * lifecycle.c - MPI_Init, MPI_Init_thread, MPI_Finalize, MPI_Abort, MPI_Pcontrol
 *
 * Starts and ends the recorder. Called by the program on its main thread. Prints at most one line, on rank 0, when recording
 * could not begin; never changes what MPI returns.
 */
#include <stdio.h>
#include <string.h>

#include "base/environment.h"
#include "base/launch.h"
#include "comm_map.h"
#include "finalize.h"
#include "lifecycle.h"
#include "pmpi.h"

#define OTHER_VERSION_STRING 16384 /* MPICH's text is up to 8192, Open MPI's 256 */

bool pmp_tracking;

static struct pmp_diag
	complaint; /* of the start: why nothing is recorded, or what is odd about a variable */
static bool is_failed;
static bool is_other; /* the program's MPI is not the one that we were built for */
static bool is_spawned;

/* "Open MPI v4.1.4, package: ..." and "MPICH Version:\t4.0.2\nMPICH Release ..." become "Open MPI 4.1.4" and "MPICH 4.0.2". */
static void tidy_library_name(char *text)
{
	static const char *const noise[] = {" Version:\t", " v"};

	text[strcspn(text, ",\n")] = '\0';
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		char *at = strstr(text, noise[i]);

		if (at) {
			size_t len = strlen(noise[i]);

			*at = ' ';
			memmove(at + 1, at + len, strlen(at + len) + 1);
			return;
		}
	}
}

/*
 * We may be preloaded into a program of another MPI, whose library then answers our calls as well. Nothing but the text of its version
 * can be asked of it: handles and constants mean other things there. All calls are handed on, since nothing is recorded.
 */
static bool is_other_mpi(const char *library)
{
	static bool is_said;
	struct pmp_launch launch;
#ifdef OPEN_MPI
	bool differs = !strstr(library, "Open MPI");
	const char *ours = "Open MPI";
#else
	bool differs = strstr(library, "Open MPI");
	const char *ours = "MPICH";
#endif

	if (!differs || is_said)
		return differs;
	is_said = true;
	pmp_launch_read(&launch);
	if (launch.rank == 0 && !pmp_env_flag(PMP_ENV_PMPROF_QUIET))
		fprintf(stderr,
			"pmprof: nothing is recorded: this libpmprof.so is for %s, the program "
			"runs %s\n",
			ours, library);
	return true;
}

void pmp_lifecycle_start(void)
{
	static char library[OTHER_VERSION_STRING];
	struct pmp_start what = {library};
	int len = 0;

	PMPI_Get_library_version(library, &len);
	tidy_library_name(library);
	is_other = is_other_mpi(library);
	if (is_other)
		return;
	is_failed = pmp_record_start(&what, &complaint) < 0;
}

void pmp_lifecycle_running(void)
{
	int rank = 0, size = 1, level = MPI_THREAD_SINGLE;
	MPI_Comm parent = MPI_COMM_NULL;

	if (is_other)
		return;
	PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (complaint.text[0] && rank == 0 && !pmp_env_flag(PMP_ENV_PMPROF_QUIET))
		fprintf(stderr, "pmprof: %s%s\n", is_failed ? "nothing is recorded: " : "",
			complaint.text);
	if (!pmp_record_path())
		return;
	PMPI_Comm_get_parent(&parent);
	is_spawned = parent != MPI_COMM_NULL;
	PMPI_Comm_size(MPI_COMM_WORLD, &size);
	PMPI_Query_thread(&level);
	pmp_comm_start();
	pmp_tracking = true;
	pmp_record_running(rank, size, level - MPI_THREAD_SINGLE);
}

PMP_EXPORT int MPI_Init(int *argc, char ***argv)
{
	pmp_lifecycle_start();
	int rc = PMPI_Init(argc, argv);
	if (rc == MPI_SUCCESS)
		pmp_lifecycle_running();
	return rc;
}

PMP_EXPORT int MPI_Init_thread(int *argc, char ***argv, int required, int *provided)
{
	pmp_lifecycle_start();
	int rc = PMPI_Init_thread(argc, argv, required, provided);
	if (rc == MPI_SUCCESS)
		pmp_lifecycle_running();
	return rc;
}

void pmp_lifecycle_finalize(void)
{
	bool has_record = pmp_tracking && pmp_record_finalizing();

	pmp_tracking = false;
	pmp_comm_stop();
	if (has_record || is_failed)
		pmp_finalize_write(has_record, is_spawned);
}

PMP_EXPORT int MPI_Finalize(void)
{
	pmp_lifecycle_finalize();
	return PMPI_Finalize();
}

PMP_EXPORT int MPI_Abort(MPI_Comm comm, int errorcode)
{
	pmp_record_abort(errorcode);
	return PMPI_Abort(comm, errorcode);
}

void pmp_lifecycle_pcontrol(int level)
{
	if (level == 0)
		pmp_record_pause();
	else if (level == 1)
		pmp_record_resume();
}

/* Further arguments cannot be handed on, and no MPI library looks at them. */
PMP_EXPORT int MPI_Pcontrol(const int level, ...)
{
	pmp_lifecycle_pcontrol(level);
	return PMPI_Pcontrol(level);
}
