/*
 * small_disk - preloaded: folders that are full, where no filesystem can be mounted
 *
 * SMALL_DISK=FOLDER=BYTES[:FOLDER=BYTES...]  what each process may allocate in files whose path begins with FOLDER, all in all
 * SMALL_DISK_RANKS=1,3                       only for these ranks of MPI_COMM_WORLD
 * SMALL_DISK_SINCE=FILE                      only from when FILE exists
 *
 * libpmprof.so allocates with posix_fallocate alone, which a full filesystem answers with ENOSPC; so does this.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_MAX 8

static uint64_t used[FOLDERS_MAX];

static int is_on(void)
{
	const char *ranks = getenv("SMALL_DISK_RANKS"), *since = getenv("SMALL_DISK_SINCE");
	const char *rank = getenv("OMPI_COMM_WORLD_RANK");
	char list[256], own[16];

	if (since && access(since, F_OK) != 0)
		return 0;
	if (!ranks)
		return 1;
	snprintf(list, sizeof(list), ",%s,", ranks);
	snprintf(own, sizeof(own), ",%s,", rank ? rank : "none");
	return strstr(list, own) != NULL;
}

/* May @bytes more be allocated in @path? */
static int has_room(const char *path, uint64_t bytes)
{
	char settings[4096], *rest = settings, *folder;

	snprintf(settings, sizeof(settings), "%s",
		 getenv("SMALL_DISK") ? getenv("SMALL_DISK") : "");
	for (int i = 0; i < FOLDERS_MAX && (folder = strsep(&rest, ":")); i++) {
		char *limit = strchr(folder, '=');

		if (!limit)
			continue;
		*limit++ = '\0';
		if (strncmp(path, folder, strlen(folder)) != 0)
			continue;
		if (used[i] + bytes > strtoull(limit, NULL, 10))
			return 0;
		used[i] += bytes;
		return 1;
	}
	return 1;
}

int posix_fallocate(int fd, off_t offset, off_t bytes)
{
	static int (*next)(int, off_t, off_t);
	char link[64], path[PATH_MAX];
	ssize_t len;

	if (!next)
		next = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	if (is_on() && !has_room(path, (uint64_t)bytes))
		return ENOSPC;
	return next(fd, offset, bytes);
}
