/*
 * diff_counts.c - calls, bytes and entries of regions, compared exactly: one run on either side is enough. Called by diff.c.
 *
 * What varies between runs of the same side says nothing about the program and is left out, as is what depends on timing by
 * nature: calls that ask whether something has happened yet.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "metrics/diff_parts.h"

/* How often these are made depends on how long others take. */
static const char *const polls[] = {
	"MPI_Test",
	"MPI_Testall",
	"MPI_Testany",
	"MPI_Testsome",
	"MPI_Waitsome",
	"MPI_Iprobe",
	"MPI_Improbe",
	"MPI_Parrived",
	"MPI_Request_get_status",
	"MPI_Win_test",
	"MPI_Request_get_status_all",
	"MPI_Request_get_status_any",
	"MPI_Request_get_status_some",
};

static bool is_poll(const char *call)
{
	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++)
		if (strcmp(polls[i], call) == 0)
			return true;
	return false;
}

/* What one run has of a thing. */
struct numbers {
	double count, out, in;
};

static bool are_equal(struct numbers a, struct numbers b)
{
	return a.count == b.count && a.out == b.out && a.in == b.in;
}

static struct numbers scaled(struct numbers n, double factor)
{
	return (struct numbers){n.count * factor, n.out * factor, n.in * factor};
}

struct counter {
	struct pmp_diff_maker *maker;
	struct numbers *runs; /* of the group at hand */
	struct pmp_diff_count *rows;
	bool is_judged; /* same number of ranks, nothing lost */
};

/* The same in all runs of the side? @first: of the side's runs */
static bool is_steady(const struct counter *c, size_t first, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!are_equal(c->runs[first], c->runs[first + i]))
			return false;
	return true;
}

/* Compare the group in c->runs; @row: what it is. */
static void add_row(struct counter *c, struct pmp_diff_count row)
{
	struct pmp_diff *diff = c->maker->diff;
	size_t befores = c->maker->befores;
	struct numbers before = c->runs[0], after = c->runs[befores];

	if ((row.call && is_poll(row.call)) || !is_steady(c, 0, befores) ||
	    !is_steady(c, befores, c->maker->runs - befores)) {
		diff->random_count++;
		return;
	}
	if (!diff->has_same_ranks) {
		before = scaled(before, 1.0 / fmax(1, diff->before_ranks));
		after = scaled(after, 1.0 / fmax(1, diff->after_ranks));
	}
	if (are_equal(before, after))
		return;
	row.state = before.count == 0  ? PMP_DIFF_COUNT_NEW
		    : after.count == 0 ? PMP_DIFF_COUNT_VANISHED
				       : PMP_DIFF_COUNT_CHANGED;
	row.before = before.count;
	row.after = after.count;
	row.out_before = before.out;
	row.out_after = after.out;
	row.in_before = before.in;
	row.in_after = after.in;
	row.is_finding = c->is_judged;
	c->rows[diff->count_count++] = row;
}

static void add_site(struct counter *c, const struct pmp_diff_group *group)
{
	struct pmp_diff_count row = {.region = ""};

	memset(c->runs, 0, c->maker->runs * sizeof(*c->runs));
	for (size_t i = 0; i < group->count; i++) {
		const struct pmp_digest *d = pmp_diff_run(c->maker, group->entries[i].run);
		const struct pmp_digest_site *site = &d->sites[group->entries[i].index];
		struct numbers *numbers = &c->runs[group->entries[i].run];

		numbers->count += (double)site->count;
		numbers->out += (double)site->bytes_out;
		numbers->in += (double)site->bytes_in;
		row.call = site->call;
		row.path = site->path;
		row.place = site->place;
		row.region = d->regions[site->region].name;
	}
	add_row(c, row);
}

static void add_region(struct counter *c, const struct pmp_diff_group *group)
{
	struct pmp_diff_count row = {.path = ""};

	memset(c->runs, 0, c->maker->runs * sizeof(*c->runs));
	for (size_t i = 0; i < group->count; i++) {
		const struct pmp_digest *d = pmp_diff_run(c->maker, group->entries[i].run);
		const struct pmp_digest_region *region = &d->regions[group->entries[i].index];

		c->runs[group->entries[i].run].count += (double)region->count;
		row.region = region->name;
		row.place = region->place;
	}
	if (row.region[0])
		add_row(c, row);
}

