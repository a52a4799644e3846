/*
 * output.c - owns what all verbs with tables share: the options of output, the terminal's width and colours, the choice of a
 * printer. Called by the cmd_*.c.
 */
#include "cli/output.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80
#define MIN_WIDTH     40
#define MAX_WIDTH     1000

enum { KEY_FORMAT = 0x7000, KEY_TABLE, KEY_WIDTH };

static const char *const format_names[] = {"text", "json", "csv", "md", NULL};

static const struct argp_option options[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default), json, csv or md", 0},
	{"table", KEY_TABLE, "NAME", 0, "csv: another table than the usual one", 0},
	{"width", KEY_WIDTH, "N", 0, "Columns of text (the terminal's, or 80)", 0},
	{0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct pmp_output *output = state->input;

	switch (key) {
	case KEY_FORMAT:
		output->format = (enum pmp_format)pmp_cli_choice("format", arg, format_names);
		break;
	case KEY_TABLE:
		output->table = arg;
		break;
	case KEY_WIDTH:
		output->width = (unsigned)pmp_cli_number("width", arg, MIN_WIDTH, MAX_WIDTH);
		break;
	case ARGP_KEY_END:
		if (output->table && output->format != PMP_FORMAT_CSV)
			pmp_cli_usage("'--table' needs '--format csv'");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp pmp_output_argp = {.options = options, .parser = parse_option};

static unsigned terminal_width(int fd)
{
	struct winsize size;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) || size.ws_col == 0)
		return DEFAULT_WIDTH;
	return size.ws_col < MIN_WIDTH ? MIN_WIDTH : size.ws_col;
}

unsigned pmp_output_width(const struct pmp_output *output)
{
	return output->width ? output->width : terminal_width(STDOUT_FILENO);
}

bool pmp_output_is_for_people(const struct pmp_output *output)
{
	return output->format == PMP_FORMAT_TEXT || output->format == PMP_FORMAT_MARKDOWN;
}

int pmp_output_text(const struct pmp_doc *doc, FILE *out, unsigned width)
{
	const char *no_colour = getenv("NO_COLOR");
	bool is_dark = no_colour && no_colour[0];

	setlocale(LC_CTYPE, ""); /* only to learn whether the terminal speaks UTF-8 */
	const struct pmp_text_options text = {
		.width = width ? width : terminal_width(fileno(out)),
		.has_colour = isatty(fileno(out)) && !is_dark,
		.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};

	/* in one piece: what other processes say at the same time shall not come between */
	char *buffer = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&buffer, &size);
	int rc = memory ? pmp_print_text(doc, &text, memory) : -PMP_ENOMEM;

	if (memory && fclose(memory) && rc == 0)
		rc = -PMP_ENOMEM;
	if (rc == 0 && (fwrite(buffer, 1, size, out) != size || fflush(out)))
		rc = -PMP_EIO;
	free(buffer);
	return rc;
}

static int print_csv(const struct pmp_doc *doc, const char *table)
{
	int rc = pmp_print_csv(doc, table, stdout);

	if (rc == -PMP_ENOTFOUND)
		pmp_cli_choice("table", table, pmp_doc_table_names(doc));
	return rc;
}

int pmp_output_error(int rc, struct pmp_diag *diag)
{
	return rc == -PMP_EIO ? pmp_fail(diag, PMP_EFULL, "cannot write the report: %m") : rc;
}

int pmp_output_doc(const struct pmp_output *output, const struct pmp_doc *doc, const char *table,
		   struct pmp_diag *diag)
{
	int rc;

	if (output->format == PMP_FORMAT_CSV)
		rc = print_csv(doc, output->table ? output->table : table);
	else if (output->format == PMP_FORMAT_MARKDOWN)
		rc = pmp_print_markdown(doc, stdout);
	else
		rc = pmp_output_text(doc, stdout, output->width);
	return pmp_output_error(rc, diag);
}
