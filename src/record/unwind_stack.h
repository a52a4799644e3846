/*
 * unwind_stack.h - a walked stack, as the backends of the unwinder produce it
 *
 * A stack is kept outermost frame first, so that the next one can share its outer part, together
 * with its checks: the words of memory that determined the walk. While all checks hold, a walk
 * from the same wrapper frame would yield the same frames, by construction: return addresses,
 * saved frame pointers that were used, and pointers to realigned frames are all among them.
 */
#ifndef PMP_UNWIND_STACK_H
#define PMP_UNWIND_STACK_H

#include <stdbool.h>
#include <stdint.h>

#define PMP_STACK_MAX 256 /* frames kept; of a deeper stack the innermost ones */
#define PMP_FRAME_MAX (PMP_STACK_MAX + 1)
#define PMP_CHECK_MAX (3 * PMP_FRAME_MAX + 4)

struct pmp_frame {
	uint64_t slot;      /* where the return address is saved */
	uint64_t address;   /* the return address, as in memory */
	uint64_t sp;        /* stack pointer in the function that it returns to */
	uint64_t base;      /* rbp there */
	uint64_t base_slot; /* where that was saved; 0: the callee did not touch it */
	uint64_t link_slot; /* where the CFA was read, 0: it was computed */
	uint64_t link;
	uint32_t node;
	uint32_t checks; /* of the stack up to and including this frame */
	bool is_exact;   /* address was interrupted, not called from */
	bool uses_base;  /* of the rule that leads on from here: struct pmp_rule */
	bool keeps_base;
	bool needs_base; /* some frame further out depends on this rbp */
	bool is_lost;    /* the table of paths is full: node is that of an outer frame */
};

/* The address inside the calling (or interrupted) instruction: what rules are found by. */
static inline uint64_t pmp_frame_at(const struct pmp_frame *frame)
{
	return frame->address - !frame->is_exact;
}

/* How a walk ended. */
enum pmp_walk_end {
	PMP_WALK_WHOLE,   /* outermost frame reached */
	PMP_WALK_PARTIAL, /* no frame information, or it led nowhere; what was found is right */
	PMP_WALK_JOINED,  /* at a frame of the stack before, which is still in place */
	PMP_WALK_DEEP,    /* more frames than are kept */
	PMP_WALK_FOREIGN, /* memory outside the thread's stack would have to be read */
	PMP_WALK_UNKNOWN  /* a rule that the walker cannot express: ask another backend */
};

/* Frames as they are found, innermost first. */
struct pmp_trace {
	uint32_t count;
	struct pmp_frame frame[PMP_FRAME_MAX];
};

/* pmp_trace_note - add a frame that a library reported; there must be room */
void pmp_trace_note(struct pmp_trace *trace, uint64_t address, uint64_t sp, uint64_t base,
		    bool is_exact);

/*
 * pmp_trace_derive - find out which words determined a walk that was not done by our rules
 * @frame: the wrapper's
 * @high:  end of the thread's stack
 *
 * A frame whose rbp points into it is taken to be found through rbp. Return: false when some word
 * is not to be found; such a stack must not be remembered.
 */
bool pmp_trace_derive(struct pmp_trace *trace, const uint64_t *frame, uint64_t high);

struct pmp_stack {
	uint32_t count;
	uint32_t checks;
	bool is_cut; /* frame 0 stands for all outer ones: nothing can be shared */
	struct pmp_frame frame[PMP_FRAME_MAX];
	uint32_t check_offset[PMP_CHECK_MAX]; /* from the unwinder's anchor */
	uint64_t check_value[PMP_CHECK_MAX];
};

/*
 * struct pmp_backend - a way to walk a stack
 * @walk: notes frames from a wrapper's frame outwards, not those of our own
 */
struct pmp_backend {
	const char *name;
	bool (*is_available)(void);
	enum pmp_walk_end (*walk)(const uint64_t *frame, struct pmp_trace *trace);
};

extern const struct pmp_backend pmp_backend_libgcc;
extern const struct pmp_backend pmp_backend_libunwind;

#endif
