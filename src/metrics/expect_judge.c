/*
 * expect_judge.c - owns the verdicts: which runs an expectation is about, whether they say enough, and what they say. Called by the
 * command line. The statistics are stats.h's, the values of a run expect_values.c's.
 */
#include <math.h>
#include <string.h>

#include "metrics/expect_internal.h"
#include "metrics/scaling.h"

#define SHOWN_POINTS 8 /* rank counts that a message lists */

struct judge {
	const struct pmp_series *series;
	const struct pmp_speedup *speedup;
	struct pmp_pool *pool;
	bool is_forced;
};

/* The runs that are looked at, and what they say; in the pool. */
struct sample {
	const struct pmp_digest *const *runs;
	struct pmp_expect_value *values;
	double *numbers; /* the same, bare */
	size_t count;
};

static const char *runs_text(struct judge *j, size_t count)
{
	return count == 1 ? "one run" : pmp_pool_printf(j->pool, "%zu runs", count);
}

static const char *ranks_text(struct judge *j, uint32_t ranks)
{
	return pmp_pool_printf(j->pool, "%u rank%s", ranks, ranks == 1 ? "" : "s");
}

static void cannot_say(struct pmp_finding *f, const char *why)
{
	f->verdict = PMP_INCONCLUSIVE;
	f->why = why;
}

/* "1, 2 and 4 ranks" */
static const char *points_text(struct judge *j)
{
	const struct pmp_series *s = j->series;
	const char *text = "";

	for (size_t i = 0; i < s->point_count && i < SHOWN_POINTS; i++)
		text = pmp_pool_printf(j->pool, "%s%s%u", text,
				       i == 0                    ? ""
				       : i + 1 == s->point_count ? " and "
								 : ", ",
				       s->points[i].ranks);
	return pmp_pool_printf(j->pool, "%s%s rank%s", text,
			       s->point_count > SHOWN_POINTS ? " and more" : "",
			       s->point_count == 1 && s->points[0].ranks == 1 ? "" : "s");
}

/* The runs that an expectation is about; without a rank count those with the most ranks. */
static const struct pmp_point *find_point(struct judge *j, struct pmp_finding *f)
{
	uint32_t ranks = f->expectation->ranks;
	const struct pmp_point *point = ranks ? pmp_series_point(j->series, ranks)
					      : &j->series->points[j->series->point_count - 1];

	if (point) {
		f->ranks = point->ranks;
		f->runs = point->count;
	} else {
		cannot_say(f, pmp_pool_printf(j->pool, "no run with %s, there are runs with %s",
					      ranks_text(j, ranks), points_text(j)));
	}
	return point;
}

/* Ask every run. A run that cannot say makes the whole inconclusive. */
static int ask_runs(struct judge *j, struct pmp_finding *f, const struct pmp_point *point,
		    struct sample *sample)
{
	sample->runs = point->runs;
	sample->count = point->count;
	sample->values = pmp_pool_alloc(j->pool, point->count, sizeof(*sample->values));
	sample->numbers = pmp_pool_alloc(j->pool, point->count, sizeof(*sample->numbers));
	if (!sample->values || !sample->numbers)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < point->count; i++) {
		sample->values[i] = pmp_expect_value(f->expectation, point->runs[i], j->pool);
		sample->numbers[i] = sample->values[i].value;
		if (sample->values[i].problem && !f->why)
			cannot_say(f, sample->values[i].problem);
	}
	return 0;
}

/* More ranks than processors: times say more about the scheduler than about the program. */
static void check_processors(struct judge *j, struct pmp_finding *f, const struct pmp_point *point)
{
	const struct pmp_digest *run = point->runs[0];

	if (!point->is_oversubscribed || j->is_forced)
		return;
	cannot_say(f, run->processors
			      ? pmp_pool_printf(j->pool,
						"oversubscribed: %s share %u processor%s; "
						"--force-oversubscribed judges all the same",
						ranks_text(j, point->ranks), run->processors,
						run->processors == 1 ? "" : "s")
			      : "oversubscribed: more ranks than processors; "
				"--force-oversubscribed judges all the same");
}

static const char *interval_text(struct judge *j, const struct pmp_finding *f)
{
	const struct pmp_expectation *e = f->expectation;
	const char *value = pmp_expect_show(e, f->value.value, j->pool);

	if (isnan(f->value.low) || isnan(f->value.high))
		return pmp_pool_printf(j->pool, "%s in %s", value, runs_text(j, f->runs));
	if (f->value.low == f->value.high)
		return value;
	return pmp_pool_printf(j->pool, "%s (%s to %s)", value,
			       pmp_expect_show(e, f->value.low, j->pool),
			       pmp_expect_show(e, f->value.high, j->pool));
}

