/*
 * info_doc.c - what is in a file: where it comes from, how large it is, what is wrong with it. Called by cmd_info.c.
 */
#include "base/fmt.h"
#include "render/placement.h"
#include "render/report.h"

static void add_line(struct pmp_doc *doc, struct pmp_doc_table *table, const char *key,
		     const char *text)
{
	if (!text[0])
		return;
	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_DIM, key);
	pmp_cell_text(table, PMP_STYLE_NONE, text);
}

static const char *states_text(const struct pmp_model *model, struct pmp_pool *pool)
{
	size_t counts[PMP_RANK_STATE_COUNT] = {0};
	const char *text = "";

	for (size_t r = 0; r < model->rank_count; r++)
		counts[model->ranks[r].state]++;
	for (int state = 0; state < PMP_RANK_STATE_COUNT; state++)
		if (counts[state])
			text = pmp_pool_printf(pool, "%s%s%zu %s", text, text[0] ? ", " : "",
					       counts[state],
					       pmp_rank_state_name((enum pmp_rank_state)state));
	return text;
}

static void add_run(struct pmp_doc *doc, const struct pmp_model *model)
{
	static const struct pmp_column columns[] = {{"key", "", PMP_COLUMN_LEFT},
						    {"value", "", PMP_COLUMN_WRAP}};
	const struct pmp_model_run *run = &model->run;
	struct pmp_doc_table *table = pmp_doc_table(doc, "run", columns, 2);
	struct pmp_pool *pool = doc->pool;

	add_line(doc, table, "command", run->command);
	add_line(doc, table, "created", run->created);
	add_line(doc, table, "ranks",
		 pmp_pool_printf(pool, "%u on %u node%s: %s", run->ranks, run->nodes,
				 run->nodes == 1 ? "" : "s", states_text(model, pool)));
	add_line(doc, table, "nodes", pmp_nodes_text(model, pool));
	add_line(doc, table, "batch job", pmp_job_text(model, pool));
	add_line(doc, table, "granted", pmp_job_limits_text(model, pool));
	add_line(doc, table, "wall time",
		 pmp_pool_printf(pool, "%s", pmp_fmt_seconds(run->wall_s).text));
	add_line(doc, table, "MPI", run->mpi);
	add_line(doc, table, "mode", run->mode);
	add_line(doc, table, "job", run->job);
	add_line(doc, table, "written by",
		 run->version[0] ? pmp_pool_printf(pool, "pmprof %s", run->version) : "");
	add_line(doc, table, "complete",
		 run->complete ? "yes: every rank reached MPI_Finalize and nothing was lost"
			       : "no");
	for (size_t i = 0; i < run->warning_count; i++)
		add_line(doc, table, "warning", run->warnings[i]);
}

static void add_tables(struct pmp_doc *doc, const struct pmp_model *model)
{
	static const struct pmp_column columns[] = {{"table", "table", PMP_COLUMN_LEFT},
						    {"rows", "rows", PMP_COLUMN_RIGHT},
						    {"content", "", PMP_COLUMN_WRAP}};
	const struct {
		const char *name;
		size_t rows;
		const char *content;
	} tables[] = {
		{"ranks", model->rank_count, "times, memory, how each ended"},
		{"profile", model->stat_count, "calls by rank, path, region, communicator, size"},
		{"compute", model->gap_count, "computation between calls"},
		{"messages", model->message_count, "point-to-point messages by rank and peer"},
		{"events", model->event_count, "flight recorder: the last calls of each thread"},
		{"paths", model->path_count, "call paths, as a tree"},
		{"addresses", model->address_count, "code addresses"},
		{"frames", model->frame_count, "functions, files and lines"},
		{"regions", model->region_count,
		 "marked by the program; the first is outside of all"},
		{"comms", model->comm_count, "communicators; the first stands for none"},
		{"modules", model->module_count, "programs and libraries"},
	};
	struct pmp_doc_table *table;

	pmp_doc_heading(doc, "Tables", NULL);
	table = pmp_doc_table(doc, "tables", columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		pmp_doc_row(doc, table);
		pmp_cell_text(table, PMP_STYLE_NONE, tables[i].name);
		pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)tables[i].rows,
				 pmp_pool_printf(doc->pool, "%s",
						 pmp_fmt_count((int64_t)tables[i].rows).text));
		pmp_cell_text(table, PMP_STYLE_DIM, tables[i].content);
	}
}

static void add_regions(struct pmp_doc *doc, const struct pmp_model *model)
{
	const char *text = "  ";
	size_t shown = 0;

	if (model->region_count < 2)
		return;
	pmp_doc_heading(doc, "Regions", NULL);
	for (uint32_t r = 1; r < model->region_count && shown < 50; r++, shown++)
		text = pmp_pool_printf(doc->pool, "%s%s%s", text, shown ? ", " : "",
				       pmp_region_text(model, doc->pool, r));
	if (shown < model->region_count - 1)
		text = pmp_pool_printf(doc->pool, "%s and %zu more", text,
				       model->region_count - 1 - shown);
	pmp_doc_text(doc, PMP_STYLE_NONE, text);
}

int pmp_info_doc(const struct pmp_model *model, const char *path, struct pmp_doc *doc)
{
	pmp_doc_title(doc, path);
	add_run(doc, model);
	add_tables(doc, model);
	add_regions(doc, model);
	return pmp_pool_failed(doc->pool) ? -PMP_ENOMEM : 0;
}
