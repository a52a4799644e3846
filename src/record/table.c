/*
 * table.c - append-only tables in segments of the arena. Called by the one writer of a table, when something is new.
 */
#include "record/table.h"

#include <stddef.h>

#define SEGMENT_BYTES_MAX (UINT32_C(1) << 20)

static unsigned char *records(struct pmp_segment *segment)
{
	return (unsigned char *)(segment + 1);
}

static struct pmp_segment *tail(const struct pmp_table *table)
{
	return table->segments[table->segment_count - 1];
}

static int add_segment(struct pmp_table *table, uint32_t at_least)
{
	uint64_t capacity = table->next_capacity > at_least ? table->next_capacity : at_least;
	struct pmp_segment *segment;

	if (table->segment_count == PMP_TABLE_SEGMENTS)
		return -PMP_EFULL;
	segment = pmp_arena_segment(table->arena, (enum pmp_kind)table->kind, table->lane,
				    table->record_bytes, capacity, pmp_table_count(table), false);
	if (!segment)
		return -PMP_EFULL;
	table->segments[table->segment_count++] = segment;
	if ((uint64_t)segment->capacity * table->record_bytes < SEGMENT_BYTES_MAX)
		table->next_capacity = segment->capacity * 2;
	return 0;
}

int pmp_table_init(struct pmp_table *table, struct pmp_arena *arena, enum pmp_kind kind,
		   uint16_t lane, uint32_t record_bytes, uint32_t capacity)
{
	*table = (struct pmp_table){.arena = arena,
				    .record_bytes = record_bytes,
				    .next_capacity = capacity,
				    .kind = (uint16_t)kind,
				    .lane = lane};
	return add_segment(table, capacity);
}

void *pmp_table_reserve(struct pmp_table *table, uint32_t count)
{
	struct pmp_segment *segment = tail(table);

	if (segment->count + count > segment->capacity) {
		/* records are zero: for strings, what is left here becomes empty ones and indices stay as they are */
		if (count > 1)
			__atomic_store_n(&segment->count, segment->capacity, __ATOMIC_RELEASE);
		if (add_segment(table, count))
			return NULL;
		segment = tail(table);
	}
	return records(segment) + segment->count * table->record_bytes;
}

uint32_t pmp_table_publish(struct pmp_table *table, uint32_t count)
{
	struct pmp_segment *segment = tail(table);
	uint64_t before = segment->count;

	__atomic_store_n(&segment->count, before + count, __ATOMIC_RELEASE);
	return (uint32_t)(segment->first + before);
}

uint32_t pmp_table_count(const struct pmp_table *table)
{
	if (!table->segment_count)
		return 0;
	return (uint32_t)(tail(table)->first + tail(table)->count);
}

void *pmp_table_at(const struct pmp_table *table, uint32_t idx)
{
	for (uint32_t i = table->segment_count; i-- > 0;) {
		struct pmp_segment *segment = table->segments[i];

		if (idx < segment->first)
			continue;
		if (idx - segment->first >= segment->count)
			return NULL;
		return records(segment) + (idx - segment->first) * table->record_bytes;
	}
	return NULL;
}