/*
 * The median with its interval. Statistics are done on logarithms; ratios, which may be near 0, are first shifted to 1 and above,
 * and so is a time or size that is 0 in some run.
 */
static struct pmp_interval estimate(const struct pmp_expectation *e, const double *values,
				    size_t count, struct pmp_pool *pool)
{
	double *shifted = pmp_pool_alloc(pool, count, sizeof(*shifted));
	double shift = pmp_expect_info(e->id)->unit == PMP_UNIT_RATIO ? 1 : 0, largest = 0;
	bool is_same = true;

	for (size_t i = 0; i < count; i++) {
		largest = fmax(largest, values[i]);
		is_same = is_same && values[i] == values[0];
	}
	for (size_t i = 0; i < count; i++)
		shift = values[i] > 0 ? shift : fmax(shift, largest);
	for (size_t i = 0; shifted && i < count; i++)
		shifted[i] = values[i] + shift;
	if (!shifted || (is_same && count > 1))
		return (struct pmp_interval){values[0], values[0], values[0]};
	struct pmp_interval interval = pmp_estimate(shifted, count);

	return (struct pmp_interval){interval.value - shift, interval.low - shift,
				     interval.high - shift};
}

/* The verdict of a known interval; a value alone counts as an interval where one run is enough. */
static void decide(struct judge *j, struct pmp_finding *f, bool is_one_enough)
{
	const struct pmp_expectation *e = f->expectation;
	struct pmp_interval interval = f->value;

	f->found = interval_text(j, f);
	if (f->why)
		return;
	if (is_one_enough && isnan(interval.low))
		interval.low = interval.high = interval.value;
	f->verdict = pmp_judge(interval, e->relation, e->bound);
	if (f->verdict == PMP_INCONCLUSIVE)
		f->why = pmp_pool_printf(
			j->pool, "%s lies within the interval of %s: more repeats narrow it",
			pmp_expect_show(e, e->bound, j->pool), runs_text(j, f->runs));
}

/* The first run that alone would not meet it. */
static const struct pmp_digest *worst_run(const struct pmp_finding *f, const struct sample *sample)
{
	const struct pmp_expectation *e = f->expectation;

	for (size_t i = 0; i < sample->count; i++) {
		double value = sample->values[i].value;

		if (pmp_judge((struct pmp_interval){value, value, value}, e->relation, e->bound) ==
		    PMP_FAIL)
			return sample->runs[i];
	}
	return sample->runs[0];
}

static int judge_own(struct judge *j, struct pmp_finding *f)
{
	const struct pmp_point *point = find_point(j, f);
	struct sample sample;
	int rc = point ? ask_runs(j, f, point, &sample) : 0;

	if (rc || !point || f->why)
		return rc;
	check_processors(j, f, point);
	f->value = estimate(f->expectation, sample.numbers, sample.count, j->pool);
	decide(j, f, f->runs == 1);
	if (f->verdict == PMP_FAIL)
		f->cause = pmp_expect_cause(f->expectation, worst_run(f, &sample), j->pool);
	return 0;
}

/* What a speedup is measured against. */
struct baseline {
	const double *times_s;
	size_t count;
	uint32_t ranks;
	const char *name; /* NULL: one rank, which needs no words */
	bool is_serial;
};

static int find_baseline(struct judge *j, struct pmp_finding *f, struct baseline *base)
{
	const struct pmp_series *s = j->series;
	const struct pmp_point *first = &s->points[0];
	struct sample sample;
	int rc;

	if (s->serial_count && !f->expectation->region) {
		*base = (struct baseline){s->serial_s, s->serial_count, 1, "the serial program",
					  true};
		return 0;
	}
	rc = ask_runs(j, f, first, &sample);
	if (rc || f->why)
		return rc;
	check_processors(j, f, first);
	*base = (struct baseline){sample.numbers, sample.count, first->ranks,
				  first->ranks > 1 ? ranks_text(j, first->ranks) : NULL, false};
	return 0;
}

static double parallel_factor(const struct judge *j, const struct baseline *base, uint32_t ranks)
{
	return j->series->scaling == PMP_SCALING_WEAK ? (double)ranks : (double)base->ranks;
}

