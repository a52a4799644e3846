/*
 * series.c - digests of runs grouped by rank count. Called by cli/runs.c. Says what cannot be compared.
 */
#include "metrics/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/place.h"

#define WEAK_GROWTH 0.9 /* of computation with the ranks; metrics.md 3.2 */

/* The executable out of a command line, without its folder. */
static const char *program_of(struct pmp_pool *pool, const struct pmp_digest *d)
{
	const char *first =
		pmp_pool_printf(pool, "%.*s", (int)strcspn(d->command, " "), d->command);

	return pmp_base_name(first);
}

static int check_run(const struct pmp_digest *d, bool is_unfinished_allowed, struct pmp_diag *diag)
{
	if (d->data_ranks == 0 || !(d->time_s > 0))
		return pmp_fail(diag, PMP_EFORMAT, "'%s' has no time in it, leave it out", d->path);
	if (is_unfinished_allowed)
		return 0;
	if (d->data_ranks < d->ranks)
		return pmp_fail(diag, PMP_EFORMAT,
				"'%s' has data of %u of its %u ranks only, so its time says "
				"nothing: leave it out",
				d->path, d->data_ranks, d->ranks);
	if (d->finished_ranks < d->ranks)
		return pmp_fail(diag, PMP_EFORMAT,
				"'%s': %u of %u ranks did not end normally, so its time says "
				"nothing: leave it out",
				d->path, d->ranks - d->finished_ranks, d->ranks);
	return 0;
}

static int check_program(const struct pmp_series *series, const struct pmp_digest *first,
			 const struct pmp_digest *d, struct pmp_diag *diag)
{
	const char *name = program_of(series->pool, d);

	if (strcmp(series->program, name) == 0)
		return 0;
	return pmp_fail(diag, PMP_EFORMAT,
			"different programs: '%s' in '%s', '%s' in '%s' (--mixed compares them all "
			"the same)",
			series->program, first->path, name, d->path);
}

static int check_all(struct pmp_series *series, const struct pmp_series_source *source,
		     struct pmp_diag *diag)
{
	int rc = 0;

	if (source->run_count == 0)
		return pmp_fail(diag, PMP_EFORMAT, "no run with a file, nothing to compare");
	series->program = program_of(series->pool, source->runs[0]);
	for (size_t i = 0; rc == 0 && i < source->run_count; i++) {
		rc = check_run(source->runs[i], source->is_unfinished_allowed, diag);
		if (rc == 0 && !source->is_mixed_allowed)
			rc = check_program(series, source->runs[0], source->runs[i], diag);
	}
	for (size_t i = 0; rc == 0 && i < source->copies_count; i++)
		rc = check_run(source->copies[i], false, diag);
	for (size_t i = 0; rc == 0 && i < source->serial_count; i++)
		if (!(source->serial_s[i] > 0))
			rc = pmp_fail(diag, PMP_EFORMAT, "the serial program has no time");
	return rc;
}

static int compare_counts(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The different values of a list, rising. */
static size_t unique_counts(uint32_t *counts, size_t count)
{
	size_t kept = 0;

	qsort(counts, count, sizeof(*counts), compare_counts);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || counts[kept - 1] != counts[i])
			counts[kept++] = counts[i];
	return kept;
}

static int fill_point(const struct pmp_series *series, const struct pmp_series_source *source,
		      struct pmp_point *point)
{
	const struct pmp_digest **runs =
		pmp_pool_alloc(series->pool, source->run_count, sizeof(*runs));
	double *times = pmp_pool_alloc(series->pool, source->run_count, sizeof(*times));

	if (!runs || !times)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < source->run_count; i++) {
		const struct pmp_digest *d = source->runs[i];

		if (d->ranks != point->ranks)
			continue;
		point->is_oversubscribed |= d->is_oversubscribed;
		times[point->count] = d->time_s;
		runs[point->count++] = d;
	}
	point->runs = runs;
	point->times_s = times;
	return 0;
}

static int fill_points(struct pmp_series *series, const struct pmp_series_source *source)
{
	uint32_t *counts = pmp_pool_alloc(series->pool, source->run_count, sizeof(*counts));
	struct pmp_point *points;
	int rc = 0;

	if (!counts)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < source->run_count; i++)
		counts[i] = source->runs[i]->ranks;
	series->point_count = unique_counts(counts, source->run_count);
	points = pmp_pool_alloc(series->pool, series->point_count, sizeof(*points));
	if (!points)
		return -PMP_ENOMEM;
	for (size_t i = 0; rc == 0 && i < series->point_count; i++) {
		points[i].ranks = counts[i];
		rc = fill_point(series, source, &points[i]);
	}
	series->points = points;
	return rc;
}

