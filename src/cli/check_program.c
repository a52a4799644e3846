/*
 * check_program.c - doctor: the user's program and launcher. The program itself is not run, the launcher only with `env`.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/checks.h"
#include "cli/child.h"
#include "cli/elf_facts.h"
#include "cli/line.h"

#define PROBE_SECONDS 20

/* The soname of the MPI library among everything the loader would bring in; also the first library that it cannot find. */
static void list_libraries(const char *program, char *mpi, size_t mpi_size, char *missing,
			   size_t missing_size)
{
	char text[65536];
	char *argv[] = {(char *)"env",        (char *)"-u",
			(char *)"LD_PRELOAD", (char *)"LD_TRACE_LOADED_OBJECTS=1",
			(char *)program,      NULL};
	char *rest = text;
	int status;

	*mpi = *missing = '\0';
	if (pmp_child_output(argv, PROBE_SECONDS, text, sizeof(text), &status))
		return;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		char *name = line + strspn(line, " \t");
		bool is_missing = strstr(name, "not found");

		name[strcspn(name, " ")] = '\0';
		if (!*mpi && pmp_elf_is_mpi(name))
			snprintf(mpi, mpi_size, "%s", name);
		if (!*missing && is_missing)
			snprintf(missing, missing_size, "%s", name);
	}
}

static void judge_dynamic(const struct pmp_patient *p, const struct pmp_elf_facts *facts,
			  struct pmp_finding *finding)
{
	struct pmp_elf_facts ours = {.mpi = ""};
	char mpi[64], missing[128];

	list_libraries(p->program, mpi, sizeof(mpi), missing, sizeof(missing));
	if (*p->library)
		pmp_elf_facts_read(p->library, &ours);
	if (*missing) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"'%s' does not start: '%s' is not found", p->program, missing);
		pmp_finding_remedy(finding,
				   "load the modules it was built with, or set LD_LIBRARY_PATH");
	} else if (!*mpi) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"'%s' is not linked with an MPI library", p->program);
		pmp_finding_remedy(
			finding,
			"give the program itself, not a script around it; build it with mpicc");
	} else if (*ours.mpi && strcmp(mpi, ours.mpi) != 0) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"'%s' uses %s (%s), libpmprof.so was built for %s (%s)", p->program,
				pmp_elf_mpi_name(mpi), mpi, pmp_elf_mpi_name(ours.mpi), ours.mpi);
		pmp_finding_remedy(finding,
				   "build pmprof with -DPMPROF_MPI=%s as well, and "
				   "install it beside this one",
				   *pmp_elf_mpi_folder(mpi) ? pmp_elf_mpi_folder(mpi) : "ITS_MPI");
	} else if (facts->is_behind_mpi) {
		pmp_finding_set(
			finding, PMP_HEALTH_PROBLEM,
			"'%s' has libpmprof.so behind the MPI library, where it sees no call",
			p->program);
		pmp_finding_remedy(finding,
				   "put -lpmprof before -lmpi when linking, or use 'pmprof run'");
	} else {
		pmp_finding_set(finding, PMP_HEALTH_OK, "%s: %s (%s)%s", p->program,
				pmp_elf_mpi_name(mpi), mpi,
				facts->is_profiled ? ", linked with libpmprof.so" : "");
	}
}

void pmp_check_program(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	struct pmp_elf_facts facts;
	int rc;

	if (!patient->launched.argv[0]) {
		pmp_finding_set(finding, PMP_HEALTH_SKIPPED,
				"no program given: pmprof doctor -- ./app");
		return;
	}
	rc = *patient->program ? pmp_elf_facts_read(patient->program, &facts) : -PMP_ENOTFOUND;
	if (rc == -PMP_EFORMAT) {
		pmp_finding_set(finding, PMP_HEALTH_NOTE,
				"'%s' is a script: its MPI shows only when it runs",
				patient->program);
	} else if (rc) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "no program found in '%s'",
				patient->launched.argv[0]);
		pmp_finding_remedy(finding, "check the name, and that it may be executed");
	} else if (facts.defines_mpi_init) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"'%s' contains its MPI (static): a preloaded library sees no call",
				patient->program);
		pmp_finding_remedy(finding, "link it with the shared MPI library");
	} else if (!facts.is_dynamic) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"'%s' is linked statically: nothing can be preloaded",
				patient->program);
		pmp_finding_remedy(finding, "link it without -static");
	} else {
		judge_dynamic(patient, &facts, finding);
	}
}

/* "mpirun -n 1 env", as `pmprof run` would start it; did the variable arrive? */
static void probe(const struct pmp_launched *launched, const char *library,
		  struct pmp_finding *finding)
{
	const struct pmp_setting setting = {"LD_PRELOAD", library};
	char text[65536], expected[8192];
	char **line = NULL;
	bool inherit;
	int status = 0;
	int rc = pmp_launcher_line(launched, &setting, 1, &line, &inherit);
	const char *launcher = pmp_launcher_name(launched->launcher);

	if (rc == 0)
		rc = pmp_child_output(line, PROBE_SECONDS, text, sizeof(text), &status);
	snprintf(expected, sizeof(expected), "LD_PRELOAD=%s", library);
	if (rc || status) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "'%s -n 1 env' does not work: %.200s",
				launched->argv[0], rc ? pmp_err_text(rc) : text);
		pmp_finding_remedy(finding, "mend the launcher first");
	} else if (!inherit && !strstr(text, expected)) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
				"the ranks of '%s' (%s) do not get LD_PRELOAD", launched->argv[0],
				launcher);
		pmp_finding_remedy(finding,
				   "link the program with -lpmprof in front of the MPI library");
	} else {
		pmp_finding_set(finding, PMP_HEALTH_OK, "%s (%s) hands it on", launched->argv[0],
				launcher);
	}
	pmp_line_free(line);
}

void pmp_check_preload(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	const struct pmp_launched *given = &patient->launched;
	char *argv[] = {given->launcher ? given->argv[given->at] : (char *)"mpirun", (char *)"-n",
			(char *)"1", (char *)"env", NULL};
	struct pmp_launched launched;

	pmp_launcher_find(argv, &launched);
	if (!*patient->library)
		pmp_finding_set(finding, PMP_HEALTH_SKIPPED, "there is no library to preload");
	else if (!launched.launcher)
		pmp_finding_set(finding, PMP_HEALTH_SKIPPED, "no launcher found");
	else
		probe(&launched, patient->library, finding);
}
