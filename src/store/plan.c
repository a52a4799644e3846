/*
 * plan.c - brings together on rank 0 what all processes know of their ranks, aligns the clocks and gives each rank its rows in the
 * long tables. Collective; no file is touched.
 */
#include "store/rank_info.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define RANKS_MAX (1 << 24)

/* What travels up the tree: the run as the lowest rank saw it, then all infos. */
struct parcel {
	struct pmp_run_info run;
	struct pmp_rank_info *infos;
	size_t count;
};

static int append(struct parcel *parcel, const struct pmp_run_info *run, const void *infos,
		  size_t count)
{
	struct pmp_rank_info *grown =
		reallocarray(parcel->infos, parcel->count + count + 1, sizeof(*grown));

	if (!grown)
		return -PMP_ENOMEM;
	parcel->infos = grown;
	if (count)
		memcpy(grown + parcel->count, infos, count * sizeof(*grown));
	parcel->count += count;
	if (run->rank < parcel->run.rank)
		parcel->run = *run;
	return 0;
}

static int send_parcel(const struct pmp_group *group, int to, const struct parcel *parcel)
{
	int rc = pmp_group_send(group, to, &parcel->run, sizeof(parcel->run));

	return rc ? rc
		  : pmp_group_send(group, to, parcel->infos,
				   parcel->count * sizeof(*parcel->infos));
}

static int receive_parcel(const struct pmp_group *group, int from, struct parcel *parcel)
{
	void *run = NULL, *infos = NULL;
	size_t run_bytes, bytes;
	int rc = pmp_group_receive(group, from, &run, &run_bytes);

	if (rc == 0)
		rc = pmp_group_receive(group, from, &infos, &bytes);
	if (rc == 0)
		rc = append(parcel, run, infos, bytes / sizeof(*parcel->infos));
	free(run);
	free(infos);
	return rc;
}

/* Up a binomial tree: a process gathers its subtree, then hands it to its parent. */
static int gather(const struct pmp_group *group, struct parcel *parcel)
{
	for (int step = 1; step < group->size; step *= 2) {
		int rc = 0;

		if (group->rank & step)
			return send_parcel(group, group->rank - step, parcel);
		if (group->rank + step < group->size)
			rc = receive_parcel(group, group->rank + step, parcel);
		if (rc)
			return rc;
	}
	return 0;
}

static int by_rank(const void *a, const void *b)
{
	const struct pmp_rank_info *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int by_size(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/* The size most arenas agree on: a single damaged header must not make the world larger than it is. */
static uint32_t world_size(const struct parcel *parcel, int expected_ranks)
{
	int32_t *sizes = calloc(parcel->count + 1, sizeof(*sizes));
	int32_t best = 0;
	size_t best_votes = 0, votes = 0;

	for (size_t i = 0; sizes && i < parcel->count; i++)
		sizes[i] = parcel->infos[i].size;
	if (sizes)
		qsort(sizes, parcel->count, sizeof(*sizes), by_size);
	for (size_t i = 0; sizes && i < parcel->count; i++) {
		votes = i && sizes[i] == sizes[i - 1] ? votes + 1 : 1;
		if (sizes[i] > 0 && votes > best_votes) {
			best = sizes[i];
			best_votes = votes;
		}
	}
	free(sizes);
	if (best == 0) /* nobody came as far as MPI_Init: what is there */
		for (size_t i = 0; i < parcel->count; i++)
			if (parcel->infos[i].rank >= best && parcel->infos[i].rank < RANKS_MAX)
				best = parcel->infos[i].rank + 1;
	return (uint32_t)(expected_ranks > best && expected_ranks <= RANKS_MAX ? expected_ranks
									       : best);
}

static void leave_out_doubles(struct parcel *parcel, struct pmp_plan *plan)
{
	size_t kept = 0;

	qsort(parcel->infos, parcel->count, sizeof(*parcel->infos), by_rank);
	for (size_t i = 0; i < parcel->count; i++) {
		const struct pmp_rank_info *info = &parcel->infos[i];
		bool is_double = kept && parcel->infos[kept - 1].rank == info->rank;

		if (info->rank >= 0 && (uint32_t)info->rank < plan->ranks && !is_double)
			parcel->infos[kept++] = *info;
	}
	plan->left_out = parcel->count - kept;
	parcel->count = kept;
}

/*
 * One clock for all: ranks with the same boot share CLOCK_MONOTONIC exactly; between hosts only their wall clocks are known, as the
 * first rank of each host saw them. Time 0 is the earliest begin.
 */
static void align(struct pmp_plan *plan)
{
	int64_t earliest = INT64_MAX, latest = INT64_MIN, base = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct pmp_rank_info *info = &plan->infos[i];
		size_t first = 0;

		while (plan->infos[first].boot_hash != info->boot_hash)
			first++;
		if (i == 0)
			base = info->real_minus_mono;
		else if (first == i)
			plan->clock_error_ns = -1;
		info->shift = plan->infos[first].real_minus_mono - base;
		if (info->begin_mono + info->shift < earliest)
			earliest = info->begin_mono + info->shift;
		if (info->begin_mono + info->shift + info->wall > latest)
			latest = info->begin_mono + info->shift + info->wall;
	}
	for (size_t i = 0; i < plan->count; i++)
		plan->infos[i].shift -= earliest;
	plan->begin_real_ns = plan->count ? earliest + base : 0;
	plan->wall_ns = plan->count ? latest - earliest : 0;
}

static void assign_rows(struct pmp_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		for (int table = 0; table < PMP_SLAB_COUNT; table++) {
			plan->infos[i].firsts[table] = plan->totals[table];
			plan->totals[table] += plan->infos[i].counts[table];
		}
}

static int share(const struct pmp_group *group, struct pmp_plan *plan)
{
	struct pmp_rank_info *infos = plan->infos;
	int64_t has_room = 1;
	int rc = group->broadcast(group, plan, sizeof(*plan));

	plan->infos = infos;
	if (rc == 0 && group->rank) {
		plan->infos = calloc(plan->count + 1, sizeof(*infos));
		has_room = plan->infos != NULL;
	}
	if (rc == 0)
		rc = group->reduce(group, PMP_REDUCE_MIN, &has_room, 1);
	if (rc == 0 && !has_room)
		rc = -PMP_ENOMEM;
	return rc ? rc : group->broadcast(group, plan->infos, plan->count * sizeof(*infos));
}

int pmp_plan_make(const struct pmp_group *group, const struct pmp_rank_info *infos, size_t count,
		  const struct pmp_run_info *run, int expected_ranks, struct pmp_plan *plan)
{
	struct parcel parcel = {.run = {.rank = INT32_MAX}};
	int rc = append(&parcel, run, infos, count);

	memset(plan, 0, sizeof(*plan));
	rc = pmp_agree(group, rc);
	if (rc == 0)
		rc = gather(group, &parcel);
	rc = pmp_agree(group, rc);
	if (rc == 0 && group->rank == 0) {
		plan->run = parcel.run;
		plan->ranks = world_size(&parcel, expected_ranks);
		leave_out_doubles(&parcel, plan);
		plan->infos = parcel.infos;
		plan->count = parcel.count;
		parcel.infos = NULL;
		align(plan);
		assign_rows(plan);
	}
	free(parcel.infos);
	if (rc == 0)
		rc = share(group, plan);
	return rc;
}

void pmp_plan_free(struct pmp_plan *plan)
{
	free(plan->infos);
	plan->infos = NULL;
}
