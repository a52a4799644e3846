/*
 * source_paths.c - call paths that are the same in the source become one: a compiler that unrolls or splits a loop makes several
 * instructions of one call. Called by the commands when all symbols are known; changes the model in place.
 */
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "model/model.h"
#include "model/tally.h"

/* The first of those that are alike. */
struct first {
	struct pmp_tally_key key;
	uint32_t index; /* from 1 */
};

static uint32_t first_of(struct pmp_tally *firsts, uint64_t high, uint64_t low, uint32_t index)
{
	struct first *first = pmp_tally_row(firsts, high, low);

	if (!first)
		return PMP_NONE;
	if (first->index == 0)
		first->index = index + 1;
	return first->index - 1;
}

/* Without a line two addresses cannot be told to be the same place. */
static bool has_lines(const struct pmp_model *model, const struct pmp_model_address *address)
{
	for (uint32_t i = 0; i < address->frame_count; i++)
		if (model->frames[address->first_frame + i].line == 0)
			return false;
	return address->frame_count > 0;
}

static uint64_t hash_frames(const struct pmp_model *model, const struct pmp_model_address *address)
{
	uint64_t hash = pmp_hash_combine(address->module, address->frame_count);

	for (uint32_t i = 0; i < address->frame_count; i++) {
		const struct pmp_model_frame *frame = &model->frames[address->first_frame + i];

		hash = pmp_hash_combine(hash, frame->line);
		hash = pmp_hash_bytes(hash, frame->file, strlen(frame->file) + 1);
		hash = pmp_hash_bytes(hash, frame->function, strlen(frame->function) + 1);
	}
	return hash;
}

static int merge_addresses(const struct pmp_model *model, uint32_t *address_of)
{
	struct pmp_tally firsts;
	int rc = 0;

	pmp_tally_init(&firsts, sizeof(struct first));
	for (uint32_t a = 0; rc == 0 && a < model->address_count; a++) {
		const struct pmp_model_address *address = &model->addresses[a];

		address_of[a] = a;
		if (has_lines(model, address))
			address_of[a] = first_of(&firsts, hash_frames(model, address),
						 address->frame_count, a);
		if (address_of[a] == PMP_NONE)
			rc = -PMP_ENOMEM;
	}
	pmp_tally_release(&firsts);
	return rc;
}

/* Parents are smaller than their children, so that each is done before it is needed. */
static int merge_paths(const struct pmp_model *model, const uint32_t *address_of, uint32_t *path_of)
{
	struct pmp_tally firsts;
	int rc = 0;

	pmp_tally_init(&firsts, sizeof(struct first));
	for (uint32_t p = 1; rc == 0 && p < model->path_count; p++) {
		const struct pmp_model_path *path = &model->paths[p];
		uint32_t address =
			path->address < model->address_count ? address_of[path->address] : PMP_NONE;

		path_of[p] = first_of(&firsts, path_of[path->parent], address, p);
		if (path_of[p] == PMP_NONE)
			rc = -PMP_ENOMEM;
	}
	pmp_tally_release(&firsts);
	return rc;
}

static void replace(uint32_t *path, const uint32_t *path_of, size_t count)
{
	if (*path < count)
		*path = path_of[*path];
}

int pmp_model_merge_paths(struct pmp_model *model)
{
	size_t count = model->path_count;
	uint32_t *address_of =
		pmp_model_alloc(model, model->address_count + 1, sizeof(*address_of));
	uint32_t *path_of = pmp_model_alloc(model, count + 1, sizeof(*path_of));
	int rc = address_of && path_of ? 0 : -PMP_ENOMEM;

	if (rc == 0)
		rc = merge_addresses(model, address_of);
	if (rc == 0)
		rc = merge_paths(model, address_of, path_of);
	if (rc)
		return rc;
	for (size_t i = 0; i < model->stat_count; i++)
		replace(&model->stats[i].path, path_of, count);
	for (size_t i = 0; i < model->gap_count; i++) {
		replace(&model->gaps[i].from_path, path_of, count);
		replace(&model->gaps[i].to_path, path_of, count);
	}
	for (size_t i = 0; i < model->event_count; i++)
		replace(&model->events[i].path, path_of, count);
	for (size_t i = 0; i < model->rank_count; i++)
		replace(&model->ranks[i].last_path, path_of, count);
	for (size_t i = 0; i < model->crash_count; i++)
		replace(&model->crashes[i].path, path_of, count);
	return 0;
}
