/*
 * speedup_fall.c - the way down from N ranks to the speedup. Called by speedup.c; sums up what speedup_compute.c and
 * speedup_waiting.c find, and sorts it. The parts are exact: what no finder names is in none of them, for there is no such thing.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/speedup_parts.h"

#define MIN_ITEM_SHARE 0.01 /* of its part: smaller places are not listed */

const char *pmp_shortfall_name(enum pmp_shortfall cause)
{
	static const char *const names[PMP_SHORTFALL_COUNT] = {
#define PMP_SHORTFALL(id, name, doc) [PMP_SHORTFALL_##id] = name,
#include "metrics/shortfalls.def"
#undef PMP_SHORTFALL
	};

	return names[cause];
}

const char *pmp_shortfall_text(enum pmp_shortfall cause)
{
	static const char *const texts[PMP_SHORTFALL_COUNT] = {
#define PMP_SHORTFALL(id, name, doc) [PMP_SHORTFALL_##id] = doc,
#include "metrics/shortfalls.def"
#undef PMP_SHORTFALL
	};

	return texts[cause];
}

struct timed {
	double time_s;
	const struct pmp_digest *run;
};

static int compare_timed(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	return (x->time_s > y->time_s) - (x->time_s < y->time_s);
}

/* The run before which @index others are; equals in the order given. */
static const struct pmp_digest *run_at(const struct pmp_point *point, size_t index)
{
	for (size_t i = 0; i < point->count; i++) {
		size_t before = 0;

		for (size_t j = 0; j < point->count; j++) {
			struct timed mine = {point->times_s[i], point->runs[i]};
			struct timed other = {point->times_s[j], point->runs[j]};
			int order = compare_timed(&other, &mine);

			before += order < 0 || (order == 0 && j < i);
		}
		if (before == index)
			return point->runs[i];
	}
	return point->runs[0];
}

struct pmp_side pmp_side_of(const struct pmp_point *point, double scale)
{
	struct pmp_side side = {.ranks = point->ranks};

	side.runs[0] = run_at(point, (point->count - 1) / 2);
	side.runs[1] = run_at(point, point->count / 2);
	side.count = side.runs[0] == side.runs[1] ? 1 : 2;
	side.scale = scale / (double)side.count;
	side.core_s = pmp_side_sum(&side, offsetof(struct pmp_digest, core_s));
	side.time_s = side.core_s / scale / point->ranks;
	return side;
}

double pmp_side_sum(const struct pmp_side *side, size_t member)
{
	double sum = 0;

	for (size_t i = 0; i < side->count; i++) {
		double value;

		memcpy(&value, (const char *)side->runs[i] + member, sizeof(value));
		sum += value * side->scale;
	}
	return sum;
}

struct pmp_lack_item *pmp_lack_add(struct pmp_lacks *lacks, enum pmp_shortfall cause, uint64_t key,
				   double seconds)
{
	struct pmp_lack_item *item = pmp_tally_row(&lacks->items, cause, key);

	if (item)
		item->seconds += seconds;
	lacks->seconds[cause] += seconds;
	return item;
}

/* The longest stretch gives the place. */
void pmp_lack_at_stretch(struct pmp_lack_item *item, const struct pmp_digest *run,
			 const struct pmp_digest_stretch *stretch)
{
	if (item->is_known && item->stretch &&
	    stretch->compute.sum_s <= item->stretch->compute.sum_s)
		return;
	item->is_known = true;
	item->run = run;
	item->stretch = stretch;
	item->region = stretch->region ? &run->regions[stretch->region] : NULL;
	item->kind = item->region ? PMP_LACK_REGION : PMP_LACK_STRETCH;
}

/* A serial program beside a parallel one: how much longer that takes on one rank. */
static void charge_parallel_version(struct pmp_lacks *lacks, double weight)
{
	const struct pmp_speedup *speedup = lacks->speedup;

	if (speedup->is_serial && lacks->then.count)
		lacks->seconds[PMP_SHORTFALL_PARALLEL] +=
			lacks->then.core_s - weight * speedup->base_s.value;
}

static int compare_items(const void *a, const void *b)
{
	const struct pmp_shortfall_item *x = a, *y = b;

	return (fabs(x->seconds) < fabs(y->seconds)) - (fabs(x->seconds) > fabs(y->seconds));
}

static struct pmp_digest_place place_of(const struct pmp_lack_item *item)
{
	if (item->kind == PMP_LACK_CALL)
		return item->site->place;
	if (item->kind == PMP_LACK_REGION)
		return item->region->place;
	return item->stretch->from.line ? item->stretch->from : item->stretch->to;
}

