/*
 * cmd_doctor.c - `pmprof doctor`: goes through checks.def and prints a line for each, with the remedy where something is wrong.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/checks.h"
#include "cli/cli.h"
#include "cli/locate.h"

#define KEY_FORMAT 0x100

static const struct check {
	const char *name;
	void (*function)(const struct pmp_patient *patient, struct pmp_finding *finding);
	const char *doc;
} checks[] = {
#define PMP_CHECK(name, function, doc) {name, function, doc},
#include "cli/checks.def"
#undef PMP_CHECK
};

#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

/* By enum pmp_health. */
static const char *const words[] = {"ok", "note", "problem", "skipped"};

static const char *const formats[] = {"text", "json", NULL};

struct options {
	int format; /* index in formats */
	char **command;
};

static const struct argp_option option_table[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default) or json", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == KEY_FORMAT)
		o->format = pmp_cli_choice("format", arg, formats);
	else if (key == ARGP_KEY_ARG) {
		o->command = &state->argv[state->next - 1];
		state->next = state->argc;
	} else {
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse,
	.args_doc = "[-- COMMAND [ARGUMENT...]]",
	.doc = "Find out why a run gave no data: check the installation, this machine, and a "
	       "program.\v"
	       "COMMAND is a program or a launcher with one. The program is looked at, not run. "
	       "Exit code 1 when "
	       "there is a problem.",
};

void pmp_finding_set(struct pmp_finding *finding, enum pmp_health health, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
	finding->health = health;
	finding->text[strcspn(finding->text, "\n")] = '\0';
}

void pmp_finding_remedy(struct pmp_finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->remedy, sizeof(finding->remedy), fmt, args);
	va_end(args);
}

static void examine(char **command, struct pmp_patient *patient)
{
	static char *nothing[] = {NULL};

	*patient = (struct pmp_patient){.launched = {.argv = nothing}};
	if (!command) {
		pmp_locate_library(patient->library, sizeof(patient->library), NULL);
		return;
	}
	pmp_launcher_find(command, &patient->launched);
	if (pmp_locate_for(&patient->launched, patient->library, sizeof(patient->library), NULL) ==
	    -PMP_EUNSUPPORTED) /* the check of the program says so */
		pmp_locate_library(patient->library, sizeof(patient->library), NULL);
	pmp_launched_program(&patient->launched, patient->program);
}

static void print_text(const struct pmp_finding *findings)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		printf("%-8s %-12s %s\n", words[findings[i].health], checks[i].name,
		       findings[i].text);
		if (*findings[i].remedy)
			printf("%21s -> %s\n", "", findings[i].remedy);
	}
}

static int print_json(const struct pmp_finding *findings, int problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < CHECK_COUNT; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s, s:s}", "check",
						checks[i].name, "question", checks[i].doc, "state",
						words[findings[i].health], "text", findings[i].text,
						"remedy", findings[i].remedy));
	json_t *all = json_pack("{s:s, s:i, s:i, s:o}", "format", "pmprof-doctor", "version", 1,
				"problems", problems, "checks", list);
	int rc = all ? json_dumpf(all, stdout, JSON_INDENT(2)) : -1;

	json_decref(all);
	puts("");
	return rc;
}

int cmd_doctor(int argc, char **argv)
{
	struct options o = {.command = NULL};
	struct pmp_finding findings[CHECK_COUNT] = {{.text = ""}};
	static struct pmp_patient patient;
	int problems = 0, rc = 0;

	pmp_cli_parse(&argp, argc, argv, ARGP_IN_ORDER, &o);
	examine(o.command, &patient);
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		checks[i].function(&patient, &findings[i]);
		problems += findings[i].health == PMP_HEALTH_PROBLEM;
	}
	if (o.format)
		rc = print_json(findings, problems);
	else
		print_text(findings);
	if (rc || fflush(stdout))
		return PMP_EXIT_INTERNAL;
	return problems ? PMP_EXIT_FINDINGS : PMP_EXIT_OK;
}
