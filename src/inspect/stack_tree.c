/* stack_tree.c - merges stacks, outermost frame first. Called by the printers of `pmprof stacks`, one thread. */
#include "inspect/stack_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRIDE_RANKS 4 /* so many with the same distance are written as one range */

static bool is_same_place(const struct pmp_place *a, const struct pmp_place *b)
{
	if (a->line != b->line || strcmp(a->function, b->function) != 0 ||
	    strcmp(a->file, b->file) != 0 || strcmp(a->module, b->module) != 0)
		return false;
	return a->function[0] || a->line || a->offset == b->offset;
}

static bool is_same(const struct pmp_stack_node *a, const struct pmp_stack_node *b)
{
	return a->is_thread == b->is_thread && a->is_end == b->is_end &&
	       strcmp(a->mpi_call, b->mpi_call) == 0 &&
	       (a->mpi_call[0] || a->is_end || is_same_place(&a->place, &b->place));
}

static bool add_thread(struct pmp_stack_node *node, const struct pmp_seen_thread *thread,
		       struct pmp_pool *pool)
{
	if (node->count == node->capacity) {
		size_t capacity = node->capacity ? 2 * node->capacity : 4;
		const struct pmp_seen_thread **more =
			pmp_pool_alloc(pool, capacity, sizeof(struct pmp_seen_thread *));

		if (!more)
			return false;
		if (node->count)
			memcpy(more, node->threads, node->count * sizeof(struct pmp_seen_thread *));
		node->threads = more;
		node->capacity = capacity;
	}
	node->threads[node->count++] = thread;
	return true;
}

/* The child like @what of those that begin at *@first, with the thread added; NULL without memory. */
static struct pmp_stack_node *step(struct pmp_stack_node **first, struct pmp_stack_node what,
				   const struct pmp_seen_thread *thread, struct pmp_pool *pool)
{
	struct pmp_stack_node **at = first;

	while (*at && !is_same(*at, &what))
		at = &(*at)->next;
	if (!*at) {
		*at = pmp_pool_alloc(pool, 1, sizeof(**at));
		if (!*at)
			return NULL;
		**at = what;
	}
	return add_thread(*at, thread, pool) ? *at : NULL;
}

static void add_stack(struct pmp_stack_node **first, const struct pmp_seen_thread *thread,
		      struct pmp_pool *pool)
{
	struct pmp_stack_node frame = {.mpi_call = "", .is_thread = !thread->is_main};
	struct pmp_stack_node end = frame;
	struct pmp_stack_node *at;

	for (size_t i = 0; i < thread->frame_count; i++) {
		frame.place = thread->frames[i];
		at = step(first, frame, thread, pool);
		if (!at)
			return;
		first = &at->first;
	}
	end.mpi_call = thread->mpi_call;
	end.is_end = !thread->mpi_call[0];
	step(first, end, thread, pool);
}

static int by_weight(const void *a, const void *b)
{
	const struct pmp_stack_node *x = *(struct pmp_stack_node *const *)a;
	const struct pmp_stack_node *y = *(struct pmp_stack_node *const *)b;

	if (x->is_thread != y->is_thread)
		return x->is_thread - y->is_thread;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->threads[0]->rank < y->threads[0]->rank
		       ? -1
		       : x->threads[0]->rank > y->threads[0]->rank;
}

static void sort(struct pmp_stack_node **first)
{
	struct pmp_stack_node **all, *node;
	size_t count = 0;

	for (node = *first; node; node = node->next) {
		sort(&node->first);
		count++;
	}
	if (count < 2)
		return;
	all = calloc(count, sizeof(struct pmp_stack_node *));
	if (!all)
		return; /* in another order, then */
	count = 0;
	for (node = *first; node; node = node->next)
		all[count++] = node;
	qsort(all, count, sizeof(struct pmp_stack_node *), by_weight);
	for (size_t i = 0; i < count; i++)
		all[i]->next = i + 1 < count ? all[i + 1] : NULL;
	*first = all[0];
	free(all);
}

struct pmp_stack_node *pmp_stack_tree(const struct pmp_seen *seen, bool has_helpers,
				      struct pmp_pool *pool)
{
	struct pmp_stack_node *first = NULL;

	for (size_t r = 0; r < seen->count; r++)
		for (size_t t = 0; t < seen->ranks[r].thread_count; t++) {
			const struct pmp_seen_thread *thread = &seen->ranks[r].threads[t];

			if (thread->source != PMP_STACK_NONE && (!thread->is_helper || has_helpers))
				add_stack(&first, thread, pool);
		}
	sort(&first);
	return pmp_pool_failed(pool) ? NULL : first;
}

/* How many from @ranks on have the same distance to the next as the first two have. */
static size_t run_length(const int32_t *ranks, size_t count, int32_t *stride)
{
	size_t n = 1;

	*stride = count > 1 ? ranks[1] - ranks[0] : 1;
	while (n < count && ranks[n] - ranks[n - 1] == *stride)
		n++;
	if (*stride == 1 || n >= STRIDE_RANKS)
		return n;
	return 1;
}

const char *pmp_rank_list(const int32_t *ranks, size_t count, size_t max, struct pmp_pool *pool)
{
	const char *text = "";

	for (size_t i = 0; i < count;) {
		int32_t stride;
		size_t n = run_length(ranks + i, count - i, &stride);
		const char *comma = text[0] ? "," : "";

		if (strlen(text) > max)
			return pmp_pool_printf(pool, "%s,...", text);
		if (n == 1)
			text = pmp_pool_printf(pool, "%s%s%d", text, comma, ranks[i]);
		else if (stride == 1)
			text = pmp_pool_printf(pool, "%s%s%d%c%d", text, comma, ranks[i],
					       n == 2 ? ',' : '-', ranks[i + n - 1]);
		else
			text = pmp_pool_printf(pool, "%s%s%d-%d:%d", text, comma, ranks[i],
					       ranks[i + n - 1], stride);
		i += n;
	}
	return text;
}

size_t pmp_stack_ranks(const struct pmp_seen *seen, const struct pmp_stack_node *node,
		       struct pmp_pool *pool, int32_t **ranks)
{
	size_t count = 0;

	*ranks = pmp_pool_alloc(pool, node->count, sizeof(**ranks));
	for (size_t i = 0; *ranks && i < node->count; i++) {
		int32_t rank = seen->ranks[node->threads[i]->rank].rank;

		if (count == 0 || (*ranks)[count - 1] != rank)
			(*ranks)[count++] = rank;
	}
	return count;
}
