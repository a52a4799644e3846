/*
 * cmd_info.c - `pmprof info FILE...`: what is in files, without judging the run.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "render/report.h"
#include "store/reader.h"

#define WIDTH 80

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	int *first = state->input;

	(void)arg;
	if (key != ARGP_KEY_ARGS)
		return ARGP_ERR_UNKNOWN;
	*first = state->next;
	state->next = state->argc;
	return 0;
}

static const struct argp_option options[] = {{0}};
static const struct argp argp = {
	options,   parse_option,
	"FILE...", "What is in a file: the run it is of, its tables, whether it is complete.",
	NULL,      NULL,
	NULL};

static int print_info(const struct pmp_model *model, const char *path)
{
	const struct pmp_text_options text = {
		.width = WIDTH,
		.has_colour = false,
		.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
	struct pmp_doc doc = {.pool = pmp_pool_new()};
	int rc = doc.pool ? pmp_info_doc(model, path, &doc) : -PMP_ENOMEM;

	if (rc == 0)
		rc = pmp_print_text(&doc, &text, stdout);
	pmp_pool_free(doc.pool);
	return rc == -PMP_EIO ? -PMP_EFULL : rc;
}

/* Every file is tried; the exit code is that of the first failure. */
int cmd_info(int argc, char **argv)
{
	int first = argc, result = PMP_EXIT_OK;

	setlocale(LC_CTYPE, ""); /* only to learn whether the terminal speaks UTF-8 */
	pmp_cli_parse(&argp, argc, argv, 0, &first);
	if (first >= argc)
		pmp_cli_usage("which file? pmprof info FILE.pmprof.h5");
	for (int i = first; i < argc; i++) {
		struct pmp_diag diag = {""};
		struct pmp_model *model = NULL;
		int rc = pmp_read(argv[i], &model, &diag);

		if (i > first)
			putchar('\n');
		if (rc == 0)
			rc = print_info(model, argv[i]);
		pmp_model_free(model);
		int code = pmp_cli_fail(rc, &diag);

		result = result ? result : code;
	}
	return result;
}
