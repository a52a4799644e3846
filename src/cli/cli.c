/*
 * cli.c - exit codes and complaints of all verbs. The one place that prints "pmprof: ..." and that
 * maps errors to exit codes.
 */
#include "cli/cli.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"

/* What the user can mend by giving another file is an input error; the rest is ours or the
 * machine's. */
static const struct {
	enum pmp_err err;
	enum pmp_exit code;
} exits[] = {
	{PMP_EIO, PMP_EXIT_INPUT},        {PMP_ENOTFOUND, PMP_EXIT_INPUT},
	{PMP_EFORMAT, PMP_EXIT_INPUT},    {PMP_EVERSION, PMP_EXIT_INPUT},
	{PMP_ETRUNCATED, PMP_EXIT_INPUT}, {PMP_EINVALID, PMP_EXIT_USAGE},
};

static enum pmp_exit exit_code(int rc)
{
	if (rc == 0)
		return PMP_EXIT_OK;
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		if ((int)exits[i].err == abs(rc))
			return exits[i].code;
	return PMP_EXIT_INTERNAL;
}

__attribute__((format(printf, 1, 0))) static void say(const char *fmt, va_list args)
{
	char line[2 * PMP_DIAG_MAX];

	vsnprintf(line, sizeof(line), fmt, args);
	for (char *c = line; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	fprintf(stderr, "pmprof: %s\n", line);
}

void pmp_cli_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

int pmp_cli_fail(int rc, const struct pmp_diag *diag)
{
	if (rc)
		pmp_cli_say("%s", diag && diag->text[0] ? diag->text : pmp_err_text(rc));
	return (int)exit_code(rc);
}

void pmp_cli_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	exit(PMP_EXIT_USAGE);
}

int pmp_cli_choice(const char *what, const char *text, const char *const *names)
{
	size_t count = 0;

	for (; names[count]; count++)
		if (strcmp(names[count], text) == 0)
			return (int)count;
	const char *nearest = pmp_suggest(text, names, count, sizeof(names[0]));

	if (nearest)
		pmp_cli_usage("unknown %s '%s', did you mean '%s'?", what, text, nearest);
	char list[256] = "";

	for (int i = 0; names[i]; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 names[i]);
	pmp_cli_usage("unknown %s '%s', known are %s", what, text, list);
}

unsigned long pmp_cli_number(const char *option, const char *text, unsigned long min,
			     unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value < min || value > max)
		pmp_cli_usage("'%s' is no number for '--%s', use %lu to %lu", text, option, min,
			      max);
	return value;
}
