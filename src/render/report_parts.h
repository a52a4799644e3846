/* report_parts.h - between the report_*.c: one function per section of the report, in the order of appearance */
#ifndef PMP_REPORT_PARTS_H
#define PMP_REPORT_PARTS_H

#include "base/fmt.h"
#include "render/report.h"

struct pmp_report {
	const struct pmp_summary *summary;
	const struct pmp_report_options *options;
	struct pmp_doc *doc;
};

/* report_verdict.c */
void pmp_report_verdict(const struct pmp_report *report);
void pmp_report_next_steps(const struct pmp_report *report);

/* report_time.c */
void pmp_report_kinds(const struct pmp_report *report);
void pmp_report_efficiency(const struct pmp_report *report);

/* report_ranks.c */
int pmp_report_ranks(const struct pmp_report *report);
int pmp_report_regions(const struct pmp_report *report);
void pmp_report_endings(const struct pmp_report *report);

/* report_calls.c */
int pmp_report_calls(const struct pmp_report *report);
int pmp_report_paths(const struct pmp_report *report);

/* report_traffic.c */
void pmp_report_sizes(const struct pmp_report *report);
int pmp_report_messages(const struct pmp_report *report);

#define PMP_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Cells with a number and its usual text. */
void pmp_cell_seconds(const struct pmp_report *report, struct pmp_doc_table *table, double seconds);
void pmp_cell_percent(const struct pmp_report *report, struct pmp_doc_table *table,
		      enum pmp_style style, double ratio);
void pmp_cell_count(const struct pmp_report *report, struct pmp_doc_table *table, int64_t count);
void pmp_cell_bytes(const struct pmp_report *report, struct pmp_doc_table *table, int64_t bytes);

/* pmp_keep - a formatted number as text of the document */
const char *pmp_keep(const struct pmp_report *report, struct pmp_fmt fmt);

#endif
