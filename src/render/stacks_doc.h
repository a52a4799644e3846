/* stacks_doc.h - where the ranks of a running job are: `pmprof stacks` */
#ifndef PMP_STACKS_DOC_H
#define PMP_STACKS_DOC_H

#include <stdio.h>

#include "inspect/seen.h"
#include "render/doc.h"

struct pmp_stacks_options {
	bool has_helpers; /* also threads of the MPI library */
};

/* pmp_stacks_doc - title, what could not be seen, the tree. Return: 0 or -PMP_ENOMEM */
int pmp_stacks_doc(const struct pmp_seen *seen, const struct pmp_stacks_options *options,
		   struct pmp_doc *doc);

/* pmp_stacks_json - every thread of every rank; keys are only ever added. Return: 0, -PMP_ENOMEM, -PMP_EIO */
int pmp_stacks_json(const struct pmp_seen *seen, const struct pmp_stacks_options *options,
		    struct pmp_pool *pool, FILE *out);

/*
 * pmp_seen_call_text - "MPI_Recv from rank 3, tag 7, for 12.4 s" of threads that are in the same call
 *
 * What differs between them is given as a range, or left out.
 */
const char *pmp_seen_call_text(const char *mpi_call, const struct pmp_seen_thread *const *threads,
			       size_t count, struct pmp_pool *pool);

#endif
