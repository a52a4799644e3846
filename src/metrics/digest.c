/*
 * digest.c - a run reduced to what runs are compared by. Called by cli/runs.c; owns the order in which a digest is filled.
 */
#include "metrics/digest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "metrics/digest_parts.h"

#define NS 1e-9

static void close_rank(struct pmp_spreader *spreader)
{
	if (!spreader->is_open)
		return;
	spreader->is_open = false;
	if (spreader->is_second) {
		spreader->ranks +=
			spreader->mine > 0 && spreader->mine >= PMP_REAL_PART * spreader->max;
		return;
	}
	spreader->sum += spreader->mine;
	if (spreader->mine > spreader->max) {
		spreader->max = spreader->mine;
		spreader->rank_of_max = spreader->rank;
	}
}

void pmp_spread_feed(struct pmp_spreader *spreader, uint32_t rank, double seconds)
{
	if (!spreader->is_open || spreader->rank != rank) {
		close_rank(spreader);
		spreader->is_open = true;
		spreader->rank = rank;
		spreader->mine = 0;
	}
	spreader->mine += seconds;
}

void pmp_spread_turn(struct pmp_spreader *spreader)
{
	close_rank(spreader);
	spreader->is_second = true;
}

struct pmp_spread pmp_spread_end(struct pmp_spreader *spreader)
{
	close_rank(spreader);
	return (struct pmp_spread){
		.sum_s = spreader->sum,
		.max_s = spreader->max,
		.rank_of_max = spreader->rank_of_max,
		.ranks = spreader->ranks,
	};
}

struct pmp_spread pmp_spread_of(const struct pmp_summary *s, const double *by_rank)
{
	struct pmp_spreader spreader = {0};

	for (size_t i = 0; i < s->count; i++)
		pmp_spread_feed(&spreader, s->ranks[i], by_rank[s->ranks[i]]);
	pmp_spread_turn(&spreader);
	for (size_t i = 0; i < s->count; i++)
		pmp_spread_feed(&spreader, s->ranks[i], by_rank[s->ranks[i]]);
	return pmp_spread_end(&spreader);
}

uint64_t pmp_digest_hash_text(uint64_t seed, const char *text)
{
	return pmp_hash_bytes(seed, text, strlen(text) + 1);
}

static const char *copy(struct pmp_digest *d, const char *text)
{
	return pmp_pool_printf(d->pool, "%s", text);
}

static void fill_origin(struct pmp_digest *d, const struct pmp_summary *s, const char *path)
{
	const struct pmp_model_run *run = &s->model->run;

	d->path = copy(d, path);
	d->command = copy(d, run->command);
	d->mpi = copy(d, run->mpi);
	d->job = copy(d, run->job);
	d->created = copy(d, run->created);
	d->version = copy(d, run->version);
	d->host = s->count ? copy(d, s->model->ranks[s->ranks[0]].host) : "";
	d->ranks = run->ranks;
	d->nodes = run->nodes;
	d->data_ranks = (uint32_t)s->count;
	d->processors = s->processors;
	d->is_complete = run->complete;
	d->is_oversubscribed = s->is_oversubscribed;
	d->pop = s->pop;
	d->balance = s->balance;
}

static int fill_notes(struct pmp_digest *d, const struct pmp_summary *s)
{
	const struct pmp_model_run *run = &s->model->run;
	const char **notes =
		pmp_pool_alloc(d->pool, run->warning_count + s->note_count, sizeof(*notes));

	if (!notes)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < run->warning_count; i++)
		notes[d->note_count++] = copy(d, run->warnings[i]);
	for (size_t i = 0; i < s->note_count; i++)
		notes[d->note_count++] = copy(d, s->notes[i]);
	d->notes = notes;
	return 0;
}

/* Computation without a processor, as far as is certain: CPU time covers the whole process. */
static double away_s(const struct pmp_model_rank *rank)
{
	double cpu = ((double)rank->user_ns + (double)rank->system_ns) * NS;
	double compute = (double)rank->compute_ns * NS;

	return cpu > 0 && rank->threads <= 1 ? fmax(0, compute - cpu) : 0;
}

static void add_rank(struct pmp_digest *d, const struct pmp_model_rank *rank)
{
	d->finished_ranks += rank->state == PMP_RANK_FINALIZED;
	d->compute_s += (double)rank->compute_ns * NS;
	d->mpi_s += (double)rank->mpi_ns * NS;
	d->io_s += (double)rank->io_ns * NS;
	d->paused_s += (double)rank->paused_ns * NS;
	d->tool_s += (double)rank->tool_ns * NS;
	d->tool_hidden_s += (double)rank->tool_hidden_ns * NS;
	d->init_sum_s += (double)rank->init_ns * NS;
	d->init_s = fmax(d->init_s, (double)rank->init_ns * NS);
	d->cpu_s += ((double)rank->user_ns + (double)rank->system_ns) * NS;
	d->away_s += away_s(rank);
	d->max_rss_bytes = fmax(d->max_rss_bytes, (double)rank->max_rss_bytes);
	pmp_add(&d->lost_calls, rank->lost);
}

static void fill_times(struct pmp_digest *d, const struct pmp_summary *s)
{
	for (size_t i = 0; i < s->count; i++)
		add_rank(d, &s->model->ranks[s->ranks[i]]);
	d->time_s = s->count ? s->model->run.wall_s + d->init_s : 0;
	d->core_s = d->ranks * d->time_s;
	d->idle_s = d->core_s -
		    (d->compute_s + d->mpi_s + d->io_s + d->paused_s + d->tool_s + d->init_sum_s);
}

