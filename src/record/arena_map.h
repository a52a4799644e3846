/*
 * arena_map.h - the arena as the recording process has it: a reserved range of addresses, backed by its file in chunks
 *
 * Nothing moves while it grows: pointers into the arena stay valid until pmp_arena_close.
 */
#ifndef PMP_ARENA_MAP_H
#define PMP_ARENA_MAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/scratch.h"
#include "schema/arena.h"

struct pmp_arena {
	unsigned char *base; /* NULL when closed; the offset in the arena is address - base */
	uint64_t reserved;   /* bytes of addresses: the budget */
	uint64_t backed;     /* bytes of them that may be touched */
	uint64_t used;       /* bytes given out */
	bool is_stuck;       /* growing failed once; not tried again */
	pthread_mutex_t lock;
	struct pmp_launch launch;
	struct pmp_scratch_file files[1 + PMP_PARTS_MAX]; /* it grows in the last one */
	unsigned file_count;
	uint64_t
		part_first; /* offset in the arena of what the last file holds behind its first page */
};

/*
 * pmp_arena_open - reserve @budget bytes and make the file; its header page is zero
 *
 * Return: 0, -PMP_EIO, -PMP_EFULL, -PMP_ENOMEM; on failure nothing is left behind.
 */
int pmp_arena_open(struct pmp_arena *arena, const struct pmp_launch *launch, uint64_t budget,
		   struct pmp_diag *diag);

/* pmp_arena_open_private - the same in anonymous memory of fixed size, for calibration and tests: 0 or -PMP_ENOMEM */
int pmp_arena_open_private(struct pmp_arena *arena, uint64_t bytes);

/* pmp_arena_close - unmap; @remove: delete the file as well. A closed arena may be closed again. */
void pmp_arena_close(struct pmp_arena *arena, bool remove);

/* pmp_arena_remove - delete the files of an open arena; it stays mapped */
void pmp_arena_remove(const struct pmp_arena *arena);

static inline struct pmp_arena_header *pmp_arena_header(struct pmp_arena *arena)
{
	return (struct pmp_arena_header *)arena->base;
}

/*
 * pmp_arena_segment - a new segment with room for at least @capacity records (rounded up to whole pages unless @exact)
 *
 * Takes a lock; may make system calls. Any thread, not signal handlers. Return: NULL when the arena cannot grow; the reason is
 * then among the header's warnings.
 */
struct pmp_segment *pmp_arena_segment(struct pmp_arena *arena, enum pmp_kind kind, uint16_t lane,
				      uint32_t record_bytes, uint64_t capacity, uint64_t first,
				      bool exact);

/* pmp_arena_warn - set a bit of the header */
void pmp_arena_warn(struct pmp_arena *arena, enum pmp_warning bit);

#endif
