/*
 * live_stack.h - the stacks of a running process, taken from outside
 *
 * Each thread is stopped only while its registers and its stack are copied (usually well below a millisecond); it is unwound afterwards from
 * the copy, while it runs on. Nothing is changed in the process. When we are killed in between, the kernel lets it go on.
 */
#ifndef PMP_LIVE_STACK_H
#define PMP_LIVE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "inspect/process.h"
#include "model/pool.h"

struct pmp_live_stack {
	struct pmp_task task;
	uint64_t *
		addresses; /* return addresses, innermost first; the first is where the thread is, plus 1 */
	size_t depth;       /* 0: could not be looked at */
	int64_t stopped_ns; /* how long the thread was held */
};

/*
 * pmp_live_stacks - of all threads of a process, the main thread first
 * @pool: owns what is found
 *
 * Return: 0, also when some threads could not be looked at; -PMP_EUNSUPPORTED when none of them may be (@diag says why),
 * -PMP_ENOTFOUND when the process is gone, -PMP_ENOMEM. Cost: 0.1 ms of each thread, some ms of us.
 */
int pmp_live_stacks(int pid, struct pmp_pool *pool, struct pmp_live_stack **stacks, size_t *count,
		    struct pmp_diag *diag);

#endif
