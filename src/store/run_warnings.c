/*
 * run_warnings.c - the warnings table: damage, losses, missing ranks. On rank 0; pure.
 */
#include "store/run_warnings.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/text.h"

#define DAMAGE_LINES 20 /* of more damaged ranks only the number is told */

static const struct {
	enum pmp_warning bit;
	bool is_told; /* on the terminal, too, when the file is written */
	const char *text;
} bits[] = {
	{PMP_WARN_MEMORY, true,
	 "the memory limit was reached and calls were lost: raise PMPROF_MEMORY"},
	{PMP_WARN_SCRATCH, true,
	 "all scratch folders were full and calls were lost: set PMPROF_SCRATCH to one with room"},
	{PMP_WARN_ELSEWHERE, true,
	 "a scratch folder was full or unusable, the next one was used: nothing is lost by that"},
	{PMP_WARN_UNWIND, false, "some call stacks could not be walked to the end"},
	{PMP_WARN_REQUESTS, false,
	 "too many requests at once: bytes of some nonblocking receives are missing"},
	{PMP_WARN_THREADS, false,
	 "more threads called MPI at once than there are recorders: their calls were lost"},
	{PMP_WARN_FORTRAN, false,
	 "the program calls MPI from Fortran by names that this version does not know: those calls "
	 "are not recorded, and their time counts as computation"},
	{PMP_WARN_PYTHON, false,
	 "call paths show the Python interpreter instead of Python's functions: only CPython 3.11 "
	 "is "
	 "known"},
};

struct list {
	struct pmp_pool *pool;
	const char **lines;
	size_t count, capacity;
};

static void add(struct list *list, const char *line)
{
	if (list->count < list->capacity)
		list->lines[list->count++] = line;
}

/* "rank 3", "ranks 3, 4 and 7 more" */
static const char *name_ranks(struct pmp_pool *pool, const uint32_t *ranks, size_t count)
{
	char text[160];
	size_t len = (size_t)snprintf(text, sizeof(text), count == 1 ? "rank" : "ranks");
	size_t shown = count > 8 ? 8 : count;

	for (size_t i = 0; i < shown; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %" PRIu32, i ? "," : "",
					ranks[i]);
	if (shown < count)
		snprintf(text + len, sizeof(text) - len, " and %zu more", count - shown);
	return pmp_pool_printf(pool, "%s", text);
}

static void add_missing(struct list *list, const struct pmp_plan *plan, uint32_t *ranks)
{
	size_t count = 0, next = 0;

	for (uint32_t rank = 0; rank < plan->ranks; rank++) {
		if (next < plan->count && (uint32_t)plan->infos[next].rank == rank)
			next++;
		else
			ranks[count++] = rank;
	}
	if (count)
		add(list, pmp_pool_printf(list->pool, "no record of %s",
					  name_ranks(list->pool, ranks, count)));
}

static void add_damage(struct list *list, const struct pmp_plan *plan)
{
	size_t damaged = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct pmp_rank_info *info = &plan->infos[i];

		if (!info->damage[0])
			continue;
		if (damaged++ < DAMAGE_LINES)
			add(list,
			    pmp_pool_printf(list->pool, "the record of rank %d is damaged: %s",
					    info->rank, info->damage));
	}
	if (damaged > DAMAGE_LINES)
		add(list, pmp_pool_printf(list->pool, "the records of %zu more ranks are damaged",
					  damaged - DAMAGE_LINES));
}

static void add_bits(struct list *list, const struct pmp_plan *plan, uint32_t *ranks,
		     bool only_told)
{
	for (size_t b = 0; b < sizeof(bits) / sizeof(bits[0]); b++) {
		size_t count = 0;

		if (only_told && !bits[b].is_told)
			continue;
		for (size_t i = 0; i < plan->count; i++)
			if (plan->infos[i].warnings & bits[b].bit)
				ranks[count++] = (uint32_t)plan->infos[i].rank;
		if (count)
			add(list,
			    pmp_pool_printf(list->pool, "%s: %s",
					    name_ranks(list->pool, ranks, count), bits[b].text));
	}
}

static void add_losses(struct list *list, const struct pmp_plan *plan, uint32_t *ranks)
{
	double calls = 0;
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (!plan->infos[i].lost)
			continue;
		calls += (double)plan->infos[i].lost;
		ranks[count++] = (uint32_t)plan->infos[i].rank;
	}
	if (count)
		add(list, pmp_pool_printf(list->pool, "%.0f calls were not recorded, on %s", calls,
					  name_ranks(list->pool, ranks, count)));
}

void pmp_run_remark(const struct pmp_plan *plan, char *remark, size_t size)
{
	struct pmp_pool *pool = pmp_pool_new();
	const char *lines[16];
	struct list list = {
		.pool = pool, .lines = lines, .capacity = sizeof(lines) / sizeof(*lines)};
	size_t ranks_max = plan->ranks > plan->count ? plan->ranks : plan->count, len = 0;
	uint32_t *ranks = pool ? pmp_pool_alloc(pool, ranks_max + 1, sizeof(*ranks)) : NULL;

	remark[0] = '\0';
	if (ranks) {
		add_missing(&list, plan, ranks);
		add_losses(&list, plan, ranks);
		add_bits(&list, plan, ranks, true);
	}
	for (size_t i = 0; i < list.count && len < size; i++)
		len += (size_t)snprintf(remark + len, size - len, "%s%s", len ? "; " : "",
					lines[i]);
	pmp_pool_free(pool);
}

int pmp_run_warnings(struct pmp_pool *pool, const struct pmp_plan *plan, const char ***warnings,
		     size_t *count)
{
	struct list list = {.pool = pool, .capacity = DAMAGE_LINES + 16};
	size_t ranks_max = plan->ranks > plan->count ? plan->ranks : plan->count;
	uint32_t *ranks = pmp_pool_alloc(pool, ranks_max + 1, sizeof(*ranks));

	list.lines = pmp_pool_alloc(pool, list.capacity, sizeof(*list.lines));
	if (!ranks || !list.lines)
		return -PMP_ENOMEM;
	add_missing(&list, plan, ranks);
	if (plan->left_out)
		add(&list,
		    pmp_pool_printf(pool,
				    "%zu records were left out: they claim the rank of another "
				    "record, or one that the run does not have",
				    plan->left_out));
	add_damage(&list, plan);
	add_losses(&list, plan, ranks);
	add_bits(&list, plan, ranks, false);
	if (plan->clock_error_ns)
		add(&list, "several hosts: their clocks were aligned by time of day, which may be "
			   "off by milliseconds");
	for (size_t i = 0; i < list.count; i++)
		list.lines[i] = pmp_text_clean(pool, list.lines[i], strlen(list.lines[i]));
	*warnings = list.lines;
	*count = list.count;
	return 0;
}
