/* expect_internal.h - between the expect_*.c: lines, values of one run, causes */
#ifndef PMP_EXPECT_INTERNAL_H
#define PMP_EXPECT_INTERNAL_H

#include "metrics/expect.h"

#define PMP_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Where a line of conditions comes from. */
struct pmp_expect_origin {
	const char *source; /* NULL: the command line */
	unsigned line;
	const char *reason;
};

/* expect_condition.c: the conditions of one line, without its comment */
int pmp_expect_conditions(struct pmp_expectations *list, const struct pmp_expect_origin *origin,
			  const char *text, struct pmp_diag *diag);

/* pmp_expect_squeeze - a copy of [begin, end) with single blanks and none around */
const char *pmp_expect_squeeze(struct pmp_pool *pool, const char *begin, const char *end);

/* What one run says of an expectation's metric. */
struct pmp_expect_value {
	double value;        /* NaN: @problem says why */
	bool is_at_least;    /* the run was not recorded to its end: there may be more */
	const char *problem; /* in words; NULL none */
};

/* expect_values.c: of one run; not of pairs */
struct pmp_expect_value pmp_expect_value(const struct pmp_expectation *e,
					 const struct pmp_digest *run, struct pmp_pool *pool);

/* pmp_expect_is_inside - the region of that index is @name (whole or its last part) or inside of it; NULL: always */
bool pmp_expect_is_inside(const struct pmp_digest *run, uint32_t region, const char *name);

/* pmp_expect_matches - the expectation's argument, a call or pattern, covers this call; no argument: always */
bool pmp_expect_matches(const struct pmp_expectation *e, const char *call);

/* pmp_expect_class - of a call by its name; PMP_CLASS_COUNT when unknown */
unsigned pmp_expect_class(const char *call);

/* pmp_expect_show - a value in the unit of the expectation, with as many digits as tell it from the bound */
const char *pmp_expect_show(const struct pmp_expectation *e, double value, struct pmp_pool *pool);

/* expect_cause.c: the largest part of a missing speedup, in words; NULL none known, or no @speedup */
const char *pmp_expect_missing(const struct pmp_speedup *speedup, uint32_t ranks,
			       struct pmp_pool *pool);

/* expect_cause.c: the largest contributor to a value that is not as expected, in words with file:line; NULL none known */
const char *pmp_expect_cause(const struct pmp_expectation *e, const struct pmp_digest *run,
			     struct pmp_pool *pool);

#endif
