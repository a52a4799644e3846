/* speedup_doc.h - speedups as a document (text, Markdown, CSV) and as JSON, see docs/METRICS.md */
#ifndef PMP_SPEEDUP_DOC_H
#define PMP_SPEEDUP_DOC_H

#include <jansson.h>

#include "metrics/speedup.h"
#include "render/doc.h"

struct pmp_speedup_options {
	uint32_t ranks; /* explain this point; 0: the largest that is not oversubscribed */
	unsigned width; /* columns of text: the table leaves out what has no room */
	bool has_all;   /* explain every point, show every place */
	bool is_forced; /* also conclude from oversubscribed points and single runs */
	const char *
		paths; /* what was given, quoted for a shell, for the commands at the end; NULL: none */
};

/* pmp_speedup_chosen - the point to explain; NULL: none, or none with that many ranks */
const struct pmp_speedup_point *pmp_speedup_chosen(const struct pmp_speedup *speedup,
						   const struct pmp_speedup_options *options);

/* pmp_speedup_headline - its verdict in one sentence, or why there is none */
const char *pmp_speedup_headline(const struct pmp_speedup_point *point,
				 const struct pmp_speedup_options *options, struct pmp_pool *pool);

/* pmp_speedup_doc - everything as a document in @doc->pool; 0 or -PMP_ENOMEM */
int pmp_speedup_doc(const struct pmp_speedup *speedup, const struct pmp_speedup_options *options,
		    struct pmp_doc *doc);

/*
 * pmp_speedup_json - a new object of format "pmprof-speedup", to which the caller may add (expectations)
 * @pool: for texts until the object is printed
 *
 * Return: NULL when there is no memory.
 */
json_t *pmp_speedup_json(const struct pmp_speedup *speedup,
			 const struct pmp_speedup_options *options, struct pmp_pool *pool);

#endif
