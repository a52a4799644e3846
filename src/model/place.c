/*
 * place.c - call paths as source positions. Reads the model, writes into the caller's pool.
 */
#include "model/place.h"

#include <string.h>

#include "schema/arena.h"

#define CUT "(deeper frames left out)"

static struct pmp_place place_of_frame(const struct pmp_model *model, uint32_t address,
				       uint32_t frame)
{
	struct pmp_place place = {"", "", "", 0, 0};

	if (address >= model->address_count)
		return place;
	const struct pmp_model_address *a = &model->addresses[address];

	if (a->module >= model->module_count && a->offset == PMP_ADDRESS_CUT) {
		place.function = CUT;
		return place;
	}
	place.offset = a->offset;
	if (a->module < model->module_count)
		place.module = model->modules[a->module].path;
	if (frame < a->frame_count && (size_t)a->first_frame + frame < model->frame_count) {
		const struct pmp_model_frame *f = &model->frames[a->first_frame + frame];

		place.function = f->function;
		place.file = f->file;
		place.line = f->line;
	}
	return place;
}

static uint32_t frames_at(const struct pmp_model *model, uint32_t address)
{
	uint32_t count = address < model->address_count ? model->addresses[address].frame_count : 0;

	return count ? count : 1; /* an unresolved address is shown as module and offset */
}

/* The annotation header's own functions are no place of the program. */
static bool is_annotation(const struct pmp_place *place)
{
	return strncmp(place->function, "pmprof_", strlen("pmprof_")) == 0;
}

struct pmp_place pmp_place_of_path(const struct pmp_model *model, uint32_t path)
{
	struct pmp_place innermost = place_of_frame(model, PMP_NONE, 0);

	for (uint32_t p = path; p != 0 && p < model->path_count; p = model->paths[p].parent) {
		uint32_t address = model->paths[p].address;

		for (uint32_t i = 0; i < frames_at(model, address); i++) {
			struct pmp_place place = place_of_frame(model, address, i);

			if (p == path && i == 0)
				innermost = place;
			if (!is_annotation(&place))
				return place;
		}
	}
	return innermost;
}

size_t pmp_path_frames(const struct pmp_model *model, uint32_t path, struct pmp_pool *pool,
		       struct pmp_place **frames)
{
	size_t count = 0, at = 0;

	*frames = NULL;
	if (path >= model->path_count)
		return 0;
	for (uint32_t p = path; p != 0; p = model->paths[p].parent)
		count += frames_at(model, model->paths[p].address);
	struct pmp_place *list = count ? pmp_pool_alloc(pool, count, sizeof(*list)) : NULL;

	if (!list)
		return 0;
	for (uint32_t p = path; p != 0; p = model->paths[p].parent) {
		uint32_t address = model->paths[p].address;

		for (uint32_t i = 0; i < frames_at(model, address); i++)
			list[at++] = place_of_frame(model, address, i);
	}
	*frames = list;
	return count;
}

const char *pmp_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool pmp_place_is_cut(const struct pmp_place *place)
{
	return strcmp(place->function, CUT) == 0;
}

bool pmp_place_known(const struct pmp_place *place)
{
	return place->function[0] || place->file[0] || place->module[0];
}

const char *pmp_place_text(struct pmp_pool *pool, const struct pmp_place *place)
{
	if (place->file[0] && place->line)
		return pmp_pool_printf(pool, "%s:%u", pmp_base_name(place->file), place->line);
	if (place->file[0])
		return pmp_base_name(place->file);
	if (place->function[0] || !place->module[0])
		return pmp_base_name(place->module);
	return pmp_pool_printf(pool, "%s+0x%llx", pmp_base_name(place->module),
			       (unsigned long long)place->offset);
}

const char *pmp_place_long_text(struct pmp_pool *pool, const struct pmp_place *place)
{
	const char *where = pmp_place_text(pool, place);

	if (!place->function[0])
		return where;
	return where[0] ? pmp_pool_printf(pool, "%s (%s)", place->function, where)
			: place->function;
}

const char *pmp_region_text(const struct pmp_model *model, struct pmp_pool *pool, uint32_t region)
{
	const char *text = "";

	for (uint32_t r = region; r != 0 && r < model->region_count; r = model->regions[r].parent)
		text = pmp_pool_printf(pool, "%s%s%s", model->regions[r].name, text[0] ? "/" : "",
				       text);
	return text;
}
