/*
 * print_text.c - a report for a terminal: fits the width, aligns, wraps, shortens, colours. Knows nothing of what it prints.
 */
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "render/doc.h"
#include "render/utf8.h"

#define GAP         2  /* between columns, and left of tables */
#define MIN_LEFT    10 /* columns are not shortened below */
#define MIN_WRAP    24
#define BAR_WIDTH   24
#define CHART_WIDTH 48
#define MIN_BAR     8
#define MAX_COLUMNS 32

struct printer {
	const struct pmp_doc *doc;
	const struct pmp_text_options *options;
	FILE *out;
};

static void put_character(const struct printer *p, const char *from, const char *to)
{
	const char *text = from;

	if (p->options->is_utf8 || (unsigned char)*from < 0x80)
		fwrite(from, 1, (size_t)(to - from), p->out);
	else
		fputs(pmp_utf8_ascii(pmp_utf8_next(&text)), p->out);
}

/* At most @columns of it. Return: how many. */
static size_t put_some(const struct printer *p, const char *text, size_t columns)
{
	size_t used = 0;

	while (*text && used < columns) {
		const char *from = text;

		pmp_utf8_next(&text);
		put_character(p, from, text);
		used++;
	}
	return used;
}

static void put(const struct printer *p, const char *text)
{
	put_some(p, text, SIZE_MAX);
}

static void put_spaces(const struct printer *p, size_t count)
{
	while (count-- > 0)
		putc(' ', p->out);
}

static void put_repeated(const struct printer *p, const char *text, size_t count)
{
	while (count-- > 0)
		put(p, text);
}

static void begin_style(const struct printer *p, enum pmp_style style)
{
	static const char *const codes[PMP_STYLE_COUNT] = {
		[PMP_STYLE_NONE] = "",         [PMP_STYLE_STRONG] = "\033[1m",
		[PMP_STYLE_DIM] = "\033[2m",   [PMP_STYLE_GOOD] = "\033[32m",
		[PMP_STYLE_WARN] = "\033[33m", [PMP_STYLE_BAD] = "\033[31m",
	};

	if (p->options->has_colour)
		fputs(codes[style], p->out);
}

static void end_style(const struct printer *p, enum pmp_style style)
{
	if (p->options->has_colour && style != PMP_STYLE_NONE)
		fputs("\033[0m", p->out);
}

static const char *clean(const struct printer *p, const char *text)
{
	return pmp_utf8_clean(p->doc->pool, text ? text : "", false);
}

/* A number stays with its unit and with its next three digits: "4 000", "20 ms". */
static bool may_break(const char *text, const char *space)
{
	if (space == text || space[-1] < '0' || space[-1] > '9')
		return true;
	return strcspn(space + 1, " ") > 3;
}

/* Where a line of at most @columns ends: behind the last word that fits, or inside a word that is longer than the line. */
static const char *line_end(const char *text, size_t columns)
{
	const char *at = text, *fits = text;
	size_t used = 0;

	while (*at && used < columns) {
		pmp_utf8_next(&at);
		used++;
		if ((*at == ' ' && may_break(text, at)) || *at == '\0')
			fits = at;
	}
	return fits > text ? fits : at;
}

static size_t text_width(const struct printer *p)
{
	return p->options->width > MIN_WRAP + GAP ? p->options->width - GAP : MIN_WRAP;
}

/* Words in lines of @columns; the first line goes on where the cursor is, the others begin at @indent. */
static void put_wrapped(const struct printer *p, const char *text, size_t columns, size_t indent,
			enum pmp_style style)
{
	for (;;) {
		const char *end = line_end(text, columns);

		begin_style(p, style);
		for (const char *at = text; at < end;) {
			const char *from = at;

			pmp_utf8_next(&at);
			put_character(p, from, at);
		}
		end_style(p, style);
		putc('\n', p->out);
		while (*end == ' ')
			end++;
		if (*end == '\0')
			return;
		put_spaces(p, indent);
		text = end;
	}
}

/* The middle is what a reader misses least: beginnings tell the name, ends the line number. */
static void put_shortened(const struct printer *p, const char *text, size_t columns)
{
	size_t width = pmp_utf8_width(text), head = (columns - 1) / 2;

	if (width <= columns) {
		put(p, text);
		return;
	}
	put_some(p, text, head);
	put(p, "…");
	for (size_t skip = width - (columns - head - 1); skip > 0; skip--)
		pmp_utf8_next(&text);
	put(p, text);
}

/* Columns of the parts of a bar. */
struct bar {
	size_t skip, first, second;
};

static size_t columns_of(double share, size_t columns)
{
	return isfinite(share) ? (size_t)lround(fmin(fmax(share, 0), 1) * (double)columns) : 0;
}

