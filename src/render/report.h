/* report.h - the report of one run: as a document (text, markdown, CSV) or as JSON */
#ifndef PMP_REPORT_H
#define PMP_REPORT_H

#include "base/err.h"
#include "metrics/summary.h"
#include "render/doc.h"

enum pmp_sort { PMP_SORT_TIME, PMP_SORT_COUNT, PMP_SORT_MAX, PMP_SORT_BYTES, PMP_SORT_IMBALANCE };

struct pmp_report_options {
	struct pmp_selection
		selection; /* limits all but verdict and efficiency, which are of the whole run */
	const char *selection_text; /* "ranks 0,3-5, region solve"; NULL: everything */
	enum pmp_sort sort;
	enum pmp_group_by paths; /* PMP_BY_PATH or PMP_BY_SITE */
	size_t top;              /* rows of long tables; SIZE_MAX: all */
	bool is_folded; /* fold ranks and the matrix for the eye; false for --all and for machines */
	bool has_per_rank; /* JSON: calls[].per_rank */
	unsigned width;    /* columns, for the matrix */
	const char *path;  /* of the file, as given, for the commands at the end */
};

/* pmp_report_doc - everything as a document in @doc->pool; 0 or -PMP_ENOMEM */
int pmp_report_doc(const struct pmp_summary *summary, const struct pmp_report_options *options,
		   struct pmp_doc *doc);

/* pmp_report_json - the interface of design: see docs/METRICS.md; 0, -PMP_ENOMEM, -PMP_EIO */
int pmp_report_json(const struct pmp_summary *summary, const struct pmp_report_options *options,
		    FILE *out);

/* pmp_info_doc - what is in a model, as a document */
int pmp_info_doc(const struct pmp_model *model, const char *path, struct pmp_doc *doc);

/* pmp_rank_state_name - "finalized", ...: as in file and JSON */
const char *pmp_rank_state_name(enum pmp_rank_state state);

/* pmp_selected_ranks - how many ranks with data a selection leaves */
size_t pmp_selected_ranks(const struct pmp_summary *summary, const struct pmp_selection *selection);

/* pmp_sort_calls - largest first by the given column; equals in the order of the file */
void pmp_sort_calls(struct pmp_call_sum *sums, size_t count, enum pmp_sort by, size_t ranks);

/* pmp_call_imbalance - time of the slowest rank in it / mean over all ranks - 1; NaN without time */
double pmp_call_imbalance(const struct pmp_call_sum *sum, size_t ranks);

#endif
