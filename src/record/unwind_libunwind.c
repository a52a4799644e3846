/*
 * unwind_libunwind.c - backend: libunwind, loaded on demand
 *
 * For platforms without a walker of ours, and for comparison. Never linked: libunwind exports the
 * C++ runtime's entry points and would take them over; opened with RTLD_LOCAL it cannot. Called by
 * unwind.c on the thread that is walked; takes locks of its own, so not for signal handlers.
 */
#include "record/unwind_stack.h"

#include <dlfcn.h>
#include <string.h>

#if defined(PMP_HAVE_LIBUNWIND) && defined(__x86_64__)
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#define NAME_OF(name)   #name
#define NAME_TEXT(name) NAME_OF(name)

static struct {
	int (*getcontext)(unw_context_t *);
	int (*init)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, unw_regnum_t, unw_word_t *);
	int (*is_signal)(unw_cursor_t *);
} api;

static bool load(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol;
}

/* Loaded once, never closed. Two threads at once would store the same pointers. */
static bool is_available(void)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	return library && load(library, "_Ux86_64_getcontext", &api.getcontext) &&
	       load(library, NAME_TEXT(UNW_OBJ(init_local)), &api.init) &&
	       load(library, NAME_TEXT(UNW_OBJ(step)), &api.step) &&
	       load(library, NAME_TEXT(UNW_OBJ(get_reg)), &api.get_reg) &&
	       load(library, NAME_TEXT(UNW_OBJ(is_signal_frame)), &api.is_signal);
}

static enum pmp_walk_end walk(const uint64_t *frame, struct pmp_trace *trace)
{
	unw_context_t context;
	unw_cursor_t cursor;
	bool is_exact = false;
	int rc;

	trace->count = 0;
	if (api.getcontext(&context) != 0 || api.init(&cursor, &context) != 0)
		return PMP_WALK_PARTIAL;
	do {
		unw_word_t address = 0;
		unw_word_t sp = 0;
		unw_word_t base = 0;

		api.get_reg(&cursor, UNW_REG_IP, &address);
		api.get_reg(&cursor, UNW_REG_SP, &sp);
		api.get_reg(&cursor, UNW_X86_64_RBP, &base);
		if (!address)
			return PMP_WALK_WHOLE;
		if (trace->count || sp == (uintptr_t)(frame + 2))
			pmp_trace_note(trace, address, sp, base, is_exact);
		if (trace->count == PMP_FRAME_MAX)
			return PMP_WALK_DEEP;
		rc = api.step(&cursor);
		is_exact = api.is_signal(&cursor) > 0;
	} while (rc > 0);
	return rc == 0 ? PMP_WALK_WHOLE : PMP_WALK_PARTIAL;
}
#else
static bool is_available(void)
{
	return false;
}

static enum pmp_walk_end walk(const uint64_t *frame, struct pmp_trace *trace)
{
	(void)frame;
	trace->count = 0;
	return PMP_WALK_PARTIAL;
}
#endif

const struct pmp_backend pmp_backend_libunwind = {
	.name = "libunwind",
	.is_available = is_available,
	.walk = walk,
};
