/*
 * arena.c - reserves, grows and hands out the arena. Called by any recording thread when a table is full, never on the hot path.
 * Its lock is the innermost of all. Pages are allocated on the disk and populated before anybody writes to them: a full scratch
 * file system costs records, never a SIGBUS.
 */
#include "record/arena_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUDGET_MIN (UINT64_C(1) << 20)
#define CHUNK_MIN  (UINT64_C(128) << 10)
#define CHUNK_MAX  (UINT64_C(4) << 20)

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

/* Backs another @bytes of the reserved range with the file. */
static int extend(struct pmp_arena *arena, uint64_t bytes)
{
	unsigned char *at = arena->base + arena->backed;
	int fd = pmp_scratch_open(&arena->file);
	int rc;

	if (fd < 0)
		return fd;
	rc = pmp_scratch_allocate(fd, arena->backed, bytes);
	if (rc == 0 && mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			    (off_t)arena->backed) == MAP_FAILED)
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
	need = arena->used + length - arena->backed;
	if (arena->is_stuck || arena->used + length > arena->reserved) {
		if (!arena->is_stuck)
			pmp_arena_warn(arena, PMP_WARN_MEMORY);
		return -PMP_EFULL;
	}
	rc = extend(arena, chunk_size(arena, need));
	if (rc == -PMP_EFULL)
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

	*arena = (struct pmp_arena){.reserved = pages(budget < BUDGET_MIN ? BUDGET_MIN : budget)};
	pthread_mutex_init(&arena->lock, NULL);
	arena->base = reserve(&arena->reserved);
	if (!arena->base)
		return pmp_fail(diag, PMP_ENOMEM,
				"no addresses for an arena of PMPROF_MEMORY bytes");
	rc = pmp_scratch_create(launch, PMP_ARENA_PAGE, &arena->file, diag);
	if (rc)
		goto out;
	rc = extend(arena, chunk_size(arena, PMP_ARENA_PAGE));
	if (rc) {
		pmp_fail(diag, (enum pmp_err)(-rc),
			 "no space for an arena in '%s'; set PMPROF_SCRATCH", arena->file.path);
		pmp_scratch_remove(&arena->file);
		goto out;
	}
	arena->used = PMP_ARENA_PAGE;
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
				    .used = PMP_ARENA_PAGE,
				    .is_private = true};
	pthread_mutex_init(&arena->lock, NULL);
	return 0;
}

void pmp_arena_close(struct pmp_arena *arena, bool remove)
{
	if (!arena->base)
		return;
	munmap(arena->base, arena->reserved);
	arena->base = NULL;
	if (remove && !arena->is_private)
		pmp_scratch_remove(&arena->file);
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
