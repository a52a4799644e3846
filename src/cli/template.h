/* template.h - command lines with a hole for the number of ranks: --launch 'mpirun -np {n}', --size {n*1000} */
#ifndef PMP_TEMPLATE_H
#define PMP_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/line.h"

/*
 * pmp_words_split - the words of a line as a shell would see them: blanks, quotes, backslashes; nothing is expanded
 * @what:  "--launch", for the message
 * @words: NULL-terminated, at least one; pmp_line_free
 *
 * What only a shell could do ($, |, ;, &, <, >, backticks, parentheses, unless quoted) is refused: taken literally it would
 * start another command than the one that was meant. Return: 0; -PMP_EINVALID, -PMP_ENOMEM with one line in @diag.
 */
int pmp_words_split(const char *text, const char *what, char ***words, struct pmp_diag *diag);

/* pmp_template_has_ranks - does {n} or {n*NUMBER} stand in one of the words? */
bool pmp_template_has_ranks(char *const *words);

/*
 * pmp_template_fill - append the words with {n} replaced by @ranks and {n*NUMBER} by the product; other braces stay
 *
 * Return: 0; -PMP_EINVALID with one line in @diag when a product is beyond 63 bits. Memory: see line->failed.
 */
int pmp_template_fill(struct pmp_line *line, char *const *words, uint32_t ranks,
		      struct pmp_diag *diag);

#endif
