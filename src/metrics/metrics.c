/*
 * metrics.c - the table of metrics. Constant data.
 */
#include "metrics/metrics.h"

static const struct pmp_metric_info table[PMP_METRIC_COUNT] = {
#define PMP_METRIC(id, key, name, formula, unit, range, doc)                                       \
	[PMP_METRIC_##id] = {key, name, formula, unit, range, doc},
#include "metrics/metrics.def"
#undef PMP_METRIC
};

const struct pmp_metric_info *pmp_metric_info(enum pmp_metric id)
{
	return &table[id];
}
