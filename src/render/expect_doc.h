/* expect_doc.h - verdicts on expectations: a section of any report, and the array "expectations" of its JSON */
#ifndef PMP_EXPECT_DOC_H
#define PMP_EXPECT_DOC_H

#include <jansson.h>

#include "metrics/expect.h"
#include "render/doc.h"

/* pmp_expect_doc - heading, table "expectations", a paragraph for each that was not met; nothing when there are none */
void pmp_expect_doc(const struct pmp_findings *findings, struct pmp_doc *doc);

/* pmp_expect_list_doc - everything that can be expected, as a table "metrics" */
void pmp_expect_list_doc(struct pmp_doc *doc);

/* pmp_expect_summary - "1 failed, 1 inconclusive, 2 passed", "all 4 passed" */
const char *pmp_expect_summary(const struct pmp_findings *findings, struct pmp_pool *pool);

/*
 * pmp_expect_json - a new array of {expectation, verdict, metric, region, argument, ranks, runs, relation, bound, value, low, high,
 * found, why, cause, reason, source, line}; NULL when there is no memory. See docs/METRICS.md.
 */
json_t *pmp_expect_json(const struct pmp_findings *findings, struct pmp_pool *pool);

#endif
