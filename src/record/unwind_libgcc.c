/*
 * unwind_libgcc.c - backend: the C++ runtime's unwinder
 *
 * The reference that tests compare with, and the way where the walker has no rule or does not exist.
 * Called by unwind.c on the thread that is walked. With glibc 2.35 and later it takes no lock,
 * except one of its own where a just-in-time compiler has registered frames.
 */
#include <unwind.h>

#include "record/unwind_stack.h"

struct walk {
	uint64_t first; /* CFA of the wrapper: frames below are ours */
	struct pmp_trace *trace;
	bool is_deep;
};

static uint64_t base_of(struct _Unwind_Context *context)
{
#if defined(__x86_64__)
	return _Unwind_GetGR(context, 6);
#else
	(void)context;
	return 0;
#endif
}

/*
 * For the frame of a function libgcc gives the CFA of its callee: the return address into the
 * function was saved just below, except where a signal interrupted it.
 */
static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;
	uint64_t sp = _Unwind_GetCFA(context);
	int is_exact = 0;
	uint64_t address = _Unwind_GetIPInfo(context, &is_exact);

	if (!address || (!walk->trace->count && sp != walk->first))
		return _URC_NO_REASON;
	if (walk->trace->count == PMP_FRAME_MAX) {
		walk->is_deep = true;
		return _URC_END_OF_STACK;
	}
	pmp_trace_note(walk->trace, address, sp, base_of(context), is_exact);
	return _URC_NO_REASON;
}

static enum pmp_walk_end walk(const uint64_t *frame, struct pmp_trace *trace)
{
	struct walk state = {(uintptr_t)(frame + 2), trace, false};
	_Unwind_Reason_Code end;

	trace->count = 0;
	end = _Unwind_Backtrace(note_frame, &state);
	if (state.is_deep)
		return PMP_WALK_DEEP;
	return end == _URC_END_OF_STACK ? PMP_WALK_WHOLE : PMP_WALK_PARTIAL;
}

static bool is_available(void)
{
	return true;
}

const struct pmp_backend pmp_backend_libgcc = {
	.name = "libgcc",
	.is_available = is_available,
	.walk = walk,
};