struct numbered {
	uint64_t key;
	uint32_t region; /* of the model */
};

static int compare_numbered(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static int fill_region(struct pmp_digest *d, const struct pmp_summary *s,
		       const struct numbered *from, struct pmp_digest_region *to)
{
	const struct pmp_region_sum *sum = &s->regions[from->region];
	double *values = pmp_pool_alloc(s->pool, s->count, sizeof(*values));

	if (!values)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		values[i] = sum->compute_s[s->ranks[i]];
	*to = (struct pmp_digest_region){
		.key = from->key,
		.name = pmp_region_text(s->model, d->pool, from->region),
		.count = sum->count,
		.compute = pmp_spread_of(s, sum->compute_s),
		.self_compute = pmp_spread_of(s, sum->self_compute_s),
		.mpi = pmp_spread_of(s, sum->mpi_s),
		.io = pmp_spread_of(s, sum->io_s),
		.balance = pmp_imbalance(values, s->count),
		.place = {"", "", 0},
	};
	return 0;
}

/* @map: number in the digest of each region of the model */
static int fill_regions(struct pmp_digest *d, const struct pmp_summary *s, uint32_t *map)
{
	size_t count = s->model->region_count;
	struct numbered *order = pmp_pool_alloc(s->pool, count, sizeof(*order));
	int rc = 0;

	d->regions = pmp_pool_alloc(d->pool, count, sizeof(*d->regions));
	d->region_count = count;
	if (!order || !d->regions)
		return -PMP_ENOMEM;
	for (uint32_t r = 0; r < count; r++) {
		order[r].key = pmp_digest_hash_text(0, pmp_region_text(s->model, s->pool, r));
		order[r].region = r;
	}
	if (count > 1)
		qsort(order + 1, count - 1, sizeof(*order), compare_numbered);
	for (uint32_t r = 0; rc == 0 && r < count; r++) {
		map[order[r].region] = r;
		rc = fill_region(d, s, &order[r], &d->regions[r]);
	}
	return rc;
}

static int compare_calls(const void *a, const void *b)
{
	const struct pmp_digest_call *x = a, *y = b;

	return strcmp(x->call, y->call);
}

static int fill_calls(struct pmp_digest *d, const struct pmp_summary *s)
{
	const struct pmp_selection everything = {NULL, NULL};
	struct pmp_call_sum *sums;
	int rc =
		pmp_query_calls(s->model, &everything, PMP_BY_CALL, s->pool, &sums, &d->call_count);

	if (rc)
		return rc;
	d->calls = pmp_pool_alloc(d->pool, d->call_count, sizeof(*d->calls));
	if (!d->calls)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < d->call_count; i++)
		d->calls[i] = (struct pmp_digest_call){
			.call = pmp_call_info(sums[i].call)->name,
			.count = sums[i].count,
			.bytes_out = sums[i].bytes_out,
			.bytes_in = sums[i].bytes_in,
			.time_s = (double)sums[i].time_ns * NS,
			.max_s = (double)sums[i].max_ns * NS,
		};
	qsort(d->calls, d->call_count, sizeof(*d->calls), compare_calls);
	return 0;
}

static int fill(struct pmp_digest *d, const struct pmp_summary *s, const char *path)
{
	uint32_t *map = pmp_pool_alloc(s->pool, s->model->region_count, sizeof(*map));
	const struct pmp_cost *costs;
	size_t cost_count;
	double scale;
	int rc = map ? 0 : -PMP_ENOMEM;

	if (rc)
		return rc;
	fill_origin(d, s, path);
	fill_times(d, s);
	rc = fill_notes(d, s);
	if (rc == 0)
		rc = fill_calls(d, s);
	if (rc == 0)
		rc = fill_regions(d, s, map);
	if (rc == 0)
		rc = pmp_digest_split(d, s, &costs, &cost_count, &scale);
	if (rc == 0)
		rc = pmp_digest_fill_sites(d, s, map, costs, cost_count, scale);
	return rc == 0 && pmp_pool_failed(d->pool) ? -PMP_ENOMEM : rc;
}

int pmp_digest_make(const struct pmp_summary *summary, const char *path, struct pmp_digest **digest)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_digest *d = pool ? pmp_pool_alloc(pool, 1, sizeof(*d)) : NULL;
	int rc = d ? 0 : -PMP_ENOMEM;

	if (rc == 0) {
		d->pool = pool;
		rc = fill(d, summary, path);
	}
	if (rc)
		pmp_pool_free(pool);
	else
		*digest = d;
	return rc;
}

void pmp_digest_free(struct pmp_digest *digest)
{
	if (digest)
		pmp_pool_free(digest->pool);
}

/* "halo" is the last part of "solve/halo". */
static bool is_last_part(const char *name, const char *part)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash ? slash + 1 : name, part) == 0;
}

const struct pmp_digest_region *pmp_digest_region(const struct pmp_digest *digest, const char *name)
{
	const struct pmp_digest_region *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < digest->region_count; i++) {
		const struct pmp_digest_region *region = &digest->regions[i];

		if (strcmp(region->name, name) == 0)
			return region;
		if (is_last_part(region->name, name)) {
			found = region;
			count++;
		}
	}
	return count == 1 ? found : NULL;
}

const struct pmp_digest_call *pmp_digest_call(const struct pmp_digest *digest, const char *name)
{
	for (size_t i = 0; i < digest->call_count; i++)
		if (strcmp(digest->calls[i].call, name) == 0)
			return &digest->calls[i];
	return NULL;
}
