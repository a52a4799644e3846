/*
 * survey.c - reads the headers of arenas, groups them to jobs, removes what is left over. Called by `pmprof list`, `pmprof clean` and
 * `pmprof stacks`, one thread. Never touches the arena of a living process.
 */
#include "inspect/survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "inspect/process.h"
#include "store/arena_view.h"
#include "store/collect.h"

#define JOBS_MAX 100000
#define STARTING_S                                                                                 \
	60 /* an arena without a header may be that old and still belong to a process that is about to begin */
#define ANCESTRY    64 /* generations between a rank and its launcher that are looked at */
#define NAMES_SHOWN 5

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int is_arena_entry(const struct dirent *entry)
{
	return pmp_arena_is_name(entry->d_name);
}

static int by_rank(const void *a, const void *b)
{
	const struct pmp_surveyed_rank *x = a, *y = b;

	if (x->is_readable != y->is_readable)
		return x->is_readable ? -1 : 1;
	if (x->header.rank != y->header.rank)
		return x->header.rank < y->header.rank ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Only what is proven to belong to the arena; most have none. */
static void look_at_parts(struct pmp_surveyed_rank *rank, struct pmp_pool *pool)
{
	struct pmp_arena_view view;
	struct stat st;

	if (!rank->is_readable || !rank->header.parts[0].first ||
	    pmp_arena_view_open(rank->path, &view, NULL))
		return;
	rank->parts = pmp_pool_alloc(pool, view.part_count, sizeof(*rank->parts));
	for (size_t i = 0; rank->parts && i < view.part_count; i++) {
		rank->parts[rank->part_count++] = pmp_pool_printf(pool, "%s", view.parts[i]);
		if (stat(view.parts[i], &st) == 0)
			rank->bytes += (uint64_t)st.st_blocks * 512;
	}
	pmp_arena_view_close(&view);
}

static void look_at_rank(struct pmp_surveyed_rank *rank, struct pmp_pool *pool)
{
	struct stat st;

	if (stat(rank->path, &st) == 0) {
		rank->bytes = (uint64_t)st.st_blocks * 512;
		rank->written_s = st.st_mtime;
	}
	rank->is_readable = pmp_arena_peek(rank->path, &rank->header, &rank->is_alive, NULL) == 0;
	if (!rank->is_readable)
		memset(&rank->header, 0, sizeof(rank->header));
	/* stores through a mapping do not renew the time of a file in memory */
	int64_t latest = (int64_t)(rank->header.latest.real_ns / 1000000000);

	if (latest > rank->written_s && latest <= time(NULL))
		rank->written_s = latest;
	look_at_parts(rank, pool);
}

static void sum_up(struct pmp_survey *job)
{
	job->program = job->host = "";
	for (size_t i = 0; i < job->count; i++) {
		const struct pmp_surveyed_rank *rank = &job->ranks[i];
		int64_t begin = (int64_t)(rank->header.start.real_ns / 1000000000);

		job->bytes += rank->bytes;
		job->alive += rank->is_alive;
		job->unreadable += !rank->is_readable;
		if (rank->written_s > job->written_s)
			job->written_s = rank->written_s;
		if (!rank->is_readable)
			continue;
		if (begin > 0 && (job->begin_s == 0 || begin < job->begin_s))
			job->begin_s = begin;
		if (rank->header.size > job->size)
			job->size = rank->header.size;
		if (!job->program[0])
			job->program = base_name(rank->header.exe);
		if (!job->host[0])
			job->host = rank->header.host;
	}
}

/* Arenas of one folder, behind those found already. */
static int add_folder(struct pmp_pool *pool, struct pmp_survey *job, const char *dir)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_arena_entry, NULL);
	size_t more = count > 0 ? (size_t)count : 0;
	struct pmp_surveyed_rank *ranks = pmp_pool_alloc(pool, job->count + more, sizeof(*ranks));

	if (ranks && job->count)
		memcpy(ranks, job->ranks, job->count * sizeof(*ranks));
	for (size_t i = 0; i < more; i++) {
		if (ranks) {
			ranks[job->count].path =
				pmp_pool_printf(pool, "%s/%s", dir, entries[i]->d_name);
			look_at_rank(&ranks[job->count++], pool);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	job->ranks = ranks;
	return ranks ? 0 : -PMP_ENOMEM;
}

/* @dirs: all folders of the job */
static int survey(struct pmp_pool *pool, const char *const *dirs, size_t dir_count,
		  struct pmp_survey *job)
{
	int rc = 0;

	*job = (struct pmp_survey){
		.name = base_name(dirs[0]), .dirs = dirs, .dir_count = dir_count};
	for (size_t i = 0; i < dir_count && rc == 0; i++)
		rc = add_folder(pool, job, dirs[i]);
	if (rc)
		return rc;
	qsort(job->ranks, job->count, sizeof(*job->ranks), by_rank);
	sum_up(job);
	return 0;
}

static int running_first(const void *a, const void *b)
{
	const struct pmp_survey *x = a, *y = b;

	if (!x->alive != !y->alive)
		return x->alive ? -1 : 1;
	if (x->written_s != y->written_s)
		return x->written_s > y->written_s ? -1 : 1;
	return strcmp(x->name, y->name);
}

static const char **copy_dirs(struct pmp_pool *pool, char *const *from, size_t count)
{
	const char **dirs = pmp_pool_alloc(pool, count, sizeof(*dirs));

	for (size_t i = 0; dirs && i < count; i++)
		dirs[i] = pmp_pool_printf(pool, "%s", from[i]);
	return dirs;
}

int pmp_survey_all(struct pmp_pool *pool, struct pmp_survey **jobs, size_t *count)
{
	struct pmp_job *found = NULL;
	size_t found_count = 0, used = 0;
	int rc = pmp_jobs_list(&found, &found_count);
	struct pmp_survey *list = rc ? NULL : pmp_pool_alloc(pool, found_count + 1, sizeof(*list));

	if (rc == 0 && !list)
		rc = -PMP_ENOMEM;
	for (size_t i = 0; i < found_count && i < JOBS_MAX && rc == 0; i++) {
		const char **dirs = copy_dirs(pool, found[i].dirs, found[i].dir_count);

		rc = dirs ? survey(pool, dirs, found[i].dir_count, &list[used++]) : -PMP_ENOMEM;
	}
	pmp_jobs_free(found, found_count);
	if (rc)
		return rc;
	qsort(list, used, sizeof(*list), running_first);
	*jobs = list;
	*count = used;
	return pmp_pool_failed(pool) ? -PMP_ENOMEM : 0;
}

static int of_folder(struct pmp_pool *pool, const char *dir, struct pmp_survey *job,
		     struct pmp_diag *diag)
{
	struct pmp_job found;
	const char **dirs;
	int rc = pmp_job_open(dir, &found);

	if (rc == -PMP_ENOTFOUND)
		return pmp_fail(diag, PMP_ENOTFOUND, "cannot open folder '%s': %m", dir);
	if (rc)
		return rc;
	dirs = copy_dirs(pool, found.dirs, found.dir_count);
	rc = dirs ? survey(pool, dirs, found.dir_count, job) : -PMP_ENOMEM;
	pmp_job_close(&found);
	if (rc == 0 && job->count == 0)
		return pmp_fail(diag, PMP_ENOTFOUND, "there are no arenas (rank-*.arena) in '%s'",
				dir);
	return rc;
}

/* A process of the job, or one that has a process of the job among its descendants. */
static bool has_process(const struct pmp_survey *job, int pid)
{
	for (size_t i = 0; i < job->count; i++) {
		int up = job->ranks[i].header.pid;

		for (int n = 0; job->ranks[i].is_alive && up > 1 && n < ANCESTRY; n++) {
			if (up == pid)
				return true;
			up = pmp_process_parent(up);
		}
	}
	return false;
}

static int of_process(struct pmp_pool *pool, int pid, const struct pmp_survey *jobs, size_t count,
		      struct pmp_survey *job, struct pmp_diag *diag)
{
	char arena[PMP_PROCESS_PATH], name[PMP_PROCESS_NAME], owner[PMP_PROCESS_NAME];

	for (size_t i = 0; i < count; i++)
		if (has_process(&jobs[i], pid)) {
			*job = jobs[i];
			return 0;
		}
	if (!pmp_process_exists(pid))
		return pmp_fail(diag, PMP_ENOTFOUND, "there is no process %d (any more)", pid);
	if (!pmp_process_is_ours(pid, owner, sizeof(owner)))
		return pmp_fail(diag, PMP_ENOTFOUND,
				"process %d belongs to user '%s': only that user and root can look "
				"into it",
				pid, owner);
	/* of another scratch place, or of another user when we are root */
	if (pmp_process_arena(pid, arena)) {
		*strrchr(arena, '/') = '\0';
		return of_folder(pool, arena, job, diag);
	}
	pmp_process_name(pid, name, sizeof(name));
	return pmp_fail(diag, PMP_ENOTFOUND,
			"process %d ('%s') is no MPI program that records, and has started none: "
			"'pmprof list' shows what runs",
			pid, name);
}

static bool is_meant(const struct pmp_survey *job, enum pmp_survey_kind kind)
{
	return kind == PMP_SURVEY_RUNNING ? job->alive > 0 : pmp_survey_is_left_over(job);
}

static int only_one(const struct pmp_survey *jobs, size_t count, enum pmp_survey_kind kind,
		    struct pmp_survey *job, struct pmp_diag *diag)
{
	const char *what = kind == PMP_SURVEY_RUNNING ? "running" : "left over";
	char names[256] = "";
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names);

		if (!is_meant(&jobs[i], kind))
			continue;
		if (found++ < NAMES_SHOWN)
			snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
				 jobs[i].name);
		*job = jobs[i];
	}
	if (found == 1)
		return 0;
	if (found == 0)
		return pmp_fail(diag, PMP_ENOTFOUND,
				"no job is %s on this machine: 'pmprof list' shows what there is",
				what);
	return pmp_fail(diag, PMP_ENOTFOUND, "%zu jobs are %s, name one of them: %s%s", found, what,
			names, found > NAMES_SHOWN ? ", ..." : "");
}

