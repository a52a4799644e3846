/*
 * err.c - error texts and diagnostics. Used by the runtime and the tools; no state.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int pmp_fail(struct pmp_diag *diag, enum pmp_err err, const char *fmt, ...)
{
	int saved = errno;

	if (diag && diag->text[0] == '\0') {
		va_list args;

		va_start(args, fmt);
		vsnprintf(diag->text, sizeof(diag->text), fmt, args);
		va_end(args);
	}
	errno = saved;
	return -(int)err;
}

const char *pmp_err_text(int rc)
{
	switch (abs(rc)) {
#define PMP_ERROR(name, value, text)                                                               \
	case value:                                                                                \
		return text;
#include "base/errors.def"
#undef PMP_ERROR
	default:
		return "unknown error";
	}
}
