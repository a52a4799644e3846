/*
 * utf8.c - text from files made fit for a terminal or for JSON. Pure.
 */
#include "render/utf8.h"

#include <string.h>
#include <wchar.h>

#include "base/utf8_put.h"

#define REPLACEMENT 0xfffd

/* Length and smallest code point by the first byte; shorter encodings of the same character are invalid. */
static int sequence_length(unsigned char first, uint32_t *smallest, uint32_t *bits)
{
	static const struct {
		unsigned char mask, mark;
		int length;
		uint32_t smallest;
	} forms[] = {{0x80, 0x00, 1, 0},
		     {0xe0, 0xc0, 2, 0x80},
		     {0xf0, 0xe0, 3, 0x800},
		     {0xf8, 0xf0, 4, 0x10000}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((first & forms[i].mask) != forms[i].mark)
			continue;
		*smallest = forms[i].smallest;
		*bits = first & (unsigned char)~forms[i].mask;
		return forms[i].length;
	}
	return 0;
}

uint32_t pmp_utf8_next(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	uint32_t smallest = 0, character = 0;
	int length = sequence_length(*at, &smallest, &character);

	*text += 1;
	for (int i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (length == 0 || character < smallest || character > 0x10ffff ||
	    (character >= 0xd800 && character < 0xe000))
		return REPLACEMENT;
	*text += length - 1;
	return character;
}

static bool is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
	       (character >= 0x202a && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

/* East Asian wide characters take two columns; wcwidth knows them only in a UTF-8 locale, which then is also the terminal's. */
static size_t width_of(uint32_t character)
{
	int width = character < 0x1100 ? 1 : wcwidth((wchar_t)character);

	return width < 0 ? 1 : (size_t)width;
}

size_t pmp_utf8_width(const char *text)
{
	size_t width = 0;

	while (*text)
		width += width_of(pmp_utf8_next(&text));
	return width;
}

/* Most texts are plain ASCII and are handed back as they are. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			return false;
	return true;
}

const char *pmp_utf8_clean(struct pmp_pool *pool, const char *text, bool keep_control)
{
	if (is_plain(text))
		return text;
	char *copy = pmp_pool_alloc(pool, 3 * strlen(text) + 1, 1); /* a bad byte grows to three */
	size_t len = 0;

	if (!copy)
		return "";
	while (*text) {
		uint32_t c = pmp_utf8_next(&text);

		len += pmp_utf8_put(is_control(c) && !keep_control ? '?' : c, copy + len);
	}
	return copy;
}

const char *pmp_utf8_ascii(uint32_t character)
{
	static const struct {
		uint32_t character;
		const char *ascii;
	} table[] = {{0xb5, "u"},   {0xb7, "-"},   {0x2026, "~"}, {0x203a, ">"}, {0x2014, "-"},
		     {0x2500, "-"}, {0x2588, "#"}, {0x2591, ":"}, {0x2592, "="}, {0x2593, "%"},
		     {0x258f, " "}, {0x258e, " "}, {0x258d, " "}, {0x258c, "#"}, {0x258b, "#"},
		     {0x258a, "#"}, {0x2589, "#"}, {0xd7, "x"},   {0xb1, "+-"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].character == character)
			return table[i].ascii;
	return "?";
}
