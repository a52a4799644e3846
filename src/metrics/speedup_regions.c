/*
 * speedup_regions.c - which regions stop scaling, and from how many ranks on. Called by speedup.c.
 */
#include <math.h>
#include <stdlib.h>

#include "metrics/speedup_parts.h"

#define MIN_SHARE 0.01 /* of the time: smaller regions are not listed */
#define MIN_WORTH 0.25 /* of a rank: an added one that is worth less has no place there */

static const struct pmp_digest_region *find(const struct pmp_digest *d, uint64_t key)
{
	for (size_t i = 1; i < d->region_count; i++)
		if (d->regions[i].key == key)
			return &d->regions[i];
	return NULL;
}

static double region_s(const struct pmp_digest_region *region)
{
	return region->compute.sum_s + region->mpi.sum_s + region->io.sum_s;
}

/* Mean over ranks, of the runs with the median time; NaN: it is not in all of them. */
static double seconds_at(const struct pmp_point *point, uint64_t key)
{
	struct pmp_side side = pmp_side_of(point, 1);
	double sum = 0;

	for (size_t i = 0; i < side.count; i++) {
		const struct pmp_digest_region *region = find(side.runs[i], key);

		if (!region)
			return NAN;
		sum += region_s(region) * side.scale / point->ranks;
	}
	return sum;
}

static void fill_speedups(const struct pmp_speedup *speedup, const double *seconds,
			  double *speedups)
{
	const struct pmp_point *points = speedup->series->points;
	size_t first = 0;

	while (first < speedup->point_count && !(seconds[first] > 0))
		first++;
	for (size_t i = 0; i < speedup->point_count; i++) {
		if (i < first || !(seconds[i] > 0)) {
			speedups[i] = NAN;
			continue;
		}
		uint32_t base = points[first].ranks;

		speedups[i] = pmp_speedup_weight(speedup, points[i].ranks, base) * base *
			      seconds[first] / seconds[i];
	}
}

/* From where on an added rank is hardly worth it. Oversubscribed points prove nothing. */
static void find_stop(const struct pmp_speedup *speedup, struct pmp_speedup_region *region)
{
	const struct pmp_point *points = speedup->series->points;
	size_t before = SIZE_MAX;

	region->worth = NAN;
	for (size_t i = 0; i < speedup->point_count; i++) {
		if (isnan(region->speedups[i]) || points[i].is_oversubscribed)
			continue;
		if (before != SIZE_MAX) {
			region->worth = (region->speedups[i] - region->speedups[before]) /
					(points[i].ranks - points[before].ranks);
			if (region->worth < MIN_WORTH) {
				region->stops_at = points[i].ranks;
				region->stops_before = points[before].ranks;
				return;
			}
		}
		before = i;
	}
}

static int compare_regions(const void *a, const void *b)
{
	const struct pmp_speedup_region *x = a, *y = b;

	return (x->share < y->share) - (x->share > y->share);
}

/* The point that regions are taken from: the one that is explained, else the largest. */
static size_t point_of_interest(const struct pmp_speedup *speedup)
{
	return speedup->explained < speedup->point_count ? speedup->explained
							 : speedup->point_count - 1;
}

static int add_region(const struct pmp_speedup *speedup, const struct pmp_digest_region *from,
		      struct pmp_speedup_region *to, struct pmp_pool *pool)
{
	size_t count = speedup->point_count, at = point_of_interest(speedup);
	double *seconds = pmp_pool_alloc(pool, count, sizeof(*seconds));
	double *speedups = pmp_pool_alloc(pool, count, sizeof(*speedups));

	if (!seconds || !speedups)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < count; i++)
		seconds[i] = seconds_at(&speedup->series->points[i], from->key);
	fill_speedups(speedup, seconds, speedups);
	*to = (struct pmp_speedup_region){
		.name = from->name,
		.place = from->place,
		.seconds = seconds,
		.speedups = speedups,
		.share = seconds[at] / speedup->points[at].time_s.value,
	};
	find_stop(speedup, to);
	return 0;
}

int pmp_speedup_regions(struct pmp_speedup *speedup, struct pmp_pool *pool)
{
	size_t at = point_of_interest(speedup), count = 0;
	const struct pmp_digest *d = pmp_side_of(&speedup->series->points[at], 1).runs[0];
	struct pmp_speedup_region *regions =
		pmp_pool_alloc(pool, d->region_count, sizeof(*regions));
	int rc = regions ? 0 : -PMP_ENOMEM;

	for (size_t i = 1; rc == 0 && i < d->region_count; i++) {
		rc = add_region(speedup, &d->regions[i], &regions[count], pool);
		if (rc == 0 && regions[count].share >= MIN_SHARE)
			count++;
	}
	if (rc)
		return rc;
	qsort(regions, count, sizeof(*regions), compare_regions);
	speedup->regions = regions;
	speedup->region_count = count;
	return 0;
}
