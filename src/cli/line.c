/*
 * line.c - a command line under construction: a growing array of owned words. Used by `pmprof run`
 * and `pmprof doctor`.
 */
#include "cli/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(struct pmp_line *line, char *word)
{
	char **words = word ? realloc(line->words, (line->count + 2) * sizeof(*words)) : NULL;

	if (!words) {
		free(word);
		line->failed = 1;
		return;
	}
	words[line->count++] = word;
	words[line->count] = NULL;
	line->words = words;
}

void pmp_line_add(struct pmp_line *line, const char *word)
{
	take(line, strdup(word));
}

void pmp_line_addf(struct pmp_line *line, const char *fmt, ...)
{
	char *word = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&word, fmt, args) < 0)
		word = NULL;
	va_end(args);
	take(line, word);
}

void pmp_line_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}
