/*
 * keep.h - the folder in which a user keeps baselines and histories: $PMPROF_BASELINES, else .pmprof in the working directory or
 * the nearest one above, so that it can be committed beside the program
 */
#ifndef PMP_KEEP_H
#define PMP_KEEP_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "model/pool.h"

/* pmp_keep_folder - path of @part ("baselines", "history") in that folder; need not exist. In @pool; never NULL */
const char *pmp_keep_folder(struct pmp_pool *pool, const char *part);

/* pmp_keep_make - create it with its parents; 0 or -PMP_EFULL with one line in @diag */
int pmp_keep_make(const char *folder, struct pmp_diag *diag);

/* pmp_keep_is_name - letters, digits, '.', '_' and '-', not beginning with '.' or '-': a name that is a file everywhere */
bool pmp_keep_is_name(const char *name);

/*
 * pmp_keep_replace - write a file that appears as a whole or not at all
 * @print: returns 0 or -PMP_EIO
 *
 * Return: 0; -PMP_EFULL with one line in @diag, and @path is as before.
 */
int pmp_keep_replace(const char *path, int (*print)(FILE *out, const void *what), const void *what,
		     struct pmp_diag *diag);

#endif
