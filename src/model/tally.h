/*
 * tally.h - rows summed up under a key: what a GROUP BY does
 *
 * The first field of a row type has to be struct pmp_tally_key. Rows stand in the order in which their keys first came.
 */
#ifndef PMP_TALLY_H
#define PMP_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "model/pool.h"

struct pmp_tally_key {
	uint64_t high, low;
};

struct pmp_tally {
	size_t row_bytes;
	char *rows;
	size_t count, capacity;
	uint32_t *slots; /* row + 1; 0 is free */
	size_t slot_count;
};

/* pmp_tally_init - empty; no memory is taken. pmp_tally_release gives back what was taken. */
void pmp_tally_init(struct pmp_tally *tally, size_t row_bytes);
void pmp_tally_release(struct pmp_tally *tally);

/* pmp_tally_row - the row of a key, all zero but the key when it is new; valid until the next call; NULL: no memory */
void *pmp_tally_row(struct pmp_tally *tally, uint64_t high, uint64_t low);

/* pmp_tally_find - the row of a key or NULL; does not add one */
void *pmp_tally_find(const struct pmp_tally *tally, uint64_t high, uint64_t low);

/* pmp_tally_take - the rows copied into the pool; the tally is empty afterwards. NULL: no memory. */
void *pmp_tally_take(struct pmp_tally *tally, struct pmp_pool *pool, size_t *count);

#endif
