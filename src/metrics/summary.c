/*
 * summary.c - owns the order in which a run is summed up: ranks, efficiency, notes, losses. Called by the commands.
 */
#include "metrics/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "metrics/losses.h"

#define NS 1e-9

const char *pmp_cause_name(enum pmp_cause cause)
{
	static const char *const names[PMP_CAUSE_COUNT] = {
#define PMP_CAUSE(id, name, doc) [PMP_CAUSE_##id] = name,
#include "metrics/causes.def"
#undef PMP_CAUSE
	};

	return names[cause];
}

struct host {
	struct pmp_tally_key key;
	uint32_t number; /* from 1 */
};

/* Number the hosts in order of appearance. */
static int number_nodes(struct pmp_summary *s, uint32_t *node_of)
{
	struct pmp_tally hosts;
	int rc = 0;

	pmp_tally_init(&hosts, sizeof(struct host));
	for (size_t i = 0; i < s->count; i++) {
		const char *name = s->model->ranks[s->ranks[i]].host;
		struct host *host =
			pmp_tally_row(&hosts, pmp_hash_bytes(0, name, strlen(name)), strlen(name));

		if (!host) {
			rc = -PMP_ENOMEM;
			break;
		}
		if (host->number == 0)
			host->number = (uint32_t)++s->nodes;
		node_of[i] = host->number - 1;
	}
	pmp_tally_release(&hosts);
	s->node_of = node_of;
	return rc;
}

/* Ranks with data, their computation, and the busiest of them. */
static int gather_ranks(struct pmp_summary *s)
{
	const struct pmp_model *model = s->model;
	uint32_t *ranks = pmp_pool_alloc(s->pool, model->rank_count, sizeof(*ranks));
	double *useful = pmp_pool_alloc(s->pool, model->rank_count, sizeof(*useful));
	uint32_t *node_of = pmp_pool_alloc(s->pool, model->rank_count, sizeof(*node_of));
	double busy = -1;

	if (!ranks || !useful || !node_of)
		return -PMP_ENOMEM;
	s->busiest = PMP_NONE;
	for (uint32_t r = 0; r < model->rank_count; r++) {
		const struct pmp_model_rank *rank = &model->ranks[r];
		double mine = ((double)rank->compute_ns + (double)rank->io_ns) * NS;

		if (rank->state == PMP_RANK_MISSING)
			continue;
		ranks[s->count] = r;
		useful[s->count++] = (double)rank->compute_ns * NS;
		if (mine > busy) {
			busy = mine;
			s->busiest = r;
		}
	}
	s->ranks = ranks;
	s->useful_s = useful;
	return number_nodes(s, node_of);
}

/* T leaves out what the program asked us not to look at. */
static void sum_time(struct pmp_summary *s)
{
	double paused = 0, tool = 0, n = (double)s->count;

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];

		paused += (double)rank->paused_ns * NS;
		tool += ((double)rank->tool_ns + (double)rank->tool_hidden_ns) * NS;
	}
	s->wall_s = s->count ? s->model->run.wall_s - paused / n : 0;
	s->core_s = n * s->wall_s;
	s->balance = pmp_imbalance(s->useful_s, s->count);
	s->lost_s = s->core_s - s->balance.sum;
	s->tool_share = s->core_s > 0 ? tool / s->core_s : NAN;
	s->pop = pmp_pop(s->useful_s, s->count, s->wall_s, NAN, s->node_of, s->nodes);
}

/* The busiest rank and its equals. Among equals one is not to blame more than another. */
static int find_busy(struct pmp_summary *s)
{
	const struct pmp_model_rank *ranks = s->model->ranks;
	bool *is_busy = pmp_pool_alloc(s->pool, s->model->rank_count, sizeof(*is_busy));

	if (!is_busy)
		return -PMP_ENOMEM;
	s->is_busy = is_busy;
	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &ranks[s->ranks[i]];
		const struct pmp_model_rank *most = &ranks[s->busiest];
		double less = ((double)most->compute_ns + (double)most->io_ns) * NS -
			      ((double)rank->compute_ns + (double)rank->io_ns) * NS;

		is_busy[rank->rank] = less <= PMP_BUSY_SHARE * s->wall_s;
		s->busy_count += is_busy[rank->rank];
	}
	return 0;
}

