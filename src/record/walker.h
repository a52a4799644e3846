/*
 * walker.h - walks a stack by unwind rules (x86-64)
 *
 * Every word is read through struct pmp_window: inside the thread's own stack by a comparison,
 * elsewhere (coroutines, alternate signal stacks) after the kernel said that the page is readable.
 */
#ifndef PMP_WALKER_H
#define PMP_WALKER_H

#include "record/unwind_rule.h"
#include "record/unwind_stack.h"

#if defined(__x86_64__)
#define PMP_HAVE_WALKER 1
#else
#define PMP_HAVE_WALKER 0
#endif

/* What may be read: [low, high), and with is_probed any page that the kernel can read, too. */
struct pmp_window {
	uint64_t low;
	uint64_t high;
	bool is_probed;
	uint64_t page; /* the last page found readable */
};

/* The window that trusts no memory: each page is asked for. */
#define PMP_WINDOW_PROBED ((struct pmp_window){UINT64_MAX, sizeof(uint64_t), true, 0})

/* pmp_page_is_readable - can this process read the page that the address lies in? Cost: a system call. */
bool pmp_page_is_readable(uint64_t address);

/*
 * pmp_walk - from a wrapper's frame outwards
 * @frame:  the wrapper's frame: saved rbp, return address
 * @last:   the stack before; its outermost *shared frames are known to be still in place
 * @shared: in and out; when PMP_WALK_JOINED: how many of them lie further out than the trace
 *
 * Return: how it ended; trace holds what was found. Cost: 4 ns a frame when rules are known.
 */
enum pmp_walk_end pmp_walk(struct pmp_rules *rules, struct pmp_window *window,
			   const uint64_t *frame, const struct pmp_stack *last, uint32_t *shared,
			   struct pmp_trace *trace);

/*
 * pmp_walk_on - the same from trace->frame[0], which the caller has set: an interrupted function's, or where a walk that ended as
 * PMP_WALK_DEEP goes on
 */
enum pmp_walk_end pmp_walk_on(struct pmp_rules *rules, struct pmp_window *window,
			      const struct pmp_stack *last, uint32_t *shared,
			      struct pmp_trace *trace);

#endif
