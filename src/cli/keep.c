/*
 * keep.c - where baselines and histories are kept, and how files there are replaced. Called by baseline.c and history.c.
 */
#include "cli/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/launch.h"

#define FOLDER    ".pmprof"
#define MOST_NAME 100

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ".pmprof", "../.pmprof", ...: the nearest that exists; in the home directory and above nobody looks for a project's. */
static const char *nearest_folder(struct pmp_pool *pool)
{
	char *here = getcwd(NULL, 0);
	const char *path = FOLDER;

	for (char *end = here; end && *here; path = pmp_pool_printf(pool, "../%s", path)) {
		if (is_folder(path)) {
			free(here);
			return path;
		}
		end = strrchr(here, '/');
		if (end)
			*end = '\0';
	}
	free(here);
	return FOLDER;
}

const char *pmp_keep_folder(struct pmp_pool *pool, const char *part)
{
	const char *given = getenv("PMPROF_BASELINES");

	return pmp_pool_printf(pool, "%s/%s", given && given[0] ? given : nearest_folder(pool),
			       part);
}

int pmp_keep_make(const char *folder, struct pmp_diag *diag)
{
	char *path = strdup(folder);
	int rc = path ? 0 : -PMP_ENOMEM;

	for (char *slash = path; rc == 0 && slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			rc = pmp_fail(diag, PMP_EFULL, "cannot create the folder '%s': %m", path);
		if (slash)
			*slash = '/';
	}
	free(path);
	return rc;
}

bool pmp_keep_is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t length = strlen(name);

	return length > 0 && length <= MOST_NAME && name[0] != '.' && name[0] != '-' &&
	       strspn(name, allowed) == length;
}

static int print_to(int fd, const char *fresh, int (*print)(FILE *, const void *), const void *what,
		    struct pmp_diag *diag)
{
	FILE *out = fdopen(fd, "w");
	int rc = out ? print(out, what) : -PMP_EIO;

	if (out && (fflush(out) || fsync(fd)))
		rc = -PMP_EIO;
	if (rc)
		rc = pmp_fail(diag, PMP_EFULL, "cannot write '%s': %m", fresh);
	if (out)
		fclose(out);
	else
		close(fd);
	return rc;
}

int pmp_keep_replace(const char *path, int (*print)(FILE *out, const void *what), const void *what,
		     struct pmp_diag *diag)
{
	char *fresh = NULL;
	int fd, rc;

	if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
		return -PMP_ENOMEM;
	fd = mkstemp(fresh);
	if (fd < 0) {
		rc = pmp_fail(diag, PMP_EFULL, "cannot write '%s': %m", fresh);
		free(fresh);
		return rc;
	}
	fchmod(fd, 0644);
	rc = print_to(fd, fresh, print, what, diag);
	if (rc == 0 && rename(fresh, path))
		rc = pmp_fail(diag, PMP_EFULL, "cannot replace '%s': %m", path);
	if (rc)
		unlink(fresh);
	free(fresh);
	return rc;
}
