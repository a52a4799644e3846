/*
 * arena_view.c - opens an arena: header, liveness, the one line that says what is damaged. Used by the writer in MPI_Finalize and by
 * the tools, one thread; must not change the file.
 */
#include "store/arena_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/calls.h"
#include "store/arena_internal.h"

#define RANK_MAX       (1 << 24)
#define PMP_ARENA_OPEN (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

const char *pmp_arena_string(const struct pmp_arena_view *view, uint32_t ref)
{
	return ref < view->strings_bytes ? view->strings + ref : "";
}

#define TERMINATE(array) (array)[sizeof(array) - 1] = '\0'

static void terminate_texts(struct pmp_arena_header *h)
{
	TERMINATE(h->host);
	TERMINATE(h->job);
	TERMINATE(h->exe);
	TERMINATE(h->command);
	TERMINATE(h->mpi_library);
	TERMINATE(h->clock);
	TERMINATE(h->mode);
	TERMINATE(h->cpus);
	TERMINATE(h->cwd);
	TERMINATE(h->batch);
}

bool pmp_arena_is_name(const char *name)
{
	size_t len = strlen(name);

	return strncmp(name, "rank-", 5) == 0 && len > 11 && strcmp(name + len - 6, ".arena") == 0;
}

/* ".../rank-12.arena" and ".../rank-12.2.arena" -> 12; -1 when the name is another */
static int32_t rank_of_name(const char *path)
{
	const char *name = strrchr(path, '/');
	int rank;

	name = name ? name + 1 : path;
	return sscanf(name, "rank-%8d.", &rank) == 1 && rank >= 0 ? rank : -1;
}

static bool is_clock_usable(const struct pmp_arena_header *h)
{
	return h->tick_is_ns <= 1 &&
	       (h->tick_is_ns || (h->ns_per_tick > 1e-3 && h->ns_per_tick < 1e6));
}

/* Numbers behind the check, and all of them when it does not match: what cannot be is set to "unknown". */
static void mend_header(struct pmp_arena_header *h, const char *path)
{
	bool is_rank_good =
		h->rank >= 0 && h->rank < RANK_MAX && (h->size <= 0 || h->rank < h->size);

	if (h->size < 0 || h->size > RANK_MAX)
		h->size = 0;
	if (!is_rank_good)
		h->rank = rank_of_name(path);
	if (h->phase >= PMP_PHASE_COUNT)
		h->phase = PMP_PHASE_STARTED;
	if (h->end >= PMP_END_COUNT)
		h->end = PMP_END_NONE;
	if (h->thread_level > 3)
		h->thread_level = 0;
	if (!is_clock_usable(h)) {
		h->tick_is_ns = 0;
		h->ns_per_tick = 1;
	}
}

static int read_header(const char *path, struct pmp_arena_scan *scan, struct pmp_arena_header *h,
		       struct pmp_diag *diag)
{
	bool is_magic;
	int rc = pmp_arena_read_at(scan, h, sizeof(*h), 0);

	if (rc == -PMP_ETRUNCATED)
		return pmp_fail(diag, PMP_ETRUNCATED, "'%s' ends inside the header of an arena",
				path);
	if (rc)
		return pmp_fail(diag, PMP_EIO, "cannot read '%s': %m", path);
	is_magic = memcmp(h->magic, PMP_ARENA_MAGIC, sizeof(h->magic)) == 0;
	if (is_magic && h->endian == __builtin_bswap32(PMP_ARENA_ENDIAN))
		return pmp_fail(diag, PMP_EFORMAT,
				"'%s' comes from a machine of another byte order: collect it there",
				path);
	scan->has_bad_header =
		h->check != pmp_hash_bytes(0, h, offsetof(struct pmp_arena_header, check));
	if (is_magic && !scan->has_bad_header && h->version != PMP_ARENA_VERSION)
		return pmp_fail(diag, PMP_EVERSION,
				"'%s' was written by another pmprof (arena version %u, known is "
				"%d): collect it with its own",
				path, h->version, PMP_ARENA_VERSION);
	if (is_magic && !scan->has_bad_header && h->calls_hash != pmp_calls_hash())
		return pmp_fail(diag, PMP_EVERSION,
				"'%s' was written by another version of libpmprof.so: collect it "
				"with its own pmprof",
				path);
	if (!is_magic && scan->has_bad_header) {
		struct pmp_segment s;

		/* only the first page may be damaged: a good first segment proves an arena */
		if (pmp_arena_read_at(scan, &s, sizeof(s), PMP_ARENA_PAGE) ||
		    s.magic != PMP_SEGMENT_MAGIC ||
		    s.check != pmp_segment_check(&s, PMP_ARENA_PAGE))
			return pmp_fail(diag, PMP_EFORMAT, "'%s' is not an arena", path);
	}
	terminate_texts(h);
	mend_header(h, path);
	return 0;
}

