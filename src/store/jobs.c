/*
 * jobs.c - finds job directories that were left behind. Called by `pmprof collect` without argument and by `pmprof doctor`.
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

struct list {
	struct pmp_job *jobs;
	size_t count, capacity;
};

static int is_arena_entry(const struct dirent *entry)
{
	return pmp_arena_is_name(entry->d_name);
}

/* Its arenas counted; only their headers would be needed, but a view reads little more. */
static void look_at(struct pmp_job *job)
{
	struct dirent **entries;
	int count = scandir(job->dir, &entries, is_arena_entry, NULL);
	time_t now = time(NULL);

	job->age_s = INT64_MAX;
	for (int i = 0; i < count; i++) {
		struct pmp_arena_view arena;
		struct stat st;
		char *path = NULL;

		job->arenas++;
		if (asprintf(&path, "%s/%s", job->dir, entries[i]->d_name) < 0)
			path = NULL;
		if (path && stat(path, &st) == 0 && now - st.st_mtime < job->age_s)
			job->age_s = now > st.st_mtime ? now - st.st_mtime : 0;
		if (path && !job->is_alive && pmp_arena_view_open(path, &arena, NULL) == 0) {
			job->is_alive = arena.is_alive;
			pmp_arena_view_close(&arena);
		}
		free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static int add_job(struct list *list, const char *place, const char *name)
{
	struct pmp_job job = {0};

	if (pmp_grow(&list->jobs, &list->capacity, list->count, sizeof(job)) ||
	    asprintf(&job.dir, "%s/%s", place, name) < 0)
		return -PMP_ENOMEM;
	look_at(&job);
	if (job.arenas)
		list->jobs[list->count++] = job;
	else
		free(job.dir);
	return 0;
}

static int add_place(struct list *list, const char *scratch)
{
	struct dirent **entries;
	char *place;
	int count, rc = 0;

	if (asprintf(&place, "%s/pmprof-%u", scratch, (unsigned)geteuid()) < 0)
		return -PMP_ENOMEM;
	count = scandir(place, &entries, NULL, NULL);
	for (int i = 0; i < count; i++) {
		if (rc == 0 && entries[i]->d_name[0] != '.')
			rc = add_job(list, place, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(place);
	return rc;
}

static int by_age(const void *a, const void *b)
{
	const struct pmp_job *x = a, *y = b;

	return x->age_s < y->age_s ? -1 : x->age_s > y->age_s;
}

int pmp_jobs_list(struct pmp_job **jobs, size_t *count)
{
	const char *const places[] = {pmp_env_text(PMP_ENV_PMPROF_SCRATCH), "/dev/shm",
				      getenv("TMPDIR"), "/tmp"};
	struct list list = {0};
	int rc = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && rc == 0; i++) {
		bool is_new = places[i] && places[i][0];

		for (size_t j = 0; j < i && is_new; j++)
			is_new = !places[j] || strcmp(places[j], places[i]) != 0;
		if (is_new)
			rc = add_place(&list, places[i]);
	}
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
		free(jobs[i].dir);
	free(jobs);
}
