/*
 * expect_options.c - owns the options of expectations and what follows from them: reading the user's file, the JUnit file, the exit
 * code. Called by the verbs that compare runs.
 */
#include "cli/expect_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "render/junit.h"

#define FILE_MAX ((size_t)1 << 20) /* nobody writes more of them by hand */

enum { KEY_EXPECT = 0x7100, KEY_EXPECT_FILE, KEY_JUNIT, KEY_FORCE };

static const struct argp_option option_table[] = {
	{"expect", KEY_EXPECT, "CONDITION", 0,
	 "What has to hold, for example 'speedup(4) >= 3.2'; may be repeated", 0},
	{"expect-file", KEY_EXPECT_FILE, "FILE", 0, "Conditions, one a line, with comments", 0},
	{"junit", KEY_JUNIT, "FILE", 0, "Write the verdicts as JUnit XML, too", 0},
	{"force-oversubscribed", KEY_FORCE, NULL, 0,
	 "Judge runs with more ranks than processors, too", 0},
	{0},
};

static struct pmp_expectations *list_of(struct pmp_expect_options *options)
{
	if (!options->list)
		options->list = pmp_expectations_new();
	return options->list;
}

static void add_condition(struct pmp_expect_options *options, const char *text)
{
	struct pmp_diag diag = {""};
	struct pmp_expectations *list = list_of(options);
	int rc = list ? pmp_expect_parse(list, text, &diag) : -PMP_ENOMEM;

	if (rc)
		exit(pmp_cli_fail(rc, &diag));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct pmp_expect_options *options = state->input;

	switch (key) {
	case KEY_EXPECT:
		add_condition(options, arg);
		break;
	case KEY_EXPECT_FILE:
		options->file = arg;
		break;
	case KEY_JUNIT:
		options->junit = arg;
		break;
	case KEY_FORCE:
		options->is_forced = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp pmp_expect_argp = {.options = option_table, .parser = parse_option};

/* The whole text of a file, with a terminator; the caller frees it. */
static int read_text(const char *path, char **text, struct pmp_diag *diag)
{
	FILE *file = fopen(path, "r");
	char *buffer = malloc(FILE_MAX + 2);
	size_t length = file && buffer ? fread(buffer, 1, FILE_MAX + 1, file) : 0;
	int rc = 0;

	if (!file || ferror(file))
		rc = pmp_fail(diag, PMP_EIO, "cannot read '%s': %m", path);
	else if (!buffer)
		rc = -PMP_ENOMEM;
	else if (length > FILE_MAX || memchr(buffer, '\0', length))
		rc = pmp_fail(diag, PMP_EFORMAT,
			      "'%s' is no text file with expectations, one a line", path);
	if (file)
		fclose(file);
	if (rc) {
		free(buffer);
		return rc;
	}
	buffer[length] = '\0';
	*text = buffer;
	return 0;
}

int pmp_expect_load(struct pmp_expect_options *options, struct pmp_diag *diag)
{
	char *text;
	int rc;

	if (!options->file)
		return 0;
	if (!list_of(options))
		return -PMP_ENOMEM;
	rc = read_text(options->file, &text, diag);
	if (rc)
		return rc;
	rc = pmp_expect_parse_file(options->list, options->file, text, diag);
	free(text);
	return rc;
}

static int print_junit(const struct pmp_expect_options *options, const struct pmp_series *series,
		       const char *path, struct pmp_diag *diag)
{
	FILE *file = fopen(path, "w");
	int rc;

	if (!file)
		return pmp_fail(diag, PMP_EFULL, "cannot write '%s': %m", options->junit);
	rc = pmp_junit_print(series, &options->findings, (int64_t)time(NULL), file);
	if (fclose(file) && rc == 0)
		rc = -PMP_EIO;
	return rc == -PMP_EIO ? pmp_fail(diag, PMP_EFULL, "cannot write '%s': %m", options->junit)
			      : rc;
}

/* Renamed into place, so that a CI system never reads half a file; devices and pipes are written to as they are. */
static int write_junit(const struct pmp_expect_options *options, const struct pmp_series *series,
		       struct pmp_diag *diag)
{
	struct stat st;
	char *part;
	int rc;

	if (stat(options->junit, &st) == 0 && !S_ISREG(st.st_mode))
		return print_junit(options, series, options->junit, diag);
	if (asprintf(&part, "%s.%d.part", options->junit, (int)getpid()) < 0)
		return -PMP_ENOMEM;
	rc = print_junit(options, series, part, diag);
	if (rc == 0 && rename(part, options->junit))
		rc = pmp_fail(diag, PMP_EFULL, "cannot write '%s': %m", options->junit);
	if (rc)
		unlink(part);
	free(part);
	return rc;
}

int pmp_expect_conclude(struct pmp_expect_options *options, const struct pmp_series *series,
			const struct pmp_speedup *speedup, struct pmp_pool *pool,
			struct pmp_diag *diag)
{
	int rc;

	if (!options->list || options->list->count == 0)
		return 0;
	rc = pmp_expect_judge(options->list, series, speedup, options->is_forced, pool,
			      &options->findings);
	if (rc == 0 && options->junit)
		rc = write_junit(options, series, diag);
	return rc;
}

int pmp_expect_exit(const struct pmp_expect_options *options)
{
	static const enum pmp_exit codes[] = {[PMP_PASS] = PMP_EXIT_OK,
					      [PMP_FAIL] = PMP_EXIT_FINDINGS,
					      [PMP_INCONCLUSIVE] = PMP_EXIT_INCONCLUSIVE};

	return (int)codes[pmp_findings_worst(&options->findings)];
}

void pmp_expect_release(struct pmp_expect_options *options)
{
	pmp_expectations_free(options->list);
	*options = (struct pmp_expect_options){0};
}
