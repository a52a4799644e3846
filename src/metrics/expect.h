/*
 * expect.h - expectations: "speedup(4) >= 3.2", read from the command line or a file, and judged over a series of runs
 *
 * The language is expectations.def; pmprof-expect(5) explains it. An expectation without a rank count is about the runs with the
 * most ranks.
 */
#ifndef PMP_EXPECT_H
#define PMP_EXPECT_H

#include "metrics/series.h"
#include "metrics/stats.h"

struct pmp_speedup; /* metrics/speedup.h */

enum pmp_expect_id {
#define PMP_EXPECTATION(id, name, place, argument, unit, nature, runs, meaning) PMP_EXPECT_##id,
#include "metrics/expectations.def"
#undef PMP_EXPECTATION
	PMP_EXPECT_COUNT_OF_IDS
};

enum pmp_expect_place { PMP_PLACE_RUN, PMP_PLACE_REGION, PMP_PLACE_ANY };
enum pmp_expect_argument { PMP_ARGUMENT_NOTHING, PMP_ARGUMENT_CALL, PMP_ARGUMENT_KIND };
enum pmp_expect_unit { PMP_UNIT_RATIO, PMP_UNIT_SECONDS, PMP_UNIT_BYTES, PMP_UNIT_COUNT };
enum pmp_expect_nature { PMP_NATURE_NOISY, PMP_NATURE_EXACT };
enum pmp_expect_runs { PMP_RUNS_OWN, PMP_RUNS_PAIR, PMP_RUNS_EACH };

struct pmp_expect_info {
	const char *name;
	enum pmp_expect_place place;
	enum pmp_expect_argument argument;
	enum pmp_expect_unit unit;
	enum pmp_expect_nature nature;
	enum pmp_expect_runs runs;
	const char *meaning;
};

/* pmp_expect_info - the row of expectations.def */
const struct pmp_expect_info *pmp_expect_info(enum pmp_expect_id id);

/* pmp_expect_usage - how it is written: "[region(NAME).]share(KIND[, RANKS])"; in @pool */
const char *pmp_expect_usage(enum pmp_expect_id id, struct pmp_pool *pool);

/* One condition, as parsed. */
struct pmp_expectation {
	const char *text;   /* as written, blanks squeezed: "speedup(4) >= 3.2" */
	const char *reason; /* the comment beside or above it, NULL none */
	const char *source; /* "pmprof.expect"; NULL: the command line */
	unsigned line;      /* in @source, from 1 */
	enum pmp_expect_id id;
	const char *region;   /* NULL: the whole run */
	const char *argument; /* call, pattern or kind; NULL none */
	uint32_t ranks;       /* 0: the most there are */
	enum pmp_relation relation;
	double bound;    /* seconds, bytes, ratio or count */
	bool is_percent; /* written in %, to be shown so */
};

struct pmp_expectations {
	struct pmp_pool *pool;
	struct pmp_expectation *items;
	size_t count, room;
};

/* Return: NULL when there is no memory; pmp_expectations_free accepts NULL. */
struct pmp_expectations *pmp_expectations_new(void);
void pmp_expectations_free(struct pmp_expectations *list);

/*
 * pmp_expect_parse - add what one line of the command line says; several conditions are joined by "and"
 * pmp_expect_parse_file - add what the text of a file says, one line each, '#' begins a comment
 * @path: of the file, for messages
 *
 * Return: 0; -PMP_ENOMEM; -PMP_EINVALID (command line) or -PMP_EFORMAT (file) with one line in @diag that names the place and the
 * nearest name.
 */
int pmp_expect_parse(struct pmp_expectations *list, const char *text, struct pmp_diag *diag);
int pmp_expect_parse_file(struct pmp_expectations *list, const char *path, const char *text,
			  struct pmp_diag *diag);

/* What became of one expectation. */
struct pmp_finding {
	const struct pmp_expectation *expectation;
	enum pmp_verdict verdict;
	struct pmp_interval value; /* NaN: unknown; bounds NaN: one run */
	uint32_t ranks;            /* of the runs it is about; 0: of none, or of all */
	size_t runs;               /* how many */
	const char *found;         /* in words: "3.05 (2.98 to 3.11)" */
	const char *why;           /* INCONCLUSIVE: what is missing, and what to do; else NULL */
	const char *cause; /* FAIL: the largest contributor with file:line; NULL none known */
};

struct pmp_findings {
	const struct pmp_finding *items; /* in the order of the expectations */
	size_t count;
	size_t verdicts[PMP_VERDICT_COUNT]; /* how many of each */
};

/*
 * pmp_expect_judge - a verdict for each expectation
 * @speedup:   of the same series; NULL: causes of a missing speedup are not named
 * @is_forced: judge runs with more ranks than processors, too
 *
 * Noisy quantities are judged by the confidence interval over repeats; a single run's own by its value; a speedup of single runs is
 * INCONCLUSIVE. Exact quantities have to hold in every run. Everything is in @pool and refers to @list.
 *
 * Return: 0 or -PMP_ENOMEM.
 */
int pmp_expect_judge(const struct pmp_expectations *list, const struct pmp_series *series,
		     const struct pmp_speedup *speedup, bool is_forced, struct pmp_pool *pool,
		     struct pmp_findings *findings);

/* pmp_findings_worst - FAIL if there is one, else INCONCLUSIVE if there is one, else PASS */
enum pmp_verdict pmp_findings_worst(const struct pmp_findings *findings);

#endif
