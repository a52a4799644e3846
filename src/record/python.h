/*
 * python.h - the calling thread's stack of Python functions, read from the interpreter's own memory
 *
 * Only for CPython 3.11, whose structures are known here; found in the process by its symbols, never linked. The interpreter's lock
 * is not needed: what is read belongs to the thread that is inside the call.
 */
#ifndef PMP_PYTHON_H
#define PMP_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMP_PYTHON_DEPTH 64 /* frames that are kept, the innermost */

/* A function that is running: its code object, and the instruction it is at. Valid while it runs. */
struct pmp_python_frame {
	const unsigned char *code;
	const unsigned char *at;
};

struct pmp_python_stack {
	uint64_t hash; /* of what follows, and of who the code objects are */
	uint32_t count;
	bool is_cut;
	struct pmp_python_frame frame[PMP_PYTHON_DEPTH]; /* innermost first */
};

enum pmp_python {
	PMP_PYTHON_ABSENT,
	PMP_PYTHON_KNOWN,
	PMP_PYTHON_OTHER /* of another version, or built in another way */
};

/* pmp_python_find - look for an interpreter in this process; once, when recording starts */
enum pmp_python pmp_python_find(void);

/* pmp_python_state - what was found; PMP_PYTHON_OTHER also when its memory turned out not to be as expected. Cost: a load. */
enum pmp_python pmp_python_state(void);

/* pmp_python_code - an address in the interpreter's code */
uint64_t pmp_python_code(void);

/*
 * pmp_python_read - the functions that the calling thread is in
 *
 * Context: any thread, with or without the interpreter's lock. No lock, no allocation. Cost: about 5 ns a frame.
 * Return: false when there are none: no thread of Python's, or one that is starting or ending.
 */
bool pmp_python_read(struct pmp_python_stack *stack);

/*
 * pmp_python_describe - a frame in words, "function\nfile\nline", in UTF-8; long file names lose their beginning
 *
 * Context: on the thread whose frame it is, while it is inside.
 */
void pmp_python_describe(const struct pmp_python_frame *frame, char *text, size_t size);

#endif