static struct bar measure_bar(const struct pmp_cell *cell, size_t columns)
{
	double first = isfinite(cell->real) ? fmax(cell->real, 0) : 0;
	double both = first + (isfinite(cell->part) ? fmax(cell->part, 0) : 0);
	struct bar bar = {.skip = columns_of(cell->skip, columns)};

	bar.first = columns_of(cell->skip + first, columns) - bar.skip;
	bar.second = columns_of(cell->skip + both, columns) - bar.skip - bar.first;
	if (cell->skip > 0 && bar.first + bar.second == 0) { /* where it is tells something, too */
		bar.skip -= bar.skip == columns;
		bar.second = 1;
	}
	return bar;
}

static bool is_bar(const struct pmp_column *column)
{
	return column->kind == PMP_COLUMN_BAR || column->kind == PMP_COLUMN_CHART;
}

static void natural_widths(const struct printer *p, const struct pmp_doc_table *table,
			   size_t *widths)
{
	for (size_t c = 0; c < table->column_count; c++) {
		const struct pmp_column *column = &table->columns[c];

		widths[c] = column->title ? pmp_utf8_width(column->title) : 0;
		if (is_bar(column) && column->title)
			widths[c] = column->kind == PMP_COLUMN_BAR ? BAR_WIDTH : CHART_WIDTH;
		if (is_bar(column) || !column->title)
			continue;
		for (const struct pmp_doc_row *row = table->first; row; row = row->next) {
			size_t width = pmp_utf8_width(clean(p, row->cells[c].text));

			if (width > widths[c])
				widths[c] = width;
		}
	}
}

static size_t smallest_width(const struct pmp_column *column, size_t natural)
{
	static const size_t smallest[] = {
		[PMP_COLUMN_LEFT] = MIN_LEFT, [PMP_COLUMN_RIGHT] = SIZE_MAX,
		[PMP_COLUMN_NAME] = SIZE_MAX, [PMP_COLUMN_WRAP] = MIN_WRAP,
		[PMP_COLUMN_BAR] = MIN_BAR,   [PMP_COLUMN_CHART] = MIN_BAR};
	size_t limit = smallest[column->kind];

	return natural < limit ? natural : limit;
}

/* Which column to narrow next: sentences first (they wrap), then bars, then the widest text. */
static size_t next_to_narrow(const struct pmp_doc_table *table, const size_t *widths)
{
	static const enum pmp_column_kind order[] = {PMP_COLUMN_WRAP, PMP_COLUMN_BAR,
						     PMP_COLUMN_CHART, PMP_COLUMN_LEFT};
	size_t best = SIZE_MAX;

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]) && best == SIZE_MAX; k++)
		for (size_t c = 0; c < table->column_count; c++)
			if (table->columns[c].kind == order[k] &&
			    widths[c] > smallest_width(&table->columns[c], widths[c]) &&
			    (best == SIZE_MAX || widths[c] > widths[best]))
				best = c;
	return best;
}

static void fit_widths(const struct printer *p, const struct pmp_doc_table *table, size_t *widths)
{
	size_t total = 0, narrow;

	natural_widths(p, table, widths);
	for (size_t c = 0; c < table->column_count; c++)
		total += table->columns[c].title ? widths[c] + GAP : 0;
	while (total > p->options->width && (narrow = next_to_narrow(table, widths)) != SIZE_MAX) {
		widths[narrow]--;
		total--;
	}
}

static void put_bar(const struct printer *p, const struct pmp_cell *cell, size_t width,
		    size_t start, size_t *cursor)
{
	struct bar bar = measure_bar(cell, width);

	if (bar.first + bar.second == 0)
		return;
	put_spaces(p, start + bar.skip - *cursor);
	begin_style(p, cell->style);
	put_repeated(p, "█", bar.first);
	put_repeated(p, "░", bar.second);
	end_style(p, cell->style);
	*cursor = start + bar.skip + bar.first + bar.second;
}

/* One cell beginning at column @start; @cursor is where the last one ended, so that no line ends in blanks. */
static void put_cell(const struct printer *p, const struct pmp_column *column,
		     const struct pmp_cell *cell, size_t width, size_t start, size_t *cursor)
{
	const char *text = clean(p, cell->text);
	size_t own = pmp_utf8_width(text);

	if (own == 0)
		return;
	if (column->kind == PMP_COLUMN_RIGHT && own < width)
		start += width - own;
	put_spaces(p, start - *cursor);
	begin_style(p, cell->style);
	put_shortened(p, text, width);
	end_style(p, cell->style);
	*cursor = start + (own > width ? width : own);
}

