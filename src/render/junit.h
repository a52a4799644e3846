/* junit.h - verdicts as JUnit XML, which CI systems show beside a merge request */
#ifndef PMP_JUNIT_H
#define PMP_JUNIT_H

#include "metrics/expect.h"

/*
 * pmp_junit_write - one test case per expectation: FAIL is a failure, INCONCLUSIVE is skipped with its reason; machine, ranks and
 * times are properties of the suite. Written to a temporary file beside @path and renamed.
 * @when: seconds since the epoch, shown in UTC
 *
 * Return: 0; -PMP_ENOMEM; -PMP_EFULL with one line in @diag when it cannot be written.
 */
int pmp_junit_write(const char *path, const struct pmp_series *series,
		    const struct pmp_findings *findings, int64_t when, struct pmp_diag *diag);

#endif
