/*
 * batch.c - what the batch system says of this job in environment variables. Runtime (into the arena, at start) and tools; no state,
 * no allocation, nobody is asked.
 */
#include "base/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 400 /* bytes kept of a value: a list of nodes may be long */
#define VALUE_MIN 16  /* of one that is cut once more, since the lines are full */
#define CUT_MARK  "..."

enum batch_system {
#define PMP_BATCH(system, name, mark) SYSTEM_##system,
#define PMP_BATCH_FACT(system, column, variable, scale, none)
#include "base/batch.def"
#undef PMP_BATCH
#undef PMP_BATCH_FACT
	SYSTEM_COUNT
};

static const struct {
	const char *name, *mark;
} systems[SYSTEM_COUNT] = {
#define PMP_BATCH(system, name, mark) [SYSTEM_##system] = {name, mark},
#define PMP_BATCH_FACT(system, column, variable, scale, none)
#include "base/batch.def"
#undef PMP_BATCH
#undef PMP_BATCH_FACT
};

static const struct fact {
	enum batch_system system;
	const char *column, *variable;
	int64_t scale;
	const char *none;
} facts[] = {
#define PMP_BATCH(system, name, mark)
#define PMP_BATCH_FACT(system, column, variable, scale, none)                                      \
	{SYSTEM_##system, #column, variable, scale, none},
#include "base/batch.def"
#undef PMP_BATCH
#undef PMP_BATCH_FACT
};

#define FACT_COUNT (sizeof(facts) / sizeof(facts[0]))

/* The variable's text; NULL when it says nothing. */
static const char *text_of(const struct fact *fact)
{
	const char *text = getenv(fact->variable);

	return text && *text && strcmp(text, fact->none) != 0 ? text : NULL;
}

static enum batch_system find_system(void)
{
	for (size_t i = 0; i < FACT_COUNT; i++) {
		const char *mark = systems[facts[i].system].mark;

		if (strcmp(facts[i].column, "id") == 0 && text_of(&facts[i]) &&
		    (!*mark || getenv(mark)))
			return facts[i].system;
	}
	return SYSTEM_COUNT;
}

/* Digits only: no sign, no suffix, no overflow. */
static bool parse_number(const char *text, int64_t scale, int64_t *value)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return false;
	return !__builtin_mul_overflow((int64_t)number, scale, value);
}

/* A value that may stand in a line. Return: false when it is no number and should be one. */
static bool make_value(const struct fact *fact, const char *from, char value[VALUE_MAX])
{
	int64_t number;

	if (fact->scale) {
		if (!parse_number(from, fact->scale, &number))
			return false;
		snprintf(value, VALUE_MAX, "%lld", (long long)number);
		return true;
	}
	if (snprintf(value, VALUE_MAX, "%s", from) >= VALUE_MAX)
		memcpy(value + VALUE_MAX - sizeof(CUT_MARK), CUT_MARK, sizeof(CUT_MARK));
	for (unsigned char *c = (unsigned char *)value; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = ' ';
	return true;
}

static void cut(char *value, size_t size)
{
	if (strlen(value) < size)
		return;
	memcpy(value + size - sizeof(CUT_MARK), CUT_MARK, sizeof(CUT_MARK));
}

/* A line; texts are cut to the room that is left. */
static void add(char *text, size_t size, const char *column, char *value)
{
	size_t used = strlen(text), name = strlen(column) + 2;

	if (used + name + VALUE_MIN >= size)
		return;
	cut(value, size - used - name);
	snprintf(text + used, size - used, "%s=%s\n", column, value);
}

void pmp_batch_read(char *text, size_t size)
{
	enum batch_system system = find_system();
	char value[VALUE_MAX];

	memset(text, 0, size);
	if (system == SYSTEM_COUNT)
		return;
	snprintf(text, size, "scheduler=%s\n", systems[system].name);
	for (size_t i = 0; i < FACT_COUNT; i++) {
		const char *from = facts[i].system == system ? text_of(&facts[i]) : NULL;

		if (from && !pmp_batch_value(text, facts[i].column, value, sizeof(value)) &&
		    make_value(&facts[i], from, value))
			add(text, size, facts[i].column, value);
	}
}

bool pmp_batch_value(const char *text, const char *column, char *value, size_t size)
{
	size_t len = strlen(column);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, column, len) != 0 || line[len] != '=')
			continue;
		line += len + 1;
		snprintf(value, size, "%.*s", (int)strcspn(line, "\n"), line);
		return true;
	}
	if (size)
		value[0] = '\0';
	return false;
}

bool pmp_batch_number(const char *text, const char *column, int64_t *value)
{
	char digits[32];

	*value = 0;
	return pmp_batch_value(text, column, digits, sizeof(digits)) &&
	       parse_number(digits, 1, value);
}
