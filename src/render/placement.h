/* placement.h - in which batch job a run was, on which nodes, and how its ranks were bound: in one line each */
#ifndef PMP_PLACEMENT_H
#define PMP_PLACEMENT_H

#include "model/model.h"
#include "model/pool.h"

/* pmp_job_text - "Slurm job 42 (heat), partition debug, account fluids"; "" when there was no batch system */
const char *pmp_job_text(const struct pmp_model *model, struct pmp_pool *pool);

/* pmp_job_limits_text - "4 tasks of 2 processors, 2.00 GiB a node, until 2026-11-23 14:00 UTC"; "" when nothing is known */
const char *pmp_job_limits_text(const struct pmp_model *model, struct pmp_pool *pool);

/* pmp_nodes_text - "nodeA, nodeB: 2 ranks on each, each bound to 1 processor"; "" when no host is known */
const char *pmp_nodes_text(const struct pmp_model *model, struct pmp_pool *pool);

#endif
