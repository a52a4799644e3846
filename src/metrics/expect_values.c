/*
 * expect_values.c - what one run says of a metric that something is expected of, and how it is shown. Called by expect_judge.c.
 * Knows nothing of repeats and verdicts.
 */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fmt.h"
#include "base/suggest.h"
#include "metrics/expect_internal.h"
#include "schema/calls.h"

/* One question to one run. */
struct reading {
	const struct pmp_expectation *e;
	const struct pmp_digest *run;
	const struct pmp_digest_region *region; /* NULL: the whole run */
};

unsigned pmp_expect_class(const char *call)
{
	unsigned id = pmp_call_find(call);

	return id == PMP_CALL_NONE ? PMP_CLASS_COUNT : pmp_call_info(id)->class;
}

bool pmp_expect_matches(const struct pmp_expectation *e, const char *call)
{
	return !e->argument || fnmatch(e->argument, call, 0) == 0;
}

bool pmp_expect_is_inside(const struct pmp_digest *run, uint32_t region, const char *name)
{
	const struct pmp_digest_region *outer = name ? pmp_digest_region(run, name) : NULL;

	if (!name)
		return true;
	if (!outer || region >= run->region_count)
		return false;
	size_t length = strlen(outer->name);
	const char *inner = run->regions[region].name;

	return strncmp(inner, outer->name, length) == 0 &&
	       (inner[length] == '\0' || inner[length] == '/');
}

static double time_of(const struct reading *r)
{
	return r->region ? r->region->time.max_s : r->run->time_s;
}

/* A start-up that takes the same on any number of ranks would pass for a serial part of the program. */
static double time_after_init_of(const struct reading *r)
{
	return r->run->time_s - r->run->init_s;
}

static double init_of(const struct reading *r)
{
	return r->run->init_s;
}

static double parallel_of(const struct reading *r)
{
	return r->run->pop.parallel;
}

static double balance_of(const struct reading *r)
{
	return r->region ? r->region->balance.load_balance : r->run->balance.load_balance;
}

static double communication_of(const struct reading *r)
{
	return r->run->pop.communication;
}

static double imbalance_of(const struct reading *r)
{
	return r->region ? r->region->balance.percent : r->run->balance.percent;
}

static double tool_of(const struct reading *r)
{
	return (r->run->tool_s + r->run->tool_hidden_s) / r->run->core_s;
}

static double memory_of(const struct reading *r)
{
	return r->run->max_rss_bytes;
}

static double complete_of(const struct reading *r)
{
	return r->run->is_complete;
}

static double lost_calls_of(const struct reading *r)
{
	return (double)r->run->lost_calls;
}

/* Sums over the calls that the expectation is about, in the region or in the whole run. */
struct call_sums {
	double count, bytes_out, bytes_in, time_s;
};

static struct call_sums sum_calls(const struct reading *r)
{
	struct call_sums sums = {0};

	for (size_t i = 0; !r->region && i < r->run->call_count; i++) {
		const struct pmp_digest_call *call = &r->run->calls[i];

		if (!pmp_expect_matches(r->e, call->call))
			continue;
		sums.count += (double)call->count;
		sums.bytes_out += (double)call->bytes_out;
		sums.bytes_in += (double)call->bytes_in;
		sums.time_s += call->time_s;
	}
	for (size_t i = 0; r->region && i < r->run->site_count; i++) {
		const struct pmp_digest_site *site = &r->run->sites[i];

		if (!pmp_expect_matches(r->e, site->call) ||
		    !pmp_expect_is_inside(r->run, site->region, r->region->name))
			continue;
		sums.count += (double)site->count;
		sums.bytes_out += (double)site->bytes_out;
		sums.bytes_in += (double)site->bytes_in;
		sums.time_s += site->time.sum_s;
	}
	return sums;
}

static double count_of(const struct reading *r)
{
	return r->e->argument ? sum_calls(r).count : (double)r->region->count;
}

static double bytes_of(const struct reading *r)
{
	struct call_sums sums = sum_calls(r);

	return fmax(sums.bytes_out, sums.bytes_in);
}

static double bytes_out_of(const struct reading *r)
{
	return sum_calls(r).bytes_out;
}

static double bytes_in_of(const struct reading *r)
{
	return sum_calls(r).bytes_in;
}

/* Core-seconds of a kind; NaN for what is not known of a region. */
static double kind_seconds(const struct reading *r)
{
	const struct pmp_digest_region *region = r->region;
	const struct pmp_digest *run = r->run;
	const struct {
		const char *kind;
		double run_s, region_s;
	} kinds[] = {
		{"compute", run->compute_s, region ? region->compute.sum_s : NAN},
		{"MPI", run->mpi_s, region ? region->mpi.sum_s : NAN},
		{"IO", run->io_s, region ? region->io.sum_s : NAN},
		{"tool", run->tool_s, NAN},
		{"init", run->init_sum_s, NAN},
		{"idle", run->idle_s, NAN},
	};

	for (size_t i = 0; i < PMP_COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].kind, r->e->argument) == 0)
			return region ? kinds[i].region_s : kinds[i].run_s;
	return sum_calls(r).time_s;
}

static double share_of(const struct reading *r)
{
	if (!r->e->argument)
		return r->region->time.sum_s / r->run->core_s;
	return kind_seconds(r) / (r->region ? r->region->time.sum_s : r->run->core_s);
}

