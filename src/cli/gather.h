/* gather.h - from the arenas that a job left behind to a file; what `pmprof collect` and `pmprof run` share */
#ifndef PMP_GATHER_H
#define PMP_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct pmp_group;

struct pmp_gather {
	const char *job; /* name of a job, or its directory */
	const char *out; /* NULL: PROGRAM.JOB.pmprof.h5 in the working directory */
	bool keep;       /* leave the arenas where they are */
	bool force;      /* also while ranks run */
	bool quiet;      /* no line about success */
	const char *
		launcher; /* for the words about ranks that left no word: how its launcher ended; NULL unknown */
	int launcher_status; /* as from waitpid */
};

/*
 * pmp_gather - collect, and say in one line on stderr what was written
 *
 * Collective over the group; only its rank 0 says something. Return: 0, or what pmp_collect returns, with @diag filled.
 */
int pmp_gather(const struct pmp_gather *gather, const struct pmp_group *group,
	       struct pmp_diag *diag);

/* pmp_gather_advice - one line that says how to try again: where the data are and the command */
void pmp_gather_advice(const struct pmp_gather *gather);

#endif