int pmp_survey_find(struct pmp_pool *pool, const char *what, enum pmp_survey_kind kind,
		    struct pmp_survey *job, struct pmp_diag *diag)
{
	struct pmp_survey *jobs;
	struct stat st;
	size_t count;
	char *end = NULL;
	int rc;

	if (what && (strchr(what, '/') || (stat(what, &st) == 0 && S_ISDIR(st.st_mode))))
		return of_folder(pool, what, job, diag);
	rc = pmp_survey_all(pool, &jobs, &count);
	if (rc)
		return rc;
	if (!what)
		return only_one(jobs, count, kind, job, diag);
	for (size_t i = 0; i < count; i++)
		if (strcmp(jobs[i].name, what) == 0) {
			*job = jobs[i];
			return 0;
		}
	errno = 0;
	long pid = strtol(what, &end, 10);

	if (end != what && !*end && errno == 0 && pid > 0 && pid <= INT32_MAX)
		return of_process(pool, (int)pid, jobs, count, job, diag);
	return pmp_fail(diag, PMP_ENOTFOUND,
			"there is no job '%s' on this machine: 'pmprof list' shows what there is",
			what);
}

bool pmp_survey_is_left_over(const struct pmp_survey *job)
{
	time_t now = time(NULL);

	for (size_t i = 0; i < job->count; i++) {
		const struct pmp_surveyed_rank *rank = &job->ranks[i];

		if (rank->is_alive || (!rank->is_readable && now - rank->written_s < STARTING_S))
			return false;
	}
	return true;
}

