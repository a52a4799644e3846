/*
 * diff_rows.c - the times that a diff compares: one row per time, one value per run. Called by diff.c; judges nothing.
 */
#include <math.h>

#include "base/err.h"
#include "metrics/diff_parts.h"

/* What rows are made of, by key. */
struct sources {
	struct pmp_diff_groups regions, stretches, sites;
	double **waiting; /* per row: one value per run; NULL: none */
};

static double per_rank(const struct pmp_digest *d, double seconds)
{
	return d->ranks ? seconds / d->ranks : 0;
}

/* The values of a new row, all 0. */
static double *open_row(struct pmp_diff_maker *maker, struct pmp_diff_row *rows,
			enum pmp_diff_what what)
{
	struct pmp_diff_row *row = &rows[maker->diff->row_count++];
	double *values = pmp_pool_alloc(maker->pool, maker->runs, sizeof(*values));

	*row = (struct pmp_diff_row){
		.what = what,
		.region = "",
		.call = "",
		.from_call = "",
		.path = "",
		.place = {"", "", 0},
		.from = {"", "", 0},
		.before = values,
		.after = values ? values + maker->befores : NULL,
		.adjusted = NAN,
		.parent = SIZE_MAX,
	};
	return values;
}

static int add_run_rows(struct pmp_diff_maker *maker, struct pmp_diff_row *rows)
{
	double *times = open_row(maker, rows, PMP_DIFF_RUN);
	double *starts = open_row(maker, rows, PMP_DIFF_STARTUP);

	if (!times || !starts)
		return -PMP_ENOMEM;
	for (size_t run = 0; run < maker->runs; run++) {
		times[run] = pmp_diff_run(maker, run)->time_s;
		starts[run] = pmp_diff_run(maker, run)->init_s;
	}
	rows[1].call = "MPI_Init";
	return 0;
}

/* The middle of the second side's values less that of the first side's. */
static double change_of(const struct pmp_diff_maker *maker, const double *values)
{
	return pmp_median(values + maker->befores, maker->runs - maker->befores) -
	       pmp_median(values, maker->befores);
}

/* A row of computation of the region itself and one of its communication, in this order. */
static int add_region(struct pmp_diff_maker *maker, struct pmp_diff_row *rows,
		      const struct pmp_diff_group *group)
{
	struct pmp_diff_row *row = &rows[maker->diff->row_count];
	double *computation = open_row(maker, rows, PMP_DIFF_COMPUTATION);
	double *communication = open_row(maker, rows, PMP_DIFF_COMMUNICATION);
	double *means = pmp_pool_alloc(maker->pool, maker->runs, sizeof(*means));

	if (!computation || !communication || !means)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < group->count; i++) {
		const struct pmp_digest *d = pmp_diff_run(maker, group->entries[i].run);
		const struct pmp_digest_region *region = &d->regions[group->entries[i].index];

		computation[group->entries[i].run] += region->self_compute.max_s;
		means[group->entries[i].run] += per_rank(d, region->self_compute.sum_s);
		row[0].region = row[1].region = region->name;
		row[0].place = row[1].place = region->place;
	}
	row->all_ranks_s = change_of(maker, means);
	return 0;
}

static size_t region_of(const struct pmp_diff_maker *maker, const struct sources *sources,
			const struct pmp_diff_entry *entry, uint32_t region)
{
	return pmp_diff_group_find(&sources->regions,
				   pmp_diff_run(maker, entry->run)->regions[region].key);
}

static int add_stretch(struct pmp_diff_maker *maker, struct pmp_diff_row *rows,
		       const struct sources *sources, const struct pmp_diff_group *group)
{
	struct pmp_diff_row *row = &rows[maker->diff->row_count];
	double *values = open_row(maker, rows, PMP_DIFF_STRETCH);
	double *means = pmp_pool_alloc(maker->pool, maker->runs, sizeof(*means));

	if (!values || !means)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < group->count; i++) {
		const struct pmp_diff_entry *entry = &group->entries[i];
		const struct pmp_digest *d = pmp_diff_run(maker, entry->run);
		const struct pmp_digest_stretch *stretch = &d->stretches[entry->index];

		values[entry->run] += stretch->compute.max_s;
		means[entry->run] += per_rank(d, stretch->compute.sum_s);
		row->region = d->regions[stretch->region].name;
		row->call = stretch->to_call;
		row->from_call = stretch->from_call;
		row->place = stretch->to;
		row->from = stretch->from;
		row->parent = 2 + 2 * region_of(maker, sources, entry, stretch->region);
	}
	row->all_ranks_s = change_of(maker, means);
	return 0;
}

