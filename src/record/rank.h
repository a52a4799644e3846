/*
 * rank.h - the tables that all threads of a rank share: strings, modules, regions, communicators, lanes
 *
 * Every function takes the rank's lock unless it says "locked". Cold: called when something is new.
 */
#ifndef PMP_RANK_H
#define PMP_RANK_H

#include <pthread.h>

#include "record/arena_map.h"
#include "record/index.h"
#include "record/table.h"

#define PMP_TEXT_MAX 512 /* longer strings are cut */

struct pmp_rank {
	struct pmp_arena arena;
	pthread_mutex_t lock; /* of everything below; taken before the arena's */
	struct pmp_table strings, modules, regions, comms, lanes;
	struct pmp_map string_map; /* (hash, length) -> reference */
	struct pmp_map region_map; /* (name, parent) -> index */
};

/* pmp_rank_init - make the tables in an open arena: 0, -PMP_EFULL, -PMP_ENOMEM; @rank is whole only on success */
int pmp_rank_init(struct pmp_rank *rank);

/* pmp_rank_release - private memory; the arena is left as it is */
void pmp_rank_release(struct pmp_rank *rank);

/* pmp_rank_string - locked: reference of a copy, 0 for NULL, "" or when there is no room */
uint32_t pmp_rank_string(struct pmp_rank *rank, const char *text);

/* pmp_rank_text - locked: what a reference stands for; stays valid and never changes */
const char *pmp_rank_text(const struct pmp_rank *rank, uint32_t reference);

/* pmp_rank_region - region path of @name inside @parent; @parent when there is no room */
uint32_t pmp_rank_region(struct pmp_rank *rank, uint32_t parent, const char *name);

/* pmp_rank_region_name - name of a region, "" for 0 */
const char *pmp_rank_region_name(struct pmp_rank *rank, uint32_t region);

/* pmp_rank_comm, pmp_rank_comm_name - see pmp_record_comm in record.h */
uint32_t pmp_rank_comm(struct pmp_rank *rank, const struct pmp_comm *record, const char *name);
void pmp_rank_comm_name(struct pmp_rank *rank, uint32_t comm, const char *name);

#endif
