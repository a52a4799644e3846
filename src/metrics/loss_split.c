/*
 * loss_split.c - what every rank loses besides waiting for the busiest, and in which of its calls. See losses.h for the split.
 *
 * Called by loss_calls.c. No call path is charged with more time than was spent in it, except I/O, which is work that others wait
 * for.
 */
#include <math.h>

#include "metrics/losses.h"

#define NS         1e-9
#define OTHER_PATH UINT64_MAX /* above all paths; the low half is a cause */

/* Time of one rank in one cost. */
struct spent {
	struct pmp_tally_key key; /* rank, index of the cost */
	int64_t ns;
};

/* What one rank has to give: its time in all costs, and the part of it that is as long as that of the busiest. */
struct purse {
	double own, direct, budget;
};

struct split {
	const struct pmp_summary *summary;
	struct pmp_tally costs, spent;
	struct purse *purses; /* one per world rank */
};

static bool is_communication(const struct pmp_cost *cost)
{
	return cost->key.high == OTHER_PATH ||
	       pmp_call_info((unsigned)cost->key.low)->class != PMP_CLASS_IO;
}

static struct pmp_cost *cost_of(struct split *split, uint64_t path, uint64_t call)
{
	struct pmp_cost *cost = pmp_tally_row(&split->costs, path, call);

	if (!cost)
		return NULL;
	if (path == OTHER_PATH)
		cost->cause = (enum pmp_cause)call;
	else
		cost->cause = is_communication(cost) ? PMP_CAUSE_COMMUNICATION : PMP_CAUSE_IO;
	return cost;
}

static int add_spent(struct split *split, const struct pmp_cost *cost, uint32_t rank, int64_t ns)
{
	size_t index = (size_t)(cost - (const struct pmp_cost *)(const void *)split->costs.rows);
	struct spent *spent = pmp_tally_row(&split->spent, rank, index);

	if (spent)
		pmp_add(&spent->ns, ns);
	return spent ? 0 : -PMP_ENOMEM;
}

static int add_stat(struct split *split, const struct pmp_model_stat *stat)
{
	struct pmp_cost *cost = cost_of(split, stat->path, stat->call);

	if (!cost)
		return -PMP_ENOMEM;
	cost->region = stat->region;
	pmp_add(&cost->count, stat->count);
	pmp_add(&cost->bytes_out, stat->bytes_out);
	pmp_add(&cost->bytes_in, stat->bytes_in);
	if (cost->ranks == 0 || cost->rank != stat->rank)
		cost->ranks++;
	cost->rank = stat->rank;
	return stat->thread == 0 ? add_spent(split, cost, stat->rank, stat->time_ns) : 0;
}

static int add_other(struct split *split, enum pmp_cause cause, uint32_t rank, int64_t ns)
{
	struct pmp_cost *cost = cost_of(split, OTHER_PATH, cause);

	return cost ? add_spent(split, cost, rank, ns > 0 ? ns : 0) : -PMP_ENOMEM;
}

/* Everything but computation: the calls, the profiler, and what lies before and behind the rank's own interval. */
static int gather(struct split *split)
{
	const struct pmp_summary *s = split->summary;
	const struct pmp_model *model = s->model;
	int64_t wall_ns = (int64_t)fmin(model->run.wall_s / NS, 9e18);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < model->stat_count; i++)
		rc = add_stat(split, &model->stats[i]);
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		const struct pmp_model_rank *rank = &model->ranks[s->ranks[i]];
		int64_t end_ns = rank->begin_ns, early_ns;

		pmp_add(&end_ns, rank->wall_ns);
		early_ns = wall_ns > end_ns ? wall_ns - end_ns : 0;
		rc = add_other(split, PMP_CAUSE_TOOL, rank->rank, rank->tool_ns);
		if (rc == 0)
			rc = add_other(split, PMP_CAUSE_START, rank->rank, rank->begin_ns);
		if (rc == 0)
			rc = add_other(split, PMP_CAUSE_END, rank->rank, early_ns);
	}
	return rc;
}

static struct pmp_cost *cost_at(const struct split *split, const struct spent *spent)
{
	return (struct pmp_cost *)(void *)split->costs.rows + spent->key.low;
}

static void sum_busy(const struct split *split)
{
	const struct pmp_summary *s = split->summary;
	const struct spent *spent = (const void *)split->spent.rows;

	for (size_t i = 0; i < split->spent.count; i++)
		if (s->is_busy[spent[i].key.high])
			cost_at(split, &spent[i])->busy_s +=
				(double)spent[i].ns * NS / (double)s->busy_count;
}

/* What the busiest have left beside computation and I/O is what each rank loses besides waiting for them. */
static double budget_s(const struct pmp_summary *s)
{
	double work = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];

		if (s->is_busy[rank->rank])
			work += ((double)rank->compute_ns + (double)rank->io_ns) * NS;
	}
	return fmax(0, s->wall_s - work / (double)s->busy_count);
}

static void fill_purses(const struct split *split)
{
	const struct spent *spent = (const void *)split->spent.rows;
	double budget = budget_s(split->summary);

	for (size_t i = 0; i < split->spent.count; i++) {
		const struct pmp_cost *cost = cost_at(split, &spent[i]);
		struct purse *purse = &split->purses[spent[i].key.high];
		double own = (double)spent[i].ns * NS;

		if (!is_communication(cost))
			continue;
		purse->own += own;
		purse->direct += fmin(own, cost->busy_s);
		purse->budget = fmin(budget, purse->own);
	}
}

/*
 * First each call path takes what the busiest ranks spend in it as well: they wait for nobody who computes longer. What a rank
 * has left of its budget was lost in its other calls, in proportion to the time that it has left in them.
 */
static void share_out(const struct split *split)
{
	const struct pmp_summary *s = split->summary;
	const struct spent *spent = (const void *)split->spent.rows;
	struct pmp_cost *costs = (void *)split->costs.rows;

	for (size_t i = 0; i < split->costs.count; i++)
		if (!is_communication(&costs[i]))
			costs[i].seconds = costs[i].busy_s * (double)s->count;
	for (size_t i = 0; i < split->spent.count; i++) {
		struct pmp_cost *cost = cost_at(split, &spent[i]);
		const struct purse *purse = &split->purses[spent[i].key.high];
		double own = (double)spent[i].ns * NS, direct = fmin(own, cost->busy_s);

		if (!is_communication(cost))
			continue;
		if (purse->direct > purse->budget)
			cost->seconds += direct * purse->budget / purse->direct;
		else if (purse->own > purse->direct)
			cost->seconds += direct + (own - direct) * (purse->budget - purse->direct) /
							  (purse->own - purse->direct);
		else
			cost->seconds += direct;
	}
}

int pmp_split_costs(const struct pmp_summary *s, struct pmp_cost **costs, size_t *count)
{
	struct split split = {
		.summary = s,
		.purses = pmp_pool_alloc(s->pool, s->model->rank_count, sizeof(struct purse)),
	};
	int rc = split.purses ? 0 : -PMP_ENOMEM;

	pmp_tally_init(&split.costs, sizeof(struct pmp_cost));
	pmp_tally_init(&split.spent, sizeof(struct spent));
	if (rc == 0)
		rc = gather(&split);
	if (rc == 0) {
		sum_busy(&split);
		fill_purses(&split);
		share_out(&split);
		*costs = pmp_tally_take(&split.costs, s->pool, count);
		rc = *costs ? 0 : -PMP_ENOMEM;
	}
	pmp_tally_release(&split.costs);
	pmp_tally_release(&split.spent);
	return rc;
}
