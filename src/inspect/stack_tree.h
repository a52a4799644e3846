/* stack_tree.h - the stacks of many ranks as one tree: what they share is said once */
#ifndef PMP_STACK_TREE_H
#define PMP_STACK_TREE_H

#include "inspect/seen.h"

struct pmp_stack_node {
	struct pmp_place place; /* of a frame */
	const char *mpi_call;   /* a leaf: the MPI function below the frame; "" for a frame */
	bool is_end;            /* threads are here, outside of MPI: nothing is below */
	bool is_thread;         /* of other threads than the main ones */
	struct pmp_stack_node *first, *next;
	const struct pmp_seen_thread **threads; /* all that pass here, in order of ranks */
	size_t count, capacity;
};

/*
 * pmp_stack_tree - main threads first, then the others; branches by number of threads, the largest first
 * @has_helpers: also threads that have nothing of the program's
 *
 * Return: the first of the outermost frames, NULL when there is none or no memory (see pmp_pool_failed).
 */
struct pmp_stack_node *pmp_stack_tree(const struct pmp_seen *seen, bool has_helpers,
				      struct pmp_pool *pool);

/*
 * pmp_rank_list - "0-2,5", "0-62:2" for every second one; at most about @max bytes, then ", ..."
 * @ranks: ascending, without repetition
 */
const char *pmp_rank_list(const int32_t *ranks, size_t count, size_t max, struct pmp_pool *pool);

/* pmp_stack_ranks - the ranks of a node's threads, each once, ascending. Return: how many */
size_t pmp_stack_ranks(const struct pmp_seen *seen, const struct pmp_stack_node *node,
		       struct pmp_pool *pool, int32_t **ranks);

#endif
