/* text.h - text from arenas and files is anybody's bytes; what goes on from here is printable UTF-8 */
#ifndef PMP_TEXT_H
#define PMP_TEXT_H

#include <stddef.h>

#include "model/pool.h"

/* pmp_text_clean - a copy in which control characters and bytes that are not UTF-8 became '?'. "" when there is no memory */
const char *pmp_text_clean(struct pmp_pool *pool, const char *from, size_t len);

/* pmp_text_clean_in_place - the same, of a buffer */
void pmp_text_clean_in_place(char *text, size_t len);

/* pmp_text_hex - @len bytes as hexadecimal digits, as many as fit into @text of @size bytes, and an end */
void pmp_text_hex(const void *bytes, size_t len, char *text, size_t size);

#endif
