/*
 * bad_disk - preloaded: a disk that answers with an input/output error
 *
 * BAD_DISK=SUFFIX       of the files concerned
 * BAD_DISK_FAILS=write  what fails: write or read
 * BAD_DISK_RANKS=1,3    only for these ranks of MPI_COMM_WORLD
 * BAD_DISK_AFTER=N      so many calls of each process succeed first
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_on(void)
{
	const char *ranks = getenv("BAD_DISK_RANKS"), *rank = getenv("OMPI_COMM_WORLD_RANK");
	char list[256], own[16];

	if (!ranks)
		return 1;
	snprintf(list, sizeof(list), ",%s,", ranks);
	snprintf(own, sizeof(own), ",%s,", rank ? rank : "none");
	return strstr(list, own) != NULL;
}

static int is_meant(int fd)
{
	const char *suffix = getenv("BAD_DISK");
	char link[64], path[PATH_MAX];
	ssize_t length;

	if (!suffix)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < (ssize_t)strlen(suffix))
		return 0;
	path[length] = '\0';
	return strcmp(path + length - strlen(suffix), suffix) == 0;
}

static int fails(int fd, const char *what)
{
	static int calls;
	const char *wanted = getenv("BAD_DISK_FAILS"), *after = getenv("BAD_DISK_AFTER");

	if (!wanted || strcmp(wanted, what) != 0 || !is_on() || !is_meant(fd) ||
	    calls++ < (after ? atoi(after) : 0))
		return 0;
	errno = EIO;
	return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails(fd, "write") ? -1 : NEXT(pwrite)(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return fails(fd, "write") ? -1 : NEXT(pwrite64)(fd, data, size, at);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return fails(fd, "read") ? -1 : NEXT(pread)(fd, data, size, at);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
	return fails(fd, "read") ? -1 : NEXT(pread64)(fd, data, size, at);
}
