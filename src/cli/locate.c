/*
 * locate.c - finds libpmprof.so: the build tree and an installation keep it at the same place relative to bin/, so that both can
 * be moved. Used by `pmprof run` and `pmprof doctor`.
 */
#include "cli/locate.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"

static const char *const places[] = {PMP_LIBRARY_DIR, "../lib", "../lib64"};

static bool try_place(const char *bin, const char *place, char *path, size_t size)
{
	char candidate[2 * PATH_MAX], real[PATH_MAX];

	snprintf(candidate, sizeof(candidate), "%s/%s/libpmprof.so", bin, place);
	if (!realpath(candidate, real))
		return false;
	return snprintf(path, size, "%s", real) < (int)size;
}

int pmp_locate_library(char *path, size_t size, struct pmp_diag *diag)
{
	const char *given = pmp_env_text(PMP_ENV_PMPROF_LIBRARY);
	char bin[PATH_MAX], real[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", bin, sizeof(bin) - 1);

	if (*given) {
		if (!realpath(given, real) || snprintf(path, size, "%s", real) >= (int)size)
			return pmp_fail(diag, PMP_ENOTFOUND,
					"cannot find '%s', which PMPROF_LIBRARY names: %m", given);
		return 0;
	}
	bin[len > 0 ? len : 0] = '\0';
	if (strrchr(bin, '/'))
		*strrchr(bin, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (try_place(bin, places[i], path, size))
			return 0;
	return pmp_fail(diag, PMP_ENOTFOUND,
			"cannot find 'libpmprof.so' in '%s/%s', set PMPROF_LIBRARY to where it is",
			bin, places[0]);
}
