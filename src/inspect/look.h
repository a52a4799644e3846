/*
 * look.h - look at a running job from outside: its records twice, its stacks in between
 *
 * Two looks tell a rank that goes on from one that stands still. Nothing has to be prepared in the job, and nothing is changed.
 */
#ifndef PMP_LOOK_H
#define PMP_LOOK_H

#include "inspect/seen.h"
#include "inspect/survey.h"

struct pmp_look_options {
	bool has_no_stacks; /* do not touch the processes: their records only */
	int64_t gap_ns;     /* between the looks, at least */
};

/*
 * pmp_look - what the ranks of a job on this machine are doing
 * @pool: owns what is found
 *
 * Return: 0; -PMP_ENOTFOUND when no rank runs any more; -PMP_ENOMEM. What cannot be seen of single ranks is noted with them.
 */
int pmp_look(const struct pmp_survey *job, const struct pmp_look_options *options,
	     struct pmp_pool *pool, struct pmp_seen *seen, struct pmp_diag *diag);

#endif
