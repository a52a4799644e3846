/* live_hold.h - a thread of another process: hold it, copy its registers and stack, let it go */
#ifndef PMP_LIVE_HOLD_H
#define PMP_LIVE_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

struct pmp_held {
	struct user_regs_struct registers;
	uint64_t sp;
	char *stack; /* from sp - red zone upwards; malloc'ed, NULL when it could not be read */
	uint64_t stack_begin;
	size_t stack_bytes;
	int64_t stopped_ns;
};

enum pmp_hold { PMP_HOLD_OK, PMP_HOLD_GONE, PMP_HOLD_FORBIDDEN, PMP_HOLD_BUSY };

/*
 * pmp_hold_copy - stop, copy, resume
 *
 * PMP_HOLD_BUSY: it does not stop in time (it is in the kernel); it is let go as soon as it does, or when we end.
 */
enum pmp_hold pmp_hold_copy(int pid, int tid, struct pmp_held *held);

/* pmp_hold_read - memory of a running process. Return: false when it is not readable. */
bool pmp_hold_read(int pid, uint64_t address, void *data, size_t bytes);

#endif
