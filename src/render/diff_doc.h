/* diff_doc.h - what changed between two sets of runs, as a document (text, Markdown, CSV) and as JSON, see docs/METRICS.md */
#ifndef PMP_DIFF_DOC_H
#define PMP_DIFF_DOC_H

#include <jansson.h>

#include "metrics/diff.h"
#include "render/doc.h"

struct pmp_diff_options {
	const char *program;
	const char *before,
		*after; /* where the runs come from: "base.pmprof.h5", "baseline main", "5 files" */
	const char *trend; /* a sentence about the history; NULL: none is known */
	const char *
		example; /* a file of the second side, quoted for a shell, for the commands at the end; NULL: none */
	size_t top; /* rows of long tables for people */
};

/* pmp_diff_doc - as a document in @doc->pool; 0 or -PMP_ENOMEM. CSV: the tables "time" and "counts" */
int pmp_diff_doc(const struct pmp_diff *diff, const struct pmp_diff_options *options,
		 struct pmp_doc *doc);

/* pmp_diff_json - a new object of format "pmprof-diff"; texts live in @pool until it is printed. NULL when there is no memory */
json_t *pmp_diff_json(const struct pmp_diff *diff, const struct pmp_diff_options *options,
		      struct pmp_pool *pool);

/* pmp_diff_what_name, pmp_diff_state_name - "computation", "slower": the words of CSV and JSON */
const char *pmp_diff_what_name(enum pmp_diff_what what);
const char *pmp_diff_state_name(enum pmp_diff_state state);
const char *pmp_diff_count_state_name(enum pmp_diff_count_state state);
const char *pmp_diff_verdict_name(enum pmp_diff_verdict verdict);

#endif
