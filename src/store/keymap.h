/* keymap.h - 64-bit identities to small numbers, and arrays that grow; the store's two containers */
#ifndef PMP_KEYMAP_H
#define PMP_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys are hashes already. Start value: {0}. */
struct pmp_keymap {
	struct pmp_keymap_slot {
		uint64_t key;
		uint32_t value;
		uint32_t is_used;
	} * slots;
	size_t capacity, count;
};

/*
 * pmp_keymap_add - the number of a key; a new key gets @value
 * @is_new: may be NULL
 *
 * Return: the number, or UINT32_MAX when there is no memory.
 */
uint32_t pmp_keymap_add(struct pmp_keymap *map, uint64_t key, uint32_t value, bool *is_new);

/* pmp_keymap_find - the number of a key, UINT32_MAX if it is not there */
uint32_t pmp_keymap_find(const struct pmp_keymap *map, uint64_t key);
void pmp_keymap_free(struct pmp_keymap *map);

/*
 * pmp_grow - make room for one more element of @size bytes in *array
 *
 * Return: 0, or -PMP_ENOMEM with the array as it was.
 */
int pmp_grow(void *array_pointer, size_t *capacity, size_t count, size_t size);

#endif
