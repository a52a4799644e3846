/*
 * rank.c - strings, regions and communicators of a rank. Called by any recording thread when one is new, under the rank's lock.
 */
#include "record/rank.h"

#include <string.h>

#include "base/hash.h"

/* First sizes of the tables in records: little, they double. */
#define STRING_BYTES 8000
#define MODULE_COUNT 64
#define REGION_COUNT 256
#define COMM_COUNT   64
#define LANE_COUNT   32

static int init_tables(struct pmp_rank *rank)
{
	const struct {
		struct pmp_table *table;
		enum pmp_kind kind;
		uint32_t record_bytes, capacity;
		bool has_neutral; /* record 0 is the neutral element */
	} rows[] = {
		{&rank->strings, PMP_KIND_STRINGS, 1, STRING_BYTES, true},
		{&rank->modules, PMP_KIND_MODULES, sizeof(struct pmp_module), MODULE_COUNT, true},
		{&rank->regions, PMP_KIND_REGIONS, sizeof(struct pmp_region), REGION_COUNT, true},
		{&rank->comms, PMP_KIND_COMMS, sizeof(struct pmp_comm), COMM_COUNT, true},
		{&rank->lanes, PMP_KIND_LANES, sizeof(struct pmp_lane), LANE_COUNT, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = pmp_table_init(rows[i].table, &rank->arena, rows[i].kind, PMP_LANE_NONE,
					rows[i].record_bytes, rows[i].capacity);

		if (rc)
			return rc;
		if (rows[i].has_neutral)
			pmp_table_publish(rows[i].table, 1);
	}
	return 0;
}

int pmp_rank_init(struct pmp_rank *rank)
{
	int rc = init_tables(rank);

	if (rc == 0)
		rc = pmp_map_init(&rank->string_map, 8);
	if (rc == 0)
		rc = pmp_map_init(&rank->region_map, 6);
	if (rc) {
		pmp_rank_release(rank);
		return rc;
	}
	pthread_mutex_init(&rank->lock, NULL);
	return 0;
}

void pmp_rank_release(struct pmp_rank *rank)
{
	pmp_map_release(&rank->string_map);
	pmp_map_release(&rank->region_map);
}

uint32_t pmp_rank_string(struct pmp_rank *rank, const char *text)
{
	size_t len = text ? strnlen(text, PMP_TEXT_MAX - 1) : 0;
	uint64_t hash = pmp_hash_bytes(0, text, len);
	uint32_t reference = len ? pmp_map_find(&rank->string_map, hash, (uint32_t)len) : 0;
	char *copy;

	if (reference || !len || pmp_map_room(&rank->string_map))
		return reference;
	copy = pmp_table_reserve(&rank->strings, (uint32_t)len + 1);
	if (!copy)
		return 0;
	memcpy(copy, text, len); /* the terminator is there: records are zero */
	reference = pmp_table_publish(&rank->strings, (uint32_t)len + 1);
	pmp_map_add(&rank->string_map, hash, (uint32_t)len, reference);
	return reference;
}

const char *pmp_rank_text(const struct pmp_rank *rank, uint32_t reference)
{
	const char *text = pmp_table_at(&rank->strings, reference);

	return text ? text : "";
}

static uint32_t add_region(struct pmp_rank *rank, uint32_t parent, uint32_t name)
{
	struct pmp_region *region;
	uint32_t idx;

	if (pmp_map_room(&rank->region_map))
		return parent;
	region = pmp_table_reserve(&rank->regions, 1);
	if (!region)
		return parent;
	*region = (struct pmp_region){.parent = parent, .name = name};
	idx = pmp_table_publish(&rank->regions, 1);
	pmp_map_add(&rank->region_map, name, parent, idx);
	return idx;
}

uint32_t pmp_rank_region(struct pmp_rank *rank, uint32_t parent, const char *name)
{
	uint32_t reference, idx;

	pthread_mutex_lock(&rank->lock);
	reference = pmp_rank_string(rank, name);
	idx = pmp_map_find(&rank->region_map, reference, parent);
	if (!idx)
		idx = add_region(rank, parent, reference);
	pthread_mutex_unlock(&rank->lock);
	return idx;
}

const char *pmp_rank_region_name(struct pmp_rank *rank, uint32_t region)
{
	const struct pmp_region *record;
	const char *name;

	pthread_mutex_lock(&rank->lock);
	record = pmp_table_at(&rank->regions, region);
	name = record ? pmp_rank_text(rank, record->name) : "";
	pthread_mutex_unlock(&rank->lock);
	return name;
}

uint32_t pmp_rank_comm(struct pmp_rank *rank, const struct pmp_comm *record, const char *name)
{
	struct pmp_comm *comm;
	uint32_t idx = 0;

	pthread_mutex_lock(&rank->lock);
	comm = pmp_table_reserve(&rank->comms, 1);
	if (comm) {
		*comm = *record;
		comm->name = pmp_rank_string(rank, name);
		idx = pmp_table_publish(&rank->comms, 1);
	}
	pthread_mutex_unlock(&rank->lock);
	return idx;
}

void pmp_rank_comm_name(struct pmp_rank *rank, uint32_t comm, const char *name)
{
	struct pmp_comm *record;

	pthread_mutex_lock(&rank->lock);
	record = comm ? pmp_table_at(&rank->comms, comm) : NULL;
	if (record)
		record->name = pmp_rank_string(rank, name);
	pthread_mutex_unlock(&rank->lock);
}
