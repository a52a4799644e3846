/*
 * catalog.c - collects and numbers the names of many arenas. Used by merge.c, one thread; knows nothing of processes or files.
 */
#include "store/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/text.h"

int pmp_catalog_init(struct pmp_catalog *catalog)
{
	memset(catalog, 0, sizeof(*catalog));
	catalog->pool = pmp_pool_new();
	return catalog->pool ? 0 : -PMP_ENOMEM;
}

void pmp_catalog_free(struct pmp_catalog *catalog)
{
	for (int kind = 0; kind < PMP_CATALOG_COUNT; kind++) {
		free(catalog->lists[kind].entries);
		pmp_keymap_free(&catalog->lists[kind].map);
	}
	pmp_pool_free(catalog->pool);
	memset(catalog, 0, sizeof(*catalog));
}

/* Of two descriptions of one thing that of the lowest rank counts, whoever met it first. */
static int put_existing(struct pmp_catalog *catalog, struct pmp_catalog_entry *old,
			const struct pmp_catalog_entry *e)
{
	const char *text = old->text;

	if (e->order >= old->order)
		return 0;
	if (e->text_len != old->text_len || memcmp(e->text, old->text, e->text_len) != 0)
		text = pmp_pool_text(catalog->pool, e->text, e->text_len);
	if (!text)
		return -PMP_ENOMEM;
	*old = *e;
	old->text = text;
	return 0;
}

static int put(struct pmp_catalog *catalog, enum pmp_catalog_kind kind,
	       const struct pmp_catalog_entry *e)
{
	struct pmp_catalog_list *list = &catalog->lists[kind];
	bool is_new = false;
	uint32_t at;

	if (pmp_grow(&list->entries, &list->capacity, list->count, sizeof(*e)))
		return -PMP_ENOMEM;
	at = pmp_keymap_add(&list->map, e->key, (uint32_t)list->count, &is_new);
	if (at == UINT32_MAX)
		return -PMP_ENOMEM;
	if (!is_new)
		return put_existing(catalog, &list->entries[at], e);
	list->entries[at] = *e;
	list->count++;
	list->entries[at].text = pmp_pool_text(catalog->pool, e->text ? e->text : "", e->text_len);
	return list->entries[at].text ? 0 : -PMP_ENOMEM;
}

static uint64_t order_of(const struct pmp_arena_view *arena, size_t index)
{
	return (uint64_t)(uint32_t)arena->header.rank << 32 | (uint32_t)index;
}

static void set_text(struct pmp_catalog_entry *e, const struct pmp_arena_view *arena, uint32_t ref)
{
	e->text = pmp_arena_string(arena, ref);
	e->text_len = strlen(e->text);
}

static void describe_module(const struct pmp_arena_view *arena, size_t index,
			    struct pmp_catalog_entry *e)
{
	const struct pmp_module *m = &arena->modules[index];

	memset(e, 0, sizeof(*e));
	set_text(e, arena, m->path);
	pmp_text_hex(m->build_id, m->build_id_len, e->build_id, sizeof(e->build_id));
	e->key = m->build_id_len ? pmp_hash_bytes(1, m->build_id, m->build_id_len)
				 : pmp_hash_bytes(2, e->text, e->text_len);
	e->order = order_of(arena, index);
}

static int add_modules(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
		       uint64_t *keys)
{
	int rc = 0;

	for (size_t i = 0; i < arena->module_count && rc == 0; i++) {
		struct pmp_catalog_entry e;

		describe_module(arena, i, &e);
		if (i == 0 || e.text_len == 0) {
			keys[i] = PMP_KEY_ROOT; /* not in a module */
			continue;
		}
		keys[i] = e.key;
		rc = put(catalog, PMP_CATALOG_MODULES, &e);
	}
	return rc;
}

static int add_regions(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
		       uint64_t *keys)
{
	uint32_t *depths = calloc(arena->region_count + 1, sizeof(*depths));
	struct pmp_catalog_entry e = {.key = PMP_KEY_ROOT};
	int rc = depths ? put(catalog, PMP_CATALOG_REGIONS, &e) : -PMP_ENOMEM;

	keys[0] = PMP_KEY_ROOT;
	for (size_t i = 1; i < arena->region_count && rc == 0; i++) {
		const struct pmp_region *r = &arena->regions[i];

		set_text(&e, arena, r->name);
		e.parent = keys[r->parent];
		e.key = keys[i] = pmp_hash_bytes(pmp_hash_combine(e.parent, 3), e.text, e.text_len);
		e.order = depths[i] = depths[r->parent] + 1;
		rc = put(catalog, PMP_CATALOG_REGIONS, &e);
	}
	free(depths);
	return rc;
}

