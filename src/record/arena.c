/*
 * arena.c - reserves, grows and hands out the arena. Called by any recording thread when a table is full, never on the hot path.
 * Its lock is the innermost of all. Pages are allocated on the disk and populated before anybody writes to them: a full scratch
 * file system never costs a SIGBUS. The arena then goes on at the next place; only when all are full, records are lost.
 */
#include "record/arena_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUDGET_MIN (UINT64_C(1) << 20)
#define START                                                                                      \
	(UINT64_C(384) << 10) /* the first tables of a thread and of the rank: always needed */
#define CHUNK_MIN (UINT64_C(128) << 10)
#define CHUNK_MAX (UINT64_C(4) << 20)

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PMP_ARENA_PAGE - 1) / PMP_ARENA_PAGE * PMP_ARENA_PAGE;
}

static void *reserve(uint64_t *bytes)
{
	for (; *bytes >= BUDGET_MIN; *bytes = pages(*bytes / 2)) {
		void *base = mmap(NULL, *bytes, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (base != MAP_FAILED)
			return base;
	}
	return NULL;
}

/* Backs another @bytes of the reserved range with the last file. */
static int extend(struct pmp_arena *arena, uint64_t bytes)
{
	unsigned char *at = arena->base + arena->backed;
	uint64_t offset = arena->backed;
	int fd = pmp_scratch_open(&arena->files[arena->file_count - 1]);
	int rc;

	if (fd < 0)
		return fd;
	if (arena->file_count > 1)
		offset += PMP_ARENA_PAGE - arena->part_first;
	rc = pmp_scratch_allocate(fd, offset, bytes);
	if (rc == 0 && mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			    (off_t)offset) == MAP_FAILED)
		rc = -PMP_ENOMEM;
	close(fd);
	if (rc)
		return rc;
#ifdef MADV_POPULATE_WRITE
	madvise(at, bytes,
		MADV_POPULATE_WRITE); /* from Linux 5.14; without it the first touch faults */
#endif
	arena->backed += bytes;
	return 0;
}

static int write_part_page(const struct pmp_arena *arena, const struct pmp_scratch_file *file)
{
	const struct pmp_arena_header *header = (const struct pmp_arena_header *)arena->base;
	struct pmp_part page = {
		.magic = PMP_PART_MAGIC, .owner = header->check, .first = arena->backed};
	int fd = pmp_scratch_open(file);
	ssize_t done;

	if (fd < 0)
		return fd;
	done = pwrite(fd, &page, sizeof(page), 0);
	close(fd);
	return done == (ssize_t)sizeof(page) ? 0 : -PMP_EIO;
}

/* The place of the last file is full: from here on the arena lies in a file at the next one, with room for @bytes at least. */
static int go_elsewhere(struct pmp_arena *arena, uint64_t bytes)
{
	struct pmp_arena_header *header = pmp_arena_header(arena);
	struct pmp_scratch_file *file = &arena->files[arena->file_count];
	struct pmp_part_name *name = &header->parts[arena->file_count - 1];
	int rc;

	if (arena->file_count > PMP_PARTS_MAX)
		return -PMP_EFULL;
	rc = pmp_scratch_continue(&arena->launch, PMP_ARENA_PAGE + bytes, file - 1, file);
	if (rc)
		return rc;
	if (strlen(file->path) >= sizeof(name->path) || write_part_page(arena, file)) {
		pmp_scratch_remove(file);
		return -PMP_EIO;
	}
	strcpy(name->path, file->path);
	__atomic_store_n(&name->first, arena->backed, __ATOMIC_RELEASE);
	arena->part_first = arena->backed;
	arena->file_count++;
	pmp_arena_warn(arena, PMP_WARN_ELSEWHERE);
	return 0;
}

static uint64_t chunk_size(const struct pmp_arena *arena, uint64_t need)
{
	uint64_t chunk = arena->backed / 4;
	uint64_t left = arena->reserved - arena->backed;

	if (chunk < CHUNK_MIN)
		chunk = CHUNK_MIN;
	if (chunk > CHUNK_MAX)
		chunk = CHUNK_MAX;
	if (chunk < need)
		chunk = need;
	return pages(chunk < left ? chunk : left);
}

