/*
 * diff_judge.c - which times have changed: tests of families, corrected for their number, and the order of what was found.
 *
 * Called by diff.c. A row is certain by Mann-Whitney or by the t-test of the ratio, corrected for the number of places, and when
 * Cliff's delta is large; with so few runs that Mann-Whitney cannot reach 5 % (3 against 3), only without any overlap.
 */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "metrics/diff_parts.h"

#define IS_WAITING 0.5  /* of a change */
#define EXPLAINED  0.33 /* of the run's change, by regions: else the run is a finding of its own */
#define LARGE      0.6  /* effect: of 5 against 5 runs one may be disturbed */
#define OUTWEIGHS                                                                                  \
	0.25 /* of a region's change: a stretch or call path that is worth naming as its cause */

struct judge {
	struct pmp_diff_row *rows;
	size_t count;
	double relevant_s, striking_s;
	bool has_tests;               /* at least two runs on either side */
	double least_p;               /* that Mann-Whitney can give with so many runs */
	struct pmp_diff_row **family; /* room for all rows */
	size_t family_size;
};

static bool is_zero(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] > 0)
			return false;
	return true;
}

/* 2 / (n over k): complete separation */
static double least_p(size_t before, size_t after)
{
	double ways = 1;

	for (size_t i = 1; i <= before; i++)
		ways *= (double)(after + i) / (double)i;
	return fmin(1, 2 / ways);
}

static bool is_candidate(const struct judge *judge, const struct pmp_diff_row *row)
{
	return judge->has_tests && fmax(row->before_s, row->after_s) >= judge->relevant_s &&
	       !isnan(row->comparison.p_ratio);
}

/* Either test may decide: ranks do not mind a disturbed run that leaves the order, the ratio can become as small as it likes. */
static double either_p(const struct pmp_diff_row *row)
{
	return fmin(1, 2 * fmin(row->comparison.p, row->comparison.p_ratio));
}

/* What a place is given of the 5 %: by its time, since a change there matters so much. */
static double weight(const struct pmp_diff_row *row)
{
	return row->before_s + row->after_s;
}

static int by_weighted_p(const void *a, const void *b)
{
	const struct pmp_diff_row *left = *(struct pmp_diff_row *const *)a;
	const struct pmp_diff_row *right = *(struct pmp_diff_row *const *)b;
	double l = either_p(left) / weight(left);
	double r = either_p(right) / weight(right);

	return (l > r) - (l < r);
}

/* Holm with weights: p of the first counts as often as its weight fits into that of all, of the next into that of the rest, ... */
static void correct_family(struct judge *judge)
{
	double least = 0, rest = 0;

	qsort(judge->family, judge->family_size, sizeof(struct pmp_diff_row *), by_weighted_p);
	for (size_t i = 0; i < judge->family_size; i++)
		rest += weight(judge->family[i]);
	for (size_t i = 0; i < judge->family_size; i++) {
		struct pmp_diff_row *row = judge->family[i];

		least = fmax(least, fmin(1, either_p(row) * rest / weight(row)));
		row->adjusted = least;
		rest -= weight(row);
	}
	judge->family_size = 0;
}

static bool is_certain(const struct judge *judge, const struct pmp_diff_row *row)
{
	if (!(row->adjusted <= PMP_DIFF_ALPHA))
		return false;
	return fabs(row->comparison.effect) >= (judge->least_p <= PMP_DIFF_ALPHA ? LARGE : 1);
}

static enum pmp_diff_state state_of(const struct pmp_diff *diff, const struct judge *judge,
				    const struct pmp_diff_row *row)
{
	if (fmax(row->before_s, row->after_s) < judge->relevant_s)
		return PMP_DIFF_SAME;
	if (is_zero(row->before, diff->before.count))
		return PMP_DIFF_NEW;
	if (is_zero(row->after, diff->after.count))
		return PMP_DIFF_VANISHED;
	if (fabs(row->change_s) < judge->relevant_s)
		return PMP_DIFF_SAME;
	if (is_certain(judge, row))
		return row->change_s > 0 ? PMP_DIFF_SLOWER : PMP_DIFF_FASTER;
	return row->parent == SIZE_MAX && fabs(row->change_s) >= judge->striking_s
		       ? PMP_DIFF_UNCERTAIN
		       : PMP_DIFF_SAME;
}

static bool has_changed(const struct pmp_diff_row *row)
{
	return row->state == PMP_DIFF_SLOWER || row->state == PMP_DIFF_FASTER;
}

