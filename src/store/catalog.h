/*
 * catalog.h - the names that numbers in the file refer to (modules, addresses, call paths, regions, communicators), merged over any
 * number of arenas
 *
 * Everything is identified by a 64-bit key that is the same in each process: a module by build-id or path, an address by module
 * and offset, a path by the chain of its addresses, a region by the chain of its names, a communicator by its uid. Collisions:
 * a million paths meet with probability 3e-8.
 */
#ifndef PMP_CATALOG_H
#define PMP_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "model/pool.h"
#include "store/arena_view.h"
#include "store/keymap.h"

enum pmp_catalog_kind {
	PMP_CATALOG_MODULES,
	PMP_CATALOG_ADDRESSES,
	PMP_CATALOG_PATHS,
	PMP_CATALOG_REGIONS,
	PMP_CATALOG_COMMS,
	PMP_CATALOG_COUNT
};

/* One entry of any kind; sent between processes as it is, so it holds no pointers but `text`. */
struct pmp_catalog_entry {
	uint64_t key;
	uint64_t
		parent; /* key: the caller of a path, the enclosing region, the module of an address */
	uint64_t value; /* offset of an address, key of a path's address, uid of a communicator */
	uint64_t
		order; /* where it comes in the file: depth of paths and regions, first rank and index of the others */
	uint32_t size, remote_size; /* of a communicator */
	uint64_t text_len;
	const char *
		text; /* module path, region or communicator name, Python function; owned by the pool */
	char build_id[48]; /* hex */
};

struct pmp_catalog_list {
	struct pmp_catalog_entry *entries;
	size_t count, capacity;
	struct pmp_keymap map; /* key -> index */
};

struct pmp_catalog {
	struct pmp_catalog_list lists[PMP_CATALOG_COUNT];
	struct pmp_pool *pool;
};

/* Keys of one arena's own tables: what its records refer to. */
struct pmp_arena_keys {
	uint64_t *regions, *comms;
	uint64_t **nodes; /* per lane */
	uint64_t crash;   /* path of the stack that ended the process */
	size_t lane_count;
};

#define PMP_KEY_ROOT UINT64_C(0) /* of path 0, region 0 and communicator 0 */

/* All return 0 or -PMP_ENOMEM (pmp_catalog_unpack also -PMP_EINTERNAL: the bytes make no sense). */
int pmp_catalog_init(struct pmp_catalog *catalog);
void pmp_catalog_free(struct pmp_catalog *catalog);

/* pmp_catalog_add - the names of an arena; @keys is what pmp_catalog_index needs of it afterwards */
int pmp_catalog_add(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
		    struct pmp_arena_keys *keys);
void pmp_arena_keys_free(struct pmp_arena_keys *keys);

/* pmp_catalog_pack, pmp_catalog_unpack - to bytes for another process (malloc'ed) and, added to a catalog, back */
int pmp_catalog_pack(const struct pmp_catalog *catalog, void **data, size_t *bytes);
int pmp_catalog_unpack(struct pmp_catalog *catalog, const void *data, size_t bytes);

/* pmp_catalog_sort - number everything: parents first, the same for any distribution of the same arenas over processes */
int pmp_catalog_sort(struct pmp_catalog *catalog);

/* pmp_catalog_index - row of a key after sorting; 0 (the root) if it is unknown */
uint32_t pmp_catalog_index(const struct pmp_catalog *catalog, enum pmp_catalog_kind kind,
			   uint64_t key);

#endif