/* From the speedup to what was asked for. */
static struct pmp_interval derive(const struct pmp_expectation *e, struct pmp_interval s,
				  uint32_t ranks)
{
	double n = (double)ranks;

	if (e->id == PMP_EXPECT_EFFICIENCY)
		return (struct pmp_interval){s.value / n, s.low / n, s.high / n};
	if (e->id == PMP_EXPECT_KARP_FLATT) /* falls when the speedup rises */
		return (struct pmp_interval){pmp_karp_flatt(s.value, n), pmp_karp_flatt(s.high, n),
					     pmp_karp_flatt(s.low, n)};
	return s;
}

static void check_repeats(struct judge *j, struct pmp_finding *f, const struct baseline *base)
{
	const char *what = f->runs < 2  ? ranks_text(j, f->ranks)
			   : base->name ? base->name
					: ranks_text(j, base->ranks);

	if (!f->why && (f->runs < 2 || base->count < 2))
		cannot_say(f, pmp_pool_printf(j->pool,
					      "one run of %s is no evidence: repeat it, at least "
					      "3 times (pmprof scale --repeat 5)",
					      what));
}

/* The speedup itself, when baseline and runs are both there. @times: NULL for the baseline, whose speedup needs no measurement. */
static void compare(struct judge *j, struct pmp_finding *f, const struct baseline *base,
		    const double *times, size_t count)
{
	double factor = parallel_factor(j, base, f->ranks);
	struct pmp_interval speedup = {factor, factor, factor};

	if (times)
		speedup = pmp_ratio(factor, base->times_s, base->count, times, count);

	f->value = derive(f->expectation, speedup, f->ranks);
	if (isnan(f->value.value)) {
		cannot_say(f, f->ranks == 1 ? "undefined for 1 rank" : "undefined: a time is zero");
		return;
	}
	if (times)
		check_repeats(j, f, base);
	decide(j, f, !times);
	if (base->name && times)
		f->found = pmp_pool_printf(j->pool, "%s against %s", f->found, base->name);
}

static const char *pair_cause(struct judge *j, const struct pmp_finding *f,
			      const struct sample *sample)
{
	bool is_too_little = f->expectation->relation == PMP_AT_LEAST ||
			     f->expectation->relation == PMP_ABOVE ||
			     f->expectation->id == PMP_EXPECT_KARP_FLATT;

	if (f->expectation->region)
		return pmp_expect_cause(f->expectation, sample->runs[0], j->pool);
	return is_too_little ? pmp_expect_missing(j->speedup, f->ranks, j->pool) : NULL;
}

static bool has_baseline(const struct judge *j, const struct pmp_finding *f)
{
	return j->series->point_count > 1 ||
	       (j->series->serial_count > 0 && !f->expectation->region);
}

static int judge_pair(struct judge *j, struct pmp_finding *f)
{
	const struct pmp_point *point = find_point(j, f);
	struct baseline base = {0};
	struct sample sample;
	bool is_baseline;
	int rc;

	if (!point)
		return 0;
	if (!has_baseline(j, f)) {
		cannot_say(f, pmp_pool_printf(j->pool,
					      "no baseline: there are only runs with %s, add runs "
					      "with %s",
					      ranks_text(j, point->ranks),
					      point->ranks == 1 ? "more" : "1 rank"));
		return 0;
	}
	rc = ask_runs(j, f, point, &sample);
	if (rc == 0 && !f->why)
		rc = find_baseline(j, f, &base);
	if (rc || !base.count)
		return rc;
	check_processors(j, f, point);
	is_baseline = point == &j->series->points[0] && !base.is_serial;
	compare(j, f, &base, is_baseline ? NULL : sample.numbers, sample.count);
	if (f->verdict == PMP_FAIL)
		f->cause = pair_cause(j, f, &sample);
	return 0;
}

/* "400", "at least 400", "400 to 402 in 5 runs" */
static const char *exact_text(struct judge *j, const struct pmp_expectation *e,
			      const struct sample *sample)
{
	double least = INFINITY, most = -INFINITY;
	bool is_at_least = false;

	for (size_t i = 0; i < sample->count; i++) {
		least = fmin(least, sample->values[i].value);
		most = fmax(most, sample->values[i].value);
		is_at_least = is_at_least || sample->values[i].is_at_least;
	}
	const char *text = pmp_expect_show(e, least, j->pool);

	if (least < most)
		text = pmp_pool_printf(j->pool, "%s to %s in %zu runs", text,
				       pmp_expect_show(e, most, j->pool), sample->count);
	return is_at_least ? pmp_pool_printf(j->pool, "at least %s", text) : text;
}