static void remove_part(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	unlink(path);
	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash) {
		*slash = '\0';
		rmdir(folder); /* when it is empty */
	}
}

/* Under the lock that collect takes: nobody is reading it, and nobody will. */
static int remove_arena(const struct pmp_surveyed_rank *rank, bool *is_removed)
{
	const char *path = rank->path;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc = 0;

	*is_removed = false;
	if (fd < 0)
		return errno == ENOENT ? 0 : -PMP_EIO;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		for (size_t i = 0; i < rank->part_count; i++)
			remove_part(rank->parts[i]);
		rc = unlink(path) ? -PMP_EIO : 0;
		*is_removed = rc == 0;
	}
	close(fd);
	return rc;
}

int pmp_survey_remove(const struct pmp_survey *job, size_t *removed, uint64_t *freed,
		      struct pmp_diag *diag)
{
	int rc = 0;

	*removed = 0;
	*freed = 0;
	if (!pmp_survey_is_left_over(job))
		return pmp_fail(diag, PMP_EINVALID,
				"job '%s' is running: nothing of it was removed", job->name);
	for (size_t i = 0; i < job->count; i++) {
		bool is_removed;

		if (remove_arena(&job->ranks[i], &is_removed))
			rc = pmp_fail(diag, PMP_EIO, "cannot remove '%s': %m", job->ranks[i].path);
		*removed += is_removed;
		*freed += is_removed ? job->ranks[i].bytes : 0;
	}
	for (size_t i = 0; i < job->dir_count; i++)
		rmdir(job->dirs[i]); /* what else is in it is not ours */
	return rc;
}
