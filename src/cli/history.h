/*
 * history.h - what was measured on a machine, run by run: FOLDER/history/MACHINE.jsonl, one line of JSON for each
 *
 * MACHINE is readable and the same for equal machines: processor, processors, MPI library, host name without its numbers, and a
 * hash of all that. Times of other machines are in other files.
 */
#ifndef PMP_HISTORY_H
#define PMP_HISTORY_H

#include "base/err.h"
#include "metrics/series.h"
#include "model/pool.h"

/* pmp_history_path - the file of the machine that a run was measured on */
const char *pmp_history_path(struct pmp_pool *pool, const struct pmp_digest *run);

/*
 * pmp_history_add - append a line for each run of @point that is not in the file yet
 * @added: how many
 *
 * Safe against others that append at the same time, and after one that was killed. Return: 0, or -PMP_EFULL with one line in @diag.
 */
int pmp_history_add(const struct pmp_point *point, size_t *added, struct pmp_diag *diag);

/*
 * pmp_history_trend - "history: 3.1 % slower than the median of the last 10 of 24 runs (348 ms) ▂▂▃▂▇", about the runs of @point against
 * what was recorded before of the same command, arguments and ranks
 *
 * Return: text in @pool; NULL when nothing is known. Lines that cannot be read are left out.
 */
const char *pmp_history_trend(struct pmp_pool *pool, const struct pmp_point *point);

#endif
