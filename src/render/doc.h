/*
 * doc.h - a report as a tree: headings, paragraphs, tables. Built once, printed by print_text.c, markdown.c and csv.c.
 *
 * Everything lives in a pool and is never changed after it was added. Building never fails towards the caller: when memory runs
 * out, pmp_pool_failed(doc->pool) says so at the end, and what was built must not be printed.
 */
#ifndef PMP_DOC_H
#define PMP_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/pool.h"

enum pmp_style {
	PMP_STYLE_NONE,
	PMP_STYLE_STRONG,
	PMP_STYLE_DIM,
	PMP_STYLE_GOOD,
	PMP_STYLE_WARN,
	PMP_STYLE_BAD,
	PMP_STYLE_COUNT
};

/* How a column is laid out. */
enum pmp_column_kind {
	PMP_COLUMN_LEFT, /* text; the widest ones are shortened in the middle when the line is too long */
	PMP_COLUMN_NAME,  /* text; never shortened */
	PMP_COLUMN_RIGHT, /* numbers; never shortened */
	PMP_COLUMN_WRAP,  /* text broken into lines; the last column only */
	PMP_COLUMN_BAR,   /* a bar of the cell's number from 0 to 1; text only */
	PMP_COLUMN_CHART, /* the same where bars are what matters: as wide as there is room */
};

/* What a machine gets of a cell. */
enum pmp_value_kind { PMP_VALUE_TEXT, PMP_VALUE_REAL, PMP_VALUE_INTEGER };

struct pmp_column {
	const char *key;   /* CSV's header; NULL: people only */
	const char *title; /* "" none; NULL: machines only */
	enum pmp_column_kind kind;
};

struct pmp_cell {
	const char *text; /* for people */
	enum pmp_value_kind value;
	enum pmp_style style;
	double real; /* NaN: unknown */
	double part; /* bars: a second part behind the first, in another shade */
	double skip; /* bars: what is left blank before it */
	int64_t integer;
};

struct pmp_doc_row {
	struct pmp_doc_row *next;
	struct pmp_cell *cells; /* column_count */
	const char *detail;     /* one more line below, for people; NULL none */
};

struct pmp_doc_table {
	const char *name;     /* for --table; NULL: people only */
	bool is_for_machines; /* left out of text and markdown */
	bool wraps_details;   /* details may take several lines; else they are shortened to one */
	const struct pmp_column *columns;
	size_t column_count;
	struct pmp_doc_row *first, *last;
	size_t next_cell; /* of the row being filled */
};

enum pmp_block_kind {
	PMP_BLOCK_TITLE,
	PMP_BLOCK_HEADING,
	PMP_BLOCK_TEXT,
	PMP_BLOCK_COMMAND,
	PMP_BLOCK_TABLE
};

struct pmp_block {
	struct pmp_block *next;
	enum pmp_block_kind kind;
	enum pmp_style style;
	const char *text;
	const char *note; /* headings: explanation at the right */
	struct pmp_doc_table table;
};

struct pmp_doc {
	struct pmp_pool *pool;
	struct pmp_block *first, *last;
};

/* Blocks, in order of appearance. Texts are kept, not copied. */
void pmp_doc_title(struct pmp_doc *doc, const char *text);
void pmp_doc_heading(struct pmp_doc *doc, const char *text, const char *note);
void pmp_doc_text(struct pmp_doc *doc, enum pmp_style style, const char *text);
void pmp_doc_command(struct pmp_doc *doc, const char *command, const char *what_for);

/* pmp_doc_table - open a table; rows and cells go to the one returned (never NULL) until the next block */
struct pmp_doc_table *pmp_doc_table(struct pmp_doc *doc, const char *name,
				    const struct pmp_column *columns, size_t column_count);

/* pmp_doc_row - a new row; its cells are then filled from left to right */
void pmp_doc_row(struct pmp_doc *doc, struct pmp_doc_table *table);
void pmp_doc_detail(struct pmp_doc_table *table, const char *text);

/* The next cell of the row. Beyond the last column: ignored. */
void pmp_cell_text(struct pmp_doc_table *table, enum pmp_style style, const char *text);
void pmp_cell_real(struct pmp_doc_table *table, enum pmp_style style, double value,
		   const char *text);
void pmp_cell_integer(struct pmp_doc_table *table, enum pmp_style style, int64_t value,
		      const char *text);
void pmp_cell_bar(struct pmp_doc_table *table, enum pmp_style style, double first, double second);

/* pmp_cell_float - a bar in the second shade from @from to @to, at least one column wide */
void pmp_cell_float(struct pmp_doc_table *table, enum pmp_style style, double from, double to);

/* How text is printed. */
struct pmp_text_options {
	unsigned width; /* columns */
	bool has_colour;
	bool is_utf8; /* else ASCII stands in for everything else */
};

/* The printers; 0, or -PMP_EIO when the stream failed. */
int pmp_print_text(const struct pmp_doc *doc, const struct pmp_text_options *options, FILE *out);
int pmp_print_markdown(const struct pmp_doc *doc, FILE *out);

/* pmp_print_csv - the table of that name; -PMP_ENOTFOUND if there is none */
int pmp_print_csv(const struct pmp_doc *doc, const char *table, FILE *out);

/* pmp_doc_table_names - the names that pmp_print_csv knows, NULL-terminated */
const char *const *pmp_doc_table_names(const struct pmp_doc *doc);

#endif
