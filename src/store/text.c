/*
 * text.c - makes text safe to print and to put into JSON. Pure.
 */
#include "store/text.h"

#include <stdint.h>

/* Length of the UTF-8 character at p, 0 if there is none (overlong forms and surrogates included). */
static size_t character(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t len = 1; len <= 4; len++) {
		uint32_t code;

		if ((p[0] & forms[len - 1].mask) != forms[len - 1].lead)
			continue;
		if (len > left)
			return 0;
		code = p[0] & (unsigned char)~forms[len - 1].mask;
		for (size_t i = 1; i < len; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (p[i] & 0x3f);
		}
		if (code < forms[len - 1].least || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000))
			return 0;
		/* C0, DEL and C1 controls can drive a terminal */
		return code < 0x20 || (code >= 0x7f && code < 0xa0) ? 0 : len;
	}
	return 0;
}

void pmp_text_clean_in_place(char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t step = character((const unsigned char *)text + i, len - i);

		if (step == 0) {
			text[i] = '?';
			step = 1;
		}
		i += step;
	}
}

const char *pmp_text_clean(struct pmp_pool *pool, const char *from, size_t len)
{
	char *text = pmp_pool_text(pool, from, len);

	if (!text)
		return "";
	pmp_text_clean_in_place(text, len);
	return text;
}

void pmp_text_hex(const void *bytes, size_t len, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	size_t at = 0;

	for (size_t i = 0; i < len && at + 2 < size; i++) {
		text[at++] = digits[from[i] >> 4];
		text[at++] = digits[from[i] & 15];
	}
	text[at] = '\0';
}
