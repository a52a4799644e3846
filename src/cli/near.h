/* near.h - the nearest right word, for messages */
#ifndef PMP_NEAR_H
#define PMP_NEAR_H
#if __has_include("base/suggest.h")
#include "base/suggest.h"
#else
#include <stddef.h>
static inline const char *pmp_suggest(const char *word, const char *const *names)
{
	(void)word;
	(void)names;
	return NULL;
}
#endif
#endif
