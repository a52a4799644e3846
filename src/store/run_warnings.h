/* run_warnings.h - what a reader of the file has to be told in words */
#ifndef PMP_RUN_WARNINGS_H
#define PMP_RUN_WARNINGS_H

#include "model/pool.h"
#include "store/rank_info.h"

/* pmp_run_warnings - one line each, owned by the pool; *warnings is never NULL on success. Return: 0 or -PMP_ENOMEM */
int pmp_run_warnings(struct pmp_pool *pool, const struct pmp_plan *plan, const char ***warnings,
		     size_t *count);

#endif