static double (*const readers[PMP_EXPECT_COUNT_OF_IDS])(const struct reading *) = {
	[PMP_EXPECT_SPEEDUP] = time_of,
	[PMP_EXPECT_EFFICIENCY] = time_of,
	[PMP_EXPECT_KARP_FLATT] = time_after_init_of,
	[PMP_EXPECT_TIME] = time_of,
	[PMP_EXPECT_INIT] = init_of,
	[PMP_EXPECT_PARALLEL] = parallel_of,
	[PMP_EXPECT_BALANCE] = balance_of,
	[PMP_EXPECT_COMMUNICATION] = communication_of,
	[PMP_EXPECT_IMBALANCE] = imbalance_of,
	[PMP_EXPECT_SHARE] = share_of,
	[PMP_EXPECT_TOOL] = tool_of,
	[PMP_EXPECT_MEMORY] = memory_of,
	[PMP_EXPECT_COUNT] = count_of,
	[PMP_EXPECT_BYTES] = bytes_of,
	[PMP_EXPECT_BYTES_OUT] = bytes_out_of,
	[PMP_EXPECT_BYTES_IN] = bytes_in_of,
	[PMP_EXPECT_COMPLETE] = complete_of,
	[PMP_EXPECT_LOST_CALLS] = lost_calls_of,
};

/* Which there is instead. */
static const char *no_region_text(const struct pmp_digest *run, const char *name,
				  struct pmp_pool *pool)
{
	const char **names = pmp_pool_alloc(pool, run->region_count, sizeof(*names));
	const char *nearest, *list = "";
	size_t count = 0;

	for (size_t i = 0; names && i < run->region_count; i++)
		if (run->regions[i].name[0])
			names[count++] = run->regions[i].name;
	if (count == 0)
		return pmp_pool_printf(pool,
				       "no region '%s' in '%s', which has none: mark it with "
				       "PMPROF_REGION",
				       name, run->path);
	nearest = pmp_suggest(name, names, count, sizeof(names[0]));
	if (nearest)
		return pmp_pool_printf(pool, "no region '%s' in '%s', did you mean '%s'?", name,
				       run->path, nearest);
	for (size_t i = 0; i < count && i < 5; i++)
		list = pmp_pool_printf(pool, "%s%s'%s'", list, i ? ", " : "", names[i]);
	return pmp_pool_printf(pool, "no region '%s' in '%s': there %s %s%s", name, run->path,
			       count == 1 ? "is" : "are", list, count > 5 ? " and more" : "");
}

struct pmp_expect_value pmp_expect_value(const struct pmp_expectation *e,
					 const struct pmp_digest *run, struct pmp_pool *pool)
{
	const struct pmp_expect_info *info = pmp_expect_info(e->id);
	struct pmp_expect_value result = {.value = NAN};
	struct reading reading = {.e = e, .run = run};

	if (e->region && !(reading.region = pmp_digest_region(run, e->region))) {
		result.problem = no_region_text(run, e->region, pool);
		return result;
	}
	if (info->nature == PMP_NATURE_NOISY && run->finished_ranks < run->ranks) {
		result.problem =
			pmp_pool_printf(pool, "in '%s' %u of %u ranks did not reach MPI_Finalize",
					run->path, run->ranks - run->finished_ranks, run->ranks);
		return result;
	}
	result.value = readers[e->id](&reading);
	result.is_at_least = info->nature == PMP_NATURE_EXACT && !run->is_complete &&
			     e->id != PMP_EXPECT_COMPLETE;
	if (isnan(result.value))
		result.problem = e->id == PMP_EXPECT_SHARE && e->region
					 ? pmp_pool_printf(pool, "'%s' is not known of a region",
							   e->argument ? e->argument : "share")
					 : pmp_pool_printf(pool, "undefined in '%s'", run->path);
	return result;
}

static const char *show_ratio(double value, double bound, struct pmp_pool *pool)
{
	const char *text = pmp_pool_printf(pool, "%s", pmp_fmt_number(value).text);

	if (value == bound || strcmp(text, pmp_fmt_number(bound).text) != 0)
		return text;
	for (int digits = 4; digits <= 9; digits++) {
		char other[32];

		text = pmp_pool_printf(pool, "%.*g", digits, value);
		snprintf(other, sizeof(other), "%.*g", digits, bound);
		if (strcmp(text, other) != 0)
			break;
	}
	return text;
}

const char *pmp_expect_show(const struct pmp_expectation *e, double value, struct pmp_pool *pool)
{
	enum pmp_expect_unit unit = pmp_expect_info(e->id)->unit;
	struct pmp_fmt text, bound;

	if (unit == PMP_UNIT_COUNT)
		return pmp_pool_printf(pool, "%s", pmp_fmt_count((int64_t)value).text);
	if (unit == PMP_UNIT_RATIO && e->is_percent)
		return pmp_pool_printf(pool, "%s %%",
				       show_ratio(100 * value, 100 * e->bound, pool));
	if (unit == PMP_UNIT_RATIO)
		return show_ratio(value, e->bound, pool);
	text = unit == PMP_UNIT_SECONDS ? pmp_fmt_seconds(value) : pmp_fmt_bytes(value);
	bound = unit == PMP_UNIT_SECONDS ? pmp_fmt_seconds(e->bound) : pmp_fmt_bytes(e->bound);
	if (value == e->bound || strcmp(text.text, bound.text) != 0)
		return pmp_pool_printf(pool, "%s", text.text);
	if (unit == PMP_UNIT_SECONDS)
		return pmp_pool_printf(pool, "%.7g s", value);
	return pmp_pool_printf(pool, "%s B", pmp_fmt_count((int64_t)value).text);
}
