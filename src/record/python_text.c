/*
 * python_text.c - function, file and line of a Python frame, from its code object (CPython 3.11). Called by python_paths.c when a
 * frame is new; calls nothing of the interpreter.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8_put.h"
#include "record/python.h"
#include "record/python_layout.h"

#define FUNCTION_BYTES 160
#define FILE_BYTES     320

static int64_t number_at(const unsigned char *object, size_t offset)
{
	int64_t number;

	memcpy(&number, object + offset, sizeof(number));
	return number;
}

/* The characters of a str: 1, 2 or 4 bytes each. */
struct characters {
	const unsigned char *data;
	int64_t count;
	unsigned width;
};

static struct characters characters_of(const unsigned char *text)
{
	uint32_t state;
	struct characters c = {.count = number_at(text, TEXT_LENGTH)};

	memcpy(&state, text + TEXT_STATE, sizeof(state));
	c.width = state >> 2 & 7;
	if (!(state >> 5 & 1)) /* not compact */
		c.data = pmp_python_pointer(text, TEXT_COMPACT);
	else
		c.data = text + (state >> 6 & 1 ? TEXT_ASCII : TEXT_COMPACT);
	if (!c.data || (c.width != 1 && c.width != 2 && c.width != 4))
		c.count = 0;
	return c;
}

static uint32_t character(const struct characters *c, int64_t index)
{
	uint16_t two;
	uint32_t four;

	if (c->width == 1)
		return c->data[index];
	if (c->width == 2) {
		memcpy(&two, c->data + 2 * index, sizeof(two));
		return two;
	}
	memcpy(&four, c->data + 4 * index, sizeof(four));
	return four;
}

/* Controls, and halves of characters, are no text; line ends separate our parts. */
static size_t put_utf8(char *to, uint32_t c)
{
	bool is_text = c >= 0x20 && c != 0x7f && (c < 0xd800 || c >= 0xe000) && c <= 0x10ffff;

	return pmp_utf8_put(is_text ? c : '?', to);
}

/* As much of a text as fits: its beginning, or its end. */
static void copy_text(const unsigned char *text, bool is_end, char *to, size_t size)
{
	struct characters c = characters_of(text);
	char bytes[4];
	int64_t first = 0;
	size_t len = 0;

	if (is_end) {
		size_t room = size - 1;

		for (first = c.count; first > 0; first--) {
			size_t width = put_utf8(bytes, character(&c, first - 1));

			if (width > room)
				break;
			room -= width;
		}
	}
	for (int64_t i = first; i < c.count; i++) {
		size_t width = put_utf8(bytes, character(&c, i));

		if (len + width >= size)
			break;
		memcpy(to + len, bytes, width);
		len += width;
	}
	to[len] = '\0';
}

/* Six bits a byte, the lowest first; the lowest of all is the sign. */
static int64_t read_signed(const unsigned char **at, const unsigned char *end)
{
	uint64_t value = 0;
	unsigned shift = 0;

	while (*at < end && shift < 36) {
		unsigned char byte = *(*at)++;

		value |= (uint64_t)(byte & 63) << shift;
		shift += 6;
		if (!(byte & 64))
			break;
	}
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* Kinds of entries in the table of lines (Objects/locations.md of CPython). */
enum { ONE_LINE = 10, NO_COLUMNS = 13, NO_LINE = 15 };

/* 0 when the instruction has none */
static uint32_t line_of(const struct pmp_python_frame *frame)
{
	const unsigned char *table = pmp_python_pointer(frame->code, CODE_LINES);
	const unsigned char *at = table + BYTES_DATA, *end = at + number_at(table, VAR_SIZE);
	int64_t wanted = (frame->at - (frame->code + CODE_INSTRUCTIONS)) / 2, start = 0, line;
	int32_t first;

	memcpy(&first, frame->code + CODE_FIRST_LINE, sizeof(first));
	line = first;
	while (at < end) {
		unsigned entry = *at++, kind = entry >> 3 & 15;

		if (kind == ONE_LINE + 1 || kind == ONE_LINE + 2)
			line += kind - ONE_LINE;
		else if (kind >= NO_COLUMNS && kind < NO_LINE)
			line += read_signed(&at, end);
		start += (entry & 7) + 1;
		if (wanted < start)
			return kind == NO_LINE || line < 0 ? 0 : (uint32_t)line;
		while (at < end && !(*at & 128))
			at++;
	}
	return 0;
}

void pmp_python_describe(const struct pmp_python_frame *frame, char *text, size_t size)
{
	char function[FUNCTION_BYTES], file[FILE_BYTES];

	copy_text(pmp_python_pointer(frame->code, CODE_NAME), false, function, sizeof(function));
	copy_text(pmp_python_pointer(frame->code, CODE_FILE), true, file, sizeof(file));
	snprintf(text, size, "%s\n%s\n%u", function, file, line_of(frame));
}
