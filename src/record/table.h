/*
 * table.h - an append-only table of the arena: a chain of segments, each twice as long as the one before
 *
 * One writer at a time: the lane's thread, or whoever holds the rank's lock.
 */
#ifndef PMP_TABLE_H
#define PMP_TABLE_H

#include <stdint.h>

#include "record/arena_map.h"

#define PMP_TABLE_SEGMENTS 64

struct pmp_table {
	struct pmp_arena *arena;
	struct pmp_segment *segments[PMP_TABLE_SEGMENTS];
	uint32_t segment_count;
	uint32_t record_bytes;
	uint32_t next_capacity;
	uint16_t kind;
	uint16_t lane;
};

/* pmp_table_init - with a first segment of @capacity records: 0 or -PMP_EFULL */
int pmp_table_init(struct pmp_table *table, struct pmp_arena *arena, enum pmp_kind kind,
		   uint16_t lane, uint32_t record_bytes, uint32_t capacity);

/* pmp_table_reserve - @count neighbouring zeroed records behind the last one, not yet published; NULL when it cannot grow */
void *pmp_table_reserve(struct pmp_table *table, uint32_t count);

/* pmp_table_publish - what was reserved and filled becomes part of the table. Return: index of the first of the records. */
uint32_t pmp_table_publish(struct pmp_table *table, uint32_t count);

/* pmp_table_count - records published */
uint32_t pmp_table_count(const struct pmp_table *table);

/* pmp_table_at - a published record; NULL when out of range. Cost: a walk over the segments, of which there are few. */
void *pmp_table_at(const struct pmp_table *table, uint32_t idx);

#endif
