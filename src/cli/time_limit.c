/*
 * time_limit.c - the time limit of the batch job: from the environment, else from the scheduler's own command. Used by `pmprof run` in
 * a process of its own (before_limit.c) and by `pmprof doctor`; never in the user's program.
 */
#include "cli/time_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/batch.h"
#include "cli/child.h"

#define ASK_SECONDS 20
#define WORDS_MAX   8

/* Slurm's `squeue -o %e` with times in seconds since 1970: when it ends; "NONE", "N/A" without a limit. */
static int parse_slurm(const char *text, int64_t *seconds)
{
	char *end;
	long long ends = strtoll(text, &end, 10);

	if (*text == 'N')
		return -PMP_ENOTFOUND;
	if (end == text || (*end && *end != '\n') || ends <= 0)
		return -PMP_EFORMAT;
	*seconds = ends - (int64_t)time(NULL);
	return 0;
}

/* Flux's `flux job timeleft`: whole seconds; a job without a limit has more than 32 bits of them, or "infinity". */
static int parse_flux(const char *text, int64_t *seconds)
{
	char *end;
	double left = strtod(text, &end);

	if (end == text)
		return -PMP_EFORMAT;
	if (left < 0 || left >= UINT32_MAX)
		return -PMP_ENOTFOUND;
	*seconds = (int64_t)left;
	return 0;
}

/* LSF's `bjobs -o time_left`: "1:30 L" is an hour and a half, "-" no limit. */
static int parse_lsf(const char *text, int64_t *seconds)
{
	int hours, minutes;

	if (*text == '-')
		return -PMP_ENOTFOUND;
	if (sscanf(text, "%9d:%9d", &hours, &minutes) != 2)
		return -PMP_EFORMAT;
	*seconds = (int64_t)hours * 3600 + minutes * 60;
	return 0;
}

/* "hours:minutes:seconds" behind @key in the output of `qstat -f`. Return: negative when it is not there. */
static int64_t pbs_time(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	int hours, minutes, seconds;

	if (!at || sscanf(at + strlen(key), " = %9d:%9d:%9d", &hours, &minutes, &seconds) != 3)
		return -1;
	return (int64_t)hours * 3600 + minutes * 60 + seconds;
}

static int parse_pbs(const char *text, int64_t *seconds)
{
	int64_t limit = pbs_time(text, "Resource_List.walltime");
	int64_t used = pbs_time(text, "resources_used.walltime");

	if (!strstr(text, "Job Id"))
		return -PMP_EFORMAT;
	if (limit < 0)
		return -PMP_ENOTFOUND;
	*seconds = limit - (used > 0 ? used : 0);
	return 0;
}

/* "ID" in a command stands for the job's id. */
static const struct clerk {
	const char *scheduler;
	const char *command[WORDS_MAX];
	int (*parse)(const char *text, int64_t *seconds);
} clerks[] = {
	/* not %L: that does not know of an end that an operator has moved */
	{"Slurm",
	 {"env", "SLURM_TIME_FORMAT=%s", "squeue", "-h", "-o", "%e", "-j", "ID"},
	 parse_slurm},
	{"Flux", {"flux", "job", "timeleft", "ID"}, parse_flux},
	{"LSF", {"bjobs", "-noheader", "-o", "time_left", "ID"}, parse_lsf},
	{"PBS", {"qstat", "-f", "ID"}, parse_pbs},
};

static const struct clerk *find_clerk(const char *scheduler)
{
	for (size_t i = 0; i < sizeof(clerks) / sizeof(clerks[0]); i++)
		if (strcmp(clerks[i].scheduler, scheduler) == 0)
			return &clerks[i];
	return NULL;
}

int pmp_time_limit_parse(const char *scheduler, const char *text, int64_t *seconds)
{
	const struct clerk *clerk = find_clerk(scheduler);

	return clerk ? clerk->parse(text + strspn(text, " \t\n"), seconds) : -PMP_EUNSUPPORTED;
}

static int ask(const char *scheduler, char *id, int64_t *seconds, struct pmp_diag *diag)
{
	const struct clerk *clerk = find_clerk(scheduler);
	char *argv[WORDS_MAX + 1] = {NULL};
	char text[16384];
	int status = 0, rc;

	if (!clerk)
		return pmp_fail(diag, PMP_EUNSUPPORTED,
				"how to ask %s for the time limit is not known", scheduler);
	for (size_t i = 0; i < WORDS_MAX && clerk->command[i]; i++)
		argv[i] = strcmp(clerk->command[i], "ID") == 0 ? id : (char *)clerk->command[i];
	rc = pmp_child_output(argv, ASK_SECONDS, text, sizeof(text), &status);
	if (rc || status)
		return pmp_fail(diag, PMP_EUNSUPPORTED, "%s does not say the time limit%s%.*s",
				scheduler, *text ? ": " : "", (int)strcspn(text, "\n"), text);
	rc = pmp_time_limit_parse(scheduler, text, seconds);
	if (rc == -PMP_EFORMAT)
		return pmp_fail(diag, PMP_EFORMAT, "cannot make a time of what %s says: %.*s",
				scheduler, (int)strcspn(text, "\n"), text);
	if (rc)
		return pmp_fail(diag, PMP_ENOTFOUND, "the job has no time limit");
	return 0;
}

int pmp_time_limit_left(bool may_ask, int64_t *seconds, struct pmp_diag *diag)
{
	char lines[768], scheduler[32], id[256];
	int64_t ends = 0;

	pmp_batch_read(lines, sizeof(lines));
	if (!pmp_batch_value(lines, "scheduler", scheduler, sizeof(scheduler)))
		return pmp_fail(diag, PMP_ENOTFOUND, "no batch system, so no time limit");
	pmp_batch_value(lines, "id", id, sizeof(id));
	if (pmp_batch_number(lines, "ends_s", &ends) && ends > 0) {
		*seconds = ends - (int64_t)time(NULL);
		return 0;
	}
	if (!may_ask)
		return pmp_fail(diag, PMP_EUNSUPPORTED,
				"the environment of %s does not say the time limit", scheduler);
	return ask(scheduler, id, seconds, diag);
}
