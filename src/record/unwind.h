/*
 * unwind.h - from a wrapper's frame to the node of its call path
 *
 * One unwinder per thread, in private anonymous memory, used by that thread only. A stack seen
 * before is recognised inline (stack_cache.h, pmp_unwind); a new one is walked by unwind.c, which
 * asks the recorder for a node per frame, from the outermost frame inwards.
 */
#ifndef PMP_UNWIND_H
#define PMP_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/arena.h"

struct pmp_unwinder;

/*
 * struct pmp_paths_ops - where call paths are kept
 * @child: the node of the frame with this return address, called from @parent; made if new. 0: the
 * table is full, then the path ends at @parent. Node 0 is the root. When a stack is deeper than the
 * frames that are kept (PMP_STACK_MAX, the innermost), their common parent is PMP_ADDRESS_CUT.
 * Called on misses only, by the unwinder's own thread; may not unwind.
 * @overlay: the path of a stack that was walked may stand for another, as that of an interpreter; it changes @node then. True: the
 * same stack may be another path next time, it is not remembered.
 * @miss: a walk begins. Called first thing in pmp_unwind_miss: the recorder stamps the clock, so
 * that our own work is not taken for the program's.
 */
struct pmp_paths_ops {
	uint32_t (*child)(void *ctx, uint32_t parent, uint64_t return_address);
	void (*miss)(void *ctx);
	bool (*overlay)(void *ctx, uint32_t *node);
};

/*
 * pmp_unwinder_new - for the calling thread: reads its stack bounds
 * @ops: kept by reference
 * @ctx: handed to ops->child
 *
 * Takes memory from mmap, never from malloc. Return: NULL when there is none.
 */
struct pmp_unwinder *pmp_unwinder_new(const struct pmp_paths_ops *ops, void *ctx);

/* pmp_unwinder_free - NULL is fine; any thread, when the owner no longer uses it */
void pmp_unwinder_free(struct pmp_unwinder *unwinder);

/* pmp_unwinder_is_partial - has a walk ended before the outermost frame since the last question?
 * (PMP_WARN_UNWIND) */
bool pmp_unwinder_is_partial(struct pmp_unwinder *unwinder);

/*
 * pmp_unwinder_forget - drop all that is remembered; for when modules were closed. Normally not
 * needed: a module that took the place of another is noticed when its code is first walked.
 */
void pmp_unwinder_forget(struct pmp_unwinder *unwinder);

/*
 * In stack_cache.h:
 *
 *	static inline uint32_t pmp_unwind(struct pmp_unwinder *unwinder, void *frame, bool *hit);
 *
 * @frame: __builtin_frame_address(0) of the wrapper: the return address into the user's code lies
 * at frame + 8, the CFA is frame + 16
 * @hit:   false when the stack had to be walked
 * Return: the node of the path from the root to the user's call site
 */
#endif
