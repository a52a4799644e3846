/*
 * query_calls.c - calls summed up by name, by call site, by call path. Reads the model's table of stats once.
 */
#include <string.h>

#include "base/hash.h"
#include "model/query.h"

/* Addresses that are the same place in the source (two calls in one line, inlined copies) get one number. */
struct site {
	struct pmp_tally_key key;
	uint32_t address;
};

static uint64_t hash_text(uint64_t seed, const char *text)
{
	return pmp_hash_bytes(seed, text, strlen(text) + 1);
}

/* One representative address per place; @map is address_count long. */
static int map_sites(const struct pmp_model *model, uint32_t *map)
{
	struct pmp_tally sites;
	int rc = 0;

	pmp_tally_init(&sites, sizeof(struct site));
	for (uint32_t a = 0; a < model->address_count; a++) {
		const struct pmp_model_address *address = &model->addresses[a];

		map[a] = a;
		if (address->frame_count == 0 || model->frames[address->first_frame].line == 0)
			continue;
		const struct pmp_model_frame *frame = &model->frames[address->first_frame];
		uint64_t where = hash_text(hash_text(frame->line, frame->file), frame->function);
		struct site *site = pmp_tally_row(&sites, where, frame->line);

		if (!site) {
			rc = -PMP_ENOMEM;
			break;
		}
		if (site->address == 0)
			site->address = a + 1;
		map[a] = site->address - 1;
	}
	pmp_tally_release(&sites);
	return rc;
}

static struct pmp_tally_key key_of(const struct pmp_model *model, const struct pmp_model_stat *stat,
				   enum pmp_group_by by, const uint32_t *sites)
{
	uint32_t address = model->paths[stat->path].address;

	switch (by) {
	case PMP_BY_PATH:
		return (struct pmp_tally_key){(uint64_t)stat->path << 32 | stat->region,
					      stat->call};
	case PMP_BY_SITE:
		return (struct pmp_tally_key){
			address < model->address_count ? sites[address] : PMP_NONE, stat->call};
	case PMP_BY_CALL:
		break;
	}
	return (struct pmp_tally_key){0, stat->call};
}

/* The rank that was being read is done: is it the one with the longest time so far? */
static void close_rank(struct pmp_call_sum *sum)
{
	if (sum->ranks == 0)
		return;
	if (sum->rank_ns > sum->rank_max_ns || sum->ranks == 1) {
		sum->rank_max_ns = sum->rank_ns;
		sum->rank_max_count = sum->rank_count;
		sum->rank_of_max = sum->rank;
	}
}

static void add_stat(struct pmp_call_sum *sum, const struct pmp_model_stat *stat)
{
	if (sum->ranks == 0 || sum->rank != stat->rank) {
		close_rank(sum);
		sum->ranks++;
		sum->rank = stat->rank;
		sum->rank_ns = 0;
		sum->rank_count = 0;
	}
	if (sum->count == 0 || stat->min_ns < sum->min_ns)
		sum->min_ns = stat->min_ns;
	if (stat->max_ns > sum->max_ns)
		sum->max_ns = stat->max_ns;
	pmp_add(&sum->count, stat->count);
	pmp_add(&sum->time_ns, stat->time_ns);
	pmp_add(&sum->bytes_out, stat->bytes_out);
	pmp_add(&sum->bytes_in, stat->bytes_in);
	pmp_add(&sum->rank_ns, stat->time_ns);
	pmp_add(&sum->rank_count, stat->count);
}

static bool is_mark(const struct pmp_model_stat *stat)
{
	return pmp_call_info(stat->call)->class == PMP_CLASS_MARK;
}

int pmp_query_calls(const struct pmp_model *model, const struct pmp_selection *selection,
		    enum pmp_group_by by, struct pmp_pool *pool, struct pmp_call_sum **sums,
		    size_t *count)
{
	uint32_t *sites = pmp_pool_alloc(pool, model->address_count, sizeof(*sites));
	struct pmp_tally tally;
	int rc = sites ? 0 : -PMP_ENOMEM;

	pmp_tally_init(&tally, sizeof(struct pmp_call_sum));
	if (rc == 0 && by == PMP_BY_SITE)
		rc = map_sites(model, sites);
	for (size_t i = 0; rc == 0 && i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (is_mark(stat) || !pmp_selects(selection, stat->rank, stat->region))
			continue;
		struct pmp_tally_key key = key_of(model, stat, by, sites);
		struct pmp_call_sum *sum = pmp_tally_row(&tally, key.high, key.low);

		if (!sum) {
			rc = -PMP_ENOMEM;
			break;
		}
		if (sum->count == 0 && sum->ranks == 0) {
			sum->call = stat->call;
			sum->path = by == PMP_BY_CALL ? 0 : stat->path;
			sum->region = by == PMP_BY_PATH ? stat->region : 0;
		}
		add_stat(sum, stat);
	}
	if (rc == 0 && !(*sums = pmp_tally_take(&tally, pool, count)))
		rc = -PMP_ENOMEM;
	for (size_t i = 0; rc == 0 && i < *count; i++)
		close_rank(&(*sums)[i]);
	pmp_tally_release(&tally);
	return rc;
}

int pmp_query_call_ranks(const struct pmp_model *model, const struct pmp_selection *selection,
			 struct pmp_pool *pool, struct pmp_call_rank_sum **sums, size_t *count)
{
	struct pmp_tally tally;
	int rc = 0;

	pmp_tally_init(&tally, sizeof(struct pmp_call_rank_sum));
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (is_mark(stat) || !pmp_selects(selection, stat->rank, stat->region))
			continue;
		struct pmp_call_rank_sum *sum = pmp_tally_row(&tally, stat->rank, stat->call);

		if (!sum) {
			rc = -PMP_ENOMEM;
			break;
		}
		sum->rank = stat->rank;
		sum->call = stat->call;
		pmp_add(&sum->count, stat->count);
		pmp_add(&sum->time_ns, stat->time_ns);
		if (stat->max_ns > sum->max_ns)
			sum->max_ns = stat->max_ns;
		pmp_add(&sum->bytes_out, stat->bytes_out);
		pmp_add(&sum->bytes_in, stat->bytes_in);
	}
	if (rc == 0 && !(*sums = pmp_tally_take(&tally, pool, count)))
		rc = -PMP_ENOMEM;
	pmp_tally_release(&tally);
	return rc;
}

void pmp_query_classes(const struct pmp_model *model, const struct pmp_selection *selection,
		       double seconds[PMP_CLASS_COUNT])
{
	memset(seconds, 0, PMP_CLASS_COUNT * sizeof(*seconds));
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];

		if (stat->thread == 0 && pmp_selects(selection, stat->rank, stat->region))
			seconds[pmp_call_info(stat->call)->class] += (double)stat->time_ns * 1e-9;
	}
}
