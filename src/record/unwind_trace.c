/*
 * unwind_trace.c - from what an unwinder library tells of each frame to what the cache needs
 *
 * Called by unwind.c and the backends on the thread that is walked; reads only the thread's own
 * stack, no locks, no allocation.
 */
#include <string.h>

#include "record/unwind_stack.h"

#define WORD sizeof(uint64_t)

void pmp_trace_note(struct pmp_trace *trace, uint64_t address, uint64_t sp, uint64_t base,
		    bool is_exact)
{
	struct pmp_frame *frame = &trace->frame[trace->count++];

	memset(frame, 0, sizeof(*frame));
	frame->address = address;
	frame->sp = sp;
	frame->base = base;
	frame->is_exact = is_exact;
#if defined(__x86_64__)
	frame->slot = is_exact ? 0 : sp - WORD;
#endif
}

static uint64_t word_at(uint64_t at)
{
	uint64_t value;

	memcpy(&value, (const void *)(uintptr_t)at, sizeof(value));
	return value;
}

/* Where a function with this frame saved its caller's rbp: usually just below the return address. */
static uint64_t find_saved(uint64_t low, uint64_t high, uint64_t base)
{
	for (uint64_t at = high; at >= low + WORD; at -= WORD)
		if (word_at(at - WORD) == base)
			return at - WORD;
	return 0;
}

bool pmp_trace_derive(struct pmp_trace *trace, const uint64_t *frame, uint64_t high)
{
	struct pmp_frame *first = trace->frame;
	uint64_t below = (uintptr_t)frame;

	for (uint32_t i = 0; i < trace->count; i++) {
		struct pmp_frame *now = &first[i];

		if (now->slot <= below || now->slot > high - WORD ||
		    word_at(now->slot) != now->address)
			return false;
		below = now->slot;
	}
	first->base = frame[0];
	first->base_slot = (uintptr_t)frame;
	for (uint32_t i = 0; i + 1 < trace->count; i++) {
		struct pmp_frame *now = &first[i];
		struct pmp_frame *outer = now + 1;

		now->uses_base = now->base >= now->sp && now->base <= outer->slot;
		now->keeps_base = now->base == outer->base;
		if (now->keeps_base)
			continue;
		outer->base_slot = find_saved(now->sp, outer->slot, outer->base);
		if (!outer->base_slot)
			return false;
	}
	return true;
}
