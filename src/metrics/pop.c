/*
 * pop.c - POP's parallel efficiencies, multiplicative and additive. Pure functions.
 */
#include <math.h>
#include <stdlib.h>

#include "metrics/metrics.h"

static double ratio(double numerator, double denominator)
{
	return denominator == 0 ? NAN : numerator / denominator;
}

/* The largest mean over the ranks of one node; NaN without nodes or memory. */
static double largest_node_mean(const double *useful, size_t count, const uint32_t *node_of,
				size_t nodes)
{
	double *sums = calloc(2 * nodes + 1, sizeof(*sums)), *counts = sums + nodes;
	double largest = NAN;

	if (!sums)
		return NAN;
	for (size_t i = 0; i < count; i++) {
		sums[node_of[i]] += useful[i];
		counts[node_of[i]]++;
	}
	for (size_t n = 0; n < nodes; n++)
		largest = fmax(largest, ratio(sums[n], counts[n]));
	free(sums);
	return largest;
}

struct pmp_pop pmp_pop(const double *useful, size_t count, double wall, double ideal,
		       const uint32_t *node_of, size_t nodes)
{
	struct pmp_imbalance balance = pmp_imbalance(useful, count);
	double inner = node_of ? largest_node_mean(useful, count, node_of, nodes) : NAN;

	return (struct pmp_pop){
		.parallel = ratio(balance.mean, wall),
		.load_balance = balance.load_balance,
		.communication = ratio(balance.max, wall),
		.serialisation = ratio(balance.max, ideal),
		.transfer = ratio(ideal, wall),
		.balance_inner = ratio(inner, balance.max),
		.balance_outer = ratio(balance.mean, inner),
		.loss_balance = ratio(balance.time, wall),
		.loss_communication = ratio(wall - balance.max, wall),
		.loss_serialisation = ratio(ideal - balance.max, wall),
		.loss_transfer = ratio(wall - ideal, wall),
	};
}
