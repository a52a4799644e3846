/*
 * demangle.c - demangles C++ and Fortran names. Called by symbols.c, one thread at a time.
 *
 * __cxa_demangle is the C++ library's own and is looked up with dlopen when the first C++ name is met: a program with C++ names has
 * libstdc++ loaded already, one without them needs not load it, and the project needs no C++ compiler.
 */
#include "store/demangle.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef char *demangle_fn(const char *name, char *buffer, size_t *length, int *status);

static demangle_fn *find_demangler(void)
{
	static demangle_fn *found;
	static int is_known;
	void *library, *symbol;

	if (is_known)
		return found;
	is_known = 1;
	library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
	symbol = library ? dlsym(library, "__cxa_demangle") : NULL;
	memcpy(&found, &symbol, sizeof(found));
	return found;
}

static const char *from_cplusplus(struct pmp_pool *pool, const char *name)
{
	demangle_fn *demangle = find_demangler();
	int status = -1;
	char *text = demangle ? demangle(name, NULL, NULL, &status) : NULL;
	const char *copy = text && status == 0 ? pmp_pool_text(pool, text, strlen(text)) : NULL;

	free(text);
	return copy;
}

/* __mesh_MOD_refine -> mesh::refine */
static const char *from_fortran(struct pmp_pool *pool, const char *name)
{
	const char *mark = strstr(name + 2, "_MOD_");

	if (!mark || mark == name + 2 || mark[5] == '\0')
		return NULL;
	return pmp_pool_printf(pool, "%.*s::%s", (int)(mark - name - 2), name + 2, mark + 5);
}

const char *pmp_demangle(struct pmp_pool *pool, const char *name)
{
	const char *text = NULL;

	if (strncmp(name, "_Z", 2) == 0)
		text = from_cplusplus(pool, name);
	else if (strncmp(name, "__", 2) == 0)
		text = from_fortran(pool, name);
	if (!text)
		text = pmp_pool_text(pool, name, strlen(name));
	return text ? text : "";
}
