/*
 * run_symbols.c - resolves the distinct addresses of a run, module by module, once, on rank 0. Called by run_tables.c.
 */
#include "store/run_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "store/symbols.h"
#include "store/text.h"

static int by_offset(const void *a, const void *b)
{
	uint64_t x = ((const struct pmp_symbol *)a)->offset,
		 y = ((const struct pmp_symbol *)b)->offset;

	return x < y ? -1 : x > y;
}

/* The addresses of one module; their frames are looked up by offset afterwards. */
static int resolve_module(const struct pmp_catalog_entry *module,
			  const struct pmp_catalog_list *addresses, struct pmp_row_addresses *rows,
			  struct pmp_symbol *symbols, struct pmp_symbol_frames *frames,
			  struct pmp_pool *pool)
{
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->entries[i].parent == module->key)
			symbols[count++] =
				(struct pmp_symbol){.offset = addresses->entries[i].value};
	if (!count)
		return 0;
	qsort(symbols, count, sizeof(*symbols), by_offset);
	rc = pmp_symbols_resolve(module->text, module->build_id, symbols, count, frames, pool);
	for (size_t i = 0; i < addresses->count && rc == 0; i++) {
		struct pmp_symbol key = {.offset = addresses->entries[i].value}, *found;

		if (addresses->entries[i].parent != module->key)
			continue;
		found = bsearch(&key, symbols, count, sizeof(*symbols), by_offset);
		if (found && found->count) {
			rows[i].first_frame = (uint32_t)found->first;
			rows[i].frame_count = (uint32_t)found->count;
		}
	}
	return rc;
}

static int resolve_all(const struct pmp_catalog *catalog, struct pmp_row_addresses *rows,
		       struct pmp_symbol_frames *frames, struct pmp_pool *pool)
{
	const struct pmp_catalog_list *modules = &catalog->lists[PMP_CATALOG_MODULES];
	const struct pmp_catalog_list *addresses = &catalog->lists[PMP_CATALOG_ADDRESSES];
	struct pmp_symbol *symbols = calloc(addresses->count + 1, sizeof(*symbols));
	int rc = symbols ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; i < modules->count && rc == 0; i++)
		rc = resolve_module(&modules->entries[i], addresses, rows, symbols, frames, pool);
	free(symbols);
	return rc;
}

/* "function\nfile\nline" as one frame; what is damaged stays unresolved. */
static int add_python(const struct pmp_catalog_entry *entry, struct pmp_row_addresses *row,
		      struct pmp_symbol_frames *frames, struct pmp_pool *pool)
{
	const char *file = strchr(entry->text, '\n');
	const char *line = file ? strchr(file + 1, '\n') : NULL;
	struct pmp_symbol_frame *frame;

	if (!line)
		return 0;
	if (pmp_grow(&frames->frames, &frames->capacity, frames->count, sizeof(*frame)))
		return -PMP_ENOMEM;
	frame = &frames->frames[frames->count];
	frame->function = pmp_pool_text(pool, entry->text, (size_t)(file - entry->text));
	frame->file = pmp_pool_text(pool, file + 1, (size_t)(line - file - 1));
	frame->line = (uint32_t)strtoul(line + 1, NULL, 10);
	if (!frame->function || !frame->file)
		return -PMP_ENOMEM;
	row->first_frame = (uint32_t)frames->count++;
	row->frame_count = 1;
	return 0;
}

static struct pmp_row_frames *frame_rows(const struct pmp_symbol_frames *frames,
					 struct pmp_pool *pool)
{
	struct pmp_row_frames *rows = pmp_pool_alloc(pool, frames->count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < frames->count; i++) {
		const struct pmp_symbol_frame *f = &frames->frames[i];

		rows[i].function = pmp_text_clean(pool, f->function, strlen(f->function));
		rows[i].file = pmp_text_clean(pool, f->file, strlen(f->file));
		rows[i].line = f->line;
	}
	return rows;
}

int pmp_run_symbols(struct pmp_run_tables *t, const struct pmp_catalog *catalog, bool resolve)
{
	const struct pmp_catalog_list *list = &catalog->lists[PMP_CATALOG_ADDRESSES];
	struct pmp_row_addresses *rows = pmp_pool_alloc(t->pool, list->count + 1, sizeof(*rows));
	struct pmp_symbol_frames frames = {0};
	int rc = rows ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; rows && i < list->count; i++) {
		rows[i].module = list->entries[i].parent == PMP_KEY_ROOT
					 ? PMP_NONE
					 : pmp_catalog_index(catalog, PMP_CATALOG_MODULES,
							     list->entries[i].parent);
		rows[i].offset = list->entries[i].value;
	}
	if (rc == 0 && resolve)
		rc = resolve_all(catalog, rows, &frames, t->pool);
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		if (list->entries[i].text_len)
			rc = add_python(&list->entries[i], &rows[i], &frames, t->pool);
	if (rc == 0) {
		t->tables[PMP_FILE_TABLE_addresses].rows = rows;
		t->tables[PMP_FILE_TABLE_addresses].count = list->count;
		t->tables[PMP_FILE_TABLE_frames].rows = frame_rows(&frames, t->pool);
		t->tables[PMP_FILE_TABLE_frames].count = frames.count;
		rc = t->tables[PMP_FILE_TABLE_frames].rows ? 0 : -PMP_ENOMEM;
	}
	free(frames.frames);
	return rc;
}
