/*
 * main.c - the command: finds the verb and calls it. Nothing else belongs here; what verbs share is
 * in cli.c.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

static const struct command {
	const char *verb;
	int (*function)(int argc, char **argv);
	const char *help;
} commands[] = {
#define PMP_COMMAND(verb, function, help) {#verb, function, help},
#include "cli/commands.def"
#undef PMP_COMMAND
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *verb)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].verb, verb) == 0)
			return &commands[i];
	return NULL;
}

_Noreturn static void unknown_verb(const char *verb)
{
	const char *nearest = pmp_suggest(verb, commands, COMMAND_COUNT, sizeof(commands[0]));

	if (nearest)
		pmp_cli_usage("unknown command '%s', did you mean '%s'?", verb, nearest);
	pmp_cli_usage("unknown command '%s', 'pmprof --help' lists them", verb);
}

static int print_help(void)
{
	puts("Usage: pmprof COMMAND [OPTION...] [FILE...]\n\n"
	     "Profile MPI programs and find out where their time goes.\n\n"
	     "  pmprof run -- mpirun -np 4 ./app    run, record, write app.*.pmprof.h5\n"
	     "  pmprof report app.*.pmprof.h5       the verdict, then the tables\n\n"
	     "Commands:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-8s %s\n", commands[i].verb, commands[i].help);
	puts("\n'pmprof COMMAND --help' lists the options, 'man pmprof-COMMAND' explains them.");
	return fflush(stdout) ? PMP_EXIT_INTERNAL : PMP_EXIT_OK;
}

static int run_command(const char *verb, int argc, char **argv)
{
	const struct command *command = find_command(verb);
	char name[64];

	if (!command)
		unknown_verb(verb);
	snprintf(name, sizeof(name), "pmprof %s", verb);
	argv[0] = name;
	return command->function(argc, argv);
}

int main(int argc, char **argv)
{
	char help_option[] = "--help";
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc < 2)
		pmp_cli_usage("no command given, 'pmprof --help' lists them");
	if (strcmp(verb, "--version") == 0 || strcmp(verb, "-V") == 0)
		return printf("pmprof %s\n", PMP_VERSION) < 0 || fflush(stdout);
	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
		return print_help();
	if (strcmp(verb, "help") != 0)
		return run_command(verb, argc - 1, argv + 1);
	if (argc == 2)
		return print_help();
	argv[1] = argv[2];
	argv[2] = help_option;
	return run_command(argv[1], 2, argv + 1);
}
