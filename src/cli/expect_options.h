/*
 * expect_options.h - --expect, --expect-file, --junit, --force-oversubscribed: shared by assert, speedup and scale
 *
 *	struct pmp_expect_options expect = {0};
 *	children: {&pmp_expect_argp, 0, "Expectations:", 0}; its input is &expect
 *	rc = pmp_expect_load(&expect, &diag);                               before the files are read: typos show at once
 *	rc = pmp_expect_conclude(&expect, series, speedup, pool, &diag);    judges, writes the JUnit file
 *	pmp_expect_doc(&expect.findings, doc) or pmp_expect_json            nothing is added without expectations
 *	return rc ? pmp_cli_fail(rc, &diag) : pmp_expect_exit(&expect);
 *	pmp_expect_release(&expect);
 */
#ifndef PMP_EXPECT_OPTIONS_H
#define PMP_EXPECT_OPTIONS_H

#include <argp.h>

#include "base/err.h"
#include "metrics/expect.h"

struct pmp_expect_options {
	struct pmp_expectations *list; /* NULL: none were given */
	const char *file, *junit;      /* NULL: not given */
	bool is_forced;
	struct pmp_findings findings; /* of pmp_expect_conclude; empty without expectations */
};

extern const struct argp pmp_expect_argp;

/* pmp_expect_load - read --expect-file, too; 0, -PMP_ENOMEM, or the failure of the file or of what it says */
int pmp_expect_load(struct pmp_expect_options *options, struct pmp_diag *diag);

/* pmp_expect_conclude - judge all, and write --junit; nothing without expectations. Findings are in @pool. */
int pmp_expect_conclude(struct pmp_expect_options *options, const struct pmp_series *series,
			const struct pmp_speedup *speedup, struct pmp_pool *pool,
			struct pmp_diag *diag);

/* pmp_expect_exit - 0, 1 or 5 (enum pmp_exit) by the worst verdict */
int pmp_expect_exit(const struct pmp_expect_options *options);

void pmp_expect_release(struct pmp_expect_options *options);

#endif
