/*
 * collect.c - takes the arenas of a job, has them written, removes them. Called by `pmprof collect` and `pmprof run`, in one
 * process or on each node of a job.
 *
 * Who takes which arena is settled by flock: it is held until the end, so neither another process of the group nor another collect
 * takes the same one, and a process that dies leaves it to the next.
 */
#include "store/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/arena_view.h"
#include "store/keymap.h"

struct found {
	char *path;
	int lock; /* descriptor, -1 not ours */
};

struct collection {
	struct found *files;
	size_t count, capacity;
	struct pmp_arena_view *arenas;
	char **arena_paths; /* of `files` */
	size_t arena_count, alive, unreadable;
};

static int is_arena_entry(const struct dirent *entry)
{
	return pmp_arena_is_name(entry->d_name);
}

/* In the same order on all processes of a node. */
static int list_files(const char *dir, struct collection *c, struct pmp_diag *diag)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_arena_entry, versionsort), rc = 0;

	if (count < 0)
		return errno == ENOENT
			       ? 0
			       : pmp_fail(diag, PMP_EIO, "cannot read folder '%s': %m", dir);
	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = pmp_grow(&c->files, &c->capacity, c->count, sizeof(*c->files));
		if (rc == 0) {
			c->files[c->count].lock = -1;
			if (asprintf(&c->files[c->count].path, "%s/%s", dir, entries[i]->d_name) <
			    0)
				rc = -PMP_ENOMEM;
			else
				c->count++;
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int list_all(const struct pmp_job *job, struct collection *c, struct pmp_diag *diag)
{
	int rc = 0;

	for (size_t i = 0; i < job->dir_count && rc == 0; i++)
		rc = list_files(job->dirs[i], c, diag);
	return rc;
}

static void claim(struct found *file)
{
	if (file->lock >= 0)
		return;
	file->lock = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file->lock >= 0 && flock(file->lock, LOCK_EX | LOCK_NB)) {
		close(file->lock);
		file->lock = -1;
	}
}

/* First everybody its share, then whatever is left: processes of one node divide its arenas, one alone takes all. */
static int claim_files(const struct pmp_group *group, struct collection *c)
{
	int rc;

	for (size_t i = 0; i < c->count; i++)
		if ((int)(i % (size_t)group->size) == group->rank)
			claim(&c->files[i]);
	rc = pmp_agree(group, 0);
	for (size_t i = 0; i < c->count && rc == 0; i++)
		claim(&c->files[i]);
	return rc;
}

/* What cannot be read at all does not keep the others from being written; the file will say that the rank is missing. */
static int open_arenas(struct collection *c, struct pmp_diag *reason)
{
	c->arenas = calloc(c->count + 1, sizeof(*c->arenas));
	c->arena_paths = calloc(c->count + 1, sizeof(*c->arena_paths));
	if (!c->arenas || !c->arena_paths)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < c->count; i++) {
		int rc;

		if (c->files[i].lock < 0)
			continue;
		rc = pmp_arena_view_open(c->files[i].path, &c->arenas[c->arena_count], reason);
		if (rc == -PMP_ENOMEM)
			return rc;
		if (rc) {
			c->unreadable++;
			continue;
		}
		c->alive += c->arenas[c->arena_count].is_alive;
		c->arena_paths[c->arena_count++] = c->files[i].path;
	}
	return 0;
}

/* Is there anything, and may it be taken? The same answer for all. */
static int check_all(const struct pmp_group *group, const char *dir, const struct collection *c,
		     const struct pmp_collect_options *options, const struct pmp_diag *reason,
		     struct pmp_diag *diag)
{
	int64_t sums[] = {(int64_t)c->arena_count, (int64_t)c->alive, (int64_t)c->unreadable,
			  (int64_t)c->count};
	int rc = group->reduce(group, PMP_REDUCE_SUM, sums, 4);

	if (rc)
		return rc;
	if (sums[1] && !options->allow_alive)
		return pmp_fail(diag, PMP_EINVALID,
				"%lld ranks of '%s' are still running: wait for them, or take what "
				"they have so far with --force",
				(long long)sums[1], dir);
	if (sums[0])
		return 0;
	if (sums[2])
		return pmp_fail(diag, PMP_EFORMAT, "%s",
				reason->text[0] ? reason->text : "no arena can be read");
	if (sums[3])
		return pmp_fail(diag, PMP_ENOTFOUND, "another process is collecting '%s'", dir);
	return pmp_fail(diag, PMP_ENOTFOUND, "there are no arenas (rank-*.arena) in '%s'", dir);
}

static void remove_file(const char *path)
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

/* Unreadable and living ones stay. */
static void remove_taken(const struct collection *c)
{
	for (size_t i = 0; i < c->arena_count; i++) {
		const struct pmp_arena_view *arena = &c->arenas[i];

		for (size_t part = 0; part < arena->part_count && !arena->is_alive; part++)
			remove_file(arena->parts[part]);
		if (!arena->is_alive)
			remove_file(c->arena_paths[i]);
	}
}

static void release(struct collection *c)
{
	for (size_t i = 0; i < c->arena_count; i++)
		pmp_arena_view_close(&c->arenas[i]);
	for (size_t i = 0; i < c->count; i++) {
		if (c->files[i].lock >= 0)
			close(c->files[i].lock);
		free(c->files[i].path);
	}
	free(c->arenas);
	free(c->arena_paths);
	free(c->files);
}

int pmp_collect(const struct pmp_job *job, const struct pmp_collect_options *options,
		const struct pmp_group *group, struct pmp_write_summary *summary,
		struct pmp_diag *diag)
{
	struct collection c = {0};
	struct pmp_diag reason = {""}, own = {""};
	const char *dir = job->dir_count ? job->dir : job->name;
	int rc = pmp_agree(group, list_all(job, &c, &own));

	rc = rc ? rc : claim_files(group, &c);
	rc = rc ? rc : pmp_agree(group, open_arenas(&c, &reason));
	rc = rc ? rc : check_all(group, dir, &c, options, &reason, &own);
	rc = rc ? rc : pmp_write(group, c.arenas, c.arena_count, &options->write, summary, &own);
	if (rc == 0 && !options->keep && summary->left_out == 0)
		remove_taken(&c);
	if (rc)
		pmp_agree_reason(group, rc, &own);
	if (rc && own.text[0] == '\0')
		pmp_fail(&own, (enum pmp_err) - rc, "cannot collect '%s': %s", dir,
			 pmp_err_text(rc));
	if (rc)
		pmp_fail(diag, (enum pmp_err) - rc, "%s", own.text);
	release(&c);
	return rc;
}
