/* speedup_parts_doc.h - between speedup_doc.c and speedup_fall_doc.c */
#ifndef PMP_SPEEDUP_PARTS_DOC_H
#define PMP_SPEEDUP_PARTS_DOC_H

#include "render/speedup_doc.h"

/* pmp_speedup_fall_doc - from the ranks of one point down to its speedup, as a chart and in words */
void pmp_speedup_fall_doc(const struct pmp_speedup *speedup, const struct pmp_speedup_point *point,
			  const struct pmp_speedup_options *options, struct pmp_doc *doc);

/* pmp_speedup_parts_table - the same of all points for machines: tables "parts" and "places" */
void pmp_speedup_parts_table(const struct pmp_speedup *speedup, struct pmp_doc *doc);

#define PMP_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
