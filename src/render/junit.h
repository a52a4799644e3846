/* junit.h - verdicts as JUnit XML, which CI systems show beside a merge request */
#ifndef PMP_JUNIT_H
#define PMP_JUNIT_H

#include <stdio.h>

#include "metrics/expect.h"

/*
 * pmp_junit_print - one test case per expectation: FAIL is a failure, INCONCLUSIVE is skipped with its reason; machine, ranks and
 * times are properties of the suite. The time of a case is that of the runs it is about.
 * @when: seconds since the epoch, written in UTC
 *
 * Return: 0; -PMP_ENOMEM; -PMP_EIO when the stream failed.
 */
int pmp_junit_print(const struct pmp_series *series, const struct pmp_findings *findings,
		    int64_t when, FILE *out);

#endif
