/* quote.h - texts as arguments of a shell */
#ifndef PMP_QUOTE_H
#define PMP_QUOTE_H

#include "model/pool.h"

/* pmp_quote - in quotes where it needs them; @text itself where not */
const char *pmp_quote(struct pmp_pool *pool, const char *text);

#endif
