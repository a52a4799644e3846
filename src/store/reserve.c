/*
 * reserve.c - keeps write errors away from HDF5. Called by writer.c.
 */
#include "store/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int result_of(int number)
{
	return number == ENOSPC || number == EDQUOT || number == EFBIG ? -PMP_EFULL : -PMP_EIO;
}

/* Where blocks cannot be reserved (NFS, some parallel file systems): write as much as will be written, and take it back. */
static int rehearse(int fd, off_t end, int64_t bytes)
{
	static const char zeros[1 << 16];
	int rc = 0;

	for (int64_t done = 0; done < bytes && rc == 0;) {
		size_t part = bytes - done < (int64_t)sizeof(zeros) ? (size_t)(bytes - done)
								    : sizeof(zeros);
		ssize_t put = pwrite(fd, zeros, part, end + done);

		if (put > 0)
			done += put;
		else if (put < 0 && errno != EINTR)
			rc = result_of(errno);
	}
	if (rc == 0 && fsync(fd)) /* quotas of a server show only now */
		rc = result_of(errno);
	if (ftruncate(fd, end) && rc == 0)
		rc = -PMP_EIO;
	return rc;
}

static int reserve(int fd, int64_t bytes)
{
	struct rlimit limit;
	struct stat st;
	int rc;

	if (fstat(fd, &st))
		return -PMP_EIO;
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    (uint64_t)st.st_size + (uint64_t)bytes > limit.rlim_cur)
		return -PMP_EFULL; /* going beyond it would raise a signal */
	do
		rc = fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, bytes);
	while (rc && errno == EINTR);
	if (rc == 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return rehearse(fd, st.st_size, bytes);
	return result_of(errno);
}

int pmp_reserve(const char *path, int64_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int rc, saved;

	if (fd < 0)
		return -PMP_EIO;
	rc = reserve(fd, bytes);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

void pmp_h5_abandon(const struct pmp_group *group, hid_t file)
{
	void *handle = NULL;

	if (file < 0)
		return;
	if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 && handle)
		group->divert(group, handle);
	H5Fclose(file);
	H5Eclear2(H5E_DEFAULT);
}
