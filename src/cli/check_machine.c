/*
 * check_machine.c - doctor: this node. Reads files under /proc and asks filesystems; changes nothing.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/environment.h"
#include "cli/checks.h"
#include "store/collect.h"

#define MIB 1048576.0

/* Free bytes for us in the filesystem of a folder; negative when we may not write there. */
static double room(const char *dir)
{
	struct statvfs st;

	if (access(dir, W_OK | X_OK) || statvfs(dir, &st))
		return -1.0;
	return (double)st.f_bavail * (double)st.f_frsize;
}

void pmp_check_leftovers(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	struct pmp_job *jobs = NULL;
	size_t count = 0, finished = 0;
	const char *dir = "";

	(void)patient;
	if (pmp_jobs_list(&jobs, &count))
		count = 0;
	for (size_t i = count; i > 0; i--)
		if (!jobs[i - 1].is_alive) {
			finished++;
			dir = jobs[i - 1].dir;
		}
	if (finished) {
		pmp_finding_set(finding, PMP_HEALTH_NOTE,
				"%zu job%s ended without writing a file, last %s", finished,
				finished == 1 ? "" : "s", dir);
		pmp_finding_remedy(finding, "pmprof collect %s", dir);
	} else {
		pmp_finding_set(finding, PMP_HEALTH_OK, "none");
	}
	pmp_jobs_free(jobs, count);
}

void pmp_check_scratch(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	const char *tmpdir = getenv("TMPDIR");
	const char *given = pmp_env_text(PMP_ENV_PMPROF_SCRATCH);
	const char *const usual[] = {given, "/dev/shm", tmpdir && *tmpdir ? tmpdir : "/tmp", "/tmp",
				     NULL};
	const char *const *dirs = *given ? usual : usual + 1;
	uint64_t need = 0;

	(void)patient;
	pmp_env_number(PMP_ENV_PMPROF_MEMORY, &need);
	for (size_t i = 0; dirs[i]; i++) {
		double bytes = room(dirs[i]);

		if (bytes < (double)need)
			continue;
		pmp_finding_set(finding, i == 0 ? PMP_HEALTH_OK : PMP_HEALTH_NOTE,
				"%s has %.0f MiB free, a rank takes %.0f at most", dirs[i],
				bytes / MIB, (double)need / MIB);
		if (i > 0)
			pmp_finding_remedy(
				finding,
				"%s is full or not writable, the next place is taken; on "
				"disk calls are delayed now and then",
				dirs[0]);
		return;
	}
	pmp_finding_set(finding, PMP_HEALTH_PROBLEM,
			"no place for records: '%s' and the others are not writable or have less "
			"than %.0f MiB",
			dirs[0], (double)need / MIB);
	pmp_finding_remedy(finding,
			   "set PMPROF_SCRATCH to a folder on this node, or PMPROF_MEMORY to less");
}

void pmp_check_output(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	const char *out = pmp_env_text(PMP_ENV_PMPROF_OUT);
	const char *slash = strrchr(out, '/');
	char dir[PATH_MAX], real[PATH_MAX];
	double bytes;

	(void)patient;
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash + 1 - out) : 1, slash ? out : ".");
	bytes = room(dir);
	if (bytes < MIB) {
		pmp_finding_set(finding, PMP_HEALTH_PROBLEM, "'%s' is %s",
				realpath(dir, real) ? real : dir,
				bytes < 0 ? "not writable" : "full");
		pmp_finding_remedy(finding,
				   "change to another folder, or name one: pmprof run --out FILE");
		return;
	}
	pmp_finding_set(finding, PMP_HEALTH_OK, "%s has %.0f MiB free",
			realpath(dir, real) ? real : dir, bytes / MIB);
}

void pmp_check_clock(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	(void)patient;
	pmp_clock_init(pmp_env_text(PMP_ENV_PMPROF_CLOCK));
	if (pmp_clock.kind == PMP_CLOCK_MONOTONIC) {
		pmp_finding_set(finding, PMP_HEALTH_NOTE,
				"%s: each call costs about 30 ns more than with a cycle counter",
				pmp_clock.name);
		pmp_finding_remedy(
			finding,
			"the kernel does not trust this machine's counter (clocksource in /sys)");
		return;
	}
	pmp_finding_set(finding, PMP_HEALTH_OK, "%s, %.4f ns a tick", pmp_clock.name,
			pmp_clock.ns_per_tick);
}

/* A number in /proc; @missing when there is no such file. */
static int read_number(const char *path, int missing)
{
	FILE *file = fopen(path, "re");
	int value = missing;

	if (!file)
		return missing;
	if (fscanf(file, "%d", &value) != 1)
		value = missing;
	fclose(file);
	return value;
}

void pmp_check_perf(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	int level = read_number("/proc/sys/kernel/perf_event_paranoid", INT_MAX);

	(void)patient;
	if (level <= 2 || (level != INT_MAX && geteuid() == 0)) {
		pmp_finding_set(finding, PMP_HEALTH_OK, "allowed (perf_event_paranoid is %d)",
				level);
		return;
	}
	pmp_finding_set(finding, PMP_HEALTH_NOTE, "not allowed; profiles do not need it");
	pmp_finding_remedy(finding, "as root: sysctl kernel.perf_event_paranoid=2");
}

void pmp_check_ptrace(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	int scope = read_number("/proc/sys/kernel/yama/ptrace_scope", 0);

	(void)patient;
	if (scope == 0 || (scope < 3 && geteuid() == 0)) {
		pmp_finding_set(finding, PMP_HEALTH_OK, "allowed (ptrace_scope is %d)", scope);
		return;
	}
	pmp_finding_set(finding, PMP_HEALTH_NOTE,
			"restricted (ptrace_scope is %d); profiles do not need it", scope);
	pmp_finding_remedy(finding, scope == 3 ? "only a restart with another setting changes it"
					       : "as root: sysctl kernel.yama.ptrace_scope=0");
}
