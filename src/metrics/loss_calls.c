/*
 * loss_calls.c - what the busiest ranks do besides computing, by call path: MPI, MPI-IO, and their late start. Nobody waits for
 * others less than they do, so their time in MPI is what imbalance does not explain. Called by summary.c.
 */
#include <stdlib.h>

#include "base/fmt.h"
#include "metrics/losses.h"

#define NS 1e-9

/* One call path of the busiest ranks. */
struct cost {
	struct pmp_tally_key key; /* path, call */
	uint32_t region;
	int64_t focus_ns;
	int64_t count, bytes_out, bytes_in; /* over all ranks */
	uint32_t ranks, rank;
};

/* First the paths of the busiest ranks, then what all ranks did on those. */
static int find_costs(const struct pmp_summary *s, struct pmp_tally *costs)
{
	const struct pmp_model *model = s->model;

	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (!s->is_busy[stat->rank] || stat->thread != 0)
			continue;
		struct cost *cost = pmp_tally_row(costs, stat->path, stat->call);

		if (!cost)
			return -PMP_ENOMEM;
		pmp_add(&cost->focus_ns, stat->time_ns);
		cost->region = stat->region;
	}
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];
		struct cost *cost = pmp_tally_find(costs, stat->path, stat->call);

		if (!cost)
			continue;
		pmp_add(&cost->count, stat->count);
		pmp_add(&cost->bytes_out, stat->bytes_out);
		pmp_add(&cost->bytes_in, stat->bytes_in);
		if (cost->ranks == 0 || cost->rank != stat->rank)
			cost->ranks++;
		cost->rank = stat->rank;
	}
	return 0;
}

static int compare_costs(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	return (x->focus_ns < y->focus_ns) - (x->focus_ns > y->focus_ns);
}

static double seconds_of(const struct pmp_summary *s, const struct cost *cost)
{
	return (double)s->count * (double)cost->focus_ns * NS / (double)s->busy_count;
}

static const char *cost_text(const struct pmp_summary *s, const struct pmp_loss *loss,
			     const struct cost *cost)
{
	const char *name = pmp_call_info(loss->call)->name;
	const char *alone = cost->ranks == 1 && s->count > 1
				    ? pmp_pool_printf(s->pool, "only rank %u: ", cost->rank)
				    : "";
	const char *of = "";

	if (loss->bytes > 0 && loss->count > 0)
		of = pmp_pool_printf(s->pool, " of %s",
				     pmp_fmt_bytes((double)loss->bytes / (double)loss->count).text);
	return pmp_pool_printf(s->pool, "%s%s%s, %s call%s%s", alone, name,
			       pmp_in_text(s->pool, &loss->place), pmp_fmt_count(loss->count).text,
			       loss->count == 1 ? "" : "s", of);
}

static int add_cost(struct pmp_loss_list *list, enum pmp_cause cause, const struct cost *cost)
{
	const struct pmp_summary *s = list->summary;
	struct pmp_loss *loss = pmp_loss_add(list, cause, seconds_of(s, cost));

	loss->region = cost->region;
	loss->call = (uint16_t)cost->key.low;
	loss->place = pmp_place_of_path(s->model, (uint32_t)cost->key.high);
	loss->count = cost->count;
	loss->bytes = cost->bytes_out ? cost->bytes_out : cost->bytes_in;
	if (cost->ranks == 1) {
		uint32_t *rank = pmp_pool_alloc(s->pool, 1, sizeof(*rank));

		if (!rank)
			return -PMP_ENOMEM;
		*rank = cost->rank;
		loss->ranks = rank;
		loss->rank_count = 1;
	}
	loss->text = cost_text(s, loss, cost);
	return 0;
}

static bool is_of_cause(const struct cost *cost, enum pmp_cause cause)
{
	enum pmp_call_class class = pmp_call_info((unsigned)cost->key.low)->class;

	if (class == PMP_CLASS_MARK || class == PMP_CLASS_LIFECYCLE)
		return false;
	return (class == PMP_CLASS_IO) == (cause == PMP_CAUSE_IO);
}

/* The largest call paths get a line each, all others together one more. */
static int add_costs(struct pmp_loss_list *list, enum pmp_cause cause, const struct cost *costs,
		     size_t count)
{
	const struct pmp_summary *s = list->summary;
	size_t lines = 0, others = 0;
	double rest = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		double seconds = seconds_of(s, &costs[i]);

		if (!is_of_cause(&costs[i], cause) || seconds <= 0)
			continue;
		if (lines < PMP_MAX_LINES && pmp_loss_matters(s, seconds)) {
			rc = add_cost(list, cause, &costs[i]);
			lines++;
		} else {
			rest += seconds;
			others++;
		}
	}
	if (rc == 0 && pmp_loss_matters(s, rest) && rest >= PMP_MIN_REST_SHARE * s->core_s) {
		struct pmp_loss *loss = pmp_loss_add(list, cause, rest);

		loss->text = pmp_pool_printf(s->pool, "in %zu %scall path%s", others,
					     lines ? "other " : "", others == 1 ? "" : "s");
	}
	return rc;
}

static const char *skew_text(const struct pmp_summary *s, enum pmp_cause cause, double seconds)
{
	const char *who = s->busy_count == 1 ? pmp_pool_printf(s->pool, "rank %u", s->busiest)
					     : pmp_pool_printf(s->pool, "the %zu busiest ranks",
							       s->busy_count);
	const char *average = s->busy_count == 1 ? "" : ", on average";

	if (cause == PMP_CAUSE_START)
		return pmp_pool_printf(s->pool, "%s left MPI_Init %s after the first%s", who,
				       pmp_fmt_seconds(seconds).text, average);
	return pmp_pool_printf(s->pool, "%s reached MPI_Finalize %s before the last%s", who,
			       pmp_fmt_seconds(seconds).text, average);
}

/* The busiest ranks' intervals are shorter than the run: at one end, at the other, or at both. Happens once, so it may be noise. */
static void add_skew(struct pmp_loss_list *list, enum pmp_cause cause, double seconds)
{
	const struct pmp_summary *s = list->summary;
	double lost = (double)s->count * seconds;

	if (pmp_loss_matters(s, lost) && seconds >= PMP_FEW_PASSES_S)
		pmp_loss_add(list, cause, lost)->text = skew_text(s, cause, seconds);
}

static void add_skews(struct pmp_loss_list *list)
{
	const struct pmp_summary *s = list->summary;
	double late = 0, early = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];
		double begin = (double)rank->begin_ns * NS;

		if (!s->is_busy[rank->rank])
			continue;
		late += begin;
		early += s->model->run.wall_s - begin - (double)rank->wall_ns * NS;
	}
	add_skew(list, PMP_CAUSE_START, late / (double)s->busy_count);
	add_skew(list, PMP_CAUSE_END, early / (double)s->busy_count);
}

int pmp_find_calls(struct pmp_loss_list *list)
{
	struct pmp_summary *s = list->summary;
	struct pmp_tally tally;
	struct cost *costs = NULL;
	size_t count;

	pmp_tally_init(&tally, sizeof(struct cost));
	int rc = find_costs(s, &tally);

	if (rc == 0 && !(costs = pmp_tally_take(&tally, s->pool, &count)))
		rc = -PMP_ENOMEM;
	pmp_tally_release(&tally);
	if (rc)
		return rc;
	qsort(costs, count, sizeof(*costs), compare_costs);
	rc = add_costs(list, PMP_CAUSE_COMMUNICATION, costs, count);
	if (rc == 0)
		rc = add_costs(list, PMP_CAUSE_IO, costs, count);
	add_skews(list);
	return rc;
}
