/*
 * test_digest.c - digests hold every core-second of a run, once; keys mean the same in every run; series say what cannot be compared
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/series.h"
#include "mkmodel.h"

/* A program that works, exchanges and reduces; lines may move, ranks may be late. */
struct shape {
	const char *command;
	uint32_t ranks;
	uint32_t line;      /* added to all lines */
	double work;        /* of each rank */
	double more;        /* of the last rank */
	double alone;       /* of rank 0 before the others may go on */
	double io;          /* of rank 0 */
	double late;        /* begin of the last rank after the first */
	double init;        /* of rank r: init * (r + 1) */
	double paused;      /* of rank 0 */
	bool is_sent_twice; /* two equal calls in one function, of which one is younger */
};

#define MAIN "/home/user/app.c"

static struct pmp_model *make_model(const struct shape *shape)
{
	uint32_t n = shape->ranks, add = shape->line;
	struct mk *mk = mk_new(shape->command ? shape->command : "./app", n, 1);
	uint32_t in_main = mk_frame(mk, 0, "main", MAIN, 100 + add);
	struct mk_end none = {0, 0};
	struct mk_end bcast = {mk_frame(mk, in_main, "setup", MAIN, 20 + add), PMP_CALL_MPI_Bcast};
	struct mk_end send = {mk_frame(mk, in_main, "step", MAIN, 41 + add), PMP_CALL_MPI_Sendrecv};
	struct mk_end again = {mk_frame(mk, in_main, "step", MAIN, 43 + add),
			       PMP_CALL_MPI_Sendrecv};
	struct mk_end reduce = {mk_frame(mk, in_main, "step", MAIN, 50 + add),
				PMP_CALL_MPI_Allreduce};
	struct mk_end file = {mk_frame(mk, 0, "main", MAIN, 120 + add), PMP_CALL_MPI_File_write_at};
	uint32_t region = mk_region(mk, 0, "step");
	double longest = shape->work + shape->more + shape->alone + shape->io;

	for (uint32_t r = 0; r < n; r++) {
		double work = shape->work + (r + 1 == n ? shape->more : 0);
		double alone = r == 0 ? shape->alone : 0, io = r == 0 ? shape->io : 0;

		mk_compute(mk, r, 0, none, bcast, 1, alone + 1e-4, 0);
		mk_call(mk, r, 0, bcast, 1, shape->alone - alone + 1e-3, 8, 0);
		mk_compute(mk, r, region, send, reduce, 10, work, 0);
		mk_call(mk, r, region, send, 10, 0.02, 1000, 1000);
		if (shape->is_sent_twice)
			mk_call(mk, r, region, again, 10, 0.01, 2000, 2000);
		mk_call(mk, r, region, reduce, 10, longest - work - alone - io, 8, 8);
		if (io > 0)
			mk_call(mk, r, 0, file, 1, io, 1 << 20, 0);
		mk_rank(mk, r)->init_ns = (int64_t)(shape->init * (r + 1) * 1e9);
		mk_rank(mk, r)->begin_ns = r + 1 == n ? (int64_t)(shape->late * 1e9) : 0;
		mk_rank(mk, r)->paused_ns = r == 0 ? (int64_t)(shape->paused * 1e9) : 0;
		mk_rank(mk, r)->tool_ns = 1000000;
		mk_rank(mk, r)->user_ns = 20000000000;
	}
	return mk_finish(mk);
}

static struct pmp_digest *digest_of(struct pmp_model *model, const char *path)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_summary *summary;
	struct pmp_digest *digest;

	assert_int_equal(pmp_model_merge_paths(model), 0);
	assert_int_equal(pmp_summarize(model, pool, &summary), 0);
	assert_int_equal(pmp_digest_make(summary, path, &digest), 0);
	pmp_pool_free(pool);
	pmp_model_free(model); /* a digest stands alone */
	return digest;
}

