/* crash_doc.h - fatal signals of a run: which rank failed first, where, and what the others were doing */
#ifndef PMP_CRASH_DOC_H
#define PMP_CRASH_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"
#include "model/place.h"
#include "render/doc.h"

/*
 * pmp_crash_doc - the section of the report: the first failure, or where all were when they were ended from outside
 * @is_long: nothing is left out
 *
 * Return: there was something to say.
 */
bool pmp_crash_doc(const struct pmp_model *model, struct pmp_doc *doc, bool is_long);

/* pmp_crash_is_failure - a fault, a limit, or a signal that the rank sent to itself; not one that came from outside */
bool pmp_crash_is_failure(const struct pmp_model *model, const struct pmp_model_crash *crash);

/* pmp_crash_first - the first failure by the common clock; NULL: no rank failed by itself */
const struct pmp_model_crash *pmp_crash_first(const struct pmp_model *model);

/* pmp_crash_cause - what led to an abort, by the functions on its stack: "a failed assertion"; "" nothing known */
const char *pmp_crash_cause(const struct pmp_place *frames, size_t count);

/*
 * pmp_crash_frames - its stack, innermost first, as far as it is the program's: without what called main, and without our wrappers
 *
 * Return: how many.
 */
size_t pmp_crash_frames(const struct pmp_model *model, const struct pmp_model_crash *crash,
			struct pmp_pool *pool, struct pmp_place **frames);

#endif
