/* launch.h - who this process is, as its launcher says in the environment; rows in launch.def */
#ifndef PMP_LAUNCH_H
#define PMP_LAUNCH_H

#include <stdbool.h>

struct pmp_launch {
	const char *launcher; /* "Open MPI", "" when started by none that we know */
	int rank;             /* 0 when unknown */
	int size;             /* 0 when unknown */
	int node_rank;        /* rank among those of this node, 0 when unknown */
	int node_size;        /* ranks on this node, 0 when unknown */
	bool is_rank_known;
	char job[64]; /* PMPROF_JOB, else the launcher's id, else the parent's pid; fit to be a file name, never empty */
};

/* pmp_launch_read - from the environment; cannot fail. Context: main thread, before the program changes its environment. */
void pmp_launch_read(struct pmp_launch *launch);

/* pmp_launch_forget - take the ranks' variables out of the environment: what we start beside a rank is none. One thread. */
void pmp_launch_forget(void);

#endif