static int add_comms(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
		     uint64_t *keys)
{
	struct pmp_catalog_entry e = {.key = PMP_KEY_ROOT};
	int rc = put(catalog, PMP_CATALOG_COMMS, &e);

	keys[0] = PMP_KEY_ROOT;
	for (size_t i = 1; i < arena->comm_count && rc == 0; i++) {
		const struct pmp_comm *c = &arena->comms[i];

		keys[i] = PMP_KEY_ROOT;
		if (c->uid == 0)
			continue;
		e = (struct pmp_catalog_entry){.key = pmp_hash_combine(4, c->uid),
					       .value = c->uid,
					       .order = order_of(arena, i),
					       .size = c->size,
					       .remote_size = c->remote_size};
		keys[i] = e.key;
		set_text(&e, arena, c->name);
		rc = put(catalog, PMP_CATALOG_COMMS, &e);
	}
	return rc;
}

/* No code of the machine: its name is its identity. */
static bool is_python(const struct pmp_arena_view *arena, const struct pmp_node *node)
{
	const struct pmp_module *m = &arena->modules[node->module];

	return node->module && m->end == 0 &&
	       strcmp(pmp_arena_string(arena, m->path), PMP_PYTHON_MODULE) == 0;
}

/* The address of a node and the path that ends in it. Frames of which nothing is known stand for their caller. */
static int add_node(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
		    const struct pmp_node *node, const uint64_t *modules,
		    struct pmp_catalog_entry *path)
{
	struct pmp_catalog_entry a = {0};
	uint64_t bias = node->module ? arena->modules[node->module].bias : 0;
	int rc;

	a.parent = node->module ? modules[node->module] : PMP_KEY_ROOT;
	a.value = a.parent == PMP_KEY_ROOT ? node->address : node->address - bias;
	if (is_python(arena, node)) {
		set_text(&a, arena, (uint32_t)node->address);
		a.value = pmp_hash_bytes(6, a.text, a.text_len);
	}
	a.key = pmp_hash_combine(pmp_hash_combine(5, a.parent), a.value);
	rc = put(catalog, PMP_CATALOG_ADDRESSES, &a);
	path->key = pmp_hash_combine(path->parent, a.key);
	path->value = a.key;
	return rc ? rc : put(catalog, PMP_CATALOG_PATHS, path);
}

static int add_lane_paths(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
			  const struct pmp_lane_view *lane, const uint64_t *modules, uint64_t *keys)
{
	uint32_t *depths = calloc(lane->node_count + 1, sizeof(*depths));
	struct pmp_catalog_entry e = {.key = PMP_KEY_ROOT};
	int rc = depths ? put(catalog, PMP_CATALOG_PATHS, &e) : -PMP_ENOMEM;

	keys[0] = PMP_KEY_ROOT;
	for (size_t i = 1; i < lane->node_count && rc == 0; i++) {
		const struct pmp_node *node = &lane->nodes[i];

		keys[i] = keys[node->parent];
		depths[i] = depths[node->parent];
		if (node->address == 0)
			continue;
		e.parent = keys[node->parent];
		e.order = depths[i] = depths[node->parent] + 1;
		rc = add_node(catalog, arena, node, modules, &e);
		keys[i] = e.key;
	}
	free(depths);
	return rc;
}

/* From the outermost frame inwards; between the outer and the inner ones stands a mark where some were left out. */
static int add_crash_path(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
			  const uint64_t *modules, uint64_t *key)
{
	const struct pmp_crash *c = arena->crash;
	struct pmp_catalog_entry e = {.key = PMP_KEY_ROOT};
	size_t count = c ? c->inner + c->outer : 0;
	int rc = put(catalog, PMP_CATALOG_PATHS, &e);

	for (size_t i = count; i-- > 0 && rc == 0;) {
		struct pmp_node node = {.address = c->frames[i], .module = c->modules[i]};

		e.parent = e.key;
		e.order++;
		rc = add_node(catalog, arena, &node, modules, &e);
		if (rc || i != c->inner || c->depth == count)
			continue;
		node = (struct pmp_node){.address = PMP_ADDRESS_CUT};
		e.parent = e.key;
		e.order++;
		rc = add_node(catalog, arena, &node, modules, &e);
	}
	*key = e.key;
	return rc;
}

int pmp_catalog_add(struct pmp_catalog *catalog, const struct pmp_arena_view *arena,
		    struct pmp_arena_keys *keys)
{
	uint64_t *modules = calloc(arena->module_count + 1, sizeof(*modules));
	int rc = -PMP_ENOMEM;

