/*
 * check_runtime.c - doctor: our own parts. Loads them in child processes only.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/mode.h"
#include "cli/checks.h"
#include "cli/child.h"
#include "cli/elf_facts.h"

/* Load a library in a process of its own; what the loader says about a failure goes to @text. */
static bool loads(const char *path, char *text, size_t size)
{
	int ends[2];
	ssize_t used;
	int status = 1;

	if (pipe(ends))
		return false;
	pid_t pid = fork();

	if (pid == 0) {
		const char *said = dlopen(path, RTLD_NOW | RTLD_LOCAL) ? "" : dlerror();

		_exit(*said && write(ends[1], said, strlen(said)) >= 0);
	}
	close(ends[1]);
	used = read(ends[0], text, size - 1);
	text[used > 0 ? used : 0] = '\0';
	close(ends[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

void pmp_check_library(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	struct pmp_elf_facts facts;
	char said[256];

	if (!*patient->library) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"libpmprof.so is not where the command expects it");
		pmp_finding_remedy(finding, "set PMPROF_LIBRARY to its path, or install it again");
	} else if (!loads(patient->library, said, sizeof(said))) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "'%s' does not load: %s",
				patient->library, said);
		pmp_finding_remedy(finding, "load the MPI module that it was built with, or build "
					    "it again with this MPI");
	} else if (pmp_elf_facts_read(patient->library, &facts) == 0) {
		pmp_finding_set(finding, PMP_HEALTH_OK, "%s, for %s (%s)", patient->library,
				pmp_elf_mpi_name(facts.mpi), *facts.mpi ? facts.mpi : "no MPI");
	}
}

void pmp_check_plugin(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	const char *given = pmp_env_text(PMP_ENV_PMPROF_PLUGIN);
	const char *slash = strrchr(patient->library, '/');
	char path[8192], said[256];

	if (*given)
		snprintf(path, sizeof(path), "%s", given);
	else
		snprintf(path, sizeof(path), "%.*slibpmprof-hdf5.so",
			 slash ? (int)(slash + 1 - patient->library) : 0, patient->library);
	if (loads(path, said, sizeof(said))) {
		pmp_finding_set(finding, PMP_HEALTH_OK, "%.400s", path);
		return;
	}
	pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "does not load: %s", said);
	pmp_finding_remedy(
		finding,
		"put it beside libpmprof.so with its HDF5, or set PMPROF_PLUGIN; without it every "
		"run needs 'pmprof collect'");
}

void pmp_check_settings(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	struct pmp_diag diag = {""};
	struct pmp_mode mode;
	char unknown[64];
	size_t position = 0;
	unsigned set = 0;

	(void)patient;
	for (size_t i = 0; i < PMP_ENV_COUNT; i++)
		set += pmp_env_is_set((enum pmp_variable)i);
	if (pmp_mode_parse(getenv("PMPROF"), &mode, &diag)) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "%s", diag.text);
		pmp_finding_remedy(finding, "correct or unset PMPROF");
	} else if (!mode.profile) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "PMPROF=%s: nothing will be recorded",
				mode.text);
		pmp_finding_remedy(finding, "unset PMPROF");
	} else if (pmp_env_unknown(&position, unknown, sizeof(unknown))) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"'%s' is not a variable of pmprof and has no effect", unknown);
		pmp_finding_remedy(finding, "'man pmprof' lists the variables");
	} else {
		pmp_finding_set(finding, PMP_HEALTH_OK, "%u of %d variables set, mode %s", set,
				PMP_ENV_COUNT, mode.text);
	}
}
