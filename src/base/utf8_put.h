/* utf8_put.h - a character as UTF-8 */
#ifndef PMP_UTF8_PUT_H
#define PMP_UTF8_PUT_H

#include <stddef.h>
#include <stdint.h>

/* pmp_utf8_put - @character, at most 0x10ffff, into @to, which has room for 4 bytes. Return: how many. Pure, in any context. */
static inline size_t pmp_utf8_put(uint32_t character, char *to)
{
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t bytes = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	for (size_t i = bytes; i-- > 1; character >>= 6)
		to[i] = (char)(0x80 | (character & 0x3f));
	to[0] = (char)(first[bytes] | character);
	return bytes;
}

#endif
