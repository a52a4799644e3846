/*
 * made_runs.c - see made_runs.h. Keys are what digest.c would make of the names, without lines.
 */
#include "made_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/pool.h"

static uint64_t seed64;

void made_seed(uint64_t seed)
{
	seed64 = seed;
}

double made_uniform(void)
{
	seed64 += UINT64_C(0x9e3779b97f4a7c15);
	return ((double)(pmp_mix(seed64) >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
	return sqrt(-2 * log(made_uniform())) * cos(2 * M_PI * made_uniform());
}

static const char *const region_names[MADE_REGIONS] = {"", "setup", "solve", "solve/halo"};
static const enum made_region site_regions[MADE_SITES] = {MADE_HALO, MADE_HALO, MADE_SOLVE,
							  MADE_ALL, MADE_ALL};
static const char *const calls[MADE_SITES] = {"MPI_Send", "MPI_Recv", "MPI_Allreduce", "MPI_Reduce",
					      "MPI_Test"};

struct made_program made_program(void)
{
	return (struct made_program){
		.ranks = 4,
		.computes_s = {0.2, 1.0, 6.0, 0.1},
		.calls_s = {0.05, 0.4, 0.3, 0.1, 0.2},
		.counts = {4000, 4000, 2000, 4, 31234},
		.bytes = {32000000, 32000000, 16000, 32, 0},
		.functions = {"exchange", "exchange", "solve", "main", "main"},
		.first_line = 40,
	};
}

static uint64_t key_of(const char *a, const char *b, uint64_t seed)
{
	return pmp_hash_combine(pmp_hash_bytes(seed, a, strlen(a)),
				pmp_hash_bytes(1, b, strlen(b)));
}

/* One run's noise. */
struct draw {
	const struct made_noise *noise;
	double all;
};

static double disturbed(const struct draw *draw, double seconds)
{
	return seconds * draw->all * exp(draw->noise->each * normal()) *
	       (1 - draw->noise->skew * log(made_uniform()));
}

/* A time that ranks share alike but for a percent. */
static struct pmp_spread spread(double slowest, uint32_t ranks)
{
	return (struct pmp_spread){slowest * ranks * 0.995, slowest, 0, ranks};
}

static void fill_regions(struct pmp_digest *d, const struct made_program *p,
			 const struct draw *draw)
{
	d->region_count = MADE_REGIONS;
	d->regions = pmp_pool_alloc(d->pool, MADE_REGIONS, sizeof(*d->regions));
	for (int i = 0; i < MADE_REGIONS; i++) {
		struct pmp_digest_region *r = &d->regions[i];

		r->key = key_of(region_names[i], "", 1);
		r->name = region_names[i];
		r->count = i ? 4 : 0;
		r->self_compute = spread(disturbed(draw, p->computes_s[i]), p->ranks);
		r->compute = r->self_compute;
		r->place = (struct pmp_digest_place){i == MADE_SOLVE ? "solve" : "main", "heat.c",
						     (uint32_t)(p->first_line + i)};
		d->compute_s += r->self_compute.sum_s;
		d->time_s += r->self_compute.max_s;
	}
}

static void fill_stretches(struct pmp_digest *d)
{
	d->stretch_count = MADE_REGIONS;
	d->stretches = pmp_pool_alloc(d->pool, MADE_REGIONS, sizeof(*d->stretches));
	for (uint32_t i = 0; i < MADE_REGIONS; i++)
		d->stretches[i] = (struct pmp_digest_stretch){
			.key = key_of(region_names[i], "stretch", 2),
			.region = i,
			.from_call = i ? "MPI_Recv" : "",
			.to_call = "MPI_Send",
			.from = d->regions[i].place,
			.to = d->regions[i].place,
			.count = 100,
			.compute = d->regions[i].self_compute,
		};
}

static void fill_sites(struct pmp_digest *d, const struct made_program *p, const struct draw *draw)
{
	d->sites = pmp_pool_alloc(d->pool, MADE_SITES, sizeof(*d->sites));
	for (int i = 0; i < MADE_SITES; i++) {
		double waits = disturbed(draw, p->waits_s[i]);
		double seconds = disturbed(draw, p->calls_s[i]) + waits;

		if (p->counts[i] == 0)
			continue;
		d->sites[d->site_count++] = (struct pmp_digest_site){
			.key = key_of(p->functions[i], calls[i], 3),
			.call = calls[i],
			.region = site_regions[i],
			.place = {p->functions[i], "heat.c", (uint32_t)(p->first_line + 10 + i)},
			.path = p->functions[i],
			.count = i == MADE_TEST ? p->counts[i] + (int64_t)(1000 * made_uniform())
						: p->counts[i],
			.bytes_out = p->bytes[i],
			.bytes_in = p->bytes[i],
			.waiting_s = waits * p->ranks,
			.time = {seconds * p->ranks, seconds, 0, p->ranks},
		};
		d->mpi_s += seconds * p->ranks;
		d->time_s += seconds;
	}
}

struct pmp_digest *made_run(const struct made_program *program, const struct made_noise *noise)
{
	struct draw draw = {noise, exp(noise->whole * normal())};
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_digest *d = pmp_pool_alloc(pool, 1, sizeof(*d));

	if (made_uniform() < noise->outliers)
		draw.all *= 1.1 + 0.3 * made_uniform();
	*d = (struct pmp_digest){
		.pool = pool,
		.path = "made.pmprof.h5",
		.command = "./heat",
		.mpi = "Open MPI",
		.job = "",
		.created = "2026-11-24T00:00:00Z",
		.host = "node",
		.version = "",
		.ranks = program->ranks,
		.nodes = 1,
		.data_ranks = program->ranks,
		.finished_ranks = program->ranks,
		.is_complete = true,
	};
	d->init_s = disturbed(&draw, 0.2);
	d->time_s = d->init_s;
	fill_regions(d, program, &draw);
	fill_stretches(d);
	fill_sites(d, program, &draw);
	return d;
}
