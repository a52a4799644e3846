/* writers.h - which ranks write the file: one of each node for all of it while the records are small, else every rank its own */
#ifndef PMP_WRITERS_H
#define PMP_WRITERS_H

#include "pmpi.h"

/* A rank that writes may have no arena: those of its node could not record. Not to be copied. */
struct pmp_writers {
	MPI_Comm comm; /* of those who write; MPI_COMM_NULL on the others */
	/* of a writer and those it writes for; MPI_COMM_NULL where every rank writes its own */
	MPI_Comm node;
	bool is_writer;
	const char **arenas; /* that this rank writes */
	size_t arena_count;
	struct pmp_writers_record *records; /* where the names are */
	const char *own;
};

/*
 * pmp_writers_choose - collective over @comm, which has MPI_ERRORS_RETURN
 * @arena: file name of this rank's record, NULL if it has none
 * @largest: bytes of the largest record of all ranks: it decides, against PMPROF_GATHER
 *
 * Rank 0 always writes and is the first of the writers. Ranks of a node whose files its writer does not see, because they run in
 * containers with a scratch folder of their own, write for themselves.
 * Return: 0 or -PMP_EPEER, -PMP_ENOMEM; pmp_writers_release in any case.
 */
int pmp_writers_choose(struct pmp_writers *writers, MPI_Comm comm, const char *arena,
		       uint64_t largest);

/* pmp_writers_agree - the worst result of all writers; called by these alone */
int pmp_writers_agree(const struct pmp_writers *writers, int rc);

/* pmp_writers_share - a writer's result for those it writes for, who sleep here until then; called by all */
int pmp_writers_share(const struct pmp_writers *writers, int rc);

void pmp_writers_release(struct pmp_writers *writers);

#endif
