/*
 * measure.c - the few facts of a run that a sweep decides by. Used by `pmprof scale` after each run, and for the runs it finds when
 * it goes on; the speedup itself is computed from digests at the end.
 */
#include "cli/measure.h"

#include <math.h>

#include "store/reader.h"

static void measure_ranks(const struct pmp_model *model, struct pmp_measure *m)
{
	int64_t end_ns = 0, init_ns = 0;

	for (size_t i = 0; i < model->rank_count; i++) {
		const struct pmp_model_rank *rank = &model->ranks[i];
		int64_t end = rank->begin_ns + rank->wall_ns;

		end_ns = end > end_ns ? end : end_ns;
		init_ns = rank->init_ns > init_ns ? rank->init_ns : init_ns;
		m->compute_s += (double)rank->compute_ns * 1e-9;
		m->rss_bytes = fmax(m->rss_bytes, (double)rank->max_rss_bytes);
	}
	m->ranks = model->run.ranks;
	m->time_s = (double)(end_ns + init_ns) * 1e-9;
	m->begin_ns = model->run.begin_real_ns;
	m->end_ns = m->begin_ns + end_ns;
}

/* A run that was cut short is no measurement, whatever its exit code. */
static int check_ranks(const char *path, const struct pmp_model *model, struct pmp_diag *diag)
{
	for (size_t i = 0; i < model->rank_count; i++) {
		const struct pmp_model_rank *rank = &model->ranks[i];

		if (rank->state == PMP_RANK_MISSING)
			return pmp_fail(diag, PMP_EFORMAT, "'%s' has no data of rank %zu", path, i);
		if (rank->state != PMP_RANK_FINALIZED)
			return pmp_fail(diag, PMP_EFORMAT,
					"rank %zu did not end in MPI_Finalize: %s", i,
					rank->ending);
	}
	return 0;
}

int pmp_measure_file(const char *path, struct pmp_measure *measure, struct pmp_diag *diag)
{
	struct pmp_model *model = NULL;
	int rc = pmp_read(path, &model, diag);

	*measure = (struct pmp_measure){.ranks = 0};
	if (rc)
		return rc;
	rc = check_ranks(path, model, diag);
	if (rc == 0)
		measure_ranks(model, measure);
	if (rc == 0 && !(measure->time_s > 0))
		rc = pmp_fail(diag, PMP_EFORMAT, "'%s' has no measured time", path);
	pmp_model_free(model);
	return rc;
}
