/*
 * baseline.h - runs under a name: digests as one JSON file, small enough to be committed
 *
 * FOLDER/baselines/NAME.json: {"format": "pmprof-baseline", "version": 1, "name", "saved", "program", "runs": [...]}
 */
#ifndef PMP_BASELINE_H
#define PMP_BASELINE_H

#include "base/err.h"
#include "metrics/series.h"
#include "model/pool.h"

/* pmp_baseline_path - where a baseline of that name is, or would be */
const char *pmp_baseline_path(struct pmp_pool *pool, const char *name);

/* pmp_baseline_save - all runs of @series; replaces one of that name. 0, or -PMP_EFULL with one line in @diag */
int pmp_baseline_save(const char *name, const struct pmp_series *series, struct pmp_diag *diag);

/*
 * pmp_baseline_load - a series for pmp_series_free
 *
 * Return: 0; with one line in @diag: -PMP_ENOTFOUND (names the nearest one), -PMP_EFORMAT (damaged, or no runs), -PMP_EVERSION.
 */
int pmp_baseline_load(const char *name, bool is_mixed_allowed, struct pmp_series **series,
		      struct pmp_diag *diag);

/* pmp_baseline_names - sorted, in @pool, NULL-terminated; NULL when there is no memory */
const char **pmp_baseline_names(struct pmp_pool *pool, size_t *count);

#endif
