/*
 * report_doc.c - the report as a document: which sections it has, in which order. Called by cmd_report.c.
 */
#include "render/report_parts.h"

const char *pmp_keep(const struct pmp_report *report, struct pmp_fmt fmt)
{
	return pmp_pool_printf(report->doc->pool, "%s", fmt.text);
}

void pmp_cell_seconds(const struct pmp_report *report, struct pmp_doc_table *table, double seconds)
{
	pmp_cell_real(table, PMP_STYLE_NONE, seconds, pmp_keep(report, pmp_fmt_seconds(seconds)));
}

void pmp_cell_percent(const struct pmp_report *report, struct pmp_doc_table *table,
		      enum pmp_style style, double ratio)
{
	pmp_cell_real(table, style, ratio, pmp_keep(report, pmp_fmt_percent(ratio)));
}

void pmp_cell_count(const struct pmp_report *report, struct pmp_doc_table *table, int64_t count)
{
	pmp_cell_integer(table, PMP_STYLE_NONE, count, pmp_keep(report, pmp_fmt_count(count)));
}

void pmp_cell_bytes(const struct pmp_report *report, struct pmp_doc_table *table, int64_t bytes)
{
	pmp_cell_integer(table, PMP_STYLE_NONE, bytes,
			 pmp_keep(report, pmp_fmt_bytes((double)bytes)));
}

int pmp_report_doc(const struct pmp_summary *summary, const struct pmp_report_options *options,
		   struct pmp_doc *doc)
{
	const struct pmp_report report = {summary, options, doc};
	int rc;

	pmp_report_verdict(&report);
	pmp_report_kinds(&report);
	pmp_report_efficiency(&report);
	rc = pmp_report_ranks(&report);
	if (rc == 0)
		rc = pmp_report_regions(&report);
	if (rc == 0)
		rc = pmp_report_calls(&report);
	if (rc == 0)
		rc = pmp_report_paths(&report);
	if (rc == 0) {
		pmp_report_sizes(&report);
		rc = pmp_report_messages(&report);
	}
	pmp_report_endings(&report);
	pmp_report_next_steps(&report);
	return rc == 0 && pmp_pool_failed(doc->pool) ? -PMP_ENOMEM : rc;
}
