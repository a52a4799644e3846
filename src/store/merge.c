/*
 * merge.c - the union of all processes' catalogs. Collective; no file is touched.
 */
#include "store/merge.h"

#include <stdlib.h>

#include "base/err.h"

static int receive_part(const struct pmp_group *group, int from, struct pmp_catalog *catalog)
{
	void *data = NULL;
	size_t bytes = 0;
	int rc = pmp_group_receive(group, from, &data, &bytes);

	if (rc == 0)
		rc = pmp_catalog_unpack(catalog, data, bytes);
	free(data);
	return rc;
}

static int send_part(const struct pmp_group *group, int to, const struct pmp_catalog *catalog)
{
	void *data = NULL;
	size_t bytes = 0;
	int rc = pmp_catalog_pack(catalog, &data, &bytes);

	/* the receiver waits in any case: nothing, if there is no memory, which it then refuses */
	if (pmp_group_send(group, to, data, rc ? 0 : bytes) && rc == 0)
		rc = -PMP_EPEER;
	free(data);
	return rc;
}

static int reduce_tree(const struct pmp_group *group, struct pmp_catalog *catalog)
{
	int rc = 0;

	for (int step = 1; step < group->size; step *= 2) {
		int part = 0;

		if (group->rank & step) {
			part = send_part(group, group->rank - step, catalog);
			return rc ? rc : part;
		}
		/* after a failure go on: the others must not wait for us */
		if (group->rank + step < group->size)
			part = receive_part(group, group->rank + step, catalog);
		rc = rc ? rc : part;
	}
	return rc;
}

/* Rank 0 sends the keys in the order of their numbers; the others replace their lists by them. */
static int share_numbers(const struct pmp_group *group, struct pmp_catalog_list *list)
{
	int64_t count = (int64_t)list->count;
	uint64_t *keys;
	int rc = group->broadcast(group, &count, sizeof(count));

	if (rc)
		return rc;
	keys = calloc((size_t)count + 1, sizeof(*keys));
	for (size_t i = 0; keys && group->rank == 0 && i < (size_t)count; i++)
		keys[i] = list->entries[i].key;
	rc = pmp_agree(group, keys ? 0 : -PMP_ENOMEM);
	if (rc == 0)
		rc = group->broadcast(group, keys, (size_t)count * sizeof(*keys));
	if (rc == 0 && group->rank) {
		pmp_keymap_free(&list->map);
		for (size_t i = 0; i < (size_t)count && rc == 0; i++)
			if (pmp_keymap_add(&list->map, keys[i], (uint32_t)i, NULL) == UINT32_MAX)
				rc = -PMP_ENOMEM;
	}
	free(keys);
	return rc;
}

int pmp_merge(const struct pmp_group *group, struct pmp_catalog *catalog)
{
	static const enum pmp_catalog_kind shared[] = {PMP_CATALOG_PATHS, PMP_CATALOG_REGIONS,
						       PMP_CATALOG_COMMS};
	int rc = reduce_tree(group, catalog);

	if (rc == 0 && group->rank == 0)
		rc = pmp_catalog_sort(catalog);
	rc = pmp_agree(group, rc);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]) && rc == 0; i++)
		rc = pmp_agree(group, share_numbers(group, &catalog->lists[shared[i]]));
	return rc;
}
