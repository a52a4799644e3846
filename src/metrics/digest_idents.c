/*
 * digest_idents.c - who is who across runs: a call site is the chain of functions that leads to it, and its ordinal among equals in
 * order of lines. Line numbers themselves move with every edit, addresses with every build. Called by digest_sites.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "metrics/digest_parts.h"

static bool is_main(const struct pmp_place *place)
{
	return strcmp(place->function, "main") == 0 || strcmp(place->function, "MAIN__") == 0;
}

/* What is outside of main belongs to the C library and differs from machine to machine. */
static size_t frames_from_main(const struct pmp_place *frames, size_t count)
{
	for (size_t i = count; i-- > 0;)
		if (is_main(&frames[i]))
			return i + 1;
	return count;
}

static uint64_t hash_chain(const struct pmp_ident *ident)
{
	uint64_t hash = 1;

	for (size_t i = ident->frame_count; i-- > 0;) {
		const struct pmp_place *place = &ident->frames[i];
		const char *name =
			place->function[0] ? place->function : pmp_base_name(place->module);

		hash = pmp_digest_hash_text(hash, name);
	}
	return hash;
}

static int add_ident(const struct pmp_model *model, struct pmp_pool *pool, struct pmp_tally *idents,
		     uint32_t path, uint16_t call)
{
	struct pmp_ident *ident = pmp_tally_row(idents, path, call);
	struct pmp_place *frames;

	if (!ident)
		return -PMP_ENOMEM;
	if (ident->chain)
		return 0;
	size_t count = pmp_path_frames(model, path, pool, &frames);

	ident->frames = frames;
	ident->frame_count = frames_from_main(frames, count);
	ident->chain = pmp_hash_combine(hash_chain(ident), call) | 1;
	return 0;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Equal chains are in order of lines from main on; without lines, of addresses. */
static int compare_places(const struct pmp_ident *a, const struct pmp_ident *b)
{
	for (size_t i = a->frame_count, j = b->frame_count; i-- > 0 && j-- > 0;) {
		int order = compare_numbers(a->frames[i].line, b->frames[j].line);

		if (order == 0 && a->frames[i].line == 0)
			order = compare_numbers(a->frames[i].offset, b->frames[j].offset);
		if (order)
			return order;
	}
	return compare_numbers(a->frame_count, b->frame_count);
}

static int compare_idents(const void *a, const void *b)
{
	const struct pmp_ident *x = *(struct pmp_ident *const *)a,
			       *y = *(struct pmp_ident *const *)b;
	int order = compare_numbers(x->chain, y->chain);

	return order ? order : compare_places(x, y);
}

/* Calls are hashed by name: their numbers may change with the version. */
static void number_equals(struct pmp_ident **order, size_t count)
{
	uint64_t ordinal = 0;

	for (size_t i = 0; i < count; i++) {
		const char *call = pmp_call_info((unsigned)order[i]->pair.low)->name;

		if (i == 0 || order[i]->chain != order[i - 1]->chain)
			ordinal = 0;
		else if (compare_places(order[i], order[i - 1]) != 0)
			ordinal++;
		uint64_t chain = pmp_digest_hash_text(hash_chain(order[i]), call);

		order[i]->key = pmp_hash_combine(chain, ordinal);
	}
}

int pmp_digest_idents(const struct pmp_model *model, struct pmp_pool *pool,
		      struct pmp_tally *idents)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < model->stat_count; i++)
		rc = add_ident(model, pool, idents, model->stats[i].path, model->stats[i].call);
	for (size_t i = 0; rc == 0 && i < model->gap_count; i++) {
		const struct pmp_model_gap *gap = &model->gaps[i];

		rc = add_ident(model, pool, idents, gap->from_path, gap->from_call);
		if (rc == 0)
			rc = add_ident(model, pool, idents, gap->to_path, gap->to_call);
	}
	struct pmp_ident **order =
		rc == 0 ? pmp_pool_alloc(pool, idents->count, sizeof(struct pmp_ident *)) : NULL;

	if (!order)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < idents->count; i++)
		order[i] = (struct pmp_ident *)(void *)idents->rows + i;
	qsort(order, idents->count, sizeof(struct pmp_ident *), compare_idents);
	number_equals(order, idents->count);
	return 0;
}
