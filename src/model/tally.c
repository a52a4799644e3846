/*
 * tally.c - rows summed up under a key, by open addressing. Tools only, one thread.
 */
#include "model/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define FIRST_ROWS 64

void pmp_tally_init(struct pmp_tally *tally, size_t row_bytes)
{
	*tally = (struct pmp_tally){.row_bytes = row_bytes};
}

void pmp_tally_release(struct pmp_tally *tally)
{
	free(tally->rows);
	free(tally->slots);
	pmp_tally_init(tally, tally->row_bytes);
}

static struct pmp_tally_key *row_at(const struct pmp_tally *tally, size_t index)
{
	return (struct pmp_tally_key *)(void *)(tally->rows + index * tally->row_bytes);
}

/* The slot that holds the key or the free one where it belongs; there is always a free one. */
static uint32_t *find_slot(const struct pmp_tally *tally, uint64_t high, uint64_t low)
{
	size_t at = pmp_hash_combine(high, low) & (tally->slot_count - 1);

	while (tally->slots[at]) {
		const struct pmp_tally_key *key = row_at(tally, tally->slots[at] - 1);

		if (key->high == high && key->low == low)
			break;
		at = (at + 1) & (tally->slot_count - 1);
	}
	return &tally->slots[at];
}

static int grow(struct pmp_tally *tally)
{
	size_t capacity = tally->capacity ? 2 * tally->capacity : FIRST_ROWS;

	if (capacity >= UINT32_MAX)
		return -1;
	char *rows = reallocarray(tally->rows, capacity, tally->row_bytes);

	if (!rows)
		return -1;
	tally->rows = rows;
	uint32_t *slots = calloc(2 * capacity, sizeof(*slots));

	if (!slots)
		return -1;
	free(tally->slots);
	tally->slots = slots;
	tally->slot_count = 2 * capacity;
	tally->capacity = capacity;
	for (size_t i = 0; i < tally->count; i++) {
		const struct pmp_tally_key *key = row_at(tally, i);

		*find_slot(tally, key->high, key->low) = (uint32_t)i + 1;
	}
	return 0;
}

void *pmp_tally_row(struct pmp_tally *tally, uint64_t high, uint64_t low)
{
	if (tally->count == tally->capacity && grow(tally))
		return NULL;
	uint32_t *slot = find_slot(tally, high, low);

	if (*slot)
		return row_at(tally, *slot - 1);
	struct pmp_tally_key *row = row_at(tally, tally->count);

	memset(row, 0, tally->row_bytes);
	*row = (struct pmp_tally_key){high, low};
	*slot = (uint32_t)++tally->count;
	return row;
}

void *pmp_tally_find(const struct pmp_tally *tally, uint64_t high, uint64_t low)
{
	if (tally->count == 0)
		return NULL;
	uint32_t slot = *find_slot(tally, high, low);

	return slot ? row_at(tally, slot - 1) : NULL;
}

void *pmp_tally_take(struct pmp_tally *tally, struct pmp_pool *pool, size_t *count)
{
	void *rows = pmp_pool_alloc(pool, tally->count, tally->row_bytes);

	if (rows && tally->count)
		memcpy(rows, tally->rows, tally->count * tally->row_bytes);
	*count = rows ? tally->count : 0;
	pmp_tally_release(tally);
	return rows;
}