/* Does the process still have the arena mapped? Zombies and reused process ids have not. */
static bool has_mapped(int32_t pid, const struct stat *file)
{
	char name[64], line[PATH_MAX + 128];
	bool found = false;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	maps = fopen(name, "re");
	if (!maps)
		return errno == EACCES;
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long inode;

		found = sscanf(line, "%*s %*s %*s %*s %lu", &inode) == 1 && inode == file->st_ino &&
			strstr(line, ".arena");
	}
	fclose(maps);
	return found;
}

static bool is_process_alive(const struct pmp_arena_header *h, const struct stat *file)
{
	char host[sizeof(h->host)] = "";

	gethostname(host, sizeof(host) - 1);
	if (h->pid <= 0 || strcmp(host, h->host) != 0)
		return false;
	if (kill(h->pid, 0) && errno == ESRCH)
		return false;
	return has_mapped(h->pid, file);
}

static void describe_damage(const struct pmp_arena_scan *scan, struct pmp_arena_view *view)
{
	char *text = view->damage;
	size_t size = sizeof(view->damage), len = 0;

#define SAY(...)                                                                                   \
	do {                                                                                       \
		if (len < size)                                                                    \
			len += (size_t)snprintf(text + len, size - len, "%s", len ? ", " : "");    \
		if (len < size)                                                                    \
			len += (size_t)snprintf(text + len, size - len, __VA_ARGS__);              \
	} while (0)
	if (scan->has_bad_header)
		SAY("the header is damaged");
	if (scan->has_lost_part)
		SAY("a part of it is missing");
	if (scan->is_cut)
		SAY("the file is cut off");
	if (scan->lost_bytes)
		SAY("%llu bytes are unreadable", (unsigned long long)scan->lost_bytes);
	if (scan->dropped)
		SAY("%llu records were left out", (unsigned long long)scan->dropped);
	if (scan->mended)
		SAY("%llu records lost a reference", (unsigned long long)scan->mended);
#undef SAY
	view->dropped = scan->dropped;
}

static int read_view(int fd, const char *path, struct pmp_arena_view *view, struct pmp_diag *diag)
{
	struct pmp_arena_scan scan = {.file_count = 1, .files = {{.fd = fd}}};
	struct pmp_arena_view v = {0};
	struct stat st = {.st_mode = S_IFREG};
	int rc;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		rc = S_ISREG(st.st_mode) ? pmp_fail(diag, PMP_EIO, "cannot read '%s': %m", path)
					 : pmp_fail(diag, PMP_EFORMAT, "'%s' is not a file", path);
		close(fd);
		return rc;
	}
	scan.file_bytes = scan.files[0].bytes = (uint64_t)st.st_size;
	rc = read_header(path, &scan, &v.header, diag);
	if (rc) {
		pmp_arena_close_files(&scan);
		return rc;
	}
	v.is_alive = is_process_alive(&v.header, &st);
	pmp_arena_open_parts(&scan, &v);
	rc = pmp_arena_scan(&scan);
	if (rc == 0)
		rc = pmp_arena_check(&scan, &v);
	if (v.header.tool_bytes > scan.file_bytes && !scan.has_lost_part)
		scan.is_cut = true;
	if (rc) {
		pmp_arena_check_free(&v);
		rc = pmp_fail(diag, (enum pmp_err) - rc, "cannot read '%s': %s", path,
			      pmp_err_text(rc));
	} else {
		describe_damage(&scan, &v);
		*view = v;
	}
	pmp_arena_scan_free(&scan);
	pmp_arena_close_files(&scan);
	return rc;
}

int pmp_arena_view_open(const char *path, struct pmp_arena_view *view, struct pmp_diag *diag)
{
	int fd = open(path, PMP_ARENA_OPEN);

	if (fd < 0)
		return pmp_fail(diag, errno == ENOENT ? PMP_ENOTFOUND : PMP_EIO,
				"cannot open '%s': %m", path);
	return read_view(fd, path, view, diag);
}

int pmp_arena_peek(const char *path, struct pmp_arena_header *header, bool *is_alive,
		   struct pmp_diag *diag)
{
	struct pmp_arena_scan scan = {.file_count = 1,
				      .files = {{.fd = open(path, PMP_ARENA_OPEN)}}};
	struct stat st;
	int rc;

	if (scan.files[0].fd < 0)
		return pmp_fail(diag, errno == ENOENT ? PMP_ENOTFOUND : PMP_EIO,
				"cannot open '%s': %m", path);
	if (fstat(scan.files[0].fd, &st) || !S_ISREG(st.st_mode))
		rc = pmp_fail(diag, PMP_EFORMAT, "'%s' is not a file", path);
	else
		rc = read_header(path, &scan, header, diag);
	if (rc == 0)
		*is_alive = is_process_alive(header, &st);
	pmp_arena_close_files(&scan);
	return rc;
}

void pmp_arena_view_close(struct pmp_arena_view *view)
{
	pmp_arena_check_free(view);
	memset(view, 0, sizeof(*view));
}
