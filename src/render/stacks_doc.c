/* stacks_doc.c - the tree of stacks as a table: ranks on the left, frames on the right, what is shared once. Called by cmd_stacks.c. */
#include "render/stacks_doc.h"

#include <string.h>

#include "base/err.h"
#include "base/fmt.h"
#include "inspect/stack_tree.h"
#include "inspect/wait_for.h"
#include "schema/calls.h"

#define NS        1e-9
#define RANK_TEXT 20

struct page {
	const struct pmp_seen *seen;
	struct pmp_doc *doc;
	struct pmp_pool *pool;
	struct pmp_doc_table *table;
};

static const char *state_text(const struct pmp_seen_thread *thread)
{
	switch (thread->task.state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "in the kernel";
	case 'T':
		return "stopped by a signal";
	case 't':
		return "held by a debugger";
	default:
		return "";
	}
}

/* Where threads are that are not in MPI: what the processor says of them, and how long ago the last MPI call was. */
static const char *end_text(const struct pmp_stack_node *node, struct pmp_pool *pool)
{
	const char *state = state_text(node->threads[0]);
	const struct pmp_seen_call *call = &node->threads[0]->call;

	for (size_t i = 1; i < node->count; i++)
		if (strcmp(state_text(node->threads[i]), state) != 0)
			state = "running or sleeping";
	if (node->threads[0]->source == PMP_STACK_RECORD)
		return pmp_pool_printf(pool, "after %s, %s ago",
				       call->last_call ? pmp_call_info(call->last_call)->name : "?",
				       pmp_fmt_seconds((double)call->for_ns * NS).text);
	if (!node->threads[0]->is_recorded || call->for_ns < 0 || node->count > 1)
		return state;
	return pmp_pool_printf(pool, "%s, outside of MPI for %s", state,
			       pmp_fmt_seconds((double)call->for_ns * NS).text);
}

static const char *node_text(const struct pmp_stack_node *node, struct pmp_pool *pool)
{
	if (node->mpi_call[0])
		return pmp_seen_call_text(node->mpi_call, node->threads, node->count, pool);
	if (node->is_end)
		return end_text(node, pool);
	return pmp_place_long_text(pool, &node->place);
}

/* As long as nothing branches off, frames stand on one line. */
static const struct pmp_stack_node *chain(const struct pmp_stack_node *node, struct pmp_pool *pool,
					  const char **text)
{
	*text = node_text(node, pool);
	while (node->first && !node->first->next) {
		node = node->first;
		*text = pmp_pool_printf(pool, node->is_end ? "%s: %s" : "%s > %s", *text,
					node_text(node, pool));
	}
	return node;
}

static void add_row(struct page *page, const struct pmp_stack_node *node, unsigned depth,
		    const char *text)
{
	const char *const where = node->is_thread && depth == 0 ? "[thread] " : "";
	int32_t *ranks;
	size_t count = pmp_stack_ranks(page->seen, node, page->pool, &ranks);

	pmp_doc_row(page->doc, page->table);
	pmp_cell_text(page->table, PMP_STYLE_STRONG,
		      pmp_pool_printf(page->pool, "%*s%s", (int)(2 * depth), "",
				      pmp_rank_list(ranks, count, RANK_TEXT, page->pool)));
	pmp_cell_integer(page->table, PMP_STYLE_DIM, (int64_t)count,
			 pmp_pool_printf(page->pool, "%zu", count));
	pmp_cell_text(page->table, PMP_STYLE_NONE,
		      pmp_pool_printf(page->pool, "%s%s", where, text));
}

static void add_nodes(struct page *page, const struct pmp_stack_node *first, unsigned depth)
{
	for (; first; first = first->next) {
		const char *text;
		const struct pmp_stack_node *last = chain(first, page->pool, &text);

		add_row(page, first, depth, text);
		add_nodes(page, last->first, depth + 1);
	}
}

