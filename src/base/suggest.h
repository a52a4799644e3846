/* suggest.h - "did you mean": the nearest of a list of names */
#ifndef PMP_SUGGEST_H
#define PMP_SUGGEST_H

#include <stddef.h>

/* pmp_edit_distance - insertions, deletions, replacements and swaps of neighbours, case ignored; of the first 63 bytes */
unsigned pmp_edit_distance(const char *a, const char *b);

/*
 * pmp_suggest - the nearest name
 * @names:  array of structs (or pointers), each of which begins with a const char *
 * @stride: bytes from one element to the next
 *
 * Return: NULL when none is near enough to be a slip (distance above a third of the length, at least 1) and none begins with
 * @word.
 */
const char *pmp_suggest(const char *word, const void *names, size_t count, size_t stride);

#endif
