/* python_layout.h - where things lie in objects of CPython 3.11 on 64-bit machines; between python.c and python_text.c */
#ifndef PMP_PYTHON_LAYOUT_H
#define PMP_PYTHON_LAYOUT_H

#include <stddef.h>
#include <string.h>

enum { /* any object; bytes; str */
       OBJECT_TYPE = 8,
       VAR_SIZE = 16,
       BYTES_DATA = 32,
       TEXT_LENGTH = 16,
       TEXT_STATE = 32,
       TEXT_ASCII = 48,
       TEXT_COMPACT = 72 /* also where the pointer of other texts is */
};

enum { /* a thread's state, and its stack of frames */
       THREAD_CFRAME = 56,
       CFRAME_FRAME = 8,
       FRAME_CODE = 32,
       FRAME_PREVIOUS = 48,
       FRAME_AT = 56,
       FRAME_BYTES = 72
};

enum { /* a code object */
       CODE_FIRST_LINE = 72,
       CODE_FILE = 112,
       CODE_NAME = 128, /* co_qualname */
       CODE_LINES = 136,
       CODE_INSTRUCTIONS = 184 /* the last member */
};

static inline const unsigned char *pmp_python_pointer(const unsigned char *object, size_t offset)
{
	const unsigned char *pointer;

	memcpy(&pointer, object + offset, sizeof(pointer));
	return pointer;
}

#endif