static int by_call(const void *a, const void *b)
{
	const struct pmp_diff_count *left = a, *right = b;

	if (!left->call || !right->call)
		return (left->call != NULL) - (right->call != NULL);
	return strcmp(left->call, right->call);
}

static bool is_on_one_side(const struct pmp_diff_count *row)
{
	return row->state == PMP_DIFF_COUNT_NEW || row->state == PMP_DIFF_COUNT_VANISHED;
}

/*
 * Code that moved into another function is made of new call paths and vanished ones that amount to the same. @rows: of one call,
 * or the regions that were renamed.
 */
static void find_moved(struct pmp_diff_count *rows, size_t count)
{
	struct numbers before = {0, 0, 0}, after = {0, 0, 0};

	for (size_t i = 0; i < count; i++) {
		if (!is_on_one_side(&rows[i]))
			continue;
		before.count += rows[i].before;
		before.out += rows[i].out_before;
		before.in += rows[i].in_before;
		after.count += rows[i].after;
		after.out += rows[i].out_after;
		after.in += rows[i].in_after;
	}
	if (!are_equal(before, after))
		return;
	for (size_t i = 0; i < count; i++)
		if (is_on_one_side(&rows[i])) {
			rows[i].state = PMP_DIFF_COUNT_MOVED;
			rows[i].is_finding = false;
		}
}

static void find_all_moved(struct pmp_diff_count *rows, size_t count)
{
	size_t first = 0;

	qsort(rows, count, sizeof(*rows), by_call);
	for (size_t i = 1; i <= count; i++) {
		if (i < count && by_call(&rows[first], &rows[i]) == 0)
			continue;
		find_moved(&rows[first], i - first);
		first = i;
	}
}

static double weight(const struct pmp_diff_count *row)
{
	return fabs(row->after - row->before);
}

static double weight_in_bytes(const struct pmp_diff_count *row)
{
	return fabs(row->out_after - row->out_before) + fabs(row->in_after - row->in_before);
}

/* Findings first, calls before regions, then by how much more or less is called, then by bytes; by place at last. */
static int by_size(const void *a, const void *b)
{
	const struct pmp_diff_count *left = a, *right = b;
	double calls = weight(right) - weight(left);
	double bytes = weight_in_bytes(right) - weight_in_bytes(left);

	if (left->is_finding != right->is_finding)
		return right->is_finding - left->is_finding;
	if (!left->call != !right->call)
		return !left->call - !right->call;
	if (calls != 0)
		return calls > 0 ? 1 : -1;
	if (bytes != 0)
		return bytes > 0 ? 1 : -1;
	return strcmp(left->path, right->path);
}

static bool are_counts_exact(const struct pmp_diff_maker *maker)
{
	for (size_t run = 0; run < maker->runs; run++) {
		const struct pmp_digest *d = pmp_diff_run(maker, run);

		if (d->lost_calls > 0 || !d->is_complete)
			return false;
	}
	return maker->diff->has_same_ranks;
}

int pmp_diff_make_counts(struct pmp_diff_maker *maker)
{
	struct pmp_diff *diff = maker->diff;
	struct counter counter = {.maker = maker, .is_judged = are_counts_exact(maker)};
	struct pmp_diff_groups sites, regions;
	int rc = pmp_diff_group(maker, PMP_DIFF_SITES, &sites);

	if (rc == 0)
		rc = pmp_diff_group(maker, PMP_DIFF_REGIONS, &regions);
	if (rc)
		return rc;
	counter.runs = pmp_pool_alloc(maker->pool, maker->runs, sizeof(*counter.runs));
	counter.rows =
		pmp_pool_alloc(maker->pool, sites.count + regions.count, sizeof(*counter.rows));
	if (!counter.runs || !counter.rows)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < sites.count; i++)
		add_site(&counter, &sites.groups[i]);
	for (size_t i = 0; i < regions.count; i++)
		add_region(&counter, &regions.groups[i]);
	find_all_moved(counter.rows, diff->count_count);
	qsort(counter.rows, diff->count_count, sizeof(*counter.rows), by_size);
	for (size_t i = 0; i < diff->count_count; i++)
		diff->count_findings += counter.rows[i].is_finding;
	diff->counts = counter.rows;
	return 0;
}
