/*
 * expect_table.c - the table of what can be expected, and the list of what is. Used by the parser, by the judge and by --list.
 */
#include "metrics/expect.h"

static const struct pmp_expect_info table[PMP_EXPECT_COUNT_OF_IDS] = {
#define PMP_EXPECTATION(id, name, place, argument, unit, nature, runs, meaning)                    \
	[PMP_EXPECT_##id] = {name,                                                                 \
			     PMP_PLACE_##place,                                                    \
			     PMP_ARGUMENT_##argument,                                              \
			     PMP_UNIT_##unit,                                                      \
			     PMP_NATURE_##nature,                                                  \
			     PMP_RUNS_##runs,                                                      \
			     meaning},
#include "metrics/expectations.def"
#undef PMP_EXPECTATION
};

const struct pmp_expect_info *pmp_expect_info(enum pmp_expect_id id)
{
	return &table[id];
}

const char *pmp_expect_usage(enum pmp_expect_id id, struct pmp_pool *pool)
{
	static const char *const places[] = {[PMP_PLACE_RUN] = "",
					     [PMP_PLACE_REGION] = "region(NAME).",
					     [PMP_PLACE_ANY] = "[region(NAME).]"};
	static const char *const arguments[] = {[PMP_ARGUMENT_NOTHING] = "[(RANKS)]",
						[PMP_ARGUMENT_CALL] = "(CALL[, RANKS])",
						[PMP_ARGUMENT_KIND] = "(KIND[, RANKS])"};

	return pmp_pool_printf(pool, "%s%s%s", places[table[id].place], table[id].name,
			       arguments[table[id].argument]);
}

struct pmp_expectations *pmp_expectations_new(void)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_expectations *list = pool ? pmp_pool_alloc(pool, 1, sizeof(*list)) : NULL;

	if (!list) {
		pmp_pool_free(pool);
		return NULL;
	}
	list->pool = pool;
	return list;
}

void pmp_expectations_free(struct pmp_expectations *list)
{
	if (list)
		pmp_pool_free(list->pool);
}
