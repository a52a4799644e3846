/*
 * load.c - runs the HDF5 reader in a child process and takes over its rows. Called by reader.c, one thread.
 *
 * Why a child: with checksums on all metadata HDF5 1.10 notices most damage, but a file may be made with right checksums and wrong
 * contents, and the library then reads beyond its buffers. Nothing that happens there can reach the parent: it gets rows, whose
 * pointers it checks, or an exit status. The memory is mapped before the fork, so pointers in it mean the same in both.
 */
#include "store/load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Address space, not memory: pages are taken when they are written. */
#define SPACE_MAX   ((size_t)64 << 30)
#define SPACE_MIN   ((size_t)64 << 20)
#define SPACE_RATIO 4096 /* times the file: deflate packs at most 1030 to 1 */

#define CPU_SECONDS      20
#define BYTES_PER_SECOND (4 << 20)

void *pmp_load_alloc(struct pmp_load *load, size_t count, size_t size)
{
	size_t bytes;
	char *at = load->base + load->used;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > load->size - load->used - 16)
		return NULL;
	load->used += (bytes + 15) / 16 * 16;
	return at;
}

static struct pmp_load *map_memory(size_t file_bytes)
{
	size_t size = SPACE_MAX;
	void *base = MAP_FAILED;
	struct pmp_load *load;

	if (file_bytes < SPACE_MAX / SPACE_RATIO)
		size = SPACE_MIN + file_bytes * SPACE_RATIO;
	for (; size >= SPACE_MIN && base == MAP_FAILED; size /= 2)
		base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	size *= 2; /* the loop has halved it once more */
	load = base;
	load->base = base;
	load->size = size > SPACE_MAX + SPACE_MIN ? SPACE_MAX : size;
	load->used = (sizeof(*load) + 15) / 16 * 16;
	load->rc = -PMP_EFORMAT;
	return load;
}

static void run_child(const char *path, struct pmp_load *load, size_t file_bytes)
{
	struct rlimit cpu = {CPU_SECONDS + file_bytes / BYTES_PER_SECOND, RLIM_INFINITY};
	struct rlimit core = {0, 0};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* the messages of a dying process are not the user's */
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	cpu.rlim_max = cpu.rlim_cur + 1;
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	load->rc = pmp_h5_load(path, load, &load->diag);
	_exit(0);
}

static bool is_inside(const struct pmp_load *load, const void *at, size_t bytes)
{
	uintptr_t p = (uintptr_t)at, base = (uintptr_t)load->base;

	return p >= base + sizeof(*load) && p <= base + load->used &&
	       bytes <= base + load->used - p;
}

/* Behind `used` the memory is zero or the child's waste; one zero byte there ends any text inside. */
static bool are_texts_inside(const struct pmp_load *load, const struct pmp_file_table *schema,
			     const struct pmp_load_table *table)
{
	for (size_t c = 0; c < schema->column_count; c++) {
		if (schema->columns[c].type != PMP_FILE_TEXT)
			continue;
		for (size_t i = 0; i < table->count; i++) {
			const char *text;

			memcpy(&text,
			       (char *)table->rows + i * schema->row_bytes +
				       schema->columns[c].offset,
			       sizeof(text));
			if (!is_inside(load, text, 1))
				return false;
		}
	}
	return true;
}

static bool is_sound(struct pmp_load *load, const char *base, size_t size)
{
	if (load->base != base || load->size != size || load->used > size - 16)
		return false;
	load->base[load->used] = '\0';
	for (int id = 0; id < PMP_FILE_TABLE_COUNT; id++) {
		const struct pmp_file_table *schema = &pmp_file_tables[id];
		const struct pmp_load_table *table = &load->tables[id];
		size_t bytes;

		if (__builtin_mul_overflow(table->count, schema->row_bytes, &bytes) ||
		    !is_inside(load, table->rows, bytes) || (uintptr_t)table->rows % 8 ||
		    !are_texts_inside(load, schema, table))
			return false;
	}
	return true;
}

/* Return: 0 when the child came to an end of its own. */
static int wait_for(pid_t child, const char *path, struct pmp_diag *diag)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return pmp_fail(diag, PMP_EIO, "cannot wait for the reader of '%s': %m",
					path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return pmp_fail(diag, PMP_EFORMAT,
				"'%s' is damaged: reading it did not come to an end", path);
	return pmp_fail(diag, PMP_EFORMAT, "'%s' is damaged: the HDF5 library failed on it", path);
}

static int check_file(const char *path, size_t *file_bytes, struct pmp_diag *diag)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return pmp_fail(diag, errno == ENOENT || errno == ENOTDIR ? PMP_ENOTFOUND : PMP_EIO,
				"cannot open '%s': %m", path);
	if (fstat(fd, &st)) {
		close(fd);
		return pmp_fail(diag, PMP_EIO, "cannot read '%s': %m", path);
	}
	close(fd);
	if (S_ISDIR(st.st_mode))
		return pmp_fail(diag, PMP_EFORMAT,
				"'%s' is a folder: give a .pmprof.h5 file, or `pmprof collect` it",
				path);
	if (!S_ISREG(st.st_mode))
		return pmp_fail(diag, PMP_EFORMAT, "'%s' is not a regular file", path);
	if (st.st_size == 0)
		return pmp_fail(diag, PMP_EFORMAT, "'%s' is empty", path);
	*file_bytes = (size_t)st.st_size;
	return 0;
}

static int load_in_child(const char *path, struct pmp_load *load, size_t file_bytes,
			 struct pmp_diag *diag)
{
	char *base = load->base;
	size_t size = load->size;
	pid_t child = fork();
	int rc;

	if (child == 0)
		run_child(path, load, file_bytes);
	if (child < 0) /* no more processes: rather without a guard than not at all */
		rc = load->rc = pmp_h5_load(path, load, &load->diag);
	else
		rc = wait_for(child, path, diag);
	load->diag.text[sizeof(load->diag.text) - 1] = '\0';
	if (rc == 0 && load->rc)
		rc = pmp_fail(diag,
			      load->rc < 0 && load->rc > -100 ? (enum pmp_err) - load->rc
							      : PMP_EFORMAT,
			      "%s", load->diag.text);
	if (rc == 0 && !is_sound(load, base, size))
		rc = pmp_fail(diag, PMP_EFORMAT, "'%s' is damaged: the HDF5 library failed on it",
			      path);
	load->base = base;
	load->size = size;
	return rc;
}

int pmp_load_open(const char *path, struct pmp_load **load, struct pmp_diag *diag)
{
	size_t file_bytes = 0;
	struct pmp_load *made;
	int rc = check_file(path, &file_bytes, diag);

	if (rc)
		return rc;
	made = map_memory(file_bytes);
	if (!made)
		return pmp_fail(diag, PMP_ENOMEM, "no address space to read '%s'", path);
	rc = load_in_child(path, made, file_bytes, diag);
	if (rc)
		pmp_load_close(made);
	else
		*load = made;
	return rc;
}

void pmp_load_close(struct pmp_load *load)
{
	if (load)
		munmap(load->base, load->size);
}
