/*
 * loss_calls.c - what the busiest rank does besides computing, by call path: MPI, MPI-IO, and its late start. Nobody waits for the
 * others less than it, so its time in MPI is what imbalance does not explain. Called by summary.c.
 */
#include <stdlib.h>

#include "base/fmt.h"
#include "metrics/losses.h"

#define NS 1e-9

/* One call path of the busiest rank. */
struct cost {
	struct pmp_tally_key key; /* path, call */
	uint32_t region;
	int64_t focus_ns;
	int64_t count, bytes_out, bytes_in; /* over all ranks */
	uint32_t ranks, rank;
};

/* First the paths of the busiest rank, then what all ranks did on those. */
static int find_costs(const struct pmp_summary *s, struct pmp_tally *costs)
{
	const struct pmp_model *model = s->model;

	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (stat->rank != s->busiest || stat->thread != 0)
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
	return (double)s->count * (double)cost->focus_ns * NS;
}

static const char *cost_text(const struct pmp_summary *s, const struct pmp_loss *loss,
			     const struct cost *cost)
{
	const char *name = pmp_call_info(loss->call)->name;
	const char *alone = cost->ranks == 1 && s->count > 1
				    ? pmp_pool_printf(s->pool, "only rank %u: ", s->busiest)
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
		*rank = s->busiest;
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
	if (rc == 0 && pmp_loss_matters(s, rest)) {
		struct pmp_loss *loss = pmp_loss_add(list, cause, rest);

		loss->text = pmp_pool_printf(s->pool, "in %zu %scall path%s", others,
					     lines ? "other " : "", others == 1 ? "" : "s");
	}
	return rc;
}

/* The busiest rank's interval is shorter than the run: at one end, at the other, or at both. */
static int add_skew(struct pmp_loss_list *list, enum pmp_cause cause, double seconds)
{
	const struct pmp_summary *s = list->summary;
	uint32_t *ranks = pmp_pool_alloc(s->pool, 1, sizeof(*ranks));

	if (!ranks)
		return -PMP_ENOMEM;
	if (!pmp_loss_matters(s, (double)s->count * seconds))
		return 0;
	struct pmp_loss *loss = pmp_loss_add(list, cause, (double)s->count * seconds);

	*ranks = s->busiest;
	loss->ranks = ranks;
	loss->rank_count = 1;
	loss->text = pmp_pool_printf(s->pool,
				     cause == PMP_CAUSE_START
					     ? "rank %u left MPI_Init %s after the first"
					     : "rank %u reached MPI_Finalize %s before the last",
				     s->busiest, pmp_fmt_seconds(seconds).text);
	return 0;
}

static int add_skews(struct pmp_loss_list *list)
{
	const struct pmp_model *model = list->summary->model;
	const struct pmp_model_rank *rank = &model->ranks[list->summary->busiest];
	double late = (double)rank->begin_ns * NS;
	double early = model->run.wall_s - late - (double)rank->wall_ns * NS;
	int rc = add_skew(list, PMP_CAUSE_START, late);

	return rc ? rc : add_skew(list, PMP_CAUSE_END, early);
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
	return rc ? rc : add_skews(list);
}
