/* cli.h - what every verb of the command shares: exit codes, the one way to complain, options */
#ifndef PMP_CLI_H
#define PMP_CLI_H

#include <argp.h>

#include "base/err.h"

/* Exit codes of all verbs except `run`, which has its program's. */
enum pmp_exit {
	PMP_EXIT_OK = 0,
	PMP_EXIT_FINDINGS = 1,     /* an expectation not met, a defect found */
	PMP_EXIT_USAGE = 2,        /* the command line is wrong */
	PMP_EXIT_INPUT = 3,        /* a file is missing or unreadable */
	PMP_EXIT_INTERNAL = 4,     /* no memory, no space, our own mistake */
	PMP_EXIT_INCONCLUSIVE = 5, /* not enough evidence for a verdict */
};

/* The functions of commands.def. @argv[0] is "pmprof VERB"; return an exit code. */
#define PMP_COMMAND(verb, function, help) int function(int argc, char **argv);
#include "cli/commands.def"
#undef PMP_COMMAND

/* pmp_cli_say - one line "pmprof: ..." on stderr; control characters (of file names, say) are shown
 * as '?' */
void pmp_cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* pmp_cli_fail - say what @diag says (or what the error number means) and return the exit code that
 * belongs to @rc */
int pmp_cli_fail(int rc, const struct pmp_diag *diag);

/* pmp_cli_usage - complain about the command line in one line and exit with PMP_EXIT_USAGE */
_Noreturn void pmp_cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * pmp_cli_parse - argp_parse with our manners: --help prints and exits 0; a wrong option is one
 * line that names the nearest right one, and exit 2. Complain from a parser function with
 * pmp_cli_usage.
 * @flags: of argp_parse, usually 0; ARGP_IN_ORDER stops at the first operand
 *
 * Return: index in @argv of the first argument that the parser did not take.
 */
int pmp_cli_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

/*
 * pmp_cli_choice - the index of @text in @names (NULL-terminated)
 * @what: "format", for the message
 *
 * A word that is not in the list is a usage error: one line with the nearest right one, exit 2.
 */
int pmp_cli_choice(const char *what, const char *text, const char *const *names);

/* pmp_cli_number - the number in @text; anything but one from @min to @max is a usage error of '--@option' */
unsigned long pmp_cli_number(const char *option, const char *text, unsigned long min,
			     unsigned long max);

#endif
