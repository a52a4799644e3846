/*
 * keymap.c - open addressing with linear probing, half full at most. Used inside one thread; allocates.
 */
#include "store/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define FIRST_CAPACITY 64

static struct pmp_keymap_slot *probe(const struct pmp_keymap *map, uint64_t key)
{
	size_t at = (size_t)key & (map->capacity - 1);

	while (map->slots[at].is_used && map->slots[at].key != key)
		at = (at + 1) & (map->capacity - 1);
	return &map->slots[at];
}

static int enlarge(struct pmp_keymap *map)
{
	struct pmp_keymap old = *map;

	map->capacity = old.capacity ? old.capacity * 2 : FIRST_CAPACITY;
	map->slots = calloc(map->capacity, sizeof(*map->slots));
	if (!map->slots) {
		*map = old;
		return -PMP_ENOMEM;
	}
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].is_used)
			*probe(map, old.slots[i].key) = old.slots[i];
	free(old.slots);
	return 0;
}

uint32_t pmp_keymap_add(struct pmp_keymap *map, uint64_t key, uint32_t value, bool *is_new)
{
	struct pmp_keymap_slot *slot;

	if (map->count * 2 >= map->capacity && enlarge(map))
		return UINT32_MAX;
	slot = probe(map, key);
	if (is_new)
		*is_new = !slot->is_used;
	if (!slot->is_used) {
		*slot = (struct pmp_keymap_slot){key, value, 1};
		map->count++;
	}
	return slot->value;
}

uint32_t pmp_keymap_find(const struct pmp_keymap *map, uint64_t key)
{
	const struct pmp_keymap_slot *slot;

	if (!map->count)
		return UINT32_MAX;
	slot = probe(map, key);
	return slot->is_used ? slot->value : UINT32_MAX;
}

void pmp_keymap_free(struct pmp_keymap *map)
{
	free(map->slots);
	memset(map, 0, sizeof(*map));
}

int pmp_grow(void *array_pointer, size_t *capacity, size_t count, size_t size)
{
	void *array, *grown;
	size_t wanted = *capacity ? *capacity * 2 : 16;

	if (count < *capacity)
		return 0;
	memcpy(&array, array_pointer, sizeof(array));
	grown = reallocarray(array, wanted, size);
	if (!grown)
		return -PMP_ENOMEM;
	memcpy(array_pointer, &grown, sizeof(grown));
	*capacity = wanted;
	return 0;
}
