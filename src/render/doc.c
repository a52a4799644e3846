/*
 * doc.c - builds the tree of a report. Called by the report_*.c and info_doc.c; prints nothing.
 */
#include "render/doc.h"

#include <math.h>

static struct pmp_block *add_block(struct pmp_doc *doc, enum pmp_block_kind kind)
{
	static struct pmp_block nowhere;
	struct pmp_block *block = pmp_pool_alloc(doc->pool, 1, sizeof(*block));

	if (!block) {
		nowhere = (struct pmp_block){.kind = kind};
		return &nowhere;
	}
	block->kind = kind;
	if (doc->last)
		doc->last->next = block;
	else
		doc->first = block;
	doc->last = block;
	return block;
}

void pmp_doc_title(struct pmp_doc *doc, const char *text)
{
	add_block(doc, PMP_BLOCK_TITLE)->text = text;
}

void pmp_doc_heading(struct pmp_doc *doc, const char *text, const char *note)
{
	struct pmp_block *block = add_block(doc, PMP_BLOCK_HEADING);

	block->text = text;
	block->note = note;
}

void pmp_doc_text(struct pmp_doc *doc, enum pmp_style style, const char *text)
{
	struct pmp_block *block = add_block(doc, PMP_BLOCK_TEXT);

	block->text = text;
	block->style = style;
}

void pmp_doc_command(struct pmp_doc *doc, const char *command, const char *what_for)
{
	struct pmp_block *block = add_block(doc, PMP_BLOCK_COMMAND);

	block->text = command;
	block->note = what_for;
}

struct pmp_doc_table *pmp_doc_table(struct pmp_doc *doc, const char *name,
				    const struct pmp_column *columns, size_t column_count)
{
	struct pmp_doc_table *table = &add_block(doc, PMP_BLOCK_TABLE)->table;

	table->name = name;
	table->columns = columns;
	table->column_count = column_count;
	return table;
}

void pmp_doc_row(struct pmp_doc *doc, struct pmp_doc_table *table)
{
	struct pmp_doc_row *row = pmp_pool_alloc(doc->pool, 1, sizeof(*row));
	struct pmp_cell *cells = pmp_pool_alloc(doc->pool, table->column_count, sizeof(*cells));

	table->next_cell = table->column_count; /* no memory: cells go nowhere */
	if (!row || !cells)
		return;
	for (size_t i = 0; i < table->column_count; i++)
		cells[i] = (struct pmp_cell){.text = "", .real = NAN};
	row->cells = cells;
	table->next_cell = 0;
	if (table->last)
		table->last->next = row;
	else
		table->first = row;
	table->last = row;
}

void pmp_doc_detail(struct pmp_doc_table *table, const char *text)
{
	if (table->last)
		table->last->detail = text;
}

static void add_cell(struct pmp_doc_table *table, struct pmp_cell cell)
{
	if (table->last && table->next_cell < table->column_count)
		table->last->cells[table->next_cell++] = cell;
}

void pmp_cell_text(struct pmp_doc_table *table, enum pmp_style style, const char *text)
{
	add_cell(table, (struct pmp_cell){.text = text, .style = style, .real = NAN});
}

void pmp_cell_real(struct pmp_doc_table *table, enum pmp_style style, double value,
		   const char *text)
{
	add_cell(table, (struct pmp_cell){.text = isnan(value) ? "undefined" : text,
					  .value = PMP_VALUE_REAL,
					  .style = style,
					  .real = value});
}

void pmp_cell_integer(struct pmp_doc_table *table, enum pmp_style style, int64_t value,
		      const char *text)
{
	add_cell(table, (struct pmp_cell){.text = text,
					  .value = PMP_VALUE_INTEGER,
					  .style = style,
					  .real = NAN,
					  .integer = value});
}

void pmp_cell_bar(struct pmp_doc_table *table, enum pmp_style style, double first, double second)
{
	add_cell(table,
		 (struct pmp_cell){.text = "", .style = style, .real = first, .part = second});
}

void pmp_cell_float(struct pmp_doc_table *table, enum pmp_style style, double from, double to)
{
	add_cell(table,
		 (struct pmp_cell){
			 .text = "", .style = style, .real = 0, .part = to - from, .skip = from});
}

const char *const *pmp_doc_table_names(const struct pmp_doc *doc)
{
	size_t count = 0;

	for (const struct pmp_block *b = doc->first; b; b = b->next)
		count += b->kind == PMP_BLOCK_TABLE && b->table.name;
	const char **names = pmp_pool_alloc(doc->pool, count + 1, sizeof(*names));

	if (!names)
		return NULL;
	count = 0;
	for (const struct pmp_block *b = doc->first; b; b = b->next)
		if (b->kind == PMP_BLOCK_TABLE && b->table.name)
			names[count++] = b->table.name;
	return names;
}
