/*
 * speedup_waiting.c - what ranks do instead of computing: waiting for others, communication, I/O. Called by speedup_fall.c.
 *
 * Waiting for busier ranks is charged to the stretches of code in which those compute longer (digest_stretch.lost_s). Where one rank
 * computes alone that is a serial part, provided that the others have nothing else to do meanwhile.
 */
#include <math.h>
#include <stddef.h>

#include "metrics/speedup_parts.h"

#define BUSY_ELSEWHERE                                                                             \
	0.5 /* of what one rank does alone, others compute elsewhere: a division of labour */

/* Losses of one run's stretches, before they are scaled to the whole. */
struct balance {
	double alone, shared, elsewhere; /* elsewhere: where the busiest compute less; below 0 */
};

static struct balance weigh(const struct pmp_digest *d)
{
	struct balance b = {0, 0, 0};

	for (size_t i = 0; i < d->stretch_count; i++) {
		double lost = d->stretches[i].lost_s;

		if (lost < 0)
			b.elsewhere += lost;
		else if (d->stretches[i].is_alone)
			b.alone += lost;
		else
			b.shared += lost;
	}
	return b;
}

static bool is_serial(const struct pmp_digest *d, const struct balance *b)
{
	return d->ranks > 1 && -b->elsewhere < BUSY_ELSEWHERE * b->alone;
}

bool pmp_has_serial_part(const struct pmp_digest *run)
{
	struct balance b = weigh(run);

	return is_serial(run, &b);
}

/* A region with a name speaks for its stretches; outside of regions each group of stretches speaks for itself. */
static uint64_t item_key(const struct pmp_digest *d, const struct pmp_digest_stretch *stretch)
{
	const struct pmp_digest_region *region = &d->regions[stretch->region];

	return region->name[0] ? region->key : stretch->to_key;
}

static int add_waiting(struct pmp_lacks *lacks, const struct pmp_digest *d, double weight)
{
	struct balance b = weigh(d);
	double positive = b.alone + b.shared;
	bool has_serial = is_serial(d, &b);
	double scale = positive > 0 ? d->imbalance_s / positive * weight : 0;

	if (!(positive > 0))
		lacks->seconds[PMP_SHORTFALL_IMBALANCE] += d->imbalance_s * weight;
	for (size_t i = 0; i < d->stretch_count; i++) {
		const struct pmp_digest_stretch *stretch = &d->stretches[i];
		bool is_alone = has_serial && stretch->is_alone;

		if (!(stretch->lost_s > 0))
			continue;
		struct pmp_lack_item *item = pmp_lack_add(
			lacks, is_alone ? PMP_SHORTFALL_SERIAL : PMP_SHORTFALL_IMBALANCE,
			item_key(d, stretch), stretch->lost_s * scale);

		if (!item)
			return -PMP_ENOMEM;
		if (weight > 0)
			pmp_lack_at_stretch(item, d, stretch);
	}
	return 0;
}

/* Where events tell how much of it an instantaneous network would save, communication is two things. */
static double serialisation_share(const struct pmp_lacks *lacks)
{
	const struct pmp_pop *pop = &lacks->now.runs[0]->pop;
	double both = pop->loss_serialisation + pop->loss_transfer;

	return isfinite(both) && both > 0 ? pop->loss_serialisation / both : NAN;
}

static int add_call(struct pmp_lacks *lacks, enum pmp_shortfall cause, const struct pmp_digest *d,
		    const struct pmp_digest_site *site, double seconds)
{
	struct pmp_lack_item *item = pmp_lack_add(lacks, cause, site->key, seconds);

	if (!item)
		return -PMP_ENOMEM;
	if (seconds <= 0 || item->is_known)
		return 0;
	item->is_known = true;
	item->kind = PMP_LACK_CALL;
	item->run = d;
	item->region = site->region ? &d->regions[site->region] : NULL;
	item->site = site;
	return 0;
}

static bool is_io(const struct pmp_digest_site *site)
{
	return pmp_call_info(pmp_call_find(site->call))->class == PMP_CLASS_IO;
}

static int add_communication(struct pmp_lacks *lacks, const struct pmp_digest *d,
			     const struct pmp_digest_site *site, double seconds)
{
	double share = serialisation_share(lacks);
	int rc;

	if (isnan(share))
		return add_call(lacks, PMP_SHORTFALL_COMMUNICATION, d, site, seconds);
	rc = add_call(lacks, PMP_SHORTFALL_SERIALISATION, d, site, seconds * share);
	return rc ? rc : add_call(lacks, PMP_SHORTFALL_TRANSFER, d, site, seconds * (1 - share));
}

static int add_calls(struct pmp_lacks *lacks, const struct pmp_digest *d, double weight)
{
	double communication = d->communication_s, io = d->io_lost_s;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->site_count; i++) {
		const struct pmp_digest_site *site = &d->sites[i];
		double seconds = site->lost_s * weight;

		if (is_io(site)) {
			io -= site->lost_s;
			rc = add_call(lacks, PMP_SHORTFALL_IO, d, site, seconds);
		} else {
			communication -= site->lost_s;
			rc = add_communication(lacks, d, site, seconds);
		}
	}
	/* calls that never returned are in no site */
	lacks->seconds[PMP_SHORTFALL_COMMUNICATION] += communication * weight;
	lacks->seconds[PMP_SHORTFALL_IO] += io * weight;
	return rc;
}

static void add_rest(struct pmp_lacks *lacks, const struct pmp_digest *d, double weight)
{
	lacks->seconds[PMP_SHORTFALL_START] += d->init_sum_s * weight;
	lacks->seconds[PMP_SHORTFALL_UNEVEN] += d->uneven_s * weight;
	lacks->seconds[PMP_SHORTFALL_PAUSED] += d->paused_s * weight;
	lacks->seconds[PMP_SHORTFALL_TOOL] += d->tool_lost_s * weight;
}

static int add_side(struct pmp_lacks *lacks, const struct pmp_side *side, double sign)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < side->count; i++) {
		double weight = sign * side->scale;

		rc = add_waiting(lacks, side->runs[i], weight);
		if (rc == 0)
			rc = add_calls(lacks, side->runs[i], weight);
		add_rest(lacks, side->runs[i], weight);
	}
	return rc;
}

int pmp_lacks_of_waiting(struct pmp_lacks *lacks)
{
	int rc = add_side(lacks, &lacks->now, 1);

	return rc ? rc : add_side(lacks, &lacks->then, -1);
}
