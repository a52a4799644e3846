/*
 * diff.c - the comparison of two sets of runs: what belongs together over runs, and the order in which a diff is made.
 *
 * Called by cmd_diff.c. Works on digests only; knows neither files nor output.
 */
#include "metrics/diff.h"

#include <stdlib.h>

#include "metrics/diff_parts.h"

static size_t count_of(const struct pmp_digest *d, enum pmp_diff_part part)
{
	const size_t counts[] = {d->region_count, d->stretch_count, d->site_count};

	return counts[part];
}

static uint64_t key_of(const struct pmp_digest *d, enum pmp_diff_part part, size_t index)
{
	if (part == PMP_DIFF_REGIONS)
		return d->regions[index].key;
	return part == PMP_DIFF_STRETCHES ? d->stretches[index].key : d->sites[index].key;
}

static int by_key(const void *a, const void *b)
{
	const struct pmp_diff_entry *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return (left->run > right->run) - (left->run < right->run);
}

static size_t cut_groups(const struct pmp_diff_entry *entries, size_t count,
			 struct pmp_diff_group *groups)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || entries[i].key != entries[i - 1].key)
			groups[found++] = (struct pmp_diff_group){.entries = &entries[i]};
		groups[found - 1].count++;
	}
	return found;
}

int pmp_diff_group(const struct pmp_diff_maker *maker, enum pmp_diff_part part,
		   struct pmp_diff_groups *out)
{
	struct pmp_diff_entry *entries;
	size_t count = 0;

	for (size_t run = 0; run < maker->runs; run++)
		count += count_of(pmp_diff_run(maker, run), part);
	entries = pmp_pool_alloc(maker->pool, count, sizeof(*entries));
	out->groups = pmp_pool_alloc(maker->pool, count, sizeof(*out->groups));
	if (!entries || !out->groups)
		return -PMP_ENOMEM;
	count = 0;
	for (size_t run = 0; run < maker->runs; run++) {
		const struct pmp_digest *d = pmp_diff_run(maker, run);

		for (size_t i = 0; i < count_of(d, part); i++)
			entries[count++] = (struct pmp_diff_entry){key_of(d, part, i), run, i};
	}
	qsort(entries, count, sizeof(*entries), by_key);
	out->count = cut_groups(entries, count, out->groups);
	return 0;
}

size_t pmp_diff_group_find(const struct pmp_diff_groups *groups, uint64_t key)
{
	size_t low = 0, high = groups->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (groups->groups[middle].entries[0].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < groups->count && groups->groups[low].entries[0].key == key ? low : SIZE_MAX;
}

int pmp_diff_make(struct pmp_diff_side before, struct pmp_diff_side after, double relevant,
		  struct pmp_pool *pool, struct pmp_diff **diff)
{
	static int (*const steps[])(struct pmp_diff_maker *) = {
		pmp_diff_make_rows, pmp_diff_judge_rows, pmp_diff_make_counts, pmp_diff_make_words};
	struct pmp_diff *made = pmp_pool_alloc(pool, 1, sizeof(*made));
	struct pmp_diff_maker maker = {made, pool, before.count, before.count + after.count,
				       relevant};

	if (!made)
		return -PMP_ENOMEM;
	made->before = before;
	made->after = after;
	made->before_ranks = before.runs[0]->ranks;
	made->after_ranks = after.runs[0]->ranks;
	made->has_same_ranks = made->before_ranks == made->after_ranks;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int rc = steps[i](&maker);

		if (rc)
			return rc;
	}
	*diff = made;
	return pmp_pool_failed(pool) ? -PMP_ENOMEM : 0;
}
