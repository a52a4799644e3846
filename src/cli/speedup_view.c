/*
 * speedup_view.c - from files to the speedup on standard output, with what was expected of it. Called by `pmprof speedup`, and by
 * `pmprof scale` at the end of a sweep.
 */
#include "cli/speedup_view.h"

#include <jansson.h>

#include "render/expect_doc.h"
#include "render/quote.h"

#define MAX_PATHS 2

/* A speedup needs something to be relative to. */
static int check(const struct pmp_speedup_view *view, const struct pmp_speedup *speedup,
		 struct pmp_diag *diag)
{
	const struct pmp_point *only = speedup->points[0].point;

	if (speedup->explained == SIZE_MAX)
		return pmp_fail(diag, PMP_EFORMAT,
				"no baseline: all %zu run%s on %u rank%s, add runs on %s or a "
				"serial program (pmprof scale --serial)",
				only->count, only->count == 1 ? " is" : "s are", only->ranks,
				only->ranks == 1 ? "" : "s",
				only->ranks == 1 ? "more" : "fewer ranks");
	if (view->doc.ranks && !pmp_speedup_at(speedup, view->doc.ranks))
		return pmp_fail(diag, PMP_EINVALID, "no run on %u ranks among these",
				view->doc.ranks);
	return 0;
}

static int print_json(struct pmp_speedup_view *view, const struct pmp_speedup *speedup,
		      struct pmp_pool *pool, struct pmp_diag *diag)
{
	json_t *root = pmp_speedup_json(speedup, &view->doc, pool);
	json_t *expectations = pmp_expect_json(&view->expect.findings, pool);
	int rc = 0;

	if (!root || json_object_set_new(root, "expectations", expectations))
		rc = -PMP_ENOMEM;
	else if (json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) ||
		 putchar('\n') == EOF || fflush(stdout))
		rc = -PMP_EIO;
	json_decref(root);
	return pmp_output_error(rc, diag);
}

/* For the commands that a report proposes. Many files would fill the screen. */
static const char *paths_text(const struct pmp_speedup_view *view, struct pmp_pool *pool)
{
	const char *text = "";

	if (view->count > MAX_PATHS)
		return "FILE...";
	for (size_t i = 0; i < view->count; i++)
		text = pmp_pool_printf(pool, "%s%s%s", text, i ? " " : "",
				       pmp_quote(pool, view->paths[i]));
	return text;
}

static int print(struct pmp_speedup_view *view, const struct pmp_speedup *speedup,
		 struct pmp_pool *pool, struct pmp_diag *diag)
{
	struct pmp_doc doc = {.pool = pool};

	if (view->output.format == PMP_FORMAT_JSON)
		return print_json(view, speedup, pool, diag);
	view->doc.width = pmp_output_width(&view->output);
	view->doc.paths = paths_text(view, pool);
	int rc = pmp_speedup_doc(speedup, &view->doc, &doc);

	if (rc)
		return rc;
	pmp_expect_doc(&view->expect.findings, &doc);
	return pmp_output_doc(&view->output, &doc, "speedup", diag);
}

static int run(struct pmp_speedup_view *view, struct pmp_series *series, struct pmp_diag *diag)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_speedup *speedup;
	int rc = pool ? pmp_speedup_make(series, pool, &speedup) : -PMP_ENOMEM;

	if (rc == 0)
		rc = check(view, speedup, diag);
	if (rc == 0)
		rc = pmp_expect_conclude(&view->expect, series, speedup, pool, diag);
	if (rc == 0)
		rc = print(view, speedup, pool, diag);
	int code = rc ? pmp_cli_fail(rc, diag) : pmp_expect_exit(&view->expect);

	pmp_pool_free(pool);
	return code;
}

int pmp_speedup_show(struct pmp_speedup_view *view)
{
	struct pmp_diag diag = {""};
	struct pmp_series *series = NULL;
	int rc = pmp_runs_load(view->paths, view->count, &view->runs, &series, &diag);
	int code = rc ? pmp_cli_fail(rc, &diag) : run(view, series, &diag);

	pmp_series_free(series);
	return code;
}
