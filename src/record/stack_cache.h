/*
 * stack_cache.h - a stack that was seen before: the part of the unwinder that runs on every call
 *
 * A set-associative table keyed by (wrapper's frame, return address). An entry names the words of
 * stack memory that determined the walk, and their values; when all of them still hold, the path is
 * the same and its node is known. What is re-read lies between the wrapper's frame, which is part
 * of the key, and the end of the thread's stack, checked when the entry was made: always readable.
 */
#ifndef PMP_STACK_CACHE_H
#define PMP_STACK_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/unwind.h"

#define PMP_CACHE_WAYS 4
#define PMP_CACHE_SETS 1024
#define PMP_CHECK_STEP 4 /* the number of checks is rounded up to this, and never 0 */

struct pmp_cache_way {
	uint64_t address;
	uint64_t frame;
	const uint64_t
		*value; /* the checks, outermost first; their offsets follow the last value */
	uint32_t checks;
	uint32_t node;
};
_Static_assert(sizeof(struct pmp_cache_way) == 32, "two ways to a cache line");

struct pmp_unwinder {
	uint64_t anchor; /* offsets of checks are counted from here: end of stack - 4 GiB */
	uint64_t reserved[7];
	struct pmp_cache_way way[PMP_CACHE_SETS * PMP_CACHE_WAYS];
};

/* pmp_unwind_miss - walk, enter into the cache. Cost: 30 ns and 5 ns per frame that has changed. */
uint32_t pmp_unwind_miss(struct pmp_unwinder *unwinder, const uint64_t *frame);

static inline uint32_t pmp_cache_set(uint64_t address, uint64_t frame)
{
	uint64_t key = (address ^ frame << 24) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(key >> 54) * PMP_CACHE_WAYS;
}
_Static_assert(PMP_CACHE_SETS == 1 << (64 - 54), "pmp_cache_set shifts by the number of sets");

/* Stack words of other functions, whatever they were stored as. */
typedef uint64_t __attribute__((may_alias)) pmp_stack_word;

static inline bool pmp_check_holds(uint64_t anchor, uint32_t offset, uint64_t value)
{
	return *(const pmp_stack_word *)(uintptr_t)(anchor + offset) == value;
}

/*
 * Innermost first: that is where stacks with the same key differ. A branch for each check, all of
 * them foreseen, is faster than collecting the differences, and much faster than vector gathers.
 */
static inline bool pmp_cache_holds(const struct pmp_cache_way *way, uint64_t anchor)
{
	const uint64_t *value = way->value + way->checks;
	const uint32_t *offset = (const uint32_t *)(const void *)value + way->checks;

	do {
		value -= PMP_CHECK_STEP;
		offset -= PMP_CHECK_STEP;
		if (!pmp_check_holds(anchor, offset[3], value[3]) ||
		    !pmp_check_holds(anchor, offset[2], value[2]) ||
		    !pmp_check_holds(anchor, offset[1], value[1]) ||
		    !pmp_check_holds(anchor, offset[0], value[0]))
			return false;
	} while (value != way->value);
	return true;
}

static inline uint32_t pmp_unwind(struct pmp_unwinder *unwinder, void *frame, bool *hit)
{
	uint64_t address = ((const pmp_stack_word *)frame)[1];
	uint64_t at = (uintptr_t)frame;
	const struct pmp_cache_way *way = &unwinder->way[pmp_cache_set(address, at)];

	for (unsigned i = 0; i < PMP_CACHE_WAYS; i++) {
		if (way[i].frame == at && way[i].address == address &&
		    pmp_cache_holds(&way[i], unwinder->anchor)) {
			*hit = true;
			return way[i].node;
		}
	}
	*hit = false;
	return pmp_unwind_miss(unwinder, frame);
}

#endif
