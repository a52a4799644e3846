/*
 * index.c - growing of the hash tables. Called by the one writer of a table, when something is new; takes memory from mmap only,
 * because the program's allocator may be what is calling us.
 */
#include "record/index.h"

#include <stddef.h>
#include <sys/mman.h>

#include "base/err.h"

static void *get_memory(uint64_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int pmp_index_init(struct pmp_index *index, unsigned bits)
{
	uint64_t slots = UINT64_C(1) << bits;
	void *memory = get_memory(slots * sizeof(*index->slots));

	if (!memory)
		return -PMP_ENOMEM;
	*index = (struct pmp_index){.slots = memory, .mask = slots - 1, .shift = 64 - bits};
	return 0;
}

void pmp_index_release(struct pmp_index *index)
{
	if (index->slots)
		munmap(index->slots, (index->mask + 1) * sizeof(*index->slots));
	*index = (struct pmp_index){0};
}

int pmp_index_room(struct pmp_index *index)
{
	struct pmp_index larger;

	if (index->used < (index->mask + 1) / 2)
		return 0;
	if (pmp_index_init(&larger, 65 - index->shift))
		return -PMP_ENOMEM;
	for (uint64_t i = 0; i <= index->mask; i++)
		if (index->slots[i])
			pmp_index_add(&larger, index->slots[i]);
	pmp_index_release(index);
	*index = larger;
	return 0;
}

void pmp_index_add(struct pmp_index *index, const void *record)
{
	const pmp_key_word *words = record;
	uint64_t i = pmp_key_slot((struct pmp_key){words[0], words[1]}, index->shift);

	while (index->slots[i])
		i = (i + 1) & index->mask;
	index->slots[i] = record;
	index->used++;
}

int pmp_map_init(struct pmp_map *map, unsigned bits)
{
	uint64_t slots = UINT64_C(1) << bits;
	void *memory = get_memory(slots * sizeof(*map->slots));

	if (!memory)
		return -PMP_ENOMEM;
	*map = (struct pmp_map){.slots = memory, .mask = slots - 1, .shift = 64 - bits};
	return 0;
}

void pmp_map_release(struct pmp_map *map)
{
	if (map->slots)
		munmap(map->slots, (map->mask + 1) * sizeof(*map->slots));
	*map = (struct pmp_map){0};
}

int pmp_map_room(struct pmp_map *map)
{
	struct pmp_map larger;

	if (map->used < (map->mask + 1) / 2)
		return 0;
	if (pmp_map_init(&larger, 65 - map->shift))
		return -PMP_ENOMEM;
	for (uint64_t i = 0; i <= map->mask; i++) {
		const struct pmp_map_slot *slot = &map->slots[i];

		if (slot->value)
			pmp_map_add(&larger, slot->key, slot->key2, slot->value);
	}
	pmp_map_release(map);
	*map = larger;
	return 0;
}

void pmp_map_add(struct pmp_map *map, uint64_t key, uint32_t key2, uint32_t value)
{
	uint64_t i = pmp_key_slot((struct pmp_key){key, key2}, map->shift);

	while (map->slots[i].value)
		i = (i + 1) & map->mask;
	map->slots[i] = (struct pmp_map_slot){key, key2, value};
	map->used++;
}
