/*
 * output.h - how verbs print tables: --format, --table, --width, as options and as the one way to a document's printers
 *
 * A verb has pmp_output_argp among its argp's children and, in its parser, at ARGP_KEY_INIT:
 * state->child_inputs[i] = &its struct pmp_output (all zero: text, as wide as the terminal).
 */
#ifndef PMP_OUTPUT_H
#define PMP_OUTPUT_H

#include "cli/cli.h"
#include "render/doc.h"

enum pmp_format {
	PMP_FORMAT_TEXT,
	PMP_FORMAT_JSON,
	PMP_FORMAT_CSV,
	PMP_FORMAT_MARKDOWN,
};

struct pmp_output {
	enum pmp_format format;
	const char *table; /* csv: which one; NULL: the verb's usual one */
	unsigned width;    /* columns of text; 0: not given */
};

extern const struct argp pmp_output_argp;

/* pmp_output_width - as given, else the terminal's, else 80; at least 40 */
unsigned pmp_output_width(const struct pmp_output *output);

/* pmp_output_is_for_people - for people, who want the long tables short; false for csv and json */
bool pmp_output_is_for_people(const struct pmp_output *output);

/* pmp_output_text - as text on a stream, in colours if that is a terminal. @width: 0 the terminal's. Return: as pmp_print_text */
int pmp_output_text(const struct pmp_doc *doc, FILE *out, unsigned width);

/*
 * pmp_output_doc - print on stdout in the format asked for; JSON is the verb's own business
 * @table: of csv, unless --table names another; a wrong name is a usage error (exit 2)
 *
 * Return: 0 or what pmp_output_error makes of a failure.
 */
int pmp_output_doc(const struct pmp_output *output, const struct pmp_doc *doc, const char *table,
		   struct pmp_diag *diag);

/* pmp_output_error - @rc of a printer, with the message when stdout could not be written */
int pmp_output_error(int rc, struct pmp_diag *diag);

#endif
