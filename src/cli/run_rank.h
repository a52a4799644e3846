/* run_rank.h - `mpirun -np 4 pmprof run ./app`: one `pmprof run` per rank, between the launcher and the program */
#ifndef PMP_RUN_RANK_H
#define PMP_RUN_RANK_H

#include "base/err.h"
#include "base/launch.h"
#include "cli/gather.h"

/*
 * pmp_rank_run - run the program of one rank and see to its data whatever end it takes
 * @gather: how to collect; the last of the node's ranks does
 *
 * Return: 0 and the program's wait status, or what pmp_child_run returns.
 */
int pmp_rank_run(const struct pmp_launch *launch, char *const *argv,
		 const struct pmp_gather *gather, int *status, struct pmp_diag *diag);

#endif
