/* call_text.c - a call in flight in words. Called by stacks_doc.c. */
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "inspect/stack_tree.h"
#include "inspect/waits.h"
#include "render/stacks_doc.h"
#include "schema/calls.h"

#define NS        1e-9
#define RANK_TEXT 24

struct words {
	const struct pmp_seen_thread *const *threads;
	size_t count;
	struct pmp_pool *pool;
	const char *text;
};

static int by_number(const void *a, const void *b)
{
	return *(const int32_t *)a < *(const int32_t *)b
		       ? -1
		       : *(const int32_t *)a > *(const int32_t *)b;
}

/* "rank 3", "ranks 0-2", "any rank", "" unknown */
static const char *ranks_text(const struct words *w, bool is_source)
{
	int32_t *ranks = pmp_pool_alloc(w->pool, w->count, sizeof(*ranks));
	size_t count = 0, known = 0;

	for (size_t i = 0; ranks && i < w->count; i++)
		ranks[count++] = is_source ? w->threads[i]->call.source : w->threads[i]->call.peer;
	qsort(ranks, count, sizeof(*ranks), by_number);
	if (count == 0 || ranks[0] == PMP_SEEN_UNKNOWN)
		return "";
	if (ranks[0] == PMP_SEEN_ANY && ranks[count - 1] == PMP_SEEN_ANY)
		return "any rank";
	if (ranks[0] < 0)
		return "";
	for (size_t i = 0; i < count; i++)
		if (known == 0 || ranks[known - 1] != ranks[i])
			ranks[known++] = ranks[i];
	return pmp_pool_printf(w->pool, known == 1 ? "rank %s" : "ranks %s",
			       pmp_rank_list(ranks, known, RANK_TEXT, w->pool));
}

static void add(struct words *w, const char *before, const char *value)
{
	if (value[0])
		w->text = pmp_pool_printf(w->pool, "%s%s%s", w->text, before, value);
}

static const char *tag_text(const struct words *w)
{
	int32_t tag = w->threads[0]->call.tag;

	for (size_t i = 1; i < w->count; i++)
		if (w->threads[i]->call.tag != tag)
			return "";
	if (tag == PMP_SEEN_ANY)
		return "any tag";
	return tag >= 0 ? pmp_pool_printf(w->pool, "tag %d", tag) : "";
}

static const char *root_text(const struct words *w)
{
	int32_t root = w->threads[0]->call.root;

	for (size_t i = 1; i < w->count; i++)
		if (w->threads[i]->call.root != root)
			return "different roots";
	return root >= 0 ? pmp_pool_printf(w->pool, "root %d", root) : "";
}

/* A communicator other than MPI_COMM_WORLD. */
static const char *comm_text(const struct words *w)
{
	const char *comm = w->threads[0]->call.comm;

	for (size_t i = 1; i < w->count; i++)
		if (strcmp(w->threads[i]->call.comm, comm) != 0)
			return "different communicators";
	return strcmp(comm, "MPI_COMM_WORLD") == 0 ? "" : comm;
}

static const char *time_text(const struct words *w)
{
	int64_t min = INT64_MAX, max = -1;

	for (size_t i = 0; i < w->count; i++) {
		int64_t t = w->threads[i]->call.for_ns;

		min = t < min ? t : min;
		max = t > max ? t : max;
	}
	if (min < 0)
		return "";
	struct pmp_fmt least = pmp_fmt_seconds((double)min * NS);
	struct pmp_fmt most = pmp_fmt_seconds((double)max * NS);

	if (strcmp(least.text, most.text) == 0 || max - min < max / 20)
		return pmp_pool_printf(w->pool, "%s", most.text);
	return pmp_pool_printf(w->pool, "%s to %s", least.text, most.text);
}

static void add_partner(struct words *w, enum pmp_wait wait)
{
	bool is_send = wait == PMP_WAIT_SEND || wait == PMP_WAIT_START_SEND;
	bool is_receive = wait == PMP_WAIT_RECEIVE || wait == PMP_WAIT_PROBE ||
			  wait == PMP_WAIT_POLL_PROBE || wait == PMP_WAIT_START_RECEIVE;

	if (wait == PMP_WAIT_EXCHANGE) {
		add(w, " to ", ranks_text(w, false));
		add(w, ", from ", ranks_text(w, true));
	} else if (is_send || is_receive) {
		add(w, is_send ? " to " : " from ", ranks_text(w, false));
	} else {
		add(w, " with ", ranks_text(w, false));
	}
	add(w, ", ", root_text(w));
	add(w, ", ", tag_text(w));
	if (is_send && w->threads[0]->call.bytes)
		add(w, ", ", pmp_fmt_bytes((double)w->threads[0]->call.bytes).text);
	add(w, ", on ", comm_text(w));
}

const char *pmp_seen_call_text(const char *mpi_call, const struct pmp_seen_thread *const *threads,
			       size_t count, struct pmp_pool *pool)
{
	struct words w = {threads, count, pool, mpi_call};

	for (size_t i = 0; i < count; i++)
		if (!threads[i]->is_recorded || !threads[i]->call.call)
			return mpi_call;
	add_partner(&w, pmp_wait_of(threads[0]->call.call));
	add(&w, ", for ", time_text(&w));
	return w.text;
}
