/* line.h - a command line under construction */
#ifndef PMP_LINE_H
#define PMP_LINE_H

#include <stddef.h>

struct pmp_line {
	char **words; /* NULL-terminated when not NULL */
	size_t count;
	int failed; /* out of memory, sticky: ask once at the end */
};

void pmp_line_add(struct pmp_line *line, const char *word);
void pmp_line_addf(struct pmp_line *line, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void pmp_line_free(char **words);

#endif
