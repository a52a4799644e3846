/*
 * jobs.c - finds what jobs have left behind. A job may have left something in several scratch places: what found no room in one
 * went to the next. Called by `pmprof collect`, `pmprof run` and `pmprof doctor`.
 */
#include "store/collect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/environment.h"
#include "store/arena_view.h"
#include "store/keymap.h"

#define PLACES_MAX 4

struct list {
	struct pmp_job *jobs;
	size_t count, capacity;
};

struct places {
	char *folders[PLACES_MAX]; /* <scratch>/pmprof-<uid>, those that exist, none twice */
	size_t count;
};

static int is_arena_entry(const struct dirent *entry)
{
	return pmp_arena_is_name(entry->d_name);
}

static int is_job_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int find_places(struct places *places)
{
	const char *const scratch[PLACES_MAX] = {pmp_env_text(PMP_ENV_PMPROF_SCRATCH), "/dev/shm",
						 getenv("TMPDIR"), "/tmp"};

	*places = (struct places){.count = 0};
	for (size_t i = 0; i < PLACES_MAX; i++) {
		char *name, *real;
		bool is_new = true;

		if (!scratch[i] || !scratch[i][0])
			continue;
		if (asprintf(&name, "%s/pmprof-%u", scratch[i], (unsigned)geteuid()) < 0)
			return -PMP_ENOMEM;
		real = realpath(name, NULL);
		free(name);
		for (size_t j = 0; real && j < places->count; j++)
			is_new = is_new && strcmp(places->folders[j], real) != 0;
		if (real && is_new)
			places->folders[places->count++] = real;
		else
			free(real);
	}
	return 0;
}

static void free_places(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->folders[i]);
}

/* Its arenas counted; only their headers would be needed, but a view reads little more. */
static void look_at(struct pmp_job *job, const char *dir)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_arena_entry, NULL);
	time_t now = time(NULL);

	for (int i = 0; i < count; i++) {
		struct pmp_arena_header header;
		struct stat st;
		bool is_alive = false;
		char *path = NULL;

		job->arenas++;
		if (asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0)
			path = NULL;
		if (path && stat(path, &st) == 0 && now - st.st_mtime < job->age_s)
			job->age_s = now > st.st_mtime ? now - st.st_mtime : 0;
		if (path && !job->is_alive && pmp_arena_peek(path, &header, &is_alive, NULL) == 0)
			job->is_alive = is_alive;
		free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static int add_dir(struct pmp_job *job, const char *dir)
{
	char **grown = realloc(job->dirs, (job->dir_count + 1) * sizeof(*grown));

	if (!grown)
		return -PMP_ENOMEM;
	job->dirs = grown;
	grown[job->dir_count] = strdup(dir);
	job->dir = grown[0];
	return grown[job->dir_count++] ? 0 : -PMP_ENOMEM;
}

/* Its directories are known: what is in them? */
static void look_at_all(struct pmp_job *job)
{
	job->age_s = INT64_MAX;
	for (size_t i = 0; i < job->dir_count; i++)
		look_at(job, job->dirs[i]);
}

/* The directories of a job in all places; @first, which may be NULL, is the first of them. */
static int find_dirs(const struct places *places, const char *first, struct pmp_job *job)
{
	int rc = first ? add_dir(job, first) : 0;

	for (size_t i = 0; i < places->count && rc == 0; i++) {
		char *dir;

		if (asprintf(&dir, "%s/%s", places->folders[i], job->name) < 0)
			return -PMP_ENOMEM;
		if (access(dir, F_OK) == 0 && (!first || strcmp(dir, first) != 0))
			rc = add_dir(job, dir);
		free(dir);
	}
	return rc;
}

static int add_job(struct list *list, const struct places *places, const char *name)
{
	struct pmp_job *job;
	int rc;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->jobs[i].name, name) == 0)
			return 0;
	rc = pmp_grow(&list->jobs, &list->capacity, list->count, sizeof(*job));
	if (rc)
		return rc;
	job = &list->jobs[list->count++];
	*job = (struct pmp_job){.name = strdup(name)};
	rc = job->name ? find_dirs(places, NULL, job) : -PMP_ENOMEM;
	if (rc == 0)
		look_at_all(job);
	if (rc == 0 && job->arenas == 0)
		pmp_job_close(&list->jobs[--list->count]);
	return rc;
}

static int add_place(struct list *list, const struct places *places, const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_job_entry, NULL), rc = 0;

	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = add_job(list, places, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return rc;
}

static int by_age(const void *a, const void *b)
{
	const struct pmp_job *x = a, *y = b;

	return x->age_s < y->age_s ? -1 : x->age_s > y->age_s;
}

int pmp_jobs_list(struct pmp_job **jobs, size_t *count)
{
	struct places places;
	struct list list = {0};
	int rc = find_places(&places);

	for (size_t i = 0; i < places.count && rc == 0; i++)
		rc = add_place(&list, &places, places.folders[i]);
	free_places(&places);
	if (rc) {
		pmp_jobs_free(list.jobs, list.count);
		return rc;
	}
	if (list.count)
		qsort(list.jobs, list.count, sizeof(*list.jobs), by_age);
	*jobs = list.jobs;
	*count = list.count;
	return 0;
}

void pmp_jobs_free(struct pmp_job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pmp_job_close(&jobs[i]);
	free(jobs);
}

/* Only a job's own folder has brothers elsewhere: what somebody has copied away stands for itself. */
static bool is_job_folder(const char *dir)
{
	const char *name = strrchr(dir, '/');
	char user[32];
	size_t len = (size_t)snprintf(user, sizeof(user), "/pmprof-%u", (unsigned)geteuid());

	return name && (size_t)(name - dir) >= len && strncmp(name - len, user, len) == 0;
}

static int open_dir(const char *given, const struct places *places, struct pmp_job *job)
{
	char *dir = realpath(given, NULL);
	const char *slash = dir ? strrchr(dir, '/') : NULL;
	int rc = -PMP_ENOTFOUND;

	if (slash) {
		job->name = strdup(slash + 1);
		rc = !job->name           ? -PMP_ENOMEM
		     : is_job_folder(dir) ? find_dirs(places, dir, job)
					  : add_dir(job, dir);
	}
	free(dir);
	return rc;
}

int pmp_job_open(const char *given, struct pmp_job *job)
{
	struct pmp_job found = {0};
	struct places places;
	struct stat st;
	int rc = find_places(&places);

	if (rc == 0 && (strchr(given, '/') || (stat(given, &st) == 0 && S_ISDIR(st.st_mode)))) {
		rc = open_dir(given, &places, &found);
	} else if (rc == 0) {
		found.name = strdup(given);
		rc = found.name ? find_dirs(&places, NULL, &found) : -PMP_ENOMEM;
		if (rc == 0 && found.dir_count == 0)
			rc = -PMP_ENOTFOUND;
	}
	free_places(&places);
	if (rc) {
		pmp_job_close(&found);
		return rc;
	}
	look_at_all(&found);
	*job = found;
	return 0;
}

void pmp_job_close(struct pmp_job *job)
{
	for (size_t i = 0; i < job->dir_count; i++)
		free(job->dirs[i]);
	free(job->dirs);
	free(job->name);
	*job = (struct pmp_job){0};
}
