/*
 * suggest.c - nearest name by edit distance. Runtime (for PMPROF) and tools; no state, no allocation.
 */
#include "base/suggest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LONGEST 63

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

unsigned pmp_edit_distance(const char *a, const char *b)
{
	size_t la = strnlen(a, LONGEST);
	size_t lb = strnlen(b, LONGEST);
	unsigned rows[3][LONGEST +
			 1]; /* the last three rows of the table of distances between prefixes */

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned differs = lower(a[i - 1]) != lower(b[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + differs);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && two[j - 2] + 1 < row[j])
				row[j] = two[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

const char *pmp_suggest(const char *word, const void *names, size_t count, size_t stride)
{
	size_t len = strlen(word);
	unsigned best = len < 6 ? 2 : (unsigned)(len / 3) + 1;
	const char *found = NULL, *longer = NULL;

	if (len == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *name;
		unsigned distance;

		memcpy(&name, (const char *)names + i * stride, sizeof(name));
		distance = pmp_edit_distance(word, name);
		if (distance < best) {
			best = distance;
			found = name;
		}
		if (!longer && strncasecmp(name, word, len) == 0)
			longer = name;
	}
	return found ? found : longer;
}
