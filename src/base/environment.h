/* environment.h - the PMPROF_* variables, one row each in environment.def */
#ifndef PMP_ENVIRONMENT_H
#define PMP_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pmp_variable {
#define PMP_VARIABLE(name, value, doc) PMP_ENV_##name,
#include "base/environment.def"
#undef PMP_VARIABLE
	PMP_ENV_COUNT
};

struct pmp_variable_info {
	const char *name;     /* "PMPROF_MEMORY" */
	const char *fallback; /* value when unset or empty */
	const char *doc;
};

extern const struct pmp_variable_info pmp_variables[PMP_ENV_COUNT];

/* pmp_env_text - the value, the default when unset or empty; never NULL. Valid until the program changes its environment. */
const char *pmp_env_text(enum pmp_variable variable);

/* pmp_env_is_set - set to something other than "" */
bool pmp_env_is_set(enum pmp_variable variable);

/* pmp_env_flag - false for "", "0", "no", "off", "false" */
bool pmp_env_flag(enum pmp_variable variable);

/*
 * pmp_env_number - a number of at least 0 that may end in K, M or G (powers of 1024)
 *
 * Return: 0, or -PMP_EINVALID with the default in @value.
 */
int pmp_env_number(enum pmp_variable variable, uint64_t *value);

/* pmp_parse_size - "64", "64M", "1.5G"; return 0 or -PMP_EINVALID with @value untouched */
int pmp_parse_size(const char *text, uint64_t *value);

/*
 * pmp_env_unknown - the next variable of the environment that begins with PMPROF_ and is not in the table
 * @position: 0 at first, kept by the caller between calls
 * @name:     receives its name, cut to @size
 *
 * Return: false when there is no other.
 */
bool pmp_env_unknown(size_t *position, char *name, size_t size);

#endif
