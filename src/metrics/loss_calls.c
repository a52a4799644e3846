/*
 * loss_calls.c - what is lost besides load imbalance, in lines: by call path, and the uneven start and end. The numbers are made
 * by loss_split.c. Called by summary.c.
 */
#include <stdlib.h>

#include "base/fmt.h"
#include "metrics/losses.h"

static int compare_costs(const void *a, const void *b)
{
	const struct pmp_cost *x = a, *y = b;

	return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

static const char *cost_text(const struct pmp_summary *s, const struct pmp_loss *loss,
			     const struct pmp_cost *cost)
{
	const char *name = pmp_call_info(loss->call)->name;
	const char *alone = cost->ranks == 1 && s->count > 1
				    ? pmp_pool_printf(s->pool, "only rank %u: ", cost->rank)
				    : "";
	const char *of = "";

	if (loss->bytes > 0 && loss->count > 0)
		of = pmp_pool_printf(s->pool, " of %s",
				     pmp_fmt_bytes((double)loss->bytes / (double)loss->count).text);
	/* I/O counts as work: in what one rank does of it, the waiting of the others is contained. */
	const char *others = alone[0] && cost->cause == PMP_CAUSE_IO
				     ? pmp_pool_printf(s->pool, ", %s while the others wait",
						       pmp_fmt_seconds(cost->busy_s).text)
				     : "";

	return pmp_pool_printf(s->pool, "%s%s%s, %s call%s%s%s", alone, name,
			       pmp_in_text(s->pool, &loss->place), pmp_fmt_count(loss->count).text,
			       loss->count == 1 ? "" : "s", of, others);
}

static int add_cost(struct pmp_loss_list *list, enum pmp_cause cause, const struct pmp_cost *cost)
{
	const struct pmp_summary *s = list->summary;
	struct pmp_loss *loss = pmp_loss_add(list, cause, cost->seconds);

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

static bool is_of_cause(const struct pmp_cost *cost, enum pmp_cause cause)
{
	enum pmp_call_class class = pmp_call_info((unsigned)cost->key.low)->class;

	return cost->cause == cause && class != PMP_CLASS_MARK && class != PMP_CLASS_LIFECYCLE;
}

/* The largest call paths get a line each, all others together one more. */
static int add_costs(struct pmp_loss_list *list, enum pmp_cause cause, const struct pmp_cost *costs,
		     size_t count)
{
	const struct pmp_summary *s = list->summary;
	size_t lines = 0, others = 0;
	double rest = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		double seconds = costs[i].seconds;

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

/* Of the ranks with data the one that began or ended last. */
static uint32_t last_rank(const struct pmp_summary *s, enum pmp_cause cause)
{
	uint32_t last = s->ranks[0];
	int64_t latest = INT64_MIN;

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];
		int64_t at = rank->begin_ns;

		if (cause == PMP_CAUSE_END)
			pmp_add(&at, rank->wall_ns);
		if (at > latest) {
			latest = at;
			last = rank->rank;
		}
	}
	return last;
}

/* Once per run, so that a few turns of the scheduler are noise. */
static void add_skew(struct pmp_loss_list *list, const struct pmp_cost *cost)
{
	struct pmp_summary *s = list->summary;
	double mean = cost->seconds / (double)s->count;
	struct pmp_fmt time = pmp_fmt_seconds(mean);
	uint32_t rank = last_rank(s, cost->cause);

	if (!pmp_loss_matters(s, cost->seconds) || mean < PMP_FEW_PASSES_S)
		return;
	pmp_loss_add(list, cost->cause, cost->seconds)->text =
		cost->cause == PMP_CAUSE_START
			? pmp_pool_printf(s->pool,
					  "MPI_Init returned on the first rank %s earlier than on "
					  "the average one (last: rank %u)",
					  time.text, rank)
			: pmp_pool_printf(s->pool,
					  "ranks wait in MPI_Finalize for rank %u, the last to "
					  "reach it: %s on average",
					  rank, time.text);
}

static void add_profiler(struct pmp_loss_list *list, const struct pmp_cost *cost)
{
	if (pmp_loss_matters(list->summary, cost->seconds))
		pmp_loss_add(list, cost->cause, cost->seconds)->text =
			"work of the profiler itself, such as learning new call paths";
}

int pmp_find_calls(struct pmp_loss_list *list)
{
	struct pmp_cost *costs;
	size_t count;
	int rc = pmp_split_costs(list->summary, &costs, &count);

	if (rc)
		return rc;
	qsort(costs, count, sizeof(*costs), compare_costs);
	rc = add_costs(list, PMP_CAUSE_COMMUNICATION, costs, count);
	if (rc == 0)
		rc = add_costs(list, PMP_CAUSE_IO, costs, count);
	for (size_t i = 0; i < count; i++) {
		if (costs[i].cause == PMP_CAUSE_START || costs[i].cause == PMP_CAUSE_END)
			add_skew(list, &costs[i]);
		else if (costs[i].cause == PMP_CAUSE_TOOL)
			add_profiler(list, &costs[i]);
	}
	return rc;
}
