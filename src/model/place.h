/*
 * place.h - where in the source: addresses and call paths as functions, files and lines
 */
#ifndef PMP_PLACE_H
#define PMP_PLACE_H

#include "model/model.h"
#include "model/pool.h"

/* One source position. Strings are never NULL; what is unknown is "" or 0. */
struct pmp_place {
	const char *function;
	const char *file;
	const char *module; /* path of the loaded object */
	uint32_t line;
	uint64_t offset; /* in the module */
};

/* pmp_place_of_path - where the call at the end of a path is made, in the program's own code; all unknown for the root and PMP_NONE */
struct pmp_place pmp_place_of_path(const struct pmp_model *model, uint32_t path);

/* pmp_path_frames - all frames of a path, innermost first, inlined ones included. Return: how many, NULL in @frames if none */
size_t pmp_path_frames(const struct pmp_model *model, uint32_t path, struct pmp_pool *pool,
		       struct pmp_place **frames);

/* pmp_base_name - behind the last slash */
const char *pmp_base_name(const char *path);

/* pmp_place_is_cut - no place: the mark for frames that were left out */
bool pmp_place_is_cut(const struct pmp_place *place);

/* pmp_place_known - there is something to print */
bool pmp_place_known(const struct pmp_place *place);

/* pmp_place_text - "heat.c:88", "libfoo.so" or "libfoo.so+0x1f0" when only that is known, "" when nothing is */
const char *pmp_place_text(struct pmp_pool *pool, const struct pmp_place *place);

/* pmp_place_long_text - with the function: "solve (heat.c:88)" */
const char *pmp_place_long_text(struct pmp_pool *pool, const struct pmp_place *place);

/* pmp_region_text - "solve/halo"; "" for region 0 */
const char *pmp_region_text(const struct pmp_model *model, struct pmp_pool *pool, uint32_t region);

#endif
