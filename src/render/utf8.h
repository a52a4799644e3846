/* utf8.h - text from files made fit for a terminal or for JSON: nothing in it is trusted */
#ifndef PMP_UTF8_H
#define PMP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/pool.h"

/* pmp_utf8_next - decode one character and step over it; a byte that begins none is U+FFFD and one byte long */
uint32_t pmp_utf8_next(const char **text);

/* pmp_utf8_width - columns of a text on a terminal */
size_t pmp_utf8_width(const char *text);

/* pmp_utf8_clean - a copy that is valid UTF-8; control characters (escape sequences of terminals) become "?" unless @keep_control */
const char *pmp_utf8_clean(struct pmp_pool *pool, const char *text, bool keep_control);

/* pmp_utf8_ascii - what stands for a character where there is only ASCII: one column wide */
const char *pmp_utf8_ascii(uint32_t character);

#endif
