/*
 * quote.c - commands that a report proposes can be pasted into a shell, whatever the files are called.
 */
#include "render/quote.h"

#include <string.h>

const char *pmp_quote(struct pmp_pool *pool, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:=@%+,-";
	char *copy = pmp_pool_alloc(pool, 4 * strlen(text) + 3, 1), *at = copy;

	if (!copy || (text[0] && text[strspn(text, plain)] == '\0'))
		return text;
	*at++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			at = stpcpy(at, "'\\'");
		*at++ = *text;
	}
	*at = '\'';
	return copy;
}
