/* processors.h - how many processors a job that is started from here can have */
#ifndef PMP_PROCESSORS_H
#define PMP_PROCESSORS_H

#include <stdint.h>

#include "cli/launchers.h"

/*
 * pmp_processors - of the batch system's allocation, else of this machine; 0: not known, since the launcher chooses the nodes
 * @launched: the launcher's line
 */
uint32_t pmp_processors(const struct pmp_launched *launched);

/* pmp_processors_slurm - the sum of SLURM_JOB_CPUS_PER_NODE: "72(x2),36" is 180; 0: not understood */
uint32_t pmp_processors_slurm(const char *text);

#endif