static int compare_losses(const void *a, const void *b)
{
	const struct pmp_loss *x = a, *y = b;
	bool x_is_end = x->cause <= PMP_CAUSE_MISSING, y_is_end = y->cause <= PMP_CAUSE_MISSING;

	if (x_is_end != y_is_end)
		return x_is_end ? -1 : 1;
	if (x_is_end)
		return (x->cause > y->cause) - (x->cause < y->cause);
	return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

struct pmp_loss *pmp_loss_add(struct pmp_loss_list *list, enum pmp_cause cause, double seconds)
{
	if (list->count < PMP_MAX_LOSSES)
		list->count++;
	struct pmp_loss *loss = &list->rows[list->count - 1];

	*loss = (struct pmp_loss){
		.cause = cause,
		.seconds = seconds,
		.share = list->summary->core_s > 0 ? seconds / list->summary->core_s : NAN,
		.place = {"", "", "", 0, 0},
		.to_place = {"", "", "", 0, 0},
		.count = -1,
		.bytes = -1,
		.imbalance = NAN,
		.slowest_s = NAN,
		.mean_s = NAN,
		.text = "",
	};
	return loss;
}

bool pmp_loss_matters(const struct pmp_summary *s, double seconds)
{
	return seconds >= PMP_MIN_SHARE * s->core_s && seconds >= PMP_MIN_WALL_S * (double)s->count;
}

/* Ranks that pause for unequal times could make the parts larger than the whole, which is what the mean leaves of T. */
static void fit_losses(struct pmp_loss_list *list)
{
	double sum = 0, lost = fmax(0, list->summary->lost_s);

	for (size_t i = 0; i < list->count; i++)
		sum += isnan(list->rows[i].seconds) ? 0 : list->rows[i].seconds;
	for (size_t i = 0; i < list->count && sum > lost; i++) {
		list->rows[i].seconds *= lost / sum;
		list->rows[i].share *= lost / sum;
	}
}

static int find_losses(struct pmp_summary *s)
{
	struct pmp_loss_list *list = pmp_pool_alloc(s->pool, 1, sizeof(*list));
	int rc = list ? 0 : -PMP_ENOMEM;

	if (rc)
		return rc;
	list->summary = s;
	rc = pmp_find_endings(list);
	if (rc == 0 && s->core_s > 0 && s->pop.parallel < PMP_GOOD_EFFICIENCY &&
	    pmp_ended_together(s)) {
		rc = pmp_find_imbalance(list);
		if (rc == 0)
			rc = pmp_find_calls(list);
		fit_losses(list);
	}
	qsort(list->rows, list->count, sizeof(list->rows[0]), compare_losses);
	s->losses = list->rows;
	s->loss_count = list->count;
	return rc;
}

int pmp_summarize(const struct pmp_model *model, struct pmp_pool *pool,
		  struct pmp_summary **summary)
{
	struct pmp_summary *s = pmp_pool_alloc(pool, 1, sizeof(*s));
	struct pmp_region_sum *regions;
	int rc = s ? 0 : -PMP_ENOMEM;

	if (rc)
		return rc;
	s->model = model;
	s->pool = pool;
	rc = gather_ranks(s);
	if (rc == 0)
		rc = pmp_query_regions(model, pool, &regions);
	if (rc)
		return rc;
	s->regions = regions;
	sum_time(s);
	rc = find_busy(s);
	if (rc == 0)
		rc = pmp_find_notes(s);
	if (rc == 0)
		rc = find_losses(s);
	if (rc == 0 && pmp_pool_failed(pool))
		rc = -PMP_ENOMEM;
	if (rc == 0)
		*summary = s;
	return rc;
}