/* The run for itself; start-up and regions. */
static void judge_regions(const struct pmp_diff *diff, struct judge *judge)
{
	if (is_candidate(judge, &judge->rows[0]))
		judge->family[judge->family_size++] = &judge->rows[0];
	correct_family(judge);
	for (size_t i = 1; i < judge->count; i++)
		if (judge->rows[i].parent == SIZE_MAX && is_candidate(judge, &judge->rows[i]))
			judge->family[judge->family_size++] = &judge->rows[i];
	correct_family(judge);
	for (size_t i = 0; i < judge->count; i++)
		if (judge->rows[i].parent == SIZE_MAX)
			judge->rows[i].state = state_of(diff, judge, &judge->rows[i]);
}

/* Inside of what has changed, one family over all of it. */
static void judge_inside(const struct pmp_diff *diff, struct judge *judge)
{
	for (size_t i = 0; i < judge->count; i++) {
		struct pmp_diff_row *row = &judge->rows[i];

		if (row->parent != SIZE_MAX && has_changed(&judge->rows[row->parent]) &&
		    is_candidate(judge, row))
			judge->family[judge->family_size++] = row;
	}
	correct_family(judge);
	for (size_t i = 0; i < judge->count; i++)
		if (judge->rows[i].parent != SIZE_MAX)
			judge->rows[i].state = state_of(diff, judge, &judge->rows[i]);
}

bool pmp_diff_is_waiting(const struct pmp_diff_row *row)
{
	return row->change_s != 0 && row->waiting_s / row->change_s >= IS_WAITING;
}

const struct pmp_diff_row *pmp_diff_cause(const struct pmp_diff *diff,
					  const struct pmp_diff_row *row)
{
	const struct pmp_diff_row *cause = NULL;

	for (size_t i = 0; i < diff->row_count; i++) {
		const struct pmp_diff_row *inner = &diff->rows[i];

		if (inner->parent != (size_t)(row - diff->rows) || inner->state != row->state)
			continue;
		if (inner->change_s / row->change_s >= OUTWEIGHS &&
		    (!cause || fabs(inner->change_s) > fabs(cause->change_s)))
			cause = inner;
	}
	return cause;
}

/* Slower first; what follows from other changes last; by seconds. */
static int by_importance(const void *a, const void *b)
{
	const struct pmp_diff_row *left = *(const struct pmp_diff_row *const *)a;
	const struct pmp_diff_row *right = *(const struct pmp_diff_row *const *)b;
	int waits = pmp_diff_is_waiting(left) - pmp_diff_is_waiting(right);

	if (left->state != right->state)
		return left->state == PMP_DIFF_SLOWER ? -1 : 1;
	if (waits)
		return waits;
	return (fabs(left->change_s) < fabs(right->change_s)) -
	       (fabs(left->change_s) > fabs(right->change_s));
}

static bool is_run_explained(const struct judge *judge)
{
	const struct pmp_diff_row *run = &judge->rows[0];
	double sum = 0;

	for (size_t i = 1; i < judge->count; i++)
		if (judge->rows[i].parent == SIZE_MAX && judge->rows[i].state == run->state)
			sum += judge->rows[i].change_s;
	return sum / run->change_s >= EXPLAINED;
}

static int collect_findings(struct pmp_diff *diff, const struct judge *judge, struct pmp_pool *pool)
{
	const struct pmp_diff_row **findings =
		pmp_pool_alloc(pool, judge->count, sizeof(*findings));
	size_t first = has_changed(&judge->rows[0]) && is_run_explained(judge);

	if (!findings)
		return -PMP_ENOMEM;
	for (size_t i = first; i < judge->count; i++) {
		const struct pmp_diff_row *row = &judge->rows[i];

		if (row->parent != SIZE_MAX || !has_changed(row))
			continue;
		diff->slower_count += row->state == PMP_DIFF_SLOWER;
		findings[diff->finding_count++] = row;
	}
	qsort(findings, diff->finding_count, sizeof(*findings), by_importance);
	diff->findings = findings;
	return 0;
}

int pmp_diff_judge_rows(struct pmp_diff_maker *maker)
{
	struct pmp_diff *diff = maker->diff;
	struct judge judge = {.rows = (struct pmp_diff_row *)diff->rows, .count = diff->row_count};
	double run_s = diff->rows[0].before_s;

	judge.relevant_s = fmax(maker->relevant * run_s, PMP_DIFF_FLOOR_S);
	judge.striking_s = fmax(fmax(PMP_DIFF_STRIKING, maker->relevant) * run_s, PMP_DIFF_FLOOR_S);
	judge.has_tests = diff->before.count > 1 && diff->after.count > 1;
	judge.least_p = least_p(diff->before.count, diff->after.count);
	judge.family = pmp_pool_alloc(maker->pool, judge.count, sizeof(struct pmp_diff_row *));
	if (!judge.family)
		return -PMP_ENOMEM;
	judge_regions(diff, &judge);
	judge_inside(diff, &judge);
	return collect_findings(diff, &judge, maker->pool);
}
