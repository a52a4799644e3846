/* locate.h - where the runtime library is */
#ifndef PMP_LOCATE_H
#define PMP_LOCATE_H

#include <stddef.h>

#include "base/err.h"
#include "cli/launchers.h"

/*
 * pmp_locate_library - the libpmprof.so that belongs to this command
 * @path: receives an absolute path
 *
 * PMPROF_LIBRARY if set, else relative to this executable. Return: 0, or -PMP_ENOTFOUND with what to do in @diag.
 */
int pmp_locate_library(char *path, size_t size, struct pmp_diag *diag);

/*
 * pmp_locate_for - the one for the MPI of a program: of its executable, else of its launcher; PMPROF_LIBRARY is taken as it is
 *
 * Return: 0, as above, or -PMP_EUNSUPPORTED with @path empty: that MPI has none, which @diag says in one line.
 */
int pmp_locate_for(const struct pmp_launched *launched, char *path, size_t size,
		   struct pmp_diag *diag);

#endif
