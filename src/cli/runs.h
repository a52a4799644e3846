/*
 * runs.h - the files of many runs to one series: what speedup, scale, assert and diff begin with
 */
#ifndef PMP_RUNS_H
#define PMP_RUNS_H

#include <stddef.h>

#include "base/err.h"
#include "metrics/series.h"

struct pmp_runs_options {
	enum pmp_scaling
		scaling; /* PMP_SCALING_AUTO: as the manifest says, else as computation tells */
	bool is_mixed_allowed;      /* runs of different programs */
	bool is_unfinished_allowed; /* runs in which ranks did not end normally, or left no data */
};

/*
 * pmp_runs_load - read files one after the other, keep a digest of each
 * @paths: each a .pmprof.h5 file, or a folder: a set of `pmprof scale` (scale.json says what to read: failed runs and warm-ups are
 *         left out; copies and the serial program's times come with it), else all *.pmprof.h5 in it
 *
 * Return: 0 and a series for pmp_series_free; the first failure with one line in @diag that names the path: what pmp_read and
 * pmp_manifest_read return, -PMP_EINVALID of pmp_series_make, -PMP_EFORMAT for a run of which nothing can be concluded.
 */
int pmp_runs_load(char *const *paths, size_t count, const struct pmp_runs_options *options,
		  struct pmp_series **series, struct pmp_diag *diag);

/* pmp_runs_digest - one file: read, symbolize, merge call paths, sum up, digest */
int pmp_runs_digest(const char *path, struct pmp_digest **digest, struct pmp_diag *diag);

#endif