static struct pmp_digest *make_digest(const struct shape *shape)
{
	return digest_of(make_model(shape), "app.pmprof.h5");
}

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-9 * fmax(1, fmax(fabs(a), fabs(b)))))
		fail_msg("%.15g is not %.15g", a, b);
}

/* Both ways of counting, and the rows that the sums come from. */
static void assert_sums(const struct pmp_digest *d)
{
	double sites = 0, stretches = 0, lost = 0, regions = 0;

	assert_near(d->core_s, d->ranks * d->time_s);
	assert_near(d->core_s, d->compute_s + d->mpi_s + d->io_s + d->paused_s + d->tool_s +
				       d->init_sum_s + d->idle_s);
	assert_near(d->core_s, d->compute_s + d->imbalance_s + d->io_lost_s + d->communication_s +
				       d->tool_lost_s + d->uneven_s + d->paused_s + d->init_sum_s);
	assert_true(d->idle_s >= -1e-9);
	for (size_t i = 0; i < d->site_count; i++) {
		sites += d->sites[i].lost_s;
		assert_true(d->sites[i].waiting_s >= 0);
		assert_true(d->sites[i].region < d->region_count);
	}
	for (size_t i = 0; i < d->stretch_count; i++) {
		stretches += d->stretches[i].compute.sum_s;
		lost += d->stretches[i].lost_s;
		assert_true(d->stretches[i].region < d->region_count);
	}
	for (size_t i = 0; i < d->region_count; i++)
		regions += d->regions[i].self_compute.sum_s;
	assert_near(stretches, d->compute_s);
	assert_near(regions, d->compute_s);
	assert_near(d->regions[0].compute.sum_s, d->compute_s);
	assert_near(d->regions[0].mpi.sum_s, d->mpi_s);
	if (d->finished_ranks == d->ranks && d->paused_s == 0) {
		assert_near(sites, d->communication_s + d->io_lost_s);
		assert_near(lost, d->imbalance_s);
	}
}

