/*
 * cmd_collect.c - `pmprof collect`: a file from what a run left behind. Alone, or one process per node under a launcher.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/launch.h"
#include "cli/cli.h"
#include "cli/gather.h"
#include "store/collect.h"
#include "store/group_start.h"

enum { KEY_KEEP = 0x100, KEY_LIST, KEY_STATUS };

struct options {
	struct pmp_gather gather;
	bool list;
};

static const struct argp_option option_table[] = {
	{"out", 'o', "FILE", 0, "File to write (default: PROGRAM.JOB.pmprof.h5 here)", 0},
	{"keep", KEY_KEEP, NULL, 0, "Leave the collected data where they are", 0},
	{"force", 'f', NULL, 0,
	 "Collect also while ranks still run: what they have recorded so far", 0},
	{"list", KEY_LIST, NULL, 0, "List the jobs that have left data on this machine", 0},
	{"launcher-status", KEY_STATUS, "N", OPTION_HIDDEN, NULL, 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == 'o')
		o->gather.out = arg;
	else if (key == KEY_KEEP)
		o->gather.keep = true;
	else if (key == 'f')
		o->gather.force = true;
	else if (key == KEY_LIST)
		o->list = true;
	else if (key == ARGP_KEY_ARG && !o->gather.job)
		o->gather.job = arg;
	else if (key == KEY_STATUS)
		o->gather.launcher = "launcher", o->gather.launcher_status = atoi(arg);
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse,
	.args_doc = "[JOB|DIR]",
	.doc = "Make a file from the data that a run has left behind because it did not end "
	       "normally.\v"
	       "Without an argument there has to be exactly one such job. After a run on several "
	       "nodes start it "
	       "once on each: mpirun --map-by ppr:1:node pmprof collect JOB",
};

static const char *age(int64_t seconds, char *text, size_t size)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(text, size, "%lld %s", (long long)(seconds / units[i].seconds), units[i].unit);
	return text;
}

static int list_jobs(const struct pmp_job *jobs, size_t count)
{
	char text[32];

	if (count == 0)
		pmp_cli_say("no job has left data on this machine");
	for (size_t i = 0; i < count; i++) {
		printf("%s  %zu rank%s, %s ago%s", jobs[i].dir, jobs[i].arenas,
		       jobs[i].arenas == 1 ? "" : "s", age(jobs[i].age_s, text, sizeof(text)),
		       jobs[i].is_alive ? ", still running" : "");
		for (size_t dir = 1; dir < jobs[i].dir_count; dir++)
			printf("%s%s", dir == 1 ? ", also in " : ", ", jobs[i].dirs[dir]);
		putchar('\n');
	}
	return fflush(stdout) ? PMP_EXIT_INTERNAL : PMP_EXIT_OK;
}

/* The one job that can be meant when none is named. Return: to be freed, NULL when there are none or several. */
static char *only_job(const struct pmp_job *jobs, size_t count, struct pmp_diag *diag)
{
	const struct pmp_job *found = NULL;
	size_t finished = 0;

	for (size_t i = 0; i < count; i++)
		if (!jobs[i].is_alive) {
			found = &jobs[i];
			finished++;
		}
	if (finished == 1)
		return strdup(found->dir);
	if (finished == 0)
		pmp_fail(diag, PMP_ENOTFOUND,
			 "no finished job has left data on this machine, so there is nothing to "
			 "collect");
	else
		pmp_fail(diag, PMP_ENOTFOUND,
			 "%zu jobs have left data, name one of them: pmprof collect --list",
			 finished);
	return NULL;
}

/* --list, and the choice of a job when none is named. Return: exit code when that was all, else -1. */
static int prepare(struct options *o, char **chosen)
{
	struct pmp_diag diag = {""};
	struct pmp_job *jobs = NULL;
	size_t count = 0;
	int code = -1;

	if (!o->list && o->gather.job)
		return -1;
	int rc = pmp_jobs_list(&jobs, &count);

	if (rc)
		return pmp_cli_fail(rc, NULL);
	if (o->list)
		code = list_jobs(jobs, count);
	else if (!(*chosen = only_job(jobs, count, &diag)))
		code = pmp_cli_fail(-PMP_ENOTFOUND, &diag);
	pmp_jobs_free(jobs, count);
	o->gather.job = *chosen;
	return code;
}

int cmd_collect(int argc, char **argv)
{
	struct options o = {.gather = {.job = NULL}};
	struct pmp_group group = pmp_group_single;
	struct pmp_launch launch;
	struct pmp_diag diag = {""};
	char *chosen = NULL;
	int code;

	int rest = pmp_cli_parse(&argp, argc, argv, 0, &o);

	if (rest < argc)
		pmp_cli_usage("argument '%s' is one too many: one job at a time", argv[rest]);
	pmp_launch_read(&launch);
	code = prepare(&o, &chosen);
	if (code >= 0)
		return code;
	bool is_parallel = launch.size > 1;
	int rc = is_parallel ? pmp_group_start(&group, &diag) : 0;

	if (rc == 0)
		rc = pmp_gather(&o.gather, &group, &diag);
	code = group.rank == 0 ? pmp_cli_fail(rc, &diag) : PMP_EXIT_OK;
	if (is_parallel)
		pmp_group_stop(&group);
	free(chosen);
	return code;
}
