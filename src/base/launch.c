/*
 * launch.c - rank, size and job from the launcher's environment variables. Runtime and tools, at start; no state.
 */
#include "base/launch.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"

#define PMP_JOB_ID(variable, second)

static const struct {
	const char *name, *mark, *rank, *size, *node_rank, *node_size;
} launchers[] = {
#define PMP_LAUNCHER(name, mark, rank, size, node_rank, node_size)                                 \
	{name, mark, rank, size, node_rank, node_size},
#include "base/launch.def"
#undef PMP_LAUNCHER
};

#undef PMP_JOB_ID
#define PMP_LAUNCHER(name, mark, rank, size, node_rank, node_size)

static const struct {
	const char *variable, *second;
} jobs[] = {
#define PMP_JOB_ID(variable, second) {variable, second},
#include "base/launch.def"
#undef PMP_JOB_ID
};

#undef PMP_LAUNCHER

static bool number(const char *variable, int *value)
{
	const char *text = *variable ? getenv(variable) : NULL;
	char *end = NULL;
	long parsed = text ? strtol(text, &end, 10) : -1;

	if (!text || end == text || *end || parsed < 0 || parsed > INT_MAX)
		return false;
	*value = (int)parsed;
	return true;
}

/* "2(x3),1": tasks on the nodes of a step, in order. Return: false when it does not say anything of this node. */
static bool number_of_node(const char *variable, int *value)
{
	const char *text = *variable ? getenv(variable) : NULL;
	int node = -1;

	if (number(variable, value))
		return true;
	if (!text || !number("SLURM_NODEID", &node))
		return false;
	while (*text) {
		int tasks = 0, times = 1, used = 0;

		if (sscanf(text, "%9d%n(x%9d)%n", &tasks, &used, &times, &used) < 1 || tasks < 0)
			return false;
		if (node < times) {
			*value = tasks;
			return true;
		}
		node -= times;
		text += used;
		text += *text == ',';
	}
	return false;
}

static void read_job(char *job, size_t size)
{
	snprintf(job, size, "%ld", (long)getppid());
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		const char *id = getenv(jobs[i].variable);
		const char *second = *jobs[i].second ? getenv(jobs[i].second) : NULL;

		if (!id || !*id)
			continue;
		snprintf(job, size, "%s%s%s", id, second ? "." : "", second ? second : "");
		return;
	}
}

/* A name that is one component of a path, whatever was in the variable. */
static void clean(char *name)
{
	if (*name == '.')
		*name = '_';
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-+=,@:", *name))
			*name = '_';
}

void pmp_launch_read(struct pmp_launch *launch)
{
	*launch = (struct pmp_launch){.launcher = ""};
	for (size_t i = 0; i < sizeof(launchers) / sizeof(launchers[0]); i++) {
		if ((*launchers[i].mark && !getenv(launchers[i].mark)) ||
		    !number(launchers[i].rank, &launch->rank))
			continue;
		launch->is_rank_known = true;
		launch->launcher = launchers[i].name;
		number(launchers[i].size, &launch->size);
		number(launchers[i].node_rank, &launch->node_rank);
		number_of_node(launchers[i].node_size, &launch->node_size);
		break;
	}
	if (pmp_env_is_set(PMP_ENV_PMPROF_JOB))
		snprintf(launch->job, sizeof(launch->job), "%s", pmp_env_text(PMP_ENV_PMPROF_JOB));
	else
		read_job(launch->job, sizeof(launch->job));
	clean(launch->job);
}

void pmp_launch_forget(void)
{
	for (size_t i = 0; i < sizeof(launchers) / sizeof(launchers[0]); i++)
		unsetenv(launchers[i].rank);
}
