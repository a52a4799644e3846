/*
 * environment.c - reading the PMPROF_* variables. Runtime and tools, from the main thread at start; no state.
 */
#include "base/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"

#define PREFIX "PMPROF_"

const struct pmp_variable_info pmp_variables[PMP_ENV_COUNT] = {
#define PMP_VARIABLE(name, value, doc) {#name, value, doc},
#include "base/environment.def"
#undef PMP_VARIABLE
};

const char *pmp_env_text(enum pmp_variable variable)
{
	const char *value = getenv(pmp_variables[variable].name);

	return value && *value ? value : pmp_variables[variable].fallback;
}

bool pmp_env_is_set(enum pmp_variable variable)
{
	const char *value = getenv(pmp_variables[variable].name);

	return value && *value;
}

bool pmp_env_flag(enum pmp_variable variable)
{
	static const char *const no[] = {"", "0", "no", "off", "false"};
	const char *value = pmp_env_text(variable);

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return true;
}

static double unit_of(const char *suffix)
{
	static const struct {
		const char *suffix;
		double factor;
	} units[] = {
		{"", 1.0}, {"K", 1024.0}, {"M", 1024.0 * 1024.0}, {"G", 1024.0 * 1024.0 * 1024.0}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcasecmp(suffix, units[i].suffix) == 0)
			return units[i].factor;
	return 0.0;
}

int pmp_parse_size(const char *text, uint64_t *value)
{
	char *end = NULL;
	double number = strtod(text, &end);
	double unit = end == text ? 0.0 : unit_of(end);

	/* the comparisons are false for NaN as well */
	if (!(unit > 0.0 && number >= 0.0 && number * unit < 9e18))
		return -PMP_EINVALID;
	*value = (uint64_t)(number * unit);
	return 0;
}

int pmp_env_number(enum pmp_variable variable, uint64_t *value)
{
	*value = 0;
	if (pmp_parse_size(pmp_env_text(variable), value) == 0)
		return 0;
	pmp_parse_size(pmp_variables[variable].fallback, value);
	return -PMP_EINVALID;
}

static bool is_known(const char *name, size_t len)
{
	for (size_t i = 0; i < PMP_ENV_COUNT; i++)
		if (strlen(pmp_variables[i].name) == len &&
		    memcmp(pmp_variables[i].name, name, len) == 0)
			return true;
	return false;
}

bool pmp_env_unknown(size_t *position, char *name, size_t size)
{
	for (; environ && environ[*position]; (*position)++) {
		const char *entry = environ[*position];
		size_t len = strcspn(entry, "=");

		if (strncmp(entry, PREFIX, strlen(PREFIX)) != 0 || is_known(entry, len))
			continue;
		snprintf(name, size, "%.*s", (int)len, entry);
		(*position)++;
		return true;
	}
	return false;
}
