/*
 * csv.c - one table of a report as RFC 4180 says: a header, CRLF-free lines, quotes where needed, empty for unknown. Numbers are
 * plain: seconds, bytes, counts, with a point whatever the locale.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "render/doc.h"
#include "render/utf8.h"

static void print_text(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void print_cell(struct pmp_pool *pool, const struct pmp_cell *cell, FILE *out)
{
	switch (cell->value) {
	case PMP_VALUE_TEXT:
		print_text(pmp_utf8_clean(pool, cell->text, true), out);
		break;
	case PMP_VALUE_REAL:
		if (isfinite(cell->real))
			fprintf(out, "%.9g", cell->real);
		break;
	case PMP_VALUE_INTEGER:
		fprintf(out, "%lld", (long long)cell->integer);
		break;
	}
}

static void print_table(struct pmp_pool *pool, const struct pmp_doc_table *table, FILE *out)
{
	const char *separator = "";

	for (size_t c = 0; c < table->column_count; c++) {
		if (!table->columns[c].key)
			continue;
		fputs(separator, out);
		print_text(table->columns[c].key, out);
		separator = ",";
	}
	putc('\n', out);
	for (const struct pmp_doc_row *row = table->first; row; row = row->next) {
		separator = "";
		for (size_t c = 0; c < table->column_count; c++) {
			if (!table->columns[c].key)
				continue;
			fputs(separator, out);
			print_cell(pool, &row->cells[c], out);
			separator = ",";
		}
		putc('\n', out);
	}
}

int pmp_print_csv(const struct pmp_doc *doc, const char *table, FILE *out)
{
	for (const struct pmp_block *b = doc->first; b; b = b->next) {
		if (b->kind != PMP_BLOCK_TABLE || !b->table.name ||
		    strcmp(b->table.name, table) != 0)
			continue;
		print_table(doc->pool, &b->table, out);
		return fflush(out) || ferror(out) ? -PMP_EIO : 0;
	}
	return -PMP_ENOTFOUND;
}
