/*
 * notes.c - what distorts the numbers of a run: shared processors, waiting outside of MPI, threads, losses of data. Called by
 * summary.c; the sentences stand below the verdict and in JSON's run.warnings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "metrics/losses.h"

#define NS        1e-9
#define MAX_CPUS  4096
#define MAX_NOTES 8

struct notes {
	struct pmp_summary *summary;
	const char *texts[MAX_NOTES];
	size_t count;
};

static void add_note(struct notes *notes, const char *text)
{
	if (notes->count < MAX_NOTES)
		notes->texts[notes->count++] = text;
}

/* Add the processors of a list such as "0-3,8" to a set; anything that is no such list adds nothing. */
static void add_cpus(uint8_t set[MAX_CPUS], const char *list)
{
	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long cpu = first; cpu <= last && cpu < MAX_CPUS; cpu++)
			set[cpu] = 1;
		if (*end != ',')
			return;
		list = end + 1;
	}
}

/* Ranks of one node that may run on the same processors. */
struct crowd {
	uint8_t cpus[MAX_CPUS];
	size_t ranks;
};

static size_t cpu_count(const struct crowd *crowd)
{
	size_t count = 0;

	for (size_t i = 0; i < MAX_CPUS; i++)
		count += crowd->cpus[i];
	return count;
}

static int compare_nodes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void note_crowd(struct notes *notes, const struct crowd *crowd, const char *host)
{
	struct pmp_summary *s = notes->summary;
	size_t cpus = cpu_count(crowd);

	if (cpus == 0 || crowd->ranks <= cpus || s->is_oversubscribed)
		return;
	s->is_oversubscribed = true;
	add_note(notes,
		 pmp_pool_printf(
			 s->pool,
			 "%zu ranks share %zu processor%s on %s: computation and waiting include "
			 "the time until a processor was free",
			 crowd->ranks, cpus, cpus == 1 ? "" : "s", host[0] ? host : "a node"));
}

/* Nodes one after the other, so that one set of processors serves all. */
static int note_oversubscription(struct notes *notes)
{
	struct pmp_summary *s = notes->summary;
	uint64_t *order = pmp_pool_alloc(s->pool, s->count, sizeof(*order));
	struct crowd *crowd = pmp_pool_alloc(s->pool, 1, sizeof(*crowd));

	if (!order || !crowd)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		order[i] = (uint64_t)s->node_of[i] << 32 | s->ranks[i];
	qsort(order, s->count, sizeof(*order), compare_nodes);
	bool is_known = true;

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[(uint32_t)order[i]];

		add_cpus(crowd->cpus, rank->cpus);
		crowd->ranks++;
		if (i + 1 < s->count && order[i] >> 32 == order[i + 1] >> 32)
			continue;
		note_crowd(notes, crowd, rank->host);
		is_known = is_known && cpu_count(crowd) > 0;
		s->processors += (uint32_t)cpu_count(crowd);
		memset(crowd, 0, sizeof(*crowd));
	}
	s->processors = is_known ? s->processors : 0;
	return 0;
}

/* Seconds of computation in which the rank had no processor, as far as is certain: CPU time covers the whole process. */
static double away_s(const struct pmp_model_rank *rank)
{
	double cpu = ((double)rank->user_ns + (double)rank->system_ns) * NS;
	double compute = (double)rank->compute_ns * NS, away = compute - cpu;

	return cpu > 0 && rank->threads <= 1 && away >= 0.2 * compute && away >= 0.1 ? away : 0;
}

static void note_sleepers(struct notes *notes)
{
	struct pmp_summary *s = notes->summary;
	uint32_t *ranks = pmp_pool_alloc(s->pool, s->count, sizeof(*ranks));
	double away = 0, compute = 0;
	size_t count = 0;

	for (size_t i = 0; ranks && i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];

		if (away_s(rank) == 0)
			continue;
		ranks[count++] = rank->rank;
		away += away_s(rank);
		compute += (double)rank->compute_ns * NS;
	}
	if (count == 0)
		return;
	add_note(notes,
		 pmp_pool_printf(
			 s->pool,
			 "%s %s without a processor for at least %s of %s of computation: %s "
			 "slept, waited for a file, or had to share the processor",
			 pmp_rank_list_text(s->pool, ranks, count), count == 1 ? "was" : "were",
			 pmp_fmt_seconds(away).text, pmp_fmt_seconds(compute).text,
			 count == 1 ? "it" : "they"));
}

static void note_tool(struct notes *notes)
{
	struct pmp_summary *s = notes->summary;

	if (s->tool_share > 0.01 && s->tool_share * s->core_s >= PMP_MIN_WALL_S * (double)s->count)
		add_note(notes,
			 pmp_pool_printf(
				 s->pool,
				 "recording itself cost %s of the time, most of it contained "
				 "in computation and calls: there are very many short calls",
				 pmp_fmt_percent(s->tool_share).text));
}

static void note_lost(struct notes *notes)
{
	struct pmp_summary *s = notes->summary;
	int64_t lost = 0;

	for (size_t i = 0; i < s->count; i++)
		pmp_add(&lost, s->model->ranks[s->ranks[i]].lost);
	if (lost)
		add_note(notes,
			 pmp_pool_printf(s->pool,
					 "%s calls were not recorded, for want of memory: raise "
					 "PMPROF_MEMORY",
					 pmp_fmt_count(lost).text));
}

static void note_threads(struct notes *notes)
{
	struct pmp_summary *s = notes->summary;
	uint32_t most = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->model->ranks[s->ranks[i]].threads > most)
			most = s->model->ranks[s->ranks[i]].threads;
	if (most > 1)
		add_note(notes,
			 pmp_pool_printf(
				 s->pool,
				 "up to %u threads of a rank call MPI: efficiency, losses and "
				 "regions are "
				 "those of the main threads, call paths and messages those of all",
				 most));
}

int pmp_find_notes(struct pmp_summary *s)
{
	struct notes *notes = pmp_pool_alloc(s->pool, 1, sizeof(*notes));

	if (!notes)
		return -PMP_ENOMEM;
	notes->summary = s;
	int rc = note_oversubscription(notes);

	note_sleepers(notes);
	note_tool(notes);
	note_threads(notes);
	note_lost(notes);
	if (!pmp_ended_together(s))
		add_note(notes, "ranks ended at different times: losses are not computed");
	s->notes = notes->texts;
	s->note_count = notes->count;
	return rc;
}
