/*
 * symbols_model.c - resolves once more, when a file is read, what was unknown when it was written. Called by the report; one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "store/symbols.h"
#include "store/text.h"

static int by_offset(const void *a, const void *b)
{
	uint64_t x = ((const struct pmp_symbol *)a)->offset,
		 y = ((const struct pmp_symbol *)b)->offset;

	return x < y ? -1 : x > y;
}

/* Nothing is known, or only what a symbol table told, without a line: debug data may have come since. */
static bool is_open(const struct pmp_model *model, const struct pmp_model_address *a)
{
	return a->frame_count == 0 ||
	       (a->frame_count == 1 && model->frames[a->first_frame].line == 0);
}

static size_t collect(const struct pmp_model *model, uint32_t module, struct pmp_symbol *symbols)
{
	size_t count = 0;

	for (size_t i = 0; i < model->address_count; i++)
		if (model->addresses[i].module == module && is_open(model, &model->addresses[i]))
			symbols[count++] =
				(struct pmp_symbol){.offset = model->addresses[i].offset};
	if (count)
		qsort(symbols, count, sizeof(*symbols), by_offset);
	return count;
}

static int append_frames(struct pmp_model *model, const struct pmp_symbol_frames *found)
{
	struct pmp_model_frame *frames =
		pmp_model_alloc(model, model->frame_count + found->count, sizeof(*frames));

	if (!frames)
		return -PMP_ENOMEM;
	if (model->frame_count)
		memcpy(frames, model->frames, model->frame_count * sizeof(*frames));
	for (size_t i = 0; i < found->count; i++) {
		struct pmp_model_frame *to = &frames[model->frame_count + i];
		const struct pmp_symbol_frame *from = &found->frames[i];

		to->function = pmp_model_text(model, from->function, strlen(from->function));
		to->file = pmp_model_text(model, from->file, strlen(from->file));
		to->line = from->line;
		if (!to->function || !to->file)
			return -PMP_ENOMEM;
		pmp_text_clean_in_place(to->function, strlen(to->function));
		pmp_text_clean_in_place(to->file, strlen(to->file));
	}
	model->frames = frames;
	model->frame_count += found->count;
	return 0;
}

static int resolve_module(struct pmp_model *model, uint32_t module, struct pmp_symbol *symbols,
			  struct pmp_pool *pool)
{
	struct pmp_symbol_frames found = {0};
	size_t count = collect(model, module, symbols), before = model->frame_count;
	int rc;

	if (!count)
		return 0;
	rc = pmp_symbols_resolve(model->modules[module].path, model->modules[module].build_id,
				 symbols, count, &found, pool);
	if (rc == 0 && found.count)
		rc = append_frames(model, &found);
	for (size_t i = 0; i < model->address_count && rc == 0 && found.count; i++) {
		struct pmp_model_address *a = &model->addresses[i];
		struct pmp_symbol key = {.offset = a->offset}, *hit;

		if (a->module != module || !is_open(model, a))
			continue;
		hit = bsearch(&key, symbols, count, sizeof(*symbols), by_offset);
		if (hit && hit->count && (!a->frame_count || found.frames[hit->first].line)) {
			a->first_frame = (uint32_t)(before + hit->first);
			a->frame_count = (uint32_t)hit->count;
		}
	}
	free(found.frames);
	return rc;
}

int pmp_symbolize_model(struct pmp_model *model, struct pmp_diag *diag)
{
	struct pmp_symbol *symbols = calloc(model->address_count + 1, sizeof(*symbols));
	struct pmp_pool *pool = pmp_pool_new();
	int rc = symbols && pool ? 0 : -PMP_ENOMEM;

	for (size_t m = 0; m < model->module_count && rc == 0; m++)
		rc = resolve_module(model, (uint32_t)m, symbols, pool);
	pmp_pool_free(pool);
	free(symbols);
	return rc ? pmp_fail(diag, PMP_ENOMEM, "out of memory while looking up symbols") : 0;
}
