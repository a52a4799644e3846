/*
 * stats_tool.c - reads sets of numbers as JSON from stdin and prints what stats.c and scaling.c say about them
 *
 * In: [{"a": [..], "b": [..], "ranks": [..], "speedups": [..]}, ..]. Out: one object per set. independent.py compares.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics/scaling.h"
#include "metrics/stats.h"

#define MOST 1000

struct numbers {
	double values[MOST];
	size_t count;
};

static struct numbers take(const json_t *set, const char *key)
{
	struct numbers out = {.count = 0};
	json_t *list = json_object_get(set, key), *value;
	size_t i;

	json_array_foreach(list, i, value) if (i < MOST) out.values[out.count++] =
		json_number_value(value);
	return out;
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval(struct pmp_interval i)
{
	return json_pack("[o,o,o]", number(i.value), number(i.low), number(i.high));
}

static json_t *fit(enum pmp_law law, const struct numbers *ranks, const struct numbers *speedups)
{
	struct pmp_fit f = pmp_fit_law(law, ranks->values, speedups->values, ranks->count);

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:b,s:b}", "serial", number(f.serial), "coherence",
			 number(f.coherence), "r_squared", number(f.r_squared), "peak_ranks",
			 number(f.peak_ranks), "peak_speedup", number(f.peak_speedup), "trusted",
			 f.is_peak_trusted, "refused", f.refusal != NULL);
}

static json_t *evaluate(const json_t *set)
{
	struct numbers a = take(set, "a"), b = take(set, "b");
	struct numbers ranks = take(set, "ranks"), speedups = take(set, "speedups");
	struct pmp_comparison c = pmp_compare(a.values, a.count, b.values, b.count);
	json_t *out = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "p_ratio", number(c.p_ratio),
				"mean", number(pmp_mean(a.values, a.count)), "variance",
				number(pmp_variance(a.values, a.count)), "estimate",
				interval(pmp_estimate(a.values, a.count)), "student",
				number(pmp_student(PMP_CONFIDENCE, (double)a.count - 0.5)), "ratio",
				interval(c.ratio), "p", number(c.p), "effect", number(c.effect));

	for (int law = 0; law < PMP_LAW_COUNT; law++)
		json_object_set_new(out, pmp_law_name((enum pmp_law)law),
				    fit((enum pmp_law)law, &ranks, &speedups));
	return out;
}

int main(void)
{
	json_t *sets = json_loadf(stdin, 0, NULL), *out = json_array(), *set;
	size_t i;

	if (!json_is_array(sets))
		return 2;
	json_array_foreach(sets, i, set) json_array_append_new(out, evaluate(set));
	json_dumpf(out, stdout, JSON_REAL_PRECISION(17));
	json_decref(out);
	json_decref(sets);
	return 0;
}
