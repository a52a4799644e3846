/*
 * digest_sites.c - call paths and stretches of computation of a digest. Called by digest.c. Reads the tables of stats and gaps twice.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "metrics/digest_parts.h"

#define NS 1e-9

struct site_row {
	struct pmp_tally_key tally;
	struct pmp_digest_site site;
	struct pmp_spreader spread;
	double main_s; /* of the main threads */
};

struct stretch_row {
	struct pmp_tally_key tally;
	struct pmp_digest_stretch stretch;
	struct pmp_spreader spread;
	double busy_s; /* of the busiest ranks */
	double sum_s;
};

struct group_row { /* all stretches of a region to the same call */
	struct pmp_tally_key tally;
	struct pmp_spreader spread;
};

/* Time of the main threads in one path and call, over regions. */
struct own_row {
	struct pmp_tally_key tally;
	double own_s, cost_s;
};

struct builder {
	struct pmp_digest *digest;
	const struct pmp_summary *summary;
	const uint32_t *regions; /* of the model to those of the digest */
	struct pmp_pool *scratch;
	struct pmp_tally idents, sites, stretches, groups, owns;
};

static const struct pmp_ident *ident_of(const struct builder *b, uint32_t path, uint16_t call)
{
	return pmp_tally_find(&b->idents, path, call);
}

static const char *copy(const struct builder *b, const char *text)
{
	return pmp_pool_printf(b->digest->pool, "%s", text);
}

static struct pmp_digest_place place_of(const struct builder *b, uint32_t path)
{
	struct pmp_place place = pmp_place_of_path(b->summary->model, path);

	return (struct pmp_digest_place){
		.function = copy(b, place.function[0] ? place.function
						      : pmp_place_text(b->scratch, &place)),
		.file = copy(b, pmp_base_name(place.file)),
		.line = place.line,
	};
}

static const char *call_name(uint16_t call)
{
	return call == PMP_CALL_NONE ? "" : pmp_call_info(call)->name;
}

/* "main > solve > exchange" */
static const char *path_text(const struct builder *b, const struct pmp_ident *ident)
{
	const char *text = "";

	for (size_t i = ident->frame_count; i-- > 0;) {
		const struct pmp_place *place = &ident->frames[i];
		const char *name =
			place->function[0] ? place->function : pmp_base_name(place->module);

		text = pmp_pool_printf(b->scratch, "%s%s%s", text, text[0] ? " > " : "", name);
	}
	return copy(b, text);
}

static bool is_mark(uint16_t call)
{
	return pmp_call_info(call)->class == PMP_CLASS_MARK;
}

static uint64_t key_in(const struct builder *b, uint32_t region, uint64_t key)
{
	return pmp_hash_combine(b->digest->regions[b->regions[region]].key, key);
}

static int add_site(struct builder *b, const struct pmp_model_stat *stat)
{
	const struct pmp_ident *ident = ident_of(b, stat->path, stat->call);
	uint64_t key = key_in(b, stat->region, ident->key);
	struct site_row *row = pmp_tally_row(&b->sites, key, 0);
	struct own_row *own = pmp_tally_row(&b->owns, stat->path, stat->call);

	if (!row || !own)
		return -PMP_ENOMEM;
	if (!row->site.call)
		row->site = (struct pmp_digest_site){
			.key = key,
			.call = call_name(stat->call),
			.region = b->regions[stat->region],
			.place = place_of(b, stat->path),
			.path = path_text(b, ident),
		};
	pmp_add(&row->site.count, stat->count);
	pmp_add(&row->site.bytes_out, stat->bytes_out);
	pmp_add(&row->site.bytes_in, stat->bytes_in);
	pmp_spread_feed(&row->spread, stat->rank, (double)stat->time_ns * NS);
	if (stat->thread == 0) {
		row->main_s += (double)stat->time_ns * NS;
		own->own_s += (double)stat->time_ns * NS;
	}
	return 0;
}

