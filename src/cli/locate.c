/*
 * locate.c - finds libpmprof.so: the build tree and an installation keep it at the same place relative to bin/, so that both can
 * be moved. Those of further MPIs are in folders beside it, named after the MPI. Used by `pmprof run` and `pmprof doctor`.
 */
#include "cli/locate.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"
#include "cli/elf_facts.h"

static const char *const places[] = {PMP_LIBRARY_DIR, "../lib", "../lib64"};

static void own_folder(char bin[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", bin, PATH_MAX - 1);

	bin[len > 0 ? len : 0] = '\0';
	if (strrchr(bin, '/'))
		*strrchr(bin, '/') = '\0';
}

/* libpmprof.so in one of the places seen from @bin; @folder: in there, "" none */
static bool try_places(const char *bin, const char *folder, char *path, size_t size)
{
	char candidate[2 * PATH_MAX], real[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s/%s/libpmprof.so", bin, places[i],
			 folder);
		if (realpath(candidate, real) && snprintf(path, size, "%s", real) < (int)size)
			return true;
	}
	return false;
}

int pmp_locate_library(char *path, size_t size, struct pmp_diag *diag)
{
	const char *given = pmp_env_text(PMP_ENV_PMPROF_LIBRARY);
	char bin[PATH_MAX], real[PATH_MAX];

	if (*given) {
		if (!realpath(given, real) || snprintf(path, size, "%s", real) >= (int)size)
			return pmp_fail(diag, PMP_ENOTFOUND,
					"cannot find '%s', which PMPROF_LIBRARY names: %m", given);
		return 0;
	}
	own_folder(bin);
	if (try_places(bin, "", path, size))
		return 0;
	return pmp_fail(diag, PMP_ENOTFOUND,
			"cannot find 'libpmprof.so' in '%s/%s', set PMPROF_LIBRARY to where it is",
			bin, places[0]);
}

/* The MPI that a program will run with: what it is linked with; a script, and what loads MPI later, runs with that of the launcher. */
static const char *mpi_of(const struct pmp_launched *launched, char *who, size_t size)
{
	struct pmp_elf_facts facts;
	char program[PATH_MAX];

	pmp_launched_program(launched, program);
	if (*program && pmp_elf_facts_read(program, &facts) == 0 && *facts.mpi) {
		snprintf(who, size, "'%s' uses %s (%s)", program, pmp_elf_mpi_name(facts.mpi),
			 facts.mpi);
		return pmp_elf_mpi_folder(facts.mpi);
	}
	snprintf(who, size, "the launcher is that of %s", pmp_launcher_name(launched->launcher));
	return pmp_launcher_mpi(launched->launcher);
}

int pmp_locate_for(const struct pmp_launched *launched, char *path, size_t size,
		   struct pmp_diag *diag)
{
	struct pmp_elf_facts ours = {.mpi = ""};
	char bin[PATH_MAX], folder[64], who[PATH_MAX + 128];
	int rc = pmp_locate_library(path, size, diag);

	if (rc || *pmp_env_text(PMP_ENV_PMPROF_LIBRARY))
		return rc;
	const char *mpi = mpi_of(launched, who, sizeof(who));
	bool is_known = pmp_elf_facts_read(path, &ours) == 0 && *pmp_elf_mpi_folder(ours.mpi);

	if (!*mpi || !is_known || strcmp(mpi, pmp_elf_mpi_folder(ours.mpi)) == 0)
		return 0;
	own_folder(bin);
	snprintf(folder, sizeof(folder), "pmprof/%s", mpi);
	if (try_places(bin, folder, path, size))
		return 0;
	*path = '\0';
	return pmp_fail(diag, PMP_EUNSUPPORTED,
			"%s, but only libpmprof.so for %s is installed: nothing is recorded; build "
			"pmprof with -DPMPROF_MPI=%s, too",
			who, pmp_elf_mpi_name(ours.mpi), mpi);
}