/* Every run has to meet it. */
static void judge_each(struct judge *j, struct pmp_finding *f, const struct sample *sample)
{
	const struct pmp_expectation *e = f->expectation;

	f->verdict = PMP_PASS;
	f->found = exact_text(j, e, sample);
	f->value.value = sample->values[0].value;
	f->value.low = f->value.high = f->value.value;
	for (size_t i = 0; i < sample->count; i++) {
		double value = sample->values[i].value;
		double most = sample->values[i].is_at_least ? INFINITY : value;
		enum pmp_verdict verdict =
			pmp_judge((struct pmp_interval){value, value, most}, e->relation, e->bound);

		f->value.low = fmin(f->value.low, value);
		f->value.high = fmax(f->value.high, most);
		if (verdict == PMP_FAIL || (verdict == PMP_INCONCLUSIVE && f->verdict == PMP_PASS))
			f->verdict = verdict;
		if (verdict == PMP_INCONCLUSIVE)
			f->why = pmp_pool_printf(j->pool,
						 "'%s' is not complete, 'pmprof report' says why",
						 sample->runs[i]->path);
	}
	if (f->verdict != PMP_INCONCLUSIVE)
		f->why = NULL;
}

/* All runs as one sample. */
static int gather_all(struct judge *j, struct pmp_finding *f, struct sample *sample)
{
	const struct pmp_series *s = j->series;
	const struct pmp_digest **runs;
	struct pmp_point all = {0};
	size_t count = 0;

	for (size_t i = 0; i < s->point_count; i++)
		all.count += s->points[i].count;
	runs = pmp_pool_alloc(j->pool, all.count, sizeof(*runs));
	if (!runs)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < s->point_count; i++)
		for (size_t r = 0; r < s->points[i].count; r++)
			runs[count++] = s->points[i].runs[r];
	all.runs = runs;
	f->runs = count;
	return ask_runs(j, f, &all, sample);
}

static int judge_exact(struct judge *j, struct pmp_finding *f)
{
	bool is_each = pmp_expect_info(f->expectation->id)->runs == PMP_RUNS_EACH &&
		       f->expectation->ranks == 0;
	const struct pmp_point *point = is_each ? NULL : find_point(j, f);
	struct sample sample;
	int rc;

	if (!is_each && !point)
		return 0;
	rc = is_each ? gather_all(j, f, &sample) : ask_runs(j, f, point, &sample);
	if (rc || f->why)
		return rc;
	judge_each(j, f, &sample);
	if (f->verdict != PMP_FAIL)
		return 0;
	const struct pmp_digest *worst = worst_run(f, &sample);

	f->cause = pmp_expect_cause(f->expectation, worst, j->pool);
	if (is_each)
		f->cause = pmp_pool_printf(j->pool, "'%s'%s%s", worst->path, f->cause ? ": " : "",
					   f->cause ? f->cause : "");
	return 0;
}

static int judge_one(struct judge *j, struct pmp_finding *f)
{
	const struct pmp_expect_info *info = pmp_expect_info(f->expectation->id);
	int rc;

	f->value = (struct pmp_interval){NAN, NAN, NAN};
	f->found = "";
	if (info->nature == PMP_NATURE_EXACT)
		rc = judge_exact(j, f);
	else
		rc = info->runs == PMP_RUNS_PAIR ? judge_pair(j, f) : judge_own(j, f);
	if (f->why)
		f->verdict = PMP_INCONCLUSIVE;
	return rc;
}

int pmp_expect_judge(const struct pmp_expectations *list, const struct pmp_series *series,
		     const struct pmp_speedup *speedup, bool is_forced, struct pmp_pool *pool,
		     struct pmp_findings *findings)
{
	struct judge judge = {series, speedup, pool, is_forced};
	struct pmp_finding *items = pmp_pool_alloc(pool, list->count, sizeof(*items));

	*findings = (struct pmp_findings){.items = items, .count = list->count};
	if (!items)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		items[i].expectation = &list->items[i];
		int rc = judge_one(&judge, &items[i]);

		if (rc)
			return rc;
		findings->verdicts[items[i].verdict]++;
	}
	return pmp_pool_failed(pool) ? -PMP_ENOMEM : 0;
}

enum pmp_verdict pmp_findings_worst(const struct pmp_findings *findings)
{
	if (findings->verdicts[PMP_FAIL])
		return PMP_FAIL;
	return findings->verdicts[PMP_INCONCLUSIVE] ? PMP_INCONCLUSIVE : PMP_PASS;
}
