/*
 * h5_file.c - an HDF5 file driver that cannot fail to write, and reservation of room. Used by writer.c, one file and one thread at a
 * time. POSIX calls only.
 */
#include "store/h5_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADDRESS_MAX ((haddr_t)INT64_MAX)

struct file {
	H5FD_t super; /* first: HDF5 knows only this */
	int fd;
	haddr_t end_allocated;
	haddr_t end;
};

static hid_t driver = H5I_INVALID_HID;
static int first_errno; /* of the file that was opened last: 0 while all is well */

/* Is a write beyond the limit that would raise SIGXFSZ? */
static bool is_over_limit(haddr_t end)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       end > limit.rlim_cur;
}

static int put(int fd, const void *data, size_t size, haddr_t at)
{
	const char *from = data;

	if (is_over_limit(at + size))
		return EFBIG;
	while (size) {
		ssize_t done = pwrite(fd, from, size, (off_t)at);

		if (done < 0 && errno != EINTR)
			return errno;
		if (done > 0) {
			from += done;
			size -= (size_t)done;
			at += (haddr_t)done;
		}
	}
	return 0;
}

/* What is in the file so far, to memory: HDF5 will read parts of it again. */
static bool copy_all(int from, int to)
{
	char buffer[1 << 14];
	off_t at = 0;
	ssize_t got;

	while ((got = pread(from, buffer, sizeof(buffer), at)) > 0) {
		if (put(to, buffer, (size_t)got, (haddr_t)at))
			return false;
		at += got;
	}
	return got == 0;
}

static void go_to_memory(struct file *file, int reason)
{
	int memory = memfd_create("pmprof", MFD_CLOEXEC);

	if (first_errno == 0)
		first_errno = reason;
	if (memory < 0)
		return;
	copy_all(file->fd, memory);
	close(file->fd);
	file->fd = memory;
}

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t list, haddr_t address_max)
{
	int how = O_CLOEXEC | (flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY) |
		  (flags & H5F_ACC_TRUNC ? O_TRUNC : 0) | (flags & H5F_ACC_CREAT ? O_CREAT : 0) |
		  (flags & H5F_ACC_EXCL ? O_EXCL : 0);
	struct file *file = calloc(1, sizeof(*file));
	struct stat st;

	(void)list, (void)address_max;
	first_errno = 0;
	if (!file)
		return NULL;
	file->fd = open(name, how, 0666);
	if (file->fd >= 0 && fstat(file->fd, &st) == 0) {
		file->end = (haddr_t)st.st_size;
		return &file->super;
	}
	if (file->fd >= 0)
		close(file->fd);
	free(file);
	return NULL;
}

static herr_t driver_close(H5FD_t *super)
{
	struct file *file = (struct file *)super;

	if (close(file->fd) && first_errno == 0)
		first_errno = errno;
	free(file);
	return 0;
}

static herr_t driver_query(const H5FD_t *super, unsigned long *flags)
{
	(void)super;
	*flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
		 H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
		 H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
	return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *super, H5FD_mem_t type)
{
	(void)type;
	return ((const struct file *)super)->end_allocated;
}

static herr_t driver_set_eoa(H5FD_t *super, H5FD_mem_t type, haddr_t address)
{
	(void)type;
	((struct file *)super)->end_allocated = address;
	return 0;
}

static haddr_t driver_get_eof(const H5FD_t *super, H5FD_mem_t type)
{
	(void)type;
	return ((const struct file *)super)->end;
}

/* Bytes behind the end read as zero. */
static herr_t driver_read(H5FD_t *super, H5FD_mem_t type, hid_t list, haddr_t at, size_t size,
			  void *buffer)
{
	struct file *file = (struct file *)super;
	char *to = buffer;

	(void)type, (void)list;
	while (size) {
		ssize_t got = pread(file->fd, to, size, (off_t)at);

		if (got < 0 && errno != EINTR)
			return -1;
		if (got == 0) {
			memset(to, 0, size);
			return 0;
		}
		if (got > 0) {
			to += got;
			size -= (size_t)got;
			at += (haddr_t)got;
		}
	}
	return 0;
}

static herr_t driver_write(H5FD_t *super, H5FD_mem_t type, hid_t list, haddr_t at, size_t size,
			   const void *buffer)
{
	struct file *file = (struct file *)super;
	int reason = put(file->fd, buffer, size, at);

	(void)type, (void)list;
	if (reason) {
		go_to_memory(file, reason);
		put(file->fd, buffer, size, at);
	}
	if (at + size > file->end)
		file->end = at + size;
	return 0;
}

static herr_t driver_truncate(H5FD_t *super, hid_t list, hbool_t closing)
{
	struct file *file = (struct file *)super;

	(void)list, (void)closing;
	if (file->end == file->end_allocated)
		return 0;
	if (is_over_limit(file->end_allocated))
		go_to_memory(file, EFBIG);
	else if (ftruncate(file->fd, (off_t)file->end_allocated))
		go_to_memory(file, errno);
	file->end = file->end_allocated;
	return 0;
}

static const H5FD_class_t class = {
	.name = "pmprof",
	.maxaddr = ADDRESS_MAX,
	.fc_degree = H5F_CLOSE_WEAK,
	.open = driver_open,
	.close = driver_close,
	.query = driver_query,
	.get_eoa = driver_get_eoa,
	.set_eoa = driver_set_eoa,
	.get_eof = driver_get_eof,
	.read = driver_read,
	.write = driver_write,
	.truncate = driver_truncate,
	.fl_map = H5FD_FLMAP_DICHOTOMY,
#if H5_VERSION_GE(1, 13, 0)
	.version = H5FD_CLASS_VERSION,
	.value = (H5FD_class_value_t)(H5_VFD_RESERVED + 171),
#endif
};

int pmp_h5_file_driver(hid_t access_list)
{
	if (driver < 0 || H5Iis_valid(driver) <= 0)
		driver = H5FDregister(&class);
	first_errno = 0;
	return driver < 0 || H5Pset_driver(access_list, driver, NULL) < 0 ? -PMP_EIO : 0;
}

static int result_of(int number)
{
	return number == ENOSPC || number == EDQUOT || number == EFBIG ? -PMP_EFULL : -PMP_EIO;
}

int pmp_h5_file_check(const char *path, struct pmp_diag *diag)
{
	if (first_errno == 0)
		return 0;
	return pmp_fail(diag, (enum pmp_err) - result_of(first_errno), "cannot write '%s': %s",
			path, strerror(first_errno));
}

/* Where blocks cannot be reserved (NFS, some parallel file systems): write as much as will be written, and take it back. */
static int rehearse(int fd, off_t end, int64_t bytes)
{
	static const char zeros[1 << 16];
	int number = 0;

	for (int64_t done = 0; done < bytes && number == 0; done += (int64_t)sizeof(zeros))
		number = put(fd, zeros, sizeof(zeros), (haddr_t)(end + done));
	if (number == 0 && fsync(fd)) /* quotas of a server show only now */
		number = errno;
	if (ftruncate(fd, end) && number == 0)
		number = errno;
	return number ? result_of(number) : 0;
}

static int reserve(int fd, int64_t bytes)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st))
		return -PMP_EIO;
	if (is_over_limit((haddr_t)st.st_size + (haddr_t)bytes))
		return -PMP_EFULL;
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
