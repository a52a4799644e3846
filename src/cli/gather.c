/*
 * gather.c - finds a job's arenas, chooses the name of the file, has it written, and tells. Shared by `pmprof collect`, by
 * `pmprof run`, and by the janitors of `mpirun pmprof run` (run_rank.c).
 */
#include "cli/gather.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fmt.h"
#include "cli/cli.h"
#include "cli/crash_view.h"
#include "store/arena_view.h"
#include "store/collect.h"
#include "store/group.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The name of the program, as the first readable arena has it. */
static bool read_program(const char *dir, char *program, size_t size)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	bool found = false;

	while (entries && !found && (entry = readdir(entries))) {
		struct pmp_arena_header header;
		char path[PATH_MAX];
		bool is_alive;

		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (!pmp_arena_is_name(entry->d_name) ||
		    pmp_arena_peek(path, &header, &is_alive, NULL))
			continue;
		found = header.exe[0];
		if (found)
			snprintf(program, size, "%s", base_name(header.exe));
	}
	if (entries)
		closedir(entries);
	return found;
}

static void default_out(const struct pmp_job *job, char *out, size_t size)
{
	char program[512] = "program";
	bool found = false;

	for (size_t i = 0; i < job->dir_count && !found; i++)
		found = read_program(job->dirs[i], program, sizeof(program));
	snprintf(out, size, "%s.%s.pmprof.h5", program, job->name);
}

static void tell(const char *out, const struct pmp_write_summary *summary)
{
	char efficiency[64] = "", quoted[2 * PATH_MAX];

	if (summary->parallel_efficiency >= 0)
		snprintf(efficiency, sizeof(efficiency), ", parallel efficiency %s",
			 pmp_fmt_percent(summary->parallel_efficiency).text);
	pmp_cli_say("%d rank%s, %s%s%s; read it with: pmprof report %s", summary->ranks,
		    summary->ranks == 1 ? "" : "s", pmp_fmt_seconds(summary->wall_s).text,
		    efficiency, summary->complete ? "" : ", not all reached MPI_Finalize",
		    pmp_fmt_shell(out, quoted, sizeof(quoted)));
	if (summary->remark[0])
		pmp_cli_say("%s", summary->remark);
}

/* On a node without data of the job: nothing but its name. */
static int open_job(const char *given, struct pmp_job *job)
{
	int rc = pmp_job_open(given, job);

	if (rc != -PMP_ENOTFOUND)
		return rc;
	*job = (struct pmp_job){.name = strdup(given)};
	return job->name ? 0 : -PMP_ENOMEM;
}

/* What stands under the name of the file, to see later whether it is still that. */
static bool look(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	return stat(path, st) == 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * publish - give a file of a job that still ran its name, unless the ranks have meanwhile written theirs, which is whole
 * @before: what stood there when we began
 *
 * The old file is moved aside first, so that no file is ever replaced unseen; link() takes the name only if it is free.
 */
static int publish(const char *snapshot, const char *path, const struct stat *before,
		   struct pmp_diag *diag)
{
	char aside[PATH_MAX + 32];
	struct stat now;
	int rc = 0;

	if (snprintf(aside, sizeof(aside), "%s.old", snapshot) >= (int)sizeof(aside))
		return pmp_fail(diag, PMP_EINVALID, "the name of the file is too long");
	if (rename(path, aside) == 0 && look(aside, &now) && !is_same(&now, before))
		rename(aside, path);
	if (link(snapshot, path) && errno != EEXIST && rename(snapshot, path))
		rc = pmp_fail(diag, PMP_EIO, "cannot name the file '%s': %m", path);
	unlink(snapshot);
	unlink(aside);
	return rc;
}

int pmp_gather(const struct pmp_gather *gather, const struct pmp_group *group,
	       struct pmp_diag *diag)
{
	struct pmp_job job = {0};
	char name[PATH_MAX], snapshot[PATH_MAX + 16];
	const char *path = gather->out ? gather->out : name;
	struct stat before = {0};
	struct pmp_write_summary summary = {0};
	struct pmp_collect_options options = {
		.write = {.path = gather->force ? snapshot : path,
			  .launcher = gather->launcher,
			  .launcher_status = gather->launcher_status,
			  .has_launcher_status = gather->launcher != NULL,
			  .symbols = pmp_env_flag(PMP_ENV_PMPROF_SYMBOLS)},
		.allow_alive = gather->force,
		.keep = gather->keep,
	};
	int rc = pmp_agree(group, open_job(gather->job, &job));

	if (rc == 0) {
		default_out(&job, name, sizeof(name));
		snprintf(snapshot, sizeof(snapshot), "%s.running", path);
		look(path, &before);
		rc = pmp_collect(&job, &options, group, &summary, diag);
	}
	if (rc == 0 && group->rank == 0 && gather->force)
		rc = publish(snapshot, path, &before, diag);
	if (rc == 0 && group->rank == 0 && !gather->quiet) {
		if (summary.crashes)
			pmp_crash_view(path);
		tell(path, &summary);
	}
	pmp_job_close(&job);
	return rc;
}

void pmp_gather_advice(const struct pmp_gather *gather)
{
	char job[2 * PATH_MAX], out[2 * PATH_MAX] = "";

	if (gather->out)
		pmp_fmt_shell(gather->out, out, sizeof(out));
	pmp_cli_say("the data are kept; when that is mended: pmprof collect %s%s%s",
		    pmp_fmt_shell(gather->job, job, sizeof(job)), *out ? " --out " : "", out);
}
