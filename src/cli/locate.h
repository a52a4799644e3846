/* locate.h - where the runtime library is */
#ifndef PMP_LOCATE_H
#define PMP_LOCATE_H

#include <stddef.h>

#include "base/err.h"

/*
 * pmp_locate_library - the libpmprof.so that belongs to this command
 * @path: receives an absolute path
 *
 * PMPROF_LIBRARY if set, else relative to this executable. Return: 0, or -PMP_ENOTFOUND with what to do in @diag.
 */
int pmp_locate_library(char *path, size_t size, struct pmp_diag *diag);

#endif
