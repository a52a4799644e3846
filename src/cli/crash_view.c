/* crash_view.c - what `pmprof run` and `pmprof collect` say when ranks have crashed, before anybody asks. Called by gather.c. */
#include "cli/crash_view.h"

#include "cli/output.h"
#include "render/crash_doc.h"
#include "store/reader.h"
#include "store/symbols.h"

static void print(const struct pmp_model *model, struct pmp_pool *pool)
{
	struct pmp_doc doc = {.pool = pool};

	pmp_crash_doc(model, &doc, false);
	if (!pmp_pool_failed(pool))
		pmp_output_text(&doc, stderr, 0);
}

void pmp_crash_view(const char *path)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_model *model = NULL;

	if (pool && pmp_read(path, &model, NULL) == 0 && pmp_symbolize_model(model, NULL) == 0 &&
	    pmp_model_merge_paths(model) == 0 && pmp_crash_first(model))
		print(model, pool);
	pmp_model_free(model);
	pmp_pool_free(pool);
}