	memset(keys, 0, sizeof(*keys));
	keys->lane_count = arena->lane_count;
	keys->regions = calloc(arena->region_count + 1, sizeof(*keys->regions));
	keys->comms = calloc(arena->comm_count + 1, sizeof(*keys->comms));
	keys->nodes = calloc(arena->lane_count + 1, sizeof(*keys->nodes));
	if (modules && keys->regions && keys->comms && keys->nodes)
		rc = add_modules(catalog, arena, modules);
	if (rc == 0)
		rc = add_regions(catalog, arena, keys->regions);
	if (rc == 0)
		rc = add_comms(catalog, arena, keys->comms);
	for (size_t i = 0; i < arena->lane_count && rc == 0; i++) {
		keys->nodes[i] = calloc(arena->lanes[i].node_count + 1, sizeof(**keys->nodes));
		rc = keys->nodes[i] ? add_lane_paths(catalog, arena, &arena->lanes[i], modules,
						     keys->nodes[i])
				    : -PMP_ENOMEM;
	}
	if (rc == 0)
		rc = add_crash_path(catalog, arena, modules, &keys->crash);
	free(modules);
	return rc;
}

void pmp_arena_keys_free(struct pmp_arena_keys *keys)
{
	for (size_t i = 0; keys->nodes && i < keys->lane_count; i++)
		free(keys->nodes[i]);
	free(keys->nodes);
	free(keys->regions);
	free(keys->comms);
	memset(keys, 0, sizeof(*keys));
}

/* Bytes: a count per list, all entries, all texts in the same order. */
int pmp_catalog_pack(const struct pmp_catalog *catalog, void **data, size_t *bytes)
{
	uint64_t counts[PMP_CATALOG_COUNT];
	size_t size = sizeof(counts);
	char *to;

	for (int kind = 0; kind < PMP_CATALOG_COUNT; kind++) {
		const struct pmp_catalog_list *list = &catalog->lists[kind];

		counts[kind] = list->count;
		for (size_t i = 0; i < list->count; i++)
			size += sizeof(*list->entries) + list->entries[i].text_len;
	}
	*data = to = malloc(size);
	if (!to)
		return -PMP_ENOMEM;
	*bytes = size;
	to = mempcpy(to, counts, sizeof(counts));
	for (int kind = 0; kind < PMP_CATALOG_COUNT; kind++) {
		const struct pmp_catalog_list *list = &catalog->lists[kind];

		for (size_t i = 0; i < list->count; i++) {
			to = mempcpy(to, &list->entries[i], sizeof(*list->entries));
			to = mempcpy(to, list->entries[i].text, list->entries[i].text_len);
		}
	}
	return 0;
}

int pmp_catalog_unpack(struct pmp_catalog *catalog, const void *data, size_t bytes)
{
	const char *from = data, *end = from + bytes;
	uint64_t counts[PMP_CATALOG_COUNT];

	if (bytes < sizeof(counts))
		return -PMP_EINTERNAL;
	memcpy(counts, from, sizeof(counts));
	from += sizeof(counts);
	for (int kind = 0; kind < PMP_CATALOG_COUNT; kind++) {
		for (uint64_t i = 0; i < counts[kind]; i++) {
			struct pmp_catalog_entry e;
			int rc;

			if ((size_t)(end - from) < sizeof(e))
				return -PMP_EINTERNAL;
			memcpy(&e, from, sizeof(e));
			from += sizeof(e);
			if ((size_t)(end - from) < e.text_len)
				return -PMP_EINTERNAL;
			e.text = from;
			from += e.text_len;
			rc = put(catalog, (enum pmp_catalog_kind)kind, &e);
			if (rc)
				return rc;
		}
	}
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct pmp_catalog_entry *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

int pmp_catalog_sort(struct pmp_catalog *catalog)
{
	for (int kind = 0; kind < PMP_CATALOG_COUNT; kind++) {
		struct pmp_catalog_list *list = &catalog->lists[kind];

		if (list->count)
			qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
		pmp_keymap_free(&list->map);
		for (size_t i = 0; i < list->count; i++)
			if (pmp_keymap_add(&list->map, list->entries[i].key, (uint32_t)i, NULL) ==
			    UINT32_MAX)
				return -PMP_ENOMEM;
	}
	return 0;
}

uint32_t pmp_catalog_index(const struct pmp_catalog *catalog, enum pmp_catalog_kind kind,
			   uint64_t key)
{
	uint32_t index = pmp_keymap_find(&catalog->lists[kind].map, key);

	return index == UINT32_MAX ? 0 : index;
}