static int fill_copy(const struct pmp_series *series, const struct pmp_series_source *source,
		     struct pmp_copies *copies)
{
	const struct pmp_digest **runs =
		pmp_pool_alloc(series->pool, source->copies_count, sizeof(*runs));
	double *computes = pmp_pool_alloc(series->pool, source->copies_count, sizeof(*computes));

	if (!runs || !computes)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < source->copies_count; i++) {
		if (source->copy_numbers[i] != copies->copies)
			continue;
		computes[copies->count] = source->copies[i]->compute_s;
		runs[copies->count++] = source->copies[i];
	}
	copies->runs = runs;
	copies->computes_s = computes;
	return 0;
}

static int fill_copies(struct pmp_series *series, const struct pmp_series_source *source)
{
	uint32_t *counts = pmp_pool_alloc(series->pool, source->copies_count, sizeof(*counts));
	struct pmp_copies *copies;
	int rc = 0;

	if (!counts)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < source->copies_count; i++)
		counts[i] = source->copy_numbers[i];
	series->copies_count = unique_counts(counts, source->copies_count);
	copies = pmp_pool_alloc(series->pool, series->copies_count, sizeof(*copies));
	if (!copies)
		return -PMP_ENOMEM;
	for (size_t i = 0; rc == 0 && i < series->copies_count; i++) {
		copies[i].copies = counts[i];
		rc = fill_copy(series, source, &copies[i]);
	}
	series->copies = copies;
	return rc;
}

static double mean_compute(const struct pmp_point *point)
{
	double sum = 0;

	for (size_t i = 0; i < point->count; i++)
		sum += point->runs[i]->compute_s;
	return sum / (double)point->count;
}

/* Does total computation grow with the ranks? Shared processors would make it seem so. */
static enum pmp_scaling find_scaling(const struct pmp_series *series)
{
	const struct pmp_point *base = &series->points[0];
	double growth = 0, first = mean_compute(base);
	size_t count = 0;

	for (size_t i = 1; i < series->point_count; i++) {
		const struct pmp_point *point = &series->points[i];

		if (point->is_oversubscribed || !(first > 0))
			continue;
		growth += mean_compute(point) / first / (point->ranks / (double)base->ranks);
		count++;
	}
	return count && growth / (double)count > WEAK_GROWTH ? PMP_SCALING_WEAK
							     : PMP_SCALING_STRONG;
}

static int fill_serial(struct pmp_series *series, const struct pmp_series_source *source)
{
	double *times = pmp_pool_alloc(series->pool, source->serial_count, sizeof(*times));

	if (!times)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < source->serial_count; i++)
		times[i] = source->serial_s[i];
	series->serial_s = times;
	series->serial_count = source->serial_count;
	series->serial_command = pmp_pool_printf(
		series->pool, "%s", source->serial_command ? source->serial_command : "");
	return 0;
}

/* The last step, so that a failure leaves them to the caller. */
static int own_digests(struct pmp_series *series, const struct pmp_series_source *source)
{
	size_t count = source->run_count + source->copies_count;

	series->digests = pmp_pool_alloc(series->pool, count, sizeof(struct pmp_digest *));
	if (!series->digests || pmp_pool_failed(series->pool))
		return -PMP_ENOMEM;
	for (size_t i = 0; i < source->run_count; i++)
		series->digests[series->digest_count++] = source->runs[i];
	for (size_t i = 0; i < source->copies_count; i++)
		series->digests[series->digest_count++] = source->copies[i];
	return 0;
}

static int fill(struct pmp_series *series, const struct pmp_series_source *source,
		struct pmp_diag *diag)
{
	int rc = check_all(series, source, diag);

	if (rc == 0)
		rc = fill_points(series, source);
	if (rc == 0)
		rc = fill_copies(series, source);
	if (rc == 0)
		rc = fill_serial(series, source);
	if (rc)
		return rc;
	series->is_scaling_found = source->scaling == PMP_SCALING_AUTO;
	series->scaling = series->is_scaling_found ? find_scaling(series) : source->scaling;
	return own_digests(series, source);
}

int pmp_series_make(const struct pmp_series_source *source, struct pmp_series **series,
		    struct pmp_diag *diag)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_series *s = pool ? pmp_pool_alloc(pool, 1, sizeof(*s)) : NULL;
	int rc = s ? 0 : -PMP_ENOMEM;

	if (rc == 0) {
		s->pool = pool;
		rc = fill(s, source, diag);
	}
	if (rc)
		pmp_pool_free(pool);
	else
		*series = s;
	return rc;
}

void pmp_series_free(struct pmp_series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < series->digest_count; i++)
		pmp_digest_free(series->digests[i]);
	pmp_pool_free(series->pool);
}

const struct pmp_point *pmp_series_point(const struct pmp_series *series, uint32_t ranks)
{
	for (size_t i = 0; i < series->point_count; i++)
		if (series->points[i].ranks == ranks)
			return &series->points[i];
	return NULL;
}