static uint32_t rank_of(enum pmp_shortfall cause, const struct pmp_lack_item *item)
{
	if (item->kind == PMP_LACK_CALL)
		return PMP_NONE;
	if (cause != PMP_SHORTFALL_SERIAL && cause != PMP_SHORTFALL_IMBALANCE)
		return PMP_NONE;
	return item->region ? item->region->self_compute.rank_of_max
			    : item->stretch->compute.rank_of_max;
}

static bool belongs(const struct pmp_lack_item *item, enum pmp_shortfall cause, double whole)
{
	return item->key.high == cause && item->is_known &&
	       fabs(item->seconds) >= MIN_ITEM_SHARE * fabs(whole) &&
	       (item->seconds > 0) == (whole > 0);
}

static int fill_items(const struct pmp_lacks *lacks, struct pmp_shortfall_part *part)
{
	const struct pmp_lack_item *rows = (const void *)lacks->items.rows;
	struct pmp_shortfall_item *items =
		pmp_pool_alloc(lacks->pool, lacks->items.count, sizeof(*items));

	if (!items)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < lacks->items.count; i++) {
		if (!belongs(&rows[i], part->cause, part->seconds))
			continue;
		items[part->item_count++] = (struct pmp_shortfall_item){
			.seconds = rows[i].seconds,
			.ranks = rows[i].seconds / lacks->now.time_s,
			.region = rows[i].region ? rows[i].region->name : "",
			.call = rows[i].kind == PMP_LACK_CALL ? rows[i].site->call : "",
			.place = place_of(&rows[i]),
			.rank = rank_of(part->cause, &rows[i]),
			.text = pmp_lack_item_text(lacks, part->cause, &rows[i]),
		};
	}
	qsort(items, part->item_count, sizeof(*items), compare_items);
	part->items = items;
	part->text = part->item_count ? items[0].text : pmp_lack_part_text(lacks, part->cause);
	return 0;
}

static int compare_parts(const void *a, const void *b)
{
	const struct pmp_shortfall_part *x = a, *y = b;

	if (x->seconds != y->seconds)
		return x->seconds < y->seconds ? 1 : -1;
	return x->cause < y->cause ? -1 : x->cause > y->cause;
}

static int fill_parts(const struct pmp_lacks *lacks, struct pmp_speedup_point *point)
{
	struct pmp_shortfall_part *parts =
		pmp_pool_alloc(lacks->pool, PMP_SHORTFALL_COUNT, sizeof(*parts));
	int rc = parts ? 0 : -PMP_ENOMEM;

	for (unsigned cause = 0; rc == 0 && cause < PMP_SHORTFALL_COUNT; cause++) {
		struct pmp_shortfall_part *part = &parts[point->part_count];

		if (lacks->seconds[cause] == 0)
			continue;
		part->cause = (enum pmp_shortfall)cause;
		part->seconds = lacks->seconds[cause];
		part->ranks = part->seconds / lacks->now.time_s;
		part->share = part->ranks / lacks->now.ranks;
		rc = fill_items(lacks, part);
		point->part_count++;
	}
	if (rc)
		return rc;
	qsort(parts, point->part_count, sizeof(*parts), compare_parts);
	point->parts = parts;
	return 0;
}

/* Copies tell about the one-rank run, if that is what is compared with. */
static const struct pmp_copies *copies_of(const struct pmp_series *series, uint32_t ranks,
					  const struct pmp_side *then)
{
	for (size_t i = 0; then->count && then->ranks == 1 && i < series->copies_count; i++)
		if (series->copies[i].copies == ranks)
			return &series->copies[i];
	return NULL;
}

int pmp_speedup_fall(const struct pmp_speedup *speedup, struct pmp_speedup_point *point,
		     const struct pmp_point *then, struct pmp_pool *pool)
{
	struct pmp_lacks lacks = {.speedup = speedup, .pool = pool};
	double weight = pmp_speedup_weight(speedup, point->point->ranks, speedup->base_ranks);
	double base_core_s = weight * speedup->base_ranks * speedup->base_s.value;
	int rc;

	lacks.now = pmp_side_of(point->point, 1);
	if (then)
		lacks.then = pmp_side_of(then, weight);
	else
		lacks.then = (struct pmp_side){.ranks = 1, .core_s = base_core_s};
	lacks.copies = copies_of(speedup->series, point->point->ranks, &lacks.then);
	pmp_tally_init(&lacks.items, sizeof(struct pmp_lack_item));
	rc = pmp_lacks_of_computation(&lacks);
	if (rc == 0)
		rc = pmp_lacks_of_waiting(&lacks);
	if (rc == 0) {
		charge_parallel_version(&lacks, weight);
		point->missing_s = lacks.now.core_s - base_core_s;
		point->missing = point->missing_s / lacks.now.time_s;
		rc = fill_parts(&lacks, point);
	}
	pmp_tally_release(&lacks.items);
	return rc;
}
