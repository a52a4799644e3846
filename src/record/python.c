/*
 * python.c - walks the frames of CPython 3.11
 *
 * Called by python_paths.c on recording threads. Reads the interpreter's memory by offsets that hold for all of 3.11, after looking at
 * the version, and after a first walk in which no pointer was trusted. Must not call into the interpreter, but for the one function
 * that looks up the thread's state in thread-local storage.
 */
#include "record/python.h"
#include "record/python_layout.h"

#include <dlfcn.h>
#include <string.h>

#include "base/hash.h"
#include "record/walker.h"

#define VERSION_FIRST UINT64_C(0x030b00f0) /* 3.11.0, as in Py_Version */
#define VERSION_NEXT  UINT64_C(0x030c0000)

static struct {
	enum pmp_python state;
	bool is_checked; /* a first walk has shown the offsets to be right */
	void *(*thread_state)(void);
	const void *code_type, *text_type, *bytes_type;
} python;

enum pmp_python pmp_python_find(void)
{
	const unsigned long *version = dlsym(RTLD_DEFAULT, "Py_Version");
	void *function = dlsym(RTLD_DEFAULT, "PyGILState_GetThisThreadState");

	python.state = PMP_PYTHON_ABSENT;
	python.is_checked = false;
	if (!function)
		return python.state;
	memcpy(&python.thread_state, &function, sizeof(function));
	python.code_type = dlsym(RTLD_DEFAULT, "PyCode_Type");
	python.text_type = dlsym(RTLD_DEFAULT, "PyUnicode_Type");
	python.bytes_type = dlsym(RTLD_DEFAULT, "PyBytes_Type");
	/* the symbol of the version is younger than its macro: before 3.11 there was none */
	if (sizeof(void *) == 8 && version && *version >= VERSION_FIRST &&
	    *version < VERSION_NEXT && python.code_type && python.text_type && python.bytes_type)
		python.state = PMP_PYTHON_KNOWN;
	else
		python.state = PMP_PYTHON_OTHER;
	return python.state;
}

enum pmp_python pmp_python_state(void)
{
	return __atomic_load_n(&python.state, __ATOMIC_RELAXED);
}

uint64_t pmp_python_code(void)
{
	uint64_t address;

	memcpy(&address, &python.thread_state, sizeof(address));
	return address;
}

static bool is_readable(const unsigned char *at, size_t size)
{
	uint64_t address = (uintptr_t)at;

	return address % sizeof(void *) == 0 && address >= 4096 && address + size > address &&
	       pmp_page_is_readable(address) && pmp_page_is_readable(address + size - 1);
}

static bool is_object(const unsigned char *object, const void *type)
{
	return is_readable(object, 2 * sizeof(void *)) &&
	       pmp_python_pointer(object, OBJECT_TYPE) == type;
}

static bool is_code(const unsigned char *code)
{
	return is_object(code, python.code_type) && is_readable(code, CODE_INSTRUCTIONS) &&
	       is_object(pmp_python_pointer(code, CODE_FILE), python.text_type) &&
	       is_object(pmp_python_pointer(code, CODE_NAME), python.text_type) &&
	       is_object(pmp_python_pointer(code, CODE_LINES), python.bytes_type);
}

/* As the walk below, but with each pointer looked at before it is followed. */
static bool is_as_expected(const unsigned char *thread)
{
	const unsigned char *cframe, *frame;

	if (!is_readable(thread, THREAD_CFRAME + sizeof(void *)))
		return false;
	cframe = pmp_python_pointer(thread, THREAD_CFRAME);
	if (!is_readable(cframe, CFRAME_FRAME + sizeof(void *)))
		return false;
	frame = pmp_python_pointer(cframe, CFRAME_FRAME);
	for (unsigned i = 0; frame && i <= PMP_PYTHON_DEPTH; i++) {
		if (!is_readable(frame, FRAME_BYTES) ||
		    !is_code(pmp_python_pointer(frame, FRAME_CODE)))
			return false;
		frame = pmp_python_pointer(frame, FRAME_PREVIOUS);
	}
	return true;
}

static const unsigned char *innermost(const unsigned char *thread)
{
	return pmp_python_pointer(pmp_python_pointer(thread, THREAD_CFRAME), CFRAME_FRAME);
}

/* False for good when the memory is not that of a 3.11. */
static bool check_once(const unsigned char *thread)
{
	if (__atomic_load_n(&python.is_checked, __ATOMIC_RELAXED))
		return true;
	if (!is_as_expected(thread)) {
		__atomic_store_n(&python.state, PMP_PYTHON_OTHER, __ATOMIC_RELAXED);
		return false;
	}
	if (innermost(thread))
		__atomic_store_n(&python.is_checked, true, __ATOMIC_RELAXED);
	return true;
}

/* Another code object may come to lie where one was that is gone: so its name and its table of lines are part of its identity. */
static uint64_t hash_frame(uint64_t hash, const struct pmp_python_frame *frame)
{
	hash = pmp_hash_combine(hash, (uintptr_t)frame->code ^ (uintptr_t)frame->at << 20);
	return pmp_hash_combine(hash, (uintptr_t)pmp_python_pointer(frame->code, CODE_NAME) ^
					      (uintptr_t)pmp_python_pointer(frame->code, CODE_LINES)
						      << 20);
}

bool pmp_python_read(struct pmp_python_stack *stack)
{
	const unsigned char *thread, *frame;

	stack->hash = 0;
	stack->count = 0;
	stack->is_cut = false;
	if (pmp_python_state() != PMP_PYTHON_KNOWN)
		return false;
	thread = python.thread_state();
	if (!thread || !check_once(thread))
		return false;
	for (frame = innermost(thread); frame; frame = pmp_python_pointer(frame, FRAME_PREVIOUS)) {
		struct pmp_python_frame *to = &stack->frame[stack->count];

		if (stack->count == PMP_PYTHON_DEPTH) {
			stack->is_cut = true;
			break;
		}
		to->code = pmp_python_pointer(frame, FRAME_CODE);
		to->at = pmp_python_pointer(frame, FRAME_AT);
		if (pmp_python_pointer(to->code, OBJECT_TYPE) != python.code_type)
			break;
		stack->hash = hash_frame(stack->hash, to);
		stack->count++;
	}
	return stack->count > 0;
}
