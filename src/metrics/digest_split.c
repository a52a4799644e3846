/*
 * digest_split.c - all core-seconds of a run by cause, without a remainder. Called by digest.c.
 *
 * As losses.h splits, but with every second counted: T includes MPI_Init and pauses, and what rounding or a call that never
 * returned leaves over is spread over the calls in proportion, so that differences between runs can be summed up exactly.
 */
#include <math.h>

#include "metrics/digest_parts.h"

#define NS 1e-9

/* Means over the busiest ranks. */
struct busiest {
	double compute_s, io_s;
};

static struct busiest find_busiest(const struct pmp_summary *s)
{
	struct busiest busiest = {0, 0};

	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];

		if (!s->is_busy[rank->rank])
			continue;
		busiest.compute_s += (double)rank->compute_ns * NS;
		busiest.io_s += (double)rank->io_ns * NS;
	}
	busiest.compute_s /= (double)s->busy_count;
	busiest.io_s /= (double)s->busy_count;
	return busiest;
}

/* Times before the first MPI_Init ended and of ranks that left no data: nobody's waiting for anybody. */
static double before_s(const struct pmp_digest *d)
{
	return d->init_s * d->data_ranks - d->init_sum_s +
	       (double)(d->ranks - d->data_ranks) * d->time_s;
}

static bool is_comparable(const struct pmp_digest *d, const struct pmp_summary *s)
{
	return s->count > 0 && d->data_ranks == d->ranks && pmp_ended_together(s);
}

/* Ranks that ended at different times wait for nobody: what they spent is what is said of them. */
static void split_raw(struct pmp_digest *d)
{
	d->io_lost_s = d->io_s;
	d->communication_s = d->mpi_s;
	d->tool_lost_s = d->tool_s;
	d->uneven_s = d->idle_s;
}

static void add_cost(struct pmp_digest *d, const struct pmp_cost *cost, double scale)
{
	switch (cost->cause) {
	case PMP_CAUSE_COMMUNICATION:
		d->communication_s += cost->seconds * scale;
		break;
	case PMP_CAUSE_TOOL:
		d->tool_lost_s += cost->seconds * scale;
		break;
	case PMP_CAUSE_START:
	case PMP_CAUSE_END:
		d->uneven_s += cost->seconds * scale;
		break;
	default: /* I/O is charged in full */
		break;
	}
}

/* Pauses of unequal length may leave less than imbalance and I/O together. */
static double take(double *left, double wish)
{
	double taken = fmax(0, fmin(*left, wish));

	*left -= taken;
	return taken;
}

int pmp_digest_split(struct pmp_digest *d, const struct pmp_summary *s,
		     const struct pmp_cost **costs, size_t *count, double *scale)
{
	double left = d->mpi_s + d->io_s + d->tool_s + d->idle_s, charged = 0;
	struct pmp_cost *list;

	*costs = NULL;
	*count = 0;
	*scale = 1;
	if (!is_comparable(d, s)) {
		split_raw(d);
		return 0;
	}
	int rc = pmp_split_costs(s, &list, count);

	if (rc)
		return rc;
	struct busiest busiest = find_busiest(s);

	d->uneven_s = take(&left, before_s(d));
	d->imbalance_s = take(&left, d->ranks * busiest.compute_s - d->compute_s);
	d->io_lost_s = take(&left, d->ranks * busiest.io_s);
	for (size_t i = 0; i < *count; i++)
		charged += list[i].cause == PMP_CAUSE_IO ? 0 : list[i].seconds;
	*scale = charged > 0 ? left / charged : 0;
	for (size_t i = 0; i < *count; i++)
		add_cost(d, &list[i], *scale);
	if (!(charged > 0))
		d->uneven_s += left;
	*costs = list;
	return 0;
}