static void put_row(const struct printer *p, const struct pmp_doc_table *table,
		    const struct pmp_doc_row *row, const size_t *widths)
{
	size_t start = GAP, cursor = 0;

	for (size_t c = 0; c < table->column_count; c++) {
		const struct pmp_column *column = &table->columns[c];

		if (!column->title)
			continue;
		if (column->kind == PMP_COLUMN_WRAP) {
			put_spaces(p, start - cursor);
			put_wrapped(p, clean(p, row->cells[c].text), widths[c], start,
				    row->cells[c].style);
			return;
		}
		if (is_bar(column))
			put_bar(p, &row->cells[c], widths[c], start, &cursor);
		else
			put_cell(p, column, &row->cells[c], widths[c], start, &cursor);
		start += widths[c] + GAP;
	}
	putc('\n', p->out);
}

static bool has_header(const struct pmp_doc_table *table)
{
	for (size_t c = 0; c < table->column_count; c++)
		if (table->columns[c].title && table->columns[c].title[0])
			return true;
	return false;
}

static void print_header(const struct printer *p, const struct pmp_doc_table *table,
			 const size_t *widths)
{
	struct pmp_cell cells[MAX_COLUMNS];
	struct pmp_column columns[MAX_COLUMNS];
	struct pmp_doc_table header = *table;
	const struct pmp_doc_row row = {.cells = cells};

	for (size_t c = 0; c < table->column_count; c++) {
		columns[c] = table->columns[c];
		if (is_bar(&columns[c]))
			columns[c].kind = PMP_COLUMN_LEFT;
		cells[c] = (struct pmp_cell){.text = columns[c].title ? columns[c].title : "",
					     .style = PMP_STYLE_DIM};
	}
	header.columns = columns;
	put_row(p, &header, &row, widths);
}

static void put_detail(const struct printer *p, const struct pmp_doc_table *table, const char *text)
{
	size_t room = p->options->width > 4 * GAP ? p->options->width - 3 * GAP : MIN_WRAP;

	put_spaces(p, 3 * GAP);
	if (table->wraps_details) {
		put_wrapped(p, text, room, 3 * GAP, PMP_STYLE_DIM);
		return;
	}
	begin_style(p, PMP_STYLE_DIM);
	put_shortened(p, text, room);
	end_style(p, PMP_STYLE_DIM);
	putc('\n', p->out);
}

static void print_table(const struct printer *p, const struct pmp_doc_table *table)
{
	size_t widths[MAX_COLUMNS];

	if (table->is_for_machines || !table->first || table->column_count > MAX_COLUMNS)
		return;
	fit_widths(p, table, widths);
	if (has_header(table))
		print_header(p, table, widths);
	for (const struct pmp_doc_row *row = table->first; row; row = row->next) {
		put_row(p, table, row, widths);
		if (!row->detail)
			continue;
		put_detail(p, table, clean(p, row->detail));
	}
}

static void print_heading(const struct printer *p, const struct pmp_block *block)
{
	const char *text = clean(p, block->text), *note = clean(p, block->note);
	size_t used = pmp_utf8_width(text), own = pmp_utf8_width(note);

	putc('\n', p->out);
	begin_style(p, PMP_STYLE_STRONG);
	put(p, text);
	end_style(p, PMP_STYLE_STRONG);
	if (own && used + GAP + own <= p->options->width) {
		put_spaces(p, p->options->width - used - own);
		begin_style(p, PMP_STYLE_DIM);
		put(p, note);
		end_style(p, PMP_STYLE_DIM);
	}
	putc('\n', p->out);
}

static void print_command(const struct printer *p, const struct pmp_block *block)
{
	const char *command = clean(p, block->text), *note = clean(p, block->note);
	size_t used = GAP + pmp_utf8_width(command), column = 44;

	put_spaces(p, GAP);
	put(p, command);
	if (note[0] && (used + GAP > column || column + pmp_utf8_width(note) > p->options->width)) {
		putc('\n', p->out);
		used = 0;
		column = 3 * GAP;
	}
	if (note[0]) {
		put_spaces(p, column - used);
		begin_style(p, PMP_STYLE_DIM);
		put(p, note);
		end_style(p, PMP_STYLE_DIM);
	}
	putc('\n', p->out);
}

static void print_block(const struct printer *p, const struct pmp_block *block)
{
	switch (block->kind) {
	case PMP_BLOCK_TITLE:
		put_wrapped(p, clean(p, block->text), text_width(p), GAP, PMP_STYLE_STRONG);
		break;
	case PMP_BLOCK_HEADING:
		print_heading(p, block);
		break;
	case PMP_BLOCK_TEXT:
		put_wrapped(p, clean(p, block->text), text_width(p), GAP, block->style);
		break;
	case PMP_BLOCK_COMMAND:
		print_command(p, block);
		break;
	case PMP_BLOCK_TABLE:
		print_table(p, &block->table);
		break;
	}
}

int pmp_print_text(const struct pmp_doc *doc, const struct pmp_text_options *options, FILE *out)
{
	const struct printer printer = {doc, options, out};

	for (const struct pmp_block *b = doc->first; b; b = b->next)
		print_block(&printer, b);
	return fflush(out) || ferror(out) ? -PMP_EIO : 0;
}
