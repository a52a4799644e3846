/*
 * gather.c - finds a job's arenas, chooses the name of the file, has it written, and tells. Shared by `pmprof collect`, by
 * `pmprof run`, and by the janitors of `mpirun pmprof run` (run_rank.c).
 */
#include "cli/gather.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fmt.h"
#include "cli/cli.h"
#include "store/arena_view.h"
#include "store/collect.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *pmp_gather_dir(const char *job)
{
	struct pmp_job *jobs = NULL;
	size_t count = 0;
	struct stat st;
	char *dir = NULL;

	if (strchr(job, '/') || (stat(job, &st) == 0 && S_ISDIR(st.st_mode)))
		return realpath(job, NULL);
	if (pmp_jobs_list(&jobs, &count))
		return NULL;
	for (size_t i = 0; i < count && !dir; i++)
		if (strcmp(base_name(jobs[i].dir), job) == 0)
			dir = strdup(jobs[i].dir);
	pmp_jobs_free(jobs, count);
	return dir;
}

/* The name of the program, as the first readable arena has it. */
static void read_program(const char *dir, char *program, size_t size)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	struct pmp_arena_view view;
	bool found = false;

	snprintf(program, size, "program");
	while (entries && !found && (entry = readdir(entries))) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] == '.' || pmp_arena_view_open(path, &view, NULL))
			continue;
		found = view.header.exe[0];
		if (found)
			snprintf(program, size, "%s", base_name(view.header.exe));
		pmp_arena_view_close(&view);
	}
	if (entries)
		closedir(entries);
}

static void default_out(const char *dir, char *out, size_t size)
{
	char program[512];

	read_program(dir, program, sizeof(program));
	snprintf(out, size, "%s.%s.pmprof.h5", program, base_name(dir));
}

static void tell(const char *out, const struct pmp_write_summary *summary)
{
	char efficiency[64] = "";

	if (summary->parallel_efficiency >= 0)
		snprintf(efficiency, sizeof(efficiency), ", parallel efficiency %s",
			 pmp_fmt_percent(summary->parallel_efficiency).text);
	pmp_cli_say("%d rank%s, %s%s%s; read it with: pmprof report %s", summary->ranks,
		    summary->ranks == 1 ? "" : "s", pmp_fmt_seconds(summary->wall_s).text,
		    efficiency, summary->complete ? "" : ", not all reached MPI_Finalize", out);
}

int pmp_gather(const struct pmp_gather *gather, const struct pmp_group *group,
	       struct pmp_diag *diag)
{
	char *dir = pmp_gather_dir(gather->job);
	const char *place = dir ? dir : gather->job; /* another node may have it */
	char name[PATH_MAX];
	struct pmp_write_summary summary = {0};
	struct pmp_collect_options options = {
		.write = {.path = gather->out ? gather->out : name,
			  .launcher = gather->launcher,
			  .launcher_status = gather->launcher_status,
			  .has_launcher_status = gather->launcher != NULL,
			  .symbols = pmp_env_flag(PMP_ENV_PMPROF_SYMBOLS)},
		.allow_alive = gather->force,
		.keep = gather->keep,
	};

	default_out(place, name, sizeof(name));
	int rc = pmp_collect(place, &options, group, &summary, diag);

	if (rc == 0 && group->rank == 0 && !gather->quiet)
		tell(options.write.path, &summary);
	free(dir);
	return rc;
}

void pmp_gather_advice(const struct pmp_gather *gather)
{
	pmp_cli_say("the data are kept; when that is mended: pmprof collect %s%s%s", gather->job,
		    gather->out ? " --out " : "", gather->out ? gather->out : "");
}
