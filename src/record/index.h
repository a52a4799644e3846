/*
 * index.h - hash tables in private memory that find records of the arena
 *
 * struct pmp_index finds a record by its first 16 bytes (stats and gaps begin with their keys); looked into on every call.
 * struct pmp_map finds a number by a 64-bit and a 32-bit key (nodes, strings, regions, peers).
 * Open addressing, at most half full, memory from mmap. One writer, who is the only reader.
 */
#ifndef PMP_INDEX_H
#define PMP_INDEX_H

#include <stdbool.h>
#include <stdint.h>

struct pmp_key {
	uint64_t low;
	uint64_t high;
};

struct pmp_index {
	const struct pmp_key **slots; /* the keys are the records' first fields */
	uint64_t mask;
	unsigned shift;
	uint32_t used;
};

struct pmp_map_slot {
	uint64_t key;
	uint32_t key2;
	uint32_t value; /* 0: empty */
};

struct pmp_map {
	struct pmp_map_slot *slots;
	uint64_t mask;
	unsigned shift;
	uint32_t used;
};

/* Records are read as keys and written as what they are. */
typedef uint64_t __attribute__((may_alias)) pmp_key_word;

static inline bool pmp_key_is(const void *record, struct pmp_key key)
{
	const pmp_key_word *words = record;

	return ((words[0] ^ key.low) | (words[1] ^ key.high)) == 0;
}

static inline uint64_t pmp_key_slot(struct pmp_key key, unsigned shift)
{
	return (key.low * UINT64_C(0x9e3779b97f4a7c15) + key.high * UINT64_C(0xc2b2ae3d27d4eb4f)) >>
	       shift;
}

/* pmp_index_find - the record, or NULL. Cost: two multiplications and usually two loads. */
static inline void *pmp_index_find(const struct pmp_index *index, struct pmp_key key)
{
	for (uint64_t i = pmp_key_slot(key, index->shift);; i = (i + 1) & index->mask) {
		const struct pmp_key *record = index->slots[i];

		if (!record || pmp_key_is(record, key))
			return (void *)(uintptr_t)record;
	}
}

/* pmp_index_init, pmp_map_init - @bits: 2^bits slots at first; 0 or -PMP_ENOMEM */
int pmp_index_init(struct pmp_index *index, unsigned bits);
int pmp_map_init(struct pmp_map *map, unsigned bits);
void pmp_index_release(struct pmp_index *index);
void pmp_map_release(struct pmp_map *map);

/* pmp_index_room - make sure that one more can be added: 0 or -PMP_ENOMEM */
int pmp_index_room(struct pmp_index *index);

/* pmp_index_add - a record that is not in it, after pmp_index_room; its key must be filled in */
void pmp_index_add(struct pmp_index *index, const void *record);

/* pmp_map_find - the value, 0 when unknown */
static inline uint32_t pmp_map_find(const struct pmp_map *map, uint64_t key, uint32_t key2)
{
	for (uint64_t i = pmp_key_slot((struct pmp_key){key, key2}, map->shift);;
	     i = (i + 1) & map->mask) {
		const struct pmp_map_slot *slot = &map->slots[i];

		if (!slot->value || (slot->key == key && slot->key2 == key2))
			return slot->value;
	}
}

int pmp_map_room(struct pmp_map *map);

/* pmp_map_add - a key that is not in it, after pmp_map_room; @value is not 0 */
void pmp_map_add(struct pmp_map *map, uint64_t key, uint32_t key2, uint32_t value);

#endif
