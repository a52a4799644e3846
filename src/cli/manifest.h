/*
 * manifest.h - scale.json: what a sweep of `pmprof scale` consists of and how far it has come
 *
 * One file per folder, replaced atomically after each run, so that it is whole at any moment and a sweep goes on from it. Who
 * reads it (speedup, assert, a sweep that is resumed) treats it as untrusted input.
 */
#ifndef PMP_MANIFEST_H
#define PMP_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/series.h"

#define PMP_MANIFEST_NAME    "scale.json"
#define PMP_MANIFEST_VERSION 1

enum pmp_run_kind {                   /* "kind" in the file */
		    PMP_RUN_MEASURED, /* "run": one point of the speedup */
		    PMP_RUN_WARMUP,   /* "warmup": not evaluated, has no file */
		    PMP_RUN_SERIAL, /* "serial": the serial program; its time is wall_s, it has no file */
		    PMP_RUN_COPIES, /* "copies": one of several one-rank runs at the same time */
		    PMP_RUN_KIND_COUNT
};

enum pmp_copies_choice { PMP_COPIES_AUTO, PMP_COPIES_YES, PMP_COPIES_NO };

struct pmp_manifest_run {
	enum pmp_run_kind kind;
	uint32_t ranks;   /* 1 for serial and copies */
	uint32_t repeat;  /* from 1 */
	uint32_t copies;  /* how many ran at once, 0 when not of that kind */
	const char *file; /* inside the folder; NULL: none */
	double wall_s; /* of the process that was started (launcher, serial program), from fork to exit */
	double cpu_s; /* user and system time of it and of what it waited for */
	int32_t status; /* exit code, or 128 + signal; 0: a good run. Others are on record only and are not evaluated */
	const char *started; /* ISO 8601, UTC */
};

struct pmp_manifest {
	struct pmp_pool *pool; /* owner of every string and array in here */
	/* what is measured; a sweep goes on only with the same */
	char *const *command; /* NULL-terminated, at least one word; with {n} in it as given */
	char *const *serial_command; /* NULL: none */
	const char *launch;          /* "mpirun -np {n}" */
	const char *mode;            /* as in the variable PMPROF; NULL: not given */
	enum pmp_scaling scaling;
	uint64_t program_hash, serial_hash; /* of the executables' contents; 0 unknown */
	/* how often */
	const uint32_t *ranks; /* rising, no doubles */
	size_t rank_count;
	uint32_t repeat, warm_up;
	double precision; /* half a confidence interval over its median; 0: never stop early */
	enum pmp_copies_choice copies;
	uint64_t seed;       /* of the order of runs */
	uint32_t processors; /* of the machine or allocation; 0 unknown */
	/* what has been done, in this order */
	struct pmp_manifest_run *runs;
	size_t run_count;
};

/* pmp_manifest_new - an empty one; NULL: no memory */
struct pmp_manifest *pmp_manifest_new(void);
void pmp_manifest_free(struct pmp_manifest *manifest);

/*
 * pmp_manifest_read - the manifest of a folder, every value checked: types, ranges, and file names, which must lie in the folder
 *
 * Whether the files exist is not looked at. Return: 0; -PMP_ENOTFOUND when the folder has none; -PMP_EIO, -PMP_EFORMAT,
 * -PMP_EVERSION, -PMP_ENOMEM with one line in @diag that names the file, the entry and what is wrong.
 */
int pmp_manifest_read(const char *dir, struct pmp_manifest **manifest, struct pmp_diag *diag);

/* pmp_manifest_write - replace the manifest of a folder: it is the old or the new one, whatever happens. -PMP_EIO, -PMP_EFULL */
int pmp_manifest_write(const char *dir, const struct pmp_manifest *manifest, struct pmp_diag *diag);

/*
 * pmp_manifest_difference - what of @other is measured in another way, so that their runs must not be mixed
 *
 * Return: "another launcher", ...; NULL: nothing.
 */
const char *pmp_manifest_difference(const struct pmp_manifest *manifest,
				    const struct pmp_manifest *other);

/* pmp_manifest_add - append a run; its strings are copied. Return: 0 or -PMP_ENOMEM. */
int pmp_manifest_add(struct pmp_manifest *manifest, const struct pmp_manifest_run *run);

/* pmp_manifest_path - "DIR/FILE" of a run, from the pool; NULL when it has no file */
const char *pmp_manifest_path(const struct pmp_manifest *manifest, const char *dir,
			      const struct pmp_manifest_run *run);

#endif
