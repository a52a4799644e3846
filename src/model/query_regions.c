/*
 * query_regions.c - computation, MPI and I/O of each region on each rank, and stretches of code between calls. Reads the tables
 * of gaps and stats once.
 */
#include "model/query.h"

/* One value per region and rank, region-major. */
struct matrix {
	double *cells;
	size_t ranks;
};

static double *row(const struct matrix *m, size_t region)
{
	return m->cells + region * m->ranks;
}

/* Children come behind their parents, so one pass from the end carries everything up to the root. */
static void add_to_parents(const struct pmp_model *model, const struct matrix *m)
{
	for (size_t r = model->region_count; r-- > 1;) {
		double *from = row(m, r), *to = row(m, model->regions[r].parent);

		for (size_t i = 0; i < m->ranks; i++)
			to[i] += from[i];
	}
}

static void sum_stats(const struct pmp_model *model, const struct matrix *mpi,
		      const struct matrix *io, struct pmp_region_sum *sums)
{
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];
		enum pmp_call_class class = pmp_call_info(stat->call)->class;

		if (stat->call == PMP_CALL_pmprof_region_begin)
			pmp_add(&sums[stat->region].count, stat->count);
		if (stat->thread != 0 || class == PMP_CLASS_MARK)
			continue;
		row(class == PMP_CLASS_IO ? io : mpi, stat->region)[stat->rank] +=
			(double)stat->time_ns * 1e-9;
	}
}

int pmp_query_regions(const struct pmp_model *model, struct pmp_pool *pool,
		      struct pmp_region_sum **sums)
{
	size_t regions = model->region_count, ranks = model->rank_count;
	struct pmp_region_sum *list = pmp_pool_alloc(pool, regions, sizeof(*list));
	struct matrix self = {NULL, ranks}, compute = self, mpi = self, io = self;
	size_t cells;

	if (!list || __builtin_mul_overflow(regions, ranks, &cells))
		return -PMP_ENOMEM;
	struct matrix *all[] = {&self, &compute, &mpi, &io};

	for (size_t i = 0; i < 4; i++)
		if (!(all[i]->cells = pmp_pool_alloc(pool, cells, sizeof(double))))
			return -PMP_ENOMEM;
	for (size_t i = 0; i < model->gap_count; i++) {
		const struct pmp_model_gap *gap = &model->gaps[i];

		if (gap->thread == 0)
			row(&self, gap->region)[gap->rank] += (double)gap->time_ns * 1e-9;
	}
	for (size_t i = 0; i < cells; i++)
		compute.cells[i] = self.cells[i];
	sum_stats(model, &mpi, &io, list);
	for (size_t i = 1; i < 4; i++)
		add_to_parents(model, all[i]);
	for (size_t r = 0; r < regions; r++) {
		list[r].region = (uint32_t)r;
		list[r].self_compute_s = row(&self, r);
		list[r].compute_s = row(&compute, r);
		list[r].mpi_s = row(&mpi, r);
		list[r].io_s = row(&io, r);
	}
	*sums = list;
	return 0;
}

static void add_gap(struct pmp_stretch *stretch, const struct pmp_model_gap *gap, bool is_focus)
{
	stretch->from_path = gap->from_path;
	stretch->to_path = gap->to_path;
	stretch->region = gap->region;
	stretch->from_call = gap->from_call;
	stretch->to_call = gap->to_call;
	pmp_add(&stretch->count, gap->count);
	pmp_add(&stretch->time_ns, gap->time_ns);
	if (gap->max_ns > stretch->max_ns)
		stretch->max_ns = gap->max_ns;
	if (!is_focus)
		return;
	pmp_add(&stretch->focus_count, gap->count);
	pmp_add(&stretch->focus_ns, gap->time_ns);
	if (gap->max_ns > stretch->focus_max_ns)
		stretch->focus_max_ns = gap->max_ns;
}

int pmp_query_stretches(const struct pmp_model *model, const bool *focus, struct pmp_pool *pool,
			struct pmp_stretch **stretches, size_t *count)
{
	struct pmp_tally tally;
	int rc = 0;

	pmp_tally_init(&tally, sizeof(struct pmp_stretch));
	for (size_t i = 0; i < model->gap_count; i++) {
		const struct pmp_model_gap *gap = &model->gaps[i];

		if (gap->thread != 0)
			continue;
		uint64_t ends = (uint64_t)gap->from_path << 32 | gap->to_path;
		uint64_t rest =
			(uint64_t)gap->region << 32 | (uint64_t)gap->from_call << 16 | gap->to_call;
		struct pmp_stretch *stretch = pmp_tally_row(&tally, ends, rest);

		if (!stretch) {
			rc = -PMP_ENOMEM;
			break;
		}
		add_gap(stretch, gap, focus[gap->rank]);
	}
	if (rc == 0 && !(*stretches = pmp_tally_take(&tally, pool, count)))
		rc = -PMP_ENOMEM;
	pmp_tally_release(&tally);
	return rc;
}
