/*
 * markdown.c - a report for a merge request or a wiki: headings and pipe tables, without bars and colours.
 */
#include <string.h>

#include "base/err.h"
#include "render/doc.h"
#include "render/utf8.h"

/* What would end a cell or begin markup is escaped. */
static void print_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (strchr("|\\`*_<>[]", *text))
			putc('\\', out);
		putc(*text, out);
	}
}

static bool is_shown(const struct pmp_column *column)
{
	return column->title && column->kind != PMP_COLUMN_BAR && column->kind != PMP_COLUMN_CHART;
}

static void print_header(const struct pmp_doc_table *table, FILE *out)
{
	putc('|', out);
	for (size_t c = 0; c < table->column_count; c++) {
		if (!is_shown(&table->columns[c]))
			continue;
		putc(' ', out);
		print_escaped(table->columns[c].title, out);
		fputs(" |", out);
	}
	fputs("\n|", out);
	for (size_t c = 0; c < table->column_count; c++)
		if (is_shown(&table->columns[c]))
			fputs(table->columns[c].kind == PMP_COLUMN_RIGHT ? "---:|" : "---|", out);
	putc('\n', out);
}

static void print_table(const struct pmp_doc *doc, const struct pmp_doc_table *table, FILE *out)
{
	if (!table->first || table->is_for_machines)
		return;
	print_header(table, out);
	for (const struct pmp_doc_row *row = table->first; row; row = row->next) {
		putc('|', out);
		for (size_t c = 0; c < table->column_count; c++) {
			if (!is_shown(&table->columns[c]))
				continue;
			putc(' ', out);
			print_escaped(pmp_utf8_clean(doc->pool, row->cells[c].text, false), out);
			fputs(" |", out);
		}
		putc('\n', out);
	}
	putc('\n', out);
}

int pmp_print_markdown(const struct pmp_doc *doc, FILE *out)
{
	for (const struct pmp_block *b = doc->first; b; b = b->next) {
		const char *text = b->text ? pmp_utf8_clean(doc->pool, b->text, false) : "";

		switch (b->kind) {
		case PMP_BLOCK_TITLE:
			fputs("# ", out);
			print_escaped(text, out);
			fputs("\n\n", out);
			break;
		case PMP_BLOCK_HEADING:
			fputs("## ", out);
			print_escaped(text, out);
			fputs("\n\n", out);
			if (b->note) {
				print_escaped(pmp_utf8_clean(doc->pool, b->note, false), out);
				fputs("\n\n", out);
			}
			break;
		case PMP_BLOCK_TEXT:
			print_escaped(text + strspn(text, " "), out);
			fputs("\n\n", out);
			break;
		case PMP_BLOCK_COMMAND:
			fprintf(out, "    %s\n%s", text, b->next ? "" : "\n");
			break;
		case PMP_BLOCK_TABLE:
			print_table(doc, &b->table, out);
			break;
		}
	}
	return fflush(out) || ferror(out) ? -PMP_EIO : 0;
}
