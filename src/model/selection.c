/*
 * selection.c - what the user limits a report to, checked against the model. Called by the commands.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "model/query.h"

/* One number of a list, not behind the last rank. */
static int parse_rank(const struct pmp_model *model, const char *list, const char **at,
		      size_t *rank, struct pmp_diag *diag)
{
	char *end;

	errno = 0;
	unsigned long value = strtoul(*at, &end, 10);

	if (**at < '0' || **at > '9' || end == *at)
		return pmp_fail(diag, PMP_EINVALID,
				"'%s' is not a list of ranks, write them as 0,3-5", list);
	if (errno || value >= model->rank_count)
		return pmp_fail(diag, PMP_EINVALID, "there is no rank %.*s, the last one is %zu",
				(int)(end - *at), *at, model->rank_count - 1);
	*rank = value;
	*at = end;
	return 0;
}

int pmp_select_ranks(const struct pmp_model *model, const char *list, struct pmp_pool *pool,
		     const bool **ranks, struct pmp_diag *diag)
{
	bool *flags = pmp_pool_alloc(pool, model->rank_count, sizeof(*flags));
	const char *at = list;
	size_t first, last;
	int rc;

	if (!flags)
		return pmp_fail(diag, PMP_ENOMEM, "out of memory");
	do {
		rc = parse_rank(model, list, &at, &first, diag);
		last = first;
		if (rc == 0 && *at == '-') {
			at++;
			rc = parse_rank(model, list, &at, &last, diag);
		}
		if (rc)
			return rc;
		if ((*at != ',' && *at != '\0') || last < first)
			return pmp_fail(diag, PMP_EINVALID,
					"'%s' is not a list of ranks, write them as 0,3-5", list);
		memset(flags + first, 1, last - first + 1);
	} while (*at++ == ',');
	*ranks = flags;
	return 0;
}

static int unknown_region(const struct pmp_model *model, const char *name, struct pmp_pool *pool,
			  struct pmp_diag *diag)
{
	const char **names = pmp_pool_alloc(pool, model->region_count + 1, sizeof(*names));

	if (!names)
		return pmp_fail(diag, PMP_ENOMEM, "out of memory");
	if (model->region_count < 2)
		return pmp_fail(diag, PMP_EINVALID,
				"unknown region '%s', the program marks no regions", name);
	for (size_t r = 1; r < model->region_count; r++)
		names[r - 1] = model->regions[r].name;
	const char *nearest = pmp_suggest(name, names, model->region_count - 1, sizeof(*names));

	if (nearest)
		return pmp_fail(diag, PMP_EINVALID, "unknown region '%s', did you mean '%s'?", name,
				nearest);
	return pmp_fail(diag, PMP_EINVALID, "unknown region '%s', one of them is '%s'", name,
			names[0]);
}

int pmp_select_region(const struct pmp_model *model, const char *name, struct pmp_pool *pool,
		      const bool **regions, struct pmp_diag *diag)
{
	bool *flags = pmp_pool_alloc(pool, model->region_count, sizeof(*flags));
	bool is_found = false;

	if (!flags)
		return pmp_fail(diag, PMP_ENOMEM, "out of memory");
	for (uint32_t r = 1; r < model->region_count; r++) {
		bool is_named = strcmp(model->regions[r].name, name) == 0 ||
				strcmp(pmp_region_text(model, pool, r), name) == 0;

		is_found |= is_named;
		flags[r] = is_named || flags[model->regions[r].parent];
	}
	if (!is_found)
		return unknown_region(model, name, pool, diag);
	*regions = flags;
	return 0;
}