static size_t count_helpers(const struct pmp_seen *seen)
{
	size_t count = 0;

	for (size_t r = 0; r < seen->count; r++)
		for (size_t t = 0; t < seen->ranks[r].thread_count; t++)
			count += seen->ranks[r].threads[t].is_helper;
	return count;
}

static void add_title(const struct pmp_seen *seen, struct pmp_doc *doc)
{
	struct pmp_pool *pool = doc->pool;
	const char *of = seen->size && (size_t)seen->size != seen->count
				 ? pmp_pool_printf(pool, " of %d", seen->size)
				 : "";

	pmp_doc_title(doc, pmp_pool_printf(
				   pool,
				   "%s \xc2\xb7 %zu%s rank%s on %s \xc2\xb7 for %s \xc2\xb7 job %s",
				   seen->program[0] ? seen->program : "?", seen->count, of,
				   seen->count == 1 && !of[0] ? "" : "s", seen->host,
				   pmp_fmt_age(seen->age_s).text, seen->job));
}

/* Ranks of which there is no stack, those with the same reason together. */
static void add_unseen(struct page *page)
{
	const struct pmp_seen *seen = page->seen;

	for (size_t r = 0; r < seen->count; r++) {
		const struct pmp_seen_rank *rank = &seen->ranks[r];

		if (rank->life == PMP_SEEN_ENDED)
			pmp_doc_text(page->doc, PMP_STYLE_WARN,
				     pmp_pool_printf(page->pool, "rank %d %s", rank->rank,
						     rank->ending));
		else if (rank->why_not[0])
			pmp_doc_text(page->doc, PMP_STYLE_WARN,
				     pmp_pool_printf(page->pool,
						     "rank %d: only its own record is shown: %s",
						     rank->rank, rank->why_not));
	}
}

/* The verdict: what it is, who, and what gives it away. */
static void add_verdict(const struct pmp_verdict *v, struct pmp_doc *doc)
{
	static const struct {
		const char *word;
		enum pmp_style style;
	} kinds[] = {
		[PMP_VERDICT_GOES_ON] = {"", PMP_STYLE_NONE},
		[PMP_VERDICT_WAITING] = {"no deadlock: ", PMP_STYLE_GOOD},
		[PMP_VERDICT_UNKNOWN] = {"no verdict: ", PMP_STYLE_WARN},
		[PMP_VERDICT_POLLING] = {"LIVELOCK: ", PMP_STYLE_BAD},
		[PMP_VERDICT_DEADLOCK] = {"DEADLOCK: ", PMP_STYLE_BAD},
	};

	if (!v->sentence[0])
		return;
	pmp_doc_text(doc, kinds[v->kind].style,
		     pmp_pool_printf(doc->pool, "%s%s", kinds[v->kind].word, v->sentence));
	if (v->hint[0])
		pmp_doc_text(doc, PMP_STYLE_NONE, v->hint);
}

int pmp_stacks_doc(const struct pmp_seen *seen, const struct pmp_stacks_options *options,
		   struct pmp_doc *doc)
{
	static const struct pmp_column columns[] = {
		{"ranks", "ranks", PMP_COLUMN_NAME},
		{"count", "", PMP_COLUMN_RIGHT},
		{"stack", "where", PMP_COLUMN_WRAP},
	};
	struct page page = {seen, doc, doc->pool, NULL};
	const struct pmp_stack_node *tree = pmp_stack_tree(seen, options->has_helpers, doc->pool);
	size_t helpers = options->has_helpers ? 0 : count_helpers(seen);

	add_title(seen, doc);
	add_verdict(seen->verdict, doc);
	add_unseen(&page);
	page.table = pmp_doc_table(doc, "stacks", columns, sizeof(columns) / sizeof(columns[0]));
	add_nodes(&page, tree, 0);
	if (helpers)
		pmp_doc_text(doc, PMP_STYLE_DIM,
			     pmp_pool_printf(doc->pool,
					     "%zu thread%s of the MPI library left out: --all",
					     helpers, helpers == 1 ? "" : "s"));
	return pmp_pool_failed(doc->pool) ? -PMP_ENOMEM : 0;
}
