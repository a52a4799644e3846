/* merge.h - one catalog of names for all ranks, and the arenas' rows expressed in its numbers */
#ifndef PMP_MERGE_H
#define PMP_MERGE_H

#include "store/catalog.h"
#include "store/group.h"
#include "store/rank_info.h"

/*
 * pmp_merge - collective: merge the catalogs of all processes up a binomial tree; afterwards rank 0 has all of it, numbered, and
 * the others know the numbers (pmp_catalog_index works for paths, regions and communicators)
 */
int pmp_merge(const struct pmp_group *group, struct pmp_catalog *catalog);

/* Rows of the long tables, of one arena; event times are CLOCK_MONOTONIC until pmp_slab_place. */
struct pmp_slab {
	struct pmp_row_profile *profile;
	struct pmp_row_compute *compute;
	struct pmp_row_messages *messages;
	struct pmp_row_events *events;
	size_t counts[PMP_SLAB_COUNT];
};

/* pmp_slab_fill - sorted as file.def says. Return: 0 or -PMP_ENOMEM */
int pmp_slab_fill(struct pmp_slab *slab, const struct pmp_arena_view *arena,
		  const struct pmp_arena_keys *keys, const struct pmp_catalog *catalog);

/* pmp_slab_place - into the run as a whole: the common clock, and peers that are ranks of it */
void pmp_slab_place(struct pmp_slab *slab, int64_t shift_ns, uint32_t ranks);

void pmp_slab_free(struct pmp_slab *slab);

/* pmp_slab_rows - the rows of one of the tables; pmp_slab_schema - which table that is */
const void *pmp_slab_rows(const struct pmp_slab *slab, enum pmp_slab_table table);
const struct pmp_file_table *pmp_slab_schema(enum pmp_slab_table table);

#endif
