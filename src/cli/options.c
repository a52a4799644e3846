/*
 * options.c - argp with one-line complaints. argp's own messages take two lines and know no "did
 * you mean", so it is told to keep quiet and what it stumbled over is found out afterwards.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/cli.h"

#define KEY_HELP  0x10000
#define MAX_NAMES 64

struct session {
	const struct argp *argp;
	const char *name;
	void *input;
};

static const struct argp_option help_option[] = {
	{"help", KEY_HELP, NULL, 0, "Show this help", -1},
	{0},
};

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
	const struct session *session = state->input;

	(void)arg;
	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = session->input;
	if (key != KEY_HELP)
		return ARGP_ERR_UNKNOWN;
	char name[64];

	snprintf(name, sizeof(name), "%s", session->name);
	argp_help(state->root_argp, stdout,
		  ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_PRE_DOC | ARGP_HELP_POST_DOC,
		  name);
	exit(fflush(stdout) ? PMP_EXIT_INTERNAL : PMP_EXIT_OK);
}

static bool is_last(const struct argp_option *o)
{
	return !o || (!o->name && !o->key && !o->doc);
}

static size_t add_names(const struct argp *argp, const char **names, size_t count)
{
	for (const struct argp_option *o = argp->options; !is_last(o) && count < MAX_NAMES; o++)
		if (o->name && !(o->flags & OPTION_HIDDEN))
			names[count++] = o->name;
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		count = add_names(c->argp, names, count);
	return count;
}

_Noreturn static void unknown_option(const struct argp *argp, const char *name)
{
	const char *names[MAX_NAMES] = {"help"};
	size_t count = add_names(argp, names, 1);
	const char *nearest = pmp_suggest(name, names, count, sizeof(names[0]));

	if (nearest)
		pmp_cli_usage("unknown option '--%s', did you mean '--%s'?", name, nearest);
	pmp_cli_usage("unknown option '--%s'", name);
}

/* Options that begin with a name. */
struct candidates {
	const struct argp_option *exact, *first, *second;
};

static void find_candidates(const struct argp *argp, const char *name, struct candidates *found)
{
	for (const struct argp_option *o = argp->options; !is_last(o); o++) {
		if (!o->name || strncmp(o->name, name, strlen(name)) != 0)
			continue;
		if (strcmp(o->name, name) == 0)
			found->exact = o;
		else if (!found->first)
			found->first = o;
		else
			found->second = o;
	}
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		find_candidates(c->argp, name, found);
}

/* The option of that name, or the only one that begins with it, as getopt has it. */
static const struct argp_option *find_long(const struct argp *argp, const char *name)
{
	struct candidates found = {NULL, NULL, NULL};

	find_candidates(argp, name, &found);
	if (!found.exact && found.second)
		pmp_cli_usage("option '--%s' is ambiguous: '--%s' or '--%s'?", name,
			      found.first->name, found.second->name);
	return found.exact ? found.exact : found.first;
}

static const struct argp_option *find_short(const struct argp *argp, int key)
{
	const struct argp_option *found = NULL;

	for (const struct argp_option *o = argp->options; !is_last(o); o++)
		if (o->key == key)
			return o;
	for (const struct argp_child *c = argp->children; c && c->argp && !found; c++)
		found = find_short(c->argp, key);
	return found;
}

/* Both: complain about a wrong option, or return how many more arguments this one takes (0 or 1).
 */
static int check_long(const struct argp *argp, const char *text, const char *next)
{
	char name[64];
	const char *value = strchr(text, '=');

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "="), text);
	const struct argp_option *option = find_long(argp, name);

	if (!option)
		unknown_option(argp, name);
	if (!option->arg && value)
		pmp_cli_usage("option '--%s' takes no value", name);
	if (option->arg && !value && !next)
		pmp_cli_usage("option '--%s' needs a value", name);
	return option->arg && !value;
}

static int check_short(const struct argp *argp, const char *letters, const char *next)
{
	for (const char *c = letters; *c; c++) {
		const struct argp_option *o = find_short(argp, *c);

		if (!o)
			pmp_cli_usage("unknown option '-%c'", *c);
		if (o->arg && !c[1] && !next)
			pmp_cli_usage("option '-%c' needs a value", *c);
		if (o->arg)
			return !c[1];
	}
	return 0;
}

/* argp has found something wrong and does not say what: walk the same way until it shows. */
_Noreturn static void complain(const struct session *session, int argc, char **argv)
{
	const char *operand = NULL;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			operand = argv[i];
		else if (argv[i][1] == '-')
			i += check_long(session->argp, argv[i] + 2, argv[i + 1]);
		else
			i += check_short(session->argp, argv[i] + 1, argv[i + 1]);
	}
	pmp_cli_usage("argument '%s' is one too many, see '%s --help'", operand ? operand : "",
		      session->name);
}

int pmp_cli_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	struct session session = {.argp = argp, .name = argv[0], .input = input};
	struct argp inner = *argp;
	const struct argp_child children[] = {{&inner, 0, NULL, 0}, {0}};
	const struct argp root = {
		.options = help_option, .parser = parse_help, .children = children};
	int index = argc;

	if (is_last(inner.options))
		inner.options = NULL; /* argp_help leaks on a table without a row */
	if (argp_parse(&root, argc, argv, flags | ARGP_NO_ERRS | ARGP_NO_HELP, &index, &session))
		complain(&session, argc, argv);
	return index;
}
