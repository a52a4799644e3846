/*
 * model.c - owns the memory of a model: one pool, given back at once. Called by store/reader.c and by tests.
 */
#include "model/model.h"

#include "model/pool.h"

struct pmp_model *pmp_model_new(void)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_model *model = pool ? pmp_pool_alloc(pool, 1, sizeof(*model)) : NULL;

	if (!model) {
		pmp_pool_free(pool);
		return NULL;
	}
	model->memory = pool;
	return model;
}

void *pmp_model_alloc(struct pmp_model *model, size_t count, size_t size)
{
	return pmp_pool_alloc(model->memory, count, size);
}

char *pmp_model_text(struct pmp_model *model, const char *text, size_t len)
{
	return pmp_pool_text(model->memory, text, len);
}

void pmp_model_free(struct pmp_model *model)
{
	if (model)
		pmp_pool_free(model->memory);
}