static int add_site(struct pmp_diff_maker *maker, struct pmp_diff_row *rows,
		    struct sources *sources, const struct pmp_diff_group *group)
{
	size_t index = maker->diff->row_count;
	struct pmp_diff_row *row = &rows[index];
	double *values = open_row(maker, rows, PMP_DIFF_SITE);
	double *waiting = pmp_pool_alloc(maker->pool, maker->runs, sizeof(*waiting));

	if (!values || !waiting)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < group->count; i++) {
		const struct pmp_diff_entry *entry = &group->entries[i];
		const struct pmp_digest *d = pmp_diff_run(maker, entry->run);
		const struct pmp_digest_site *site = &d->sites[entry->index];
		size_t parent = 3 + 2 * region_of(maker, sources, entry, site->region);
		double *of_region = (double *)rows[parent].before; /* our own array */

		values[entry->run] += per_rank(d, site->time.sum_s);
		waiting[entry->run] += per_rank(d, site->waiting_s);
		of_region[entry->run] += per_rank(d, site->time.sum_s);
		sources->waiting[parent][entry->run] += per_rank(d, site->waiting_s);
		row->region = d->regions[site->region].name;
		row->call = site->call;
		row->place = site->place;
		row->path = site->path;
		row->parent = parent;
	}
	row->waiting_s = change_of(maker, waiting);
	return 0;
}

static int open_waiting(struct pmp_diff_maker *maker, struct sources *sources)
{
	size_t count = 2 + 2 * sources->regions.count;

	sources->waiting = pmp_pool_alloc(maker->pool, count, sizeof(*sources->waiting));
	for (size_t i = 3; sources->waiting && i < count; i += 2)
		if (!(sources->waiting[i] =
			      pmp_pool_alloc(maker->pool, maker->runs, sizeof(double))))
			return -PMP_ENOMEM;
	return sources->waiting ? 0 : -PMP_ENOMEM;
}

static int add_all(struct pmp_diff_maker *maker, struct pmp_diff_row *rows, struct sources *sources)
{
	int rc = add_run_rows(maker, rows);

	for (size_t i = 0; rc == 0 && i < sources->regions.count; i++)
		rc = add_region(maker, rows, &sources->regions.groups[i]);
	for (size_t i = 0; rc == 0 && i < sources->stretches.count; i++)
		rc = add_stretch(maker, rows, sources, &sources->stretches.groups[i]);
	for (size_t i = 0; rc == 0 && i < sources->sites.count; i++)
		rc = add_site(maker, rows, sources, &sources->sites.groups[i]);
	for (size_t i = 3; rc == 0 && i < 2 + 2 * sources->regions.count; i += 2)
		rows[i].waiting_s = change_of(maker, sources->waiting[i]);
	return rc;
}

static void sum_up(const struct pmp_diff *diff, struct pmp_diff_row *row)
{
	row->before_s = pmp_median(row->before, diff->before.count);
	row->after_s = pmp_median(row->after, diff->after.count);
	row->change_s = row->after_s - row->before_s;
	row->comparison =
		pmp_compare(row->before, diff->before.count, row->after, diff->after.count);
}

/* Rows: the run, start-up, two per region in order of keys, stretches, sites. */
int pmp_diff_make_rows(struct pmp_diff_maker *maker)
{
	struct sources sources = {.waiting = NULL};
	struct pmp_diff_row *rows;
	int rc = pmp_diff_group(maker, PMP_DIFF_REGIONS, &sources.regions);

	if (rc == 0)
		rc = pmp_diff_group(maker, PMP_DIFF_STRETCHES, &sources.stretches);
	if (rc == 0)
		rc = pmp_diff_group(maker, PMP_DIFF_SITES, &sources.sites);
	if (rc == 0)
		rc = open_waiting(maker, &sources);
	if (rc)
		return rc;
	rows = pmp_pool_alloc(maker->pool,
			      2 + 2 * sources.regions.count + sources.stretches.count +
				      sources.sites.count,
			      sizeof(*rows));
	if (!rows)
		return -PMP_ENOMEM;
	rc = add_all(maker, rows, &sources);
	for (size_t i = 0; rc == 0 && i < maker->diff->row_count; i++)
		sum_up(maker->diff, &rows[i]);
	maker->diff->rows = rows;
	return rc;
}