static int add_stretch(struct builder *b, const struct pmp_model_gap *gap)
{
	const struct pmp_ident *from = ident_of(b, gap->from_path, gap->from_call);
	const struct pmp_ident *to = ident_of(b, gap->to_path, gap->to_call);
	uint64_t to_key = key_in(b, gap->region, to->key);
	uint64_t key = pmp_hash_combine(to_key, from->key);
	struct stretch_row *row = pmp_tally_row(&b->stretches, key, 0);
	struct group_row *group = pmp_tally_row(&b->groups, to_key, 0);
	double seconds = (double)gap->time_ns * NS;

	if (!row || !group)
		return -PMP_ENOMEM;
	if (!row->stretch.from_call)
		row->stretch = (struct pmp_digest_stretch){
			.key = key,
			.to_key = to_key,
			.region = b->regions[gap->region],
			.from_call = call_name(gap->from_call),
			.to_call = call_name(gap->to_call),
			.from = place_of(b, gap->from_path),
			.to = place_of(b, gap->to_path),
		};
	pmp_add(&row->stretch.count, gap->count);
	pmp_spread_feed(&row->spread, gap->rank, seconds);
	pmp_spread_feed(&group->spread, gap->rank, seconds);
	row->sum_s += seconds;
	row->busy_s += b->summary->is_busy[gap->rank] ? seconds : 0;
	return 0;
}

static int first_pass(struct builder *b)
{
	const struct pmp_model *model = b->summary->model;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < model->stat_count; i++)
		if (!is_mark(model->stats[i].call))
			rc = add_site(b, &model->stats[i]);
	for (size_t i = 0; rc == 0 && i < model->gap_count; i++)
		if (model->gaps[i].thread == 0)
			rc = add_stretch(b, &model->gaps[i]);
	return rc;
}

/* The largest of each row are known now: count the ranks that come near. Every row is there, so nothing fails. */
static void second_pass(struct builder *b)
{
	const struct pmp_model *model = b->summary->model;
	struct site_row *sites = (void *)b->sites.rows;
	struct stretch_row *stretches = (void *)b->stretches.rows;
	struct group_row *groups = (void *)b->groups.rows;

	for (size_t i = 0; i < b->sites.count; i++)
		pmp_spread_turn(&sites[i].spread);
	for (size_t i = 0; i < b->stretches.count; i++)
		pmp_spread_turn(&stretches[i].spread);
	for (size_t i = 0; i < b->groups.count; i++)
		pmp_spread_turn(&groups[i].spread);
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (is_mark(stat->call))
			continue;
		uint64_t key = key_in(b, stat->region, ident_of(b, stat->path, stat->call)->key);
		struct site_row *row = pmp_tally_find(&b->sites, key, 0);

		pmp_spread_feed(&row->spread, stat->rank, (double)stat->time_ns * NS);
	}
	for (size_t i = 0; i < model->gap_count; i++) {
		const struct pmp_model_gap *gap = &model->gaps[i];

		if (gap->thread != 0)
			continue;
		uint64_t to_key =
			key_in(b, gap->region, ident_of(b, gap->to_path, gap->to_call)->key);
		uint64_t key =
			pmp_hash_combine(to_key, ident_of(b, gap->from_path, gap->from_call)->key);
		struct stretch_row *row = pmp_tally_find(&b->stretches, key, 0);
		struct group_row *group = pmp_tally_find(&b->groups, to_key, 0);

		pmp_spread_feed(&row->spread, gap->rank, (double)gap->time_ns * NS);
		pmp_spread_feed(&group->spread, gap->rank, (double)gap->time_ns * NS);
	}
}

/* What each site is charged with: its share of its path's cost. Without costs (ranks ended apart): its time. */
static void charge_sites(struct builder *b, const struct pmp_cost *costs, size_t count,
			 double scale)
{
	const struct pmp_model *model = b->summary->model;

	for (size_t i = 0; i < count; i++) {
		struct own_row *own = pmp_tally_find(&b->owns, costs[i].key.high, costs[i].key.low);

		if (own)
			own->cost_s =
				costs[i].seconds * (costs[i].cause == PMP_CAUSE_IO ? 1 : scale);
	}
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (stat->thread != 0 || is_mark(stat->call))
			continue;
		uint64_t key = key_in(b, stat->region, ident_of(b, stat->path, stat->call)->key);
		struct site_row *row = pmp_tally_find(&b->sites, key, 0);
		const struct own_row *own = pmp_tally_find(&b->owns, stat->path, stat->call);
		double seconds = (double)stat->time_ns * NS;

		row->site.lost_s += !costs           ? seconds
				    : own->own_s > 0 ? own->cost_s * seconds / own->own_s
						     : 0;
	}
}

static int take_sites(struct builder *b)
{
	struct site_row *rows = (void *)b->sites.rows;
	struct pmp_digest *d = b->digest;

	d->site_count = b->sites.count;
	d->sites = pmp_pool_alloc(d->pool, d->site_count, sizeof(*d->sites));
	if (!d->sites)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < d->site_count; i++) {
		d->sites[i] = rows[i].site;
		d->sites[i].time = pmp_spread_end(&rows[i].spread);
		d->sites[i].waiting_s = fmax(0, rows[i].main_s - rows[i].site.lost_s);
	}
	return 0;
}

