/*
 * metrics.h - the formulas, each documented in metrics.def and docs/METRICS.md
 *
 * Pure functions of arrays of numbers. A denominator of 0 gives NaN, which means "undefined" in text and null in JSON; numbers
 * are never clamped.
 */
#ifndef PMP_METRICS_H
#define PMP_METRICS_H

#include <stddef.h>
#include <stdint.h>

enum pmp_metric {
#define PMP_METRIC(id, key, name, formula, unit, range, doc) PMP_METRIC_##id,
#include "metrics/metrics.def"
#undef PMP_METRIC
	PMP_METRIC_COUNT
};

struct pmp_metric_info {
	const char *key, *name, *formula, *unit, *range, *doc;
};

/* pmp_metric_info - the row of metrics.def */
const struct pmp_metric_info *pmp_metric_info(enum pmp_metric id);

/* How unevenly a time is spread over ranks. */
struct pmp_imbalance {
	size_t count;
	double sum, mean, min, max;
	double sigma;        /* population */
	double percent;      /* max/mean - 1, as a ratio */
	double time;         /* max - mean */
	double cray;         /* (max-mean)/max * N/(N-1), as a ratio; 0 for one rank */
	double load_balance; /* mean/max */
	double cov;          /* sigma/mean */
	double lost;         /* N*max - sum */
	double skewness;
	size_t slowest, fastest; /* index of max and min, the first of equals; 0 when count is 0 */
};

/* pmp_imbalance - of @count values; all undefined when count is 0 */
struct pmp_imbalance pmp_imbalance(const double *values, size_t count);

/* POP's efficiencies: parallel = load_balance * communication, communication = serialisation * transfer. */
struct pmp_pop {
	double parallel, load_balance, communication;
	double serialisation, transfer;      /* NaN when @ideal is unknown */
	double balance_inner, balance_outer; /* within and between nodes */
	/* The same additively, as shares of T: parallel = 1 - the losses. */
	double loss_balance, loss_communication, loss_serialisation, loss_transfer;
};

/*
 * pmp_pop - @useful: computation of each rank; @wall: T; @ideal: T on an instantaneous network, NaN if unknown
 * @node_of: node of each rank, below @nodes; NULL: unknown, balance_inner and _outer are undefined
 */
struct pmp_pop pmp_pop(const double *useful, size_t count, double wall, double ideal,
		       const uint32_t *node_of, size_t nodes);

#endif
