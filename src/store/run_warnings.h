/* run_warnings.h - what a reader of the file has to be told in words */
#ifndef PMP_RUN_WARNINGS_H
#define PMP_RUN_WARNINGS_H

#include "model/pool.h"
#include "store/rank_info.h"

/* pmp_run_warnings - one line each, owned by the pool; *warnings is never NULL on success. Return: 0 or -PMP_ENOMEM */
int pmp_run_warnings(struct pmp_pool *pool, const struct pmp_plan *plan, const char ***warnings,
		     size_t *count);

/* pmp_run_remark - of these, in one line, what somebody has to hear who does not look into the report: "" or what is missing */
void pmp_run_remark(const struct pmp_plan *plan, char *remark, size_t size);

#endif