static void sums_hold(void **state)
{
	static const struct shape shapes[] = {
		{.work = 1},
		{.work = 1, .more = 0.5},
		{.work = 1, .alone = 0.7},
		{.work = 1, .io = 0.3},
		{.work = 1, .late = 0.2, .init = 0.1},
		{.work = 1, .more = 0.3, .alone = 0.2, .io = 0.1, .late = 0.05, .init = 0.02},
		{.work = 1, .more = 0.1, .paused = 0.4},
		{.work = 1, .more = 0.3, .is_sent_twice = true},
	};
	static const uint32_t ranks[] = {1, 2, 3, 4, 7, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (size_t j = 0; j < sizeof(ranks) / sizeof(ranks[0]); j++) {
			struct shape shape = shapes[i];

			shape.ranks = ranks[j];
			struct pmp_digest *d = make_digest(&shape);

			assert_sums(d);
			assert_int_equal(d->finished_ranks, ranks[j]);
			pmp_digest_free(d);
		}
}

static void sums_hold_without_all_ranks(void **state)
{
	const struct shape shape = {.ranks = 4, .work = 1, .more = 0.3, .init = 0.1};

	(void)state;
	for (int missing = 0; missing < 2; missing++) {
		struct pmp_model *model = make_model(&shape);

		model->ranks[2].state = missing ? PMP_RANK_MISSING : PMP_RANK_VANISHED;
		model->ranks[2].wall_ns /= 3;
		model->ranks[2].compute_ns /= 3;
		model->ranks[2].mpi_ns = model->ranks[2].wall_ns - model->ranks[2].compute_ns -
					 model->ranks[2].tool_ns;
		for (size_t i = 0; i < model->gap_count; i++)
			if (model->gaps[i].rank == 2)
				model->gaps[i].time_ns /= 3;
		model->ranks[2].compute_ns = 0;
		for (size_t i = 0; i < model->gap_count; i++)
			if (model->gaps[i].rank == 2)
				model->ranks[2].compute_ns += model->gaps[i].time_ns;
		struct pmp_digest *d = digest_of(model, "x");

		assert_int_equal(d->data_ranks, missing ? 3 : 4);
		assert_int_equal(d->finished_ranks, 3);
		assert_near(d->core_s, d->compute_s + d->mpi_s + d->io_s + d->paused_s + d->tool_s +
					       d->init_sum_s + d->idle_s);
		assert_near(d->core_s, d->compute_s + d->imbalance_s + d->io_lost_s +
					       d->communication_s + d->tool_lost_s + d->uneven_s +
					       d->paused_s + d->init_sum_s);
		pmp_digest_free(d);
	}
}

static void causes_are_told_apart(void **state)
{
	const struct shape imbalance = {.ranks = 4, .work = 1, .more = 0.5};
	const struct shape alone = {.ranks = 4, .work = 1, .alone = 0.7};
	const struct shape io = {.ranks = 4, .work = 1, .io = 0.3};
	struct pmp_digest *d = make_digest(&imbalance);

	(void)state;
	assert_true(fabs(d->imbalance_s - 1.5) < 1e-6);
	assert_true(d->communication_s < 0.1);
	assert_true(fabs(d->time_s - 1.5221) < 1e-4);
	pmp_digest_free(d);
	d = make_digest(&alone);
	assert_true(fabs(d->imbalance_s - 2.1) < 1e-6);
	size_t is_alone = 0;

	for (size_t i = 0; i < d->stretch_count; i++) {
		is_alone += d->stretches[i].is_alone;
		if (d->stretches[i].is_alone) {
			assert_string_equal(d->stretches[i].to.function, "setup");
			assert_int_equal(d->stretches[i].compute.rank_of_max, 0);
		}
	}
	assert_int_equal(is_alone, 1);
	pmp_digest_free(d);
	d = make_digest(&io);
	assert_true(fabs(d->io_lost_s - 1.2) < 1e-6);
	assert_true(fabs(d->imbalance_s) < 1e-6);
	pmp_digest_free(d);
}

static const struct pmp_digest_site *site_at(const struct pmp_digest *d, const char *call,
					     uint32_t line)
{
	for (size_t i = 0; i < d->site_count; i++)
		if (strcmp(d->sites[i].call, call) == 0 && d->sites[i].place.line == line)
			return &d->sites[i];
	fail_msg("no %s in line %u", call, line);
	return NULL;
}

static void keys_hold_across_runs(void **state)
{
	const struct shape first = {.ranks = 2, .work = 1};
	const struct shape moved = {.ranks = 5, .work = 2, .line = 7, .is_sent_twice = true};
	struct pmp_digest *a = make_digest(&first), *b = make_digest(&moved);
	const struct pmp_digest_site *old = site_at(a, "MPI_Sendrecv", 41);

	(void)state;
	assert_true(site_at(b, "MPI_Sendrecv", 48)->key == old->key);
	assert_true(site_at(b, "MPI_Sendrecv", 50)->key != old->key);
	assert_true(site_at(b, "MPI_Allreduce", 57)->key == site_at(a, "MPI_Allreduce", 50)->key);
	assert_true(pmp_digest_region(a, "step")->key == pmp_digest_region(b, "step")->key);
	assert_string_equal(old->path, "main > step");
	assert_int_equal(old->count, 20);
	assert_int_equal(old->bytes_out, 20000);
	assert_string_equal(pmp_digest_region(a, "step")->place.function, "step");
	assert_null(pmp_digest_region(a, "halo"));
	assert_int_equal(pmp_digest_call(a, "MPI_Sendrecv")->count, 20);
	assert_null(pmp_digest_call(a, "MPI_Send"));
	for (size_t i = 1; i < b->site_count; i++)
		assert_true(b->sites[i - 1].key < b->sites[i].key);
	pmp_digest_free(a);
	pmp_digest_free(b);
}

static int make_series(const struct shape *shapes, size_t count, enum pmp_scaling scaling,
		       struct pmp_series **series, struct pmp_diag *diag)
{
	struct pmp_digest *runs[8];

	for (size_t i = 0; i < count; i++)
		runs[i] = make_digest(&shapes[i]);
	const struct pmp_series_source source = {
		.runs = runs, .run_count = count, .scaling = scaling};
	int rc = pmp_series_make(&source, series, diag);

	for (size_t i = 0; rc && i < count; i++)
		pmp_digest_free(runs[i]);
	return rc;
}

static void series_are_grouped(void **state)
{
	const struct shape shapes[] = {{.ranks = 4, .work = 0.3},
				       {.ranks = 1, .work = 1},
				       {.ranks = 4, .work = 0.2},
				       {.ranks = 2, .work = 0.5}};
	struct pmp_diag diag = {""};
	struct pmp_series *series;

	(void)state;
	assert_int_equal(make_series(shapes, 4, PMP_SCALING_AUTO, &series, &diag), 0);
	assert_int_equal(series->point_count, 3);
	assert_int_equal(series->points[0].ranks, 1);
	assert_int_equal(pmp_series_point(series, 4)->count, 2);
	assert_true(pmp_series_point(series, 4)->times_s[0] >
		    pmp_series_point(series, 4)->times_s[1]);
	assert_null(pmp_series_point(series, 3));
	assert_string_equal(series->program, "app");
	assert_int_equal(series->scaling, PMP_SCALING_STRONG);
	assert_true(series->is_scaling_found);
	pmp_series_free(series);
}

static void weak_scaling_is_seen(void **state)
{
	const struct shape shapes[] = {{.ranks = 1, .work = 1}, {.ranks = 8, .work = 1}};
	struct pmp_diag diag = {""};
	struct pmp_series *series;

	(void)state;
	assert_int_equal(make_series(shapes, 2, PMP_SCALING_AUTO, &series, &diag), 0);
	assert_int_equal(series->scaling, PMP_SCALING_WEAK);
	pmp_series_free(series);
	assert_int_equal(make_series(shapes, 2, PMP_SCALING_STRONG, &series, &diag), 0);
	assert_int_equal(series->scaling, PMP_SCALING_STRONG);
	pmp_series_free(series);
}

static void what_cannot_be_compared_is_refused(void **state)
{
	const struct shape mixed[] = {{.ranks = 1, .work = 1},
				      {.ranks = 2, .work = 1, .command = "/opt/bin/other 5"}};
	const struct pmp_series_source nothing = {.scaling = PMP_SCALING_AUTO};
	struct pmp_diag diag = {""};
	struct pmp_series *series;

	(void)state;
	assert_int_equal(make_series(mixed, 2, PMP_SCALING_AUTO, &series, &diag), -PMP_EFORMAT);
	assert_non_null(strstr(diag.text, "different programs"));
	assert_non_null(strstr(diag.text, "other"));
	diag.text[0] = '\0';
	assert_int_equal(pmp_series_make(&nothing, &series, &diag), -PMP_EFORMAT);
	assert_non_null(strstr(diag.text, "no run"));
	const struct shape shape = {.ranks = 4, .work = 1};
	struct pmp_model *model = make_model(&shape);

	model->ranks[1].state = PMP_RANK_MISSING;
	struct pmp_digest *digest = digest_of(model, "broken.pmprof.h5");
	struct pmp_series_source source = {.runs = &digest, .run_count = 1};

	diag.text[0] = '\0';
	assert_int_equal(pmp_series_make(&source, &series, &diag), -PMP_EFORMAT);
	assert_non_null(strstr(diag.text, "'broken.pmprof.h5' has data of 3 of its 4 ranks"));
	source.is_unfinished_allowed = true;
	assert_int_equal(pmp_series_make(&source, &series, &diag), 0);
	pmp_series_free(series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_hold),
		cmocka_unit_test(sums_hold_without_all_ranks),
		cmocka_unit_test(causes_are_told_apart),
		cmocka_unit_test(keys_hold_across_runs),
		cmocka_unit_test(series_are_grouped),
		cmocka_unit_test(weak_scaling_is_seen),
		cmocka_unit_test(what_cannot_be_compared_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
