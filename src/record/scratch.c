/*
 * scratch.c - finds a node-local folder and makes the arena file in it. Called by runtime.c and arena.c, under their locks, never
 * on the hot path. Trusts nothing that lies in a folder others may write to.
 */
#include "record/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/environment.h"

#define NAMES_MAX       1000 /* arenas of one rank and job that may lie around */
#define FOLDER_ATTEMPTS 5 /* another rank's pmp_scratch_remove may take the folder away under us */
#define ROOM_BASE       (UINT64_C(16) << 20) /* /dev/shm belongs to MPI as well: leave it room */
#define ROOM_PER_RANK   (UINT64_C(4) << 20)

#define PLACES_MAX 4

struct place {
	char folder
		[PMP_SCRATCH_PATH_MAX]; /* absolute: the program may change its working directory */
	bool needs_room;
};

/* Kept from the first search on: the program may change its environment while another thread has to go on elsewhere. */
static struct {
	struct place list[PLACES_MAX];
	unsigned count;
	bool is_named; /* the first one is PMPROF_SCRATCH */
} places;

/* Enters a folder, making it if need be, and makes sure that it is ours alone. */
static int enter_folder(int parent, const char *name)
{
	struct stat st;
	int fd;

	if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

static int create_file(int folder, int rank, const char *ending, const char *prefix,
		       struct pmp_scratch_file *file)
{
	for (int n = 1; n < NAMES_MAX; n++) {
		char name[64];
		int fd;

		if (n == 1)
			snprintf(name, sizeof(name), "rank-%d.%s", rank, ending);
		else
			snprintf(name, sizeof(name), "rank-%d.%d.%s", rank, n, ending);
		if ((size_t)snprintf(file->path, sizeof(file->path), "%s/%s", prefix, name) >=
		    sizeof(file->path)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static int create_in(const char *scratch, const struct pmp_launch *launch, const char *ending,
		     struct pmp_scratch_file *file)
{
	char user[32], prefix[PMP_SCRATCH_PATH_MAX];
	int top = -1, mine = -1, job = -1, fd = -1;

	snprintf(user, sizeof(user), "pmprof-%u", (unsigned)geteuid());
	if ((size_t)snprintf(prefix, sizeof(prefix), "%s/%s/%s", scratch, user, launch->job) >=
	    sizeof(prefix)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	top = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top >= 0)
		mine = enter_folder(top, user);
	for (int i = 0; mine >= 0 && fd < 0 && i < FOLDER_ATTEMPTS; i++) {
		job = enter_folder(mine, launch->job);
		if (job < 0 && errno != ENOENT)
			break;
		if (job >= 0) {
			fd = create_file(job, launch->rank, ending, prefix, file);
			int saved = errno;

			close(job);
			errno = saved;
		}
		if (fd < 0 && errno != ENOENT)
			break;
	}
	int saved = errno;

	if (mine >= 0)
		close(mine);
	if (top >= 0)
		close(top);
	errno = saved;
	return fd;
}

static bool has_room(const char *folder, int node_size)
{
	struct statvfs fs;
	uint64_t need = ROOM_BASE + ROOM_PER_RANK * (uint64_t)(node_size > 0 ? node_size : 1);

	return statvfs(folder, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize >= need;
}

static void add_place(const char *folder, bool needs_room)
{
	struct place *place = &places.list[places.count];
	char absolute[PATH_MAX];
	const char *known = realpath(folder, absolute) ? absolute : folder;

	if (strlen(known) >= sizeof(place->folder))
		return;
	strcpy(place->folder, known);
	place->needs_room = needs_room;
	for (unsigned i = 0; i < places.count; i++)
		if (strcmp(places.list[i].folder, known) == 0)
			return;
	places.count++;
}

static void find_places(void)
{
	const char *named = pmp_env_text(PMP_ENV_PMPROF_SCRATCH);
	const char *temporary = getenv("TMPDIR");

	places.count = 0;
	if (*named)
		add_place(named, false);
	places.is_named = places.count > 0;
	add_place("/dev/shm", true);
	if (temporary && *temporary)
		add_place(temporary, false);
	add_place("/tmp", false);
}

static int try_place(const struct place *place, const struct pmp_launch *launch, const char *ending,
		     uint64_t bytes, struct pmp_scratch_file *file)
{
	struct stat st;
	int fd, rc;

	if (place->needs_room && !has_room(place->folder, launch->node_size))
		return -PMP_EFULL;
	fd = create_in(place->folder, launch, ending, file);
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? -PMP_EFULL : -PMP_EIO;
	rc = pmp_scratch_allocate(fd, 0, bytes);
	if (rc == 0 && fstat(fd, &st) == 0) {
		file->device = st.st_dev;
		file->inode = st.st_ino;
	}
	close(fd);
	if (rc)
		pmp_scratch_remove(file);
	return rc;
}

static void add_reason(struct pmp_diag *reasons, const char *folder, int rc)
{
	size_t len = strlen(reasons->text);

	snprintf(reasons->text + len, sizeof(reasons->text) - len, "%s'%s' %s", len ? ", " : "",
		 folder, rc == -PMP_EFULL ? "has no room" : strerror(errno));
}

int pmp_scratch_create(const struct pmp_launch *launch, uint64_t bytes,
		       struct pmp_scratch_file *file, struct pmp_diag *diag)
{
	struct pmp_diag reasons = {""};
	int rc = -PMP_EIO;

	find_places();
	for (unsigned i = 0; i < places.count; i++) {
		rc = try_place(&places.list[i], launch, "arena", bytes, file);
		file->place = i;
		file->is_second_choice = i > 0 && places.is_named;
		if (rc == 0)
			return 0;
		add_reason(&reasons, places.list[i].folder, rc);
	}
	return pmp_fail(
		diag, (enum pmp_err)(-rc),
		"no place for an arena (%s): set PMPROF_SCRATCH to a node-local folder with "
		"room",
		reasons.text);
}

int pmp_scratch_continue(const struct pmp_launch *launch, uint64_t bytes,
			 const struct pmp_scratch_file *last, struct pmp_scratch_file *file)
{
	for (unsigned i = last->place + 1; i < places.count; i++) {
		if (try_place(&places.list[i], launch, "part", bytes, file))
			continue;
		file->place = i;
		file->is_second_choice = true;
		return 0;
	}
	return -PMP_EFULL;
}

int pmp_scratch_open(const struct pmp_scratch_file *file)
{
	struct stat st;
	int fd = open(file->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -PMP_EIO;
	if (fstat(fd, &st) == 0 && st.st_dev == file->device && st.st_ino == file->inode)
		return fd;
	close(fd);
	return -PMP_EIO;
}

int pmp_scratch_allocate(int fd, uint64_t offset, uint64_t bytes)
{
	struct rlimit limit;
	int rc;

	/* beyond this limit the kernel would send SIGXFSZ, which ends the program */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    offset + bytes > limit.rlim_cur)
		return -PMP_EFULL;
	do
		rc = posix_fallocate(fd, (off_t)offset, (off_t)bytes);
	while (rc == EINTR);
	if (rc == 0)
		return 0;
	errno = rc;
	return rc == ENOSPC || rc == EDQUOT || rc == EFBIG ? -PMP_EFULL : -PMP_EIO;
}

void pmp_scratch_remove(const struct pmp_scratch_file *file)
{
	char folder[PMP_SCRATCH_PATH_MAX];
	char *slash;

	unlink(file->path);
	snprintf(folder, sizeof(folder), "%s", file->path);
	slash = strrchr(folder, '/');
	if (slash) {
		*slash = '\0';
		rmdir(folder);
	}
}
