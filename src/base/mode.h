/*
 * mode.h - the PMPROF string: modes separated by commas, each with options in parentheses: "profile(...)", "off"
 *
 * A mode is one row in mode.c. This version records profiles; a mode it does not know is refused by name.
 */
#ifndef PMP_MODE_H
#define PMP_MODE_H

#include <stdbool.h>

#include "base/err.h"

struct pmp_mode {
	bool profile;  /* false: record nothing */
	char text[64]; /* the string in force, for the file */
};

/*
 * pmp_mode_parse - read a PMPROF string
 * @text: NULL or "" is "profile"
 *
 * Return: 0, or -PMP_EINVALID with @diag naming the word and the nearest right one; then nothing is recorded.
 */
int pmp_mode_parse(const char *text, struct pmp_mode *mode, struct pmp_diag *diag);

#endif
