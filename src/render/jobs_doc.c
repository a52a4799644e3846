/*
 * jobs_doc.c - the jobs of this user on this machine, as a table and as JSON. Called by cmd_list.c.
 */
#include "render/jobs_doc.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/fmt.h"
#include "render/utf8.h"

#define JSON_VERSION 1

static const char *state_of(const struct pmp_survey *job)
{
	if (job->alive)
		return "running";
	return pmp_survey_is_left_over(job) ? "ended" : "starting";
}

/* "4", "3 of 4" */
static const char *ranks_text(const struct pmp_survey *job, struct pmp_pool *pool)
{
	if (job->size && (size_t)job->size != job->count)
		return pmp_pool_printf(pool, "%zu of %d", job->count, job->size);
	return pmp_pool_printf(pool, "%zu", job->count);
}

/* How long it has been in its state: since its begin when it runs, since the last word of it when it does not. */
static const char *since_text(const struct pmp_survey *job, int64_t now_s, struct pmp_pool *pool)
{
	int64_t since = job->alive ? job->begin_s : job->written_s;

	if (since <= 0)
		return "";
	return pmp_pool_printf(pool, job->alive ? "for %s" : "%s ago",
			       pmp_fmt_age(now_s > since ? now_s - since : 0).text);
}

/* The folder of jobs: the job's own has its name. */
static const char *place_text(const struct pmp_survey *job, struct pmp_pool *pool)
{
	const char *slash = strrchr(job->dirs[0], '/');
	int len = slash && slash > job->dirs[0] ? (int)(slash - job->dirs[0]) : 1;

	if (job->dir_count > 1)
		return pmp_pool_printf(pool, "%.*s and %zu more", len, job->dirs[0],
				       job->dir_count - 1);
	return pmp_pool_printf(pool, "%.*s", len, job->dirs[0]);
}

static const char *clock_text(int64_t seconds, struct pmp_pool *pool)
{
	time_t t = (time_t)seconds;
	struct tm utc;
	char text[32] = "";

	if (seconds > 0 && gmtime_r(&t, &utc))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return pmp_pool_printf(pool, "%s", text);
}

static void add_job(struct pmp_doc *doc, struct pmp_doc_table *table, const struct pmp_survey *job,
		    int64_t now_s)
{
	struct pmp_pool *pool = doc->pool;
	enum pmp_style style = job->alive ? PMP_STYLE_GOOD : PMP_STYLE_NONE;

	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_STRONG, job->name);
	pmp_cell_text(table, PMP_STYLE_NONE, job->program[0] ? job->program : "?");
	pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)job->count, ranks_text(job, pool));
	pmp_cell_text(table, style, state_of(job));
	pmp_cell_text(table, PMP_STYLE_NONE, since_text(job, now_s, pool));
	pmp_cell_text(table, PMP_STYLE_NONE, clock_text(job->begin_s, pool));
	pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)job->bytes,
			 pmp_pool_printf(pool, "%s", pmp_fmt_bytes((double)job->bytes).text));
	pmp_cell_text(table, PMP_STYLE_DIM, place_text(job, pool));
}

int pmp_jobs_doc(const struct pmp_survey *jobs, size_t count, int64_t now_s, struct pmp_doc *doc)
{
	static const struct pmp_column columns[] = {
		{"job", "job", PMP_COLUMN_NAME},      {"program", "program", PMP_COLUMN_LEFT},
		{"ranks", "ranks", PMP_COLUMN_RIGHT}, {"state", "state", PMP_COLUMN_NAME},
		{NULL, "", PMP_COLUMN_NAME},          {"started", NULL, PMP_COLUMN_NAME},
		{"bytes", "data", PMP_COLUMN_RIGHT},  {"folder", "in", PMP_COLUMN_LEFT},
	};
	const struct pmp_survey *running = NULL, *over = NULL;
	struct pmp_doc_table *table;

	if (count == 0)
		pmp_doc_text(doc, PMP_STYLE_NONE,
			     "no job of yours runs or has left data on this machine");
	table = pmp_doc_table(doc, "jobs", columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = count; i-- > 0;) {
		running = jobs[i].alive ? &jobs[i] : running;
		over = pmp_survey_is_left_over(&jobs[i]) ? &jobs[i] : over;
	}
	for (size_t i = 0; i < count; i++)
		add_job(doc, table, &jobs[i], now_s);
	if (running)
		pmp_doc_command(doc, pmp_pool_printf(doc->pool, "pmprof stacks %s", running->name),
				"where its ranks are, and who waits for whom");
	if (over) {
		pmp_doc_command(doc, pmp_pool_printf(doc->pool, "pmprof collect %s", over->name),
				"make a file of what it has left");
		pmp_doc_command(doc, pmp_pool_printf(doc->pool, "pmprof clean %s", over->name),
				"or remove it");
	}
	return pmp_pool_failed(doc->pool) ? -PMP_ENOMEM : 0;
}

static json_t *text_or_null(const char *text, struct pmp_pool *pool)
{
	return text[0] ? json_string(pmp_utf8_clean(pool, text, true)) : json_null();
}

static json_t *rank_object(const struct pmp_surveyed_rank *rank, struct pmp_pool *pool)
{
	return json_pack("{s:o, s:o, s:b, s:I, s:o}", "rank",
			 rank->is_readable ? json_integer(rank->header.rank) : json_null(), "pid",
			 rank->header.pid > 0 ? json_integer(rank->header.pid) : json_null(),
			 "running", rank->is_alive, "bytes", (json_int_t)rank->bytes, "file",
			 text_or_null(rank->path, pool));
}

static json_t *job_object(const struct pmp_survey *job, struct pmp_pool *pool)
{
	json_t *ranks = json_array(), *folders = json_array();

	for (size_t i = 0; i < job->count; i++)
		json_array_append_new(ranks, rank_object(&job->ranks[i], pool));
	for (size_t i = 0; i < job->dir_count; i++)
		json_array_append_new(folders, text_or_null(job->dirs[i], pool));
	return json_pack("{s:o, s:o, s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:I, s:o, s:o}", "job",
			 text_or_null(job->name, pool), "program", text_or_null(job->program, pool),
			 "host", text_or_null(job->host, pool), "state", state_of(job), "count",
			 (json_int_t)job->count, "running", (json_int_t)job->alive, "size",
			 job->size ? json_integer(job->size) : json_null(), "started",
			 text_or_null(clock_text(job->begin_s, pool), pool), "last_written",
			 text_or_null(clock_text(job->written_s, pool), pool), "bytes",
			 (json_int_t)job->bytes, "folders", folders, "ranks", ranks);
}

int pmp_jobs_json(const struct pmp_survey *jobs, size_t count, struct pmp_pool *pool, FILE *out)
{
	json_t *list = json_array(), *root;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, job_object(&jobs[i], pool)))
			rc = -PMP_ENOMEM;
	root = json_pack("{s:s, s:i, s:o}", "format", "pmprof-jobs", "version", JSON_VERSION,
			 "jobs", list);
	if (!root || pmp_pool_failed(pool))
		rc = -PMP_ENOMEM;
	if (rc == 0 &&
	    (json_dumpf(root, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out)))
		rc = -PMP_EIO;
	json_decref(root);
	return rc;
}