/* Makes sure that @length more bytes can be touched. */
static int back(struct pmp_arena *arena, uint64_t length)
{
	uint64_t need;
	int rc;

	if (arena->used + length <= arena->backed)
		return 0;
	need = pages(arena->used + length - arena->backed);
	if (arena->is_stuck || arena->used + length > arena->reserved) {
		if (!arena->is_stuck)
			pmp_arena_warn(arena, PMP_WARN_MEMORY);
		return -PMP_EFULL;
	}
	rc = extend(arena, chunk_size(arena, need));
	if (rc == -PMP_EFULL)
		rc = extend(arena, need);
	while (rc == -PMP_EFULL && go_elsewhere(arena, need) == 0)
		rc = extend(arena, need);
	if (rc) {
		arena->is_stuck = true;
		pmp_arena_warn(arena, PMP_WARN_SCRATCH);
	}
	return rc;
}

int pmp_arena_open(struct pmp_arena *arena, const struct pmp_launch *launch, uint64_t budget,
		   struct pmp_diag *diag)
{
	int rc = 0;

	*arena = (struct pmp_arena){.reserved = pages(budget < BUDGET_MIN ? BUDGET_MIN : budget),
				    .launch = *launch,
				    .file_count = 1};
	pthread_mutex_init(&arena->lock, NULL);
	arena->base = reserve(&arena->reserved);
	if (!arena->base)
		return pmp_fail(diag, PMP_ENOMEM,
				"no addresses for an arena of PMPROF_MEMORY bytes");
	rc = pmp_scratch_create(launch, START, &arena->files[0], diag);
	if (rc)
		goto out;
	rc = extend(arena, START);
	if (rc) {
		pmp_fail(diag, (enum pmp_err)(-rc), "cannot map the arena '%s'",
			 arena->files[0].path);
		pmp_scratch_remove(&arena->files[0]);
		goto out;
	}
	arena->used = PMP_ARENA_PAGE;
	if (arena->files[0].is_second_choice)
		pmp_arena_warn(arena, PMP_WARN_ELSEWHERE);
out:
	if (rc) {
		munmap(arena->base, arena->reserved);
		arena->base = NULL;
	}
	return rc;
}

int pmp_arena_open_private(struct pmp_arena *arena, uint64_t bytes)
{
	void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return -PMP_ENOMEM;
	*arena = (struct pmp_arena){.base = base,
				    .reserved = bytes,
				    .backed = bytes,
				    .used = PMP_ARENA_PAGE};
	pthread_mutex_init(&arena->lock, NULL);
	return 0;
}

void pmp_arena_remove(const struct pmp_arena *arena)
{
	for (unsigned i = arena->file_count; i > 0; i--)
		pmp_scratch_remove(&arena->files[i - 1]);
}

void pmp_arena_close(struct pmp_arena *arena, bool remove)
{
	if (!arena->base)
		return;
	munmap(arena->base, arena->reserved);
	arena->base = NULL;
	if (remove)
		pmp_arena_remove(arena);
	pthread_mutex_destroy(&arena->lock);
}

struct pmp_segment *pmp_arena_segment(struct pmp_arena *arena, enum pmp_kind kind, uint16_t lane,
				      uint32_t record_bytes, uint64_t capacity, uint64_t first,
				      bool exact)
{
	uint64_t length = pages(sizeof(struct pmp_segment) + capacity * record_bytes);
	uint64_t fit = (length - sizeof(struct pmp_segment)) / record_bytes;
	struct pmp_segment *segment = NULL;

	pthread_mutex_lock(&arena->lock);
	if (back(arena, length) == 0) {
		struct pmp_segment fresh = {
			.magic = PMP_SEGMENT_MAGIC,
			.kind = (uint16_t)kind,
			.lane = lane,
			.record_bytes = record_bytes,
			.capacity = (uint32_t)(exact ? capacity : fit),
			.length = length,
			.first = first,
		};

		fresh.check = pmp_segment_check(&fresh, arena->used);
		fresh.magic = 0;
		segment = (struct pmp_segment *)(arena->base + arena->used);
		*segment = fresh;
		__atomic_store_n(&segment->magic, PMP_SEGMENT_MAGIC, __ATOMIC_RELEASE);
		arena->used += length;
		pmp_arena_header(arena)->tool_bytes = arena->used;
	}
	pthread_mutex_unlock(&arena->lock);
	return segment;
}

void pmp_arena_warn(struct pmp_arena *arena, enum pmp_warning bit)
{
	if (arena->base)
		__atomic_fetch_or(&pmp_arena_header(arena)->warnings, (uint32_t)bit,
				  __ATOMIC_RELAXED);
}