/* As of calls: what rounding to whole nanoseconds leaves over is spread over the stretches, so that they sum up to compute_s. */
static void spread_rest(struct pmp_digest *d)
{
	double sum = 0;

	for (size_t i = 0; i < d->stretch_count; i++)
		sum += d->stretches[i].compute.sum_s;
	for (size_t i = 0; i < d->stretch_count && sum > 0; i++)
		d->stretches[i].compute.sum_s *= d->compute_s / sum;
}

static int take_stretches(struct builder *b)
{
	struct stretch_row *rows = (void *)b->stretches.rows;
	struct group_row *groups = (void *)b->groups.rows;
	struct pmp_digest *d = b->digest;
	bool has_busy = b->summary->busy_count > 0;

	d->stretch_count = b->stretches.count;
	d->stretches = pmp_pool_alloc(d->pool, d->stretch_count, sizeof(*d->stretches));
	if (!d->stretches)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < b->groups.count; i++)
		pmp_spread_end(&groups[i].spread);
	for (size_t i = 0; i < d->stretch_count; i++) {
		struct pmp_digest_stretch *stretch = &d->stretches[i];
		const struct group_row *group =
			pmp_tally_find(&b->groups, rows[i].stretch.to_key, 0);

		*stretch = rows[i].stretch;
		stretch->compute = pmp_spread_end(&rows[i].spread);
		stretch->is_alone = group->spread.ranks == 1;
		stretch->lost_s = has_busy ? (double)b->summary->count * rows[i].busy_s /
							     (double)b->summary->busy_count -
						     rows[i].sum_s
					   : 0;
	}
	spread_rest(d);
	return 0;
}

/* A region stands where most of its own computation is. */
static int place_regions(const struct builder *b)
{
	struct pmp_digest *d = b->digest;
	double *longest = pmp_pool_alloc(b->scratch, d->region_count, sizeof(*longest));

	if (!longest)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < d->stretch_count; i++) {
		const struct pmp_digest_stretch *stretch = &d->stretches[i];
		struct pmp_digest_region *region = &d->regions[stretch->region];

		region->self_lost_s += stretch->lost_s;
		if (stretch->compute.sum_s < longest[stretch->region])
			continue;
		longest[stretch->region] = stretch->compute.sum_s;
		region->place = stretch->from.line ? stretch->from : stretch->to;
	}
	return 0;
}

static int compare_keys(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_sites(const void *a, const void *b)
{
	return compare_keys(((const struct pmp_digest_site *)a)->key,
			    ((const struct pmp_digest_site *)b)->key);
}

static int compare_stretches(const void *a, const void *b)
{
	return compare_keys(((const struct pmp_digest_stretch *)a)->key,
			    ((const struct pmp_digest_stretch *)b)->key);
}

int pmp_digest_fill_sites(struct pmp_digest *d, const struct pmp_summary *s,
			  const uint32_t *regions, const struct pmp_cost *costs, size_t count,
			  double scale)
{
	struct builder b = {
		.digest = d, .summary = s, .regions = regions, .scratch = pmp_pool_new()};
	int rc = b.scratch ? 0 : -PMP_ENOMEM;

	pmp_tally_init(&b.idents, sizeof(struct pmp_ident));
	pmp_tally_init(&b.sites, sizeof(struct site_row));
	pmp_tally_init(&b.stretches, sizeof(struct stretch_row));
	pmp_tally_init(&b.groups, sizeof(struct group_row));
	pmp_tally_init(&b.owns, sizeof(struct own_row));
	if (rc == 0)
		rc = pmp_digest_idents(s->model, b.scratch, &b.idents);
	if (rc == 0)
		rc = first_pass(&b);
	if (rc == 0) {
		second_pass(&b);
		charge_sites(&b, costs, count, scale);
		rc = take_sites(&b);
	}
	if (rc == 0)
		rc = take_stretches(&b);
	if (rc == 0)
		rc = place_regions(&b);
	if (rc == 0) {
		qsort(d->sites, d->site_count, sizeof(*d->sites), compare_sites);
		qsort(d->stretches, d->stretch_count, sizeof(*d->stretches), compare_stretches);
	}
	pmp_tally_release(&b.idents);
	pmp_tally_release(&b.sites);
	pmp_tally_release(&b.stretches);
	pmp_tally_release(&b.groups);
	pmp_tally_release(&b.owns);
	pmp_pool_free(b.scratch);
	return rc;
}
