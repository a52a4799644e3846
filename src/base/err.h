/* err.h - error numbers and the one message that goes with a failure */
#ifndef PMP_ERR_H
#define PMP_ERR_H

enum pmp_err {
#define PMP_ERROR(name, value, text) PMP_E##name = (value),
#include "base/errors.def"
#undef PMP_ERROR
};

#define PMP_DIAG_MAX 512

/*
 * struct pmp_diag - the message of the first failure, filled where it happened, printed once by whoever owns the terminal
 * @text: lower case, what failed first, subject in quotes, what to do next; empty while nothing failed
 *
 * Start value: {""}. A second failure on the way out does not overwrite the first.
 */
struct pmp_diag {
	char text[PMP_DIAG_MAX];
};

/*
 * pmp_fail - note a failure and hand its number on: return pmp_fail(diag, PMP_EIO, "cannot open '%s': %m", path);
 * @diag: may be NULL
 * @err:  positive enum pmp_err
 *
 * Context: any thread, not a signal handler. errno is kept. Return: -err.
 */
int pmp_fail(struct pmp_diag *diag, enum pmp_err err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* pmp_err_text - what errors.def says of a return value (negative or positive); never NULL */
const char *pmp_err_text(int rc);

#endif
