/*
 * json.c - the report as JSON: an interface with a version, see docs/METRICS.md. Keys are only ever added. Unknown is null.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "render/crash_doc.h"
#include "render/report.h"
#include "render/utf8.h"

#define NS      1e-9
#define VERSION 1

/* The document is built in jansson's memory; texts are cleaned in the pool. Failures are seen at the end: a NULL child makes its
 * parent's call fail, which is counted. */
struct writer {
	const struct pmp_summary *summary;
	const struct pmp_report_options *options;
	struct pmp_pool *pool;
	bool has_failed;
};

static void set(struct writer *w, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		w->has_failed = true;
}

static void append(struct writer *w, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		w->has_failed = true;
}

static void set_text(struct writer *w, json_t *object, const char *key, const char *text)
{
	set(w, object, key, json_string_nocheck(pmp_utf8_clean(w->pool, text, true)));
}

/* "" is how the model says "unknown". */
static void set_known(struct writer *w, json_t *object, const char *key, const char *text)
{
	if (text[0])
		set_text(w, object, key, text);
	else
		set(w, object, key, json_null());
}

static void set_integer(struct writer *w, json_t *object, const char *key, int64_t value)
{
	set(w, object, key, json_integer(value));
}

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static void set_real(struct writer *w, json_t *object, const char *key, double value)
{
	set(w, object, key, real_or_null(value));
}

static void set_seconds(struct writer *w, json_t *object, const char *key, int64_t ns)
{
	set_real(w, object, key, (double)ns * NS);
}

static void set_place(struct writer *w, json_t *object, const struct pmp_place *place)
{
	set_known(w, object, "function", place->function);
	set_known(w, object, "file", place->file);
	set(w, object, "line", place->line ? json_integer(place->line) : json_null());
}

static const char *region_text(struct writer *w, uint32_t region)
{
	return pmp_region_text(w->summary->model, w->pool, region);
}

static json_t *run_object(struct writer *w)
{
	const struct pmp_summary *s = w->summary;
	const struct pmp_model_run *run = &s->model->run;
	json_t *object = json_object(), *warnings = json_array();

	set_text(w, object, "command", run->command);
	set_integer(w, object, "ranks", run->ranks);
	set_integer(w, object, "nodes", run->nodes);
	set_real(w, object, "wall_s", run->wall_s);
	set_known(w, object, "mpi", run->mpi);
	set(w, object, "complete", json_boolean(run->complete));
	for (size_t i = 0; i < run->warning_count; i++)
		append(w, warnings,
		       json_string_nocheck(pmp_utf8_clean(w->pool, run->warnings[i], true)));
	for (size_t i = 0; i < s->note_count; i++)
		append(w, warnings,
		       json_string_nocheck(pmp_utf8_clean(w->pool, s->notes[i], true)));
	set(w, object, "warnings", warnings);
	set_known(w, object, "created", run->created);
	set_known(w, object, "mode", run->mode);
	set_known(w, object, "job", run->job);
	set_known(w, object, "pmprof", run->version);
	set_real(w, object, "core_s", s->core_s);
	set_real(w, object, "lost_s", s->lost_s);
	set_real(w, object, "tool_share", s->tool_share);
	set(w, object, "oversubscribed", json_boolean(s->is_oversubscribed));
	return object;
}

static void set_number(struct writer *w, json_t *object, const char *key, int64_t value)
{
	set(w, object, key, value ? json_integer(value) : json_null());
}

static json_t *job_object(struct writer *w)
{
	const struct pmp_model_job *job = w->summary->model->run.batch;
	json_t *object;

	if (!job)
		return json_null();
	object = json_object();
	set_text(w, object, "scheduler", job->scheduler);
	set_text(w, object, "id", job->id);
	set_known(w, object, "name", job->name);
	set_known(w, object, "cluster", job->cluster);
	set_known(w, object, "queue", job->queue);
	set_known(w, object, "account", job->account);
	set_known(w, object, "array_id", job->array_id);
	set_known(w, object, "array_task", job->array_task);
	set_number(w, object, "node_count", job->node_count);
	set_known(w, object, "nodes", job->nodes);
	set_number(w, object, "tasks", job->tasks);
	set_number(w, object, "cpus_per_task", job->cpus_per_task);
	set_number(w, object, "memory_node_bytes", job->memory_node_bytes);
	set_number(w, object, "memory_cpu_bytes", job->memory_cpu_bytes);
	set_number(w, object, "started_s", job->started_s);
	set_number(w, object, "ends_s", job->ends_s);
	set_known(w, object, "folder", job->folder);
	return object;
}

static json_t *efficiency_object(struct writer *w)
{
	const struct pmp_pop *pop = &w->summary->pop;
	const struct {
		enum pmp_metric metric;
		double value;
	} values[] = {
		{PMP_METRIC_PARALLEL, pop->parallel},
		{PMP_METRIC_LOAD_BALANCE, pop->load_balance},
		{PMP_METRIC_COMMUNICATION, pop->communication},
		{PMP_METRIC_SERIALISATION, pop->serialisation},
		{PMP_METRIC_TRANSFER, pop->transfer},
		{PMP_METRIC_BALANCE_INNER, pop->balance_inner},
		{PMP_METRIC_BALANCE_OUTER, pop->balance_outer},
		{PMP_METRIC_LOSS_BALANCE, pop->loss_balance},
		{PMP_METRIC_LOSS_COMM, pop->loss_communication},
		{PMP_METRIC_IMBALANCE, w->summary->balance.percent},
	};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		set_real(w, object, pmp_metric_info(values[i].metric)->key, values[i].value);
	return object;
}

static json_t *call_name(uint16_t call)
{
	return call == PMP_CALL_NONE ? json_null() : json_string(pmp_call_info(call)->name);
}

static json_t *end_object(struct writer *w, uint16_t call, const struct pmp_place *place)
{
	json_t *object = json_object();

	set(w, object, "call", call_name(call));
	set_place(w, object, place);
	return object;
}

static json_t *loss_object(struct writer *w, const struct pmp_loss *loss)
{
	json_t *object = json_object(), *ranks = json_array();

	set_text(w, object, "cause", pmp_cause_name(loss->cause));
	set_real(w, object, "seconds", loss->seconds);
	set_real(w, object, "share", loss->share);
	for (size_t i = 0; i < loss->rank_count; i++)
		append(w, ranks, json_integer(loss->ranks[i]));
	set(w, object, "ranks", ranks);
	set_known(w, object, "region", region_text(w, loss->region));
	set_place(w, object, &loss->place);
	set_text(w, object, "text", loss->text);
	set(w, object, "call", call_name(loss->call));
	set(w, object, "count", loss->count < 0 ? json_null() : json_integer(loss->count));
	set(w, object, "bytes", loss->bytes < 0 ? json_null() : json_integer(loss->bytes));
	set_real(w, object, "imbalance", loss->imbalance);
	set_real(w, object, "max_s", loss->slowest_s);
	set_real(w, object, "mean_s", loss->mean_s);
	if (loss->cause == PMP_CAUSE_IMBALANCE && loss->rank_count) {
		set(w, object, "from", end_object(w, loss->call, &loss->place));
		set(w, object, "to", end_object(w, loss->to_call, &loss->to_place));
	} else {
		set(w, object, "from", json_null());
		set(w, object, "to", json_null());
	}
	return object;
}

static json_t *losses_array(struct writer *w)
{
	json_t *array = json_array();

	for (size_t i = 0; i < w->summary->loss_count; i++)
		append(w, array, loss_object(w, &w->summary->losses[i]));
	return array;
}

static json_t *rank_object(struct writer *w, const struct pmp_model_rank *rank)
{
	const struct pmp_place place = pmp_place_of_path(w->summary->model, rank->last_path);
	json_t *object = json_object();
	bool is_measured = rank->max_rss_bytes > 0; /* all three when the rank ended, if it could */

	set_integer(w, object, "rank", rank->rank);
	set_known(w, object, "host", rank->host);
	set_text(w, object, "state", pmp_rank_state_name(rank->state));
	set_seconds(w, object, "compute_s", rank->compute_ns);
	set_seconds(w, object, "mpi_s", rank->mpi_ns);
	set_seconds(w, object, "io_s", rank->io_ns);
	set_seconds(w, object, "wall_s", rank->wall_ns);
	set_integer(w, object, "calls", rank->calls);
	set_integer(w, object, "code", rank->code);
	set_known(w, object, "ending", rank->ending);
	set_seconds(w, object, "begin_s", rank->begin_ns);
	set_seconds(w, object, "init_s", rank->init_ns);
	set_seconds(w, object, "paused_s", rank->paused_ns);
	set_seconds(w, object, "tool_s", rank->tool_ns);
	set_seconds(w, object, "tool_hidden_s", rank->tool_hidden_ns);
	set_real(w, object, "user_s", is_measured ? (double)rank->user_ns * NS : NAN);
	set_real(w, object, "system_s", is_measured ? (double)rank->system_ns * NS : NAN);
	set(w, object, "max_rss_bytes",
	    is_measured ? json_integer(rank->max_rss_bytes) : json_null());
	set_integer(w, object, "lost_calls", rank->lost);
	set_integer(w, object, "threads", rank->threads);
	set_integer(w, object, "pid", rank->pid);
	set_known(w, object, "cpus", rank->cpus);
	set(w, object, "last_call", end_object(w, (uint16_t)rank->last_call, &place));
	set(w, object, "in_call", json_boolean(rank->in_call));
	return object;
}

static json_t *frames_array(struct writer *w, const struct pmp_place *frames, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		set_place(w, object, &frames[i]);
		set_known(w, object, "module", frames[i].module);
		append(w, array, object);
	}
	return array;
}

static json_t *crash_object(struct writer *w, const struct pmp_model_crash *crash)
{
	const struct pmp_model *model = w->summary->model;
	json_t *object = json_object();
	struct pmp_place *frames;
	size_t count = pmp_crash_frames(model, crash, w->pool, &frames);

	set_integer(w, object, "rank", crash->rank);
	set(w, object, "thread",
	    crash->thread == PMP_NONE ? json_null() : json_integer(crash->thread));
	set_integer(w, object, "signal", crash->signal);
	set_integer(w, object, "code", crash->code);
	set_text(w, object, "what", crash->what);
	set_known(w, object, "cause", pmp_crash_cause(frames, count));
	set(w, object, "is_failure", json_boolean(pmp_crash_is_failure(model, crash)));
	set_seconds(w, object, "time_s", crash->time_ns);
	set_known(w, object, "region", region_text(w, crash->region));
	set_integer(w, object, "depth", crash->depth);
	set(w, object, "frames", frames_array(w, frames, count));
	return object;
}

/* In order of time: the first one that is a failure is what went wrong. */
static json_t *crashes_array(struct writer *w)
{
	const struct pmp_model *model = w->summary->model;
	json_t *array = json_array();

	for (size_t i = 0; i < model->crash_count; i++)
		append(w, array, crash_object(w, &model->crashes[i]));
	return array;
}

static json_t *ranks_array(struct writer *w)
{
	const struct pmp_model *model = w->summary->model;
	const bool *wanted = w->options->selection.ranks;
	json_t *array = json_array();

	for (size_t r = 0; r < model->rank_count; r++)
		if (!wanted || wanted[r])
			append(w, array, rank_object(w, &model->ranks[r]));
	return array;
}

/* min, mean, max, rank_of_max of a time over the ranks with data */
static json_t *spread_object(struct writer *w, const double *by_rank, struct pmp_imbalance *spread)
{
	const struct pmp_summary *s = w->summary;
	double *values = pmp_pool_alloc(w->pool, s->count, sizeof(*values));
	json_t *object = json_object();

	if (!values) {
		w->has_failed = true;
		return object;
	}
	for (size_t i = 0; i < s->count; i++)
		values[i] = by_rank[s->ranks[i]];
	*spread = pmp_imbalance(values, s->count);
	set_real(w, object, "min", spread->min);
	set_real(w, object, "mean", spread->mean);
	set_real(w, object, "max", spread->max);
	set(w, object, "rank_of_max",
	    s->count ? json_integer(s->ranks[spread->slowest]) : json_null());
	return object;
}

static json_t *region_object(struct writer *w, const struct pmp_region_sum *sum)
{
	struct pmp_imbalance u = {0}, ignored;
	json_t *object = json_object();

	set_text(w, object, "path", region_text(w, sum->region));
	set_integer(w, object, "count", sum->count);
	set(w, object, "time_s", spread_object(w, sum->compute_s, &u));
	set_real(w, object, "imbalance", u.percent);
	set(w, object, "self_s", spread_object(w, sum->self_compute_s, &ignored));
	set(w, object, "mpi_s", spread_object(w, sum->mpi_s, &ignored));
	set(w, object, "io_s", spread_object(w, sum->io_s, &ignored));
	set_real(w, object, "imbalance_time_s", u.time);
	set_real(w, object, "imbalance_cray", u.cray);
	set_real(w, object, "load_balance", u.load_balance);
	set_real(w, object, "cov", u.cov);
	set_real(w, object, "skewness", u.skewness);
	set_real(w, object, "lost_s", u.lost);
	return object;
}

static json_t *regions_array(struct writer *w)
{
	const struct pmp_summary *s = w->summary;
	const bool *wanted = w->options->selection.regions;
	json_t *array = json_array();

	for (size_t r = 1; r < s->model->region_count; r++)
		if (!wanted || wanted[r])
			append(w, array, region_object(w, &s->regions[r]));
	return array;
}

static void set_sum(struct writer *w, json_t *object, const struct pmp_call_sum *sum)
{
	set_integer(w, object, "count", sum->count);
	set_seconds(w, object, "time_s", sum->time_ns);
	set_seconds(w, object, "max_s", sum->max_ns);
	set_integer(w, object, "bytes_out", sum->bytes_out);
	set_integer(w, object, "bytes_in", sum->bytes_in);
	set_seconds(w, object, "min_s", sum->min_ns);
	set_text(w, object, "class", pmp_class_name(pmp_call_info(sum->call)->class));
	set_integer(w, object, "ranks", sum->ranks);
	set_integer(w, object, "rank_of_max", sum->rank_of_max);
	set_real(w, object, "imbalance",
		 pmp_call_imbalance(sum, pmp_selected_ranks(w->summary, &w->options->selection)));
}

static json_t *call_rank_object(struct writer *w, const struct pmp_call_rank_sum *sum)
{
	json_t *object = json_object();

	set_integer(w, object, "rank", sum->rank);
	set_integer(w, object, "count", sum->count);
	set_seconds(w, object, "time_s", sum->time_ns);
	set_seconds(w, object, "max_s", sum->max_ns);
	set_integer(w, object, "bytes_out", sum->bytes_out);
	set_integer(w, object, "bytes_in", sum->bytes_in);
	return object;
}

/* The rows come in order of rank, so each call's list does too. */
static int add_per_rank(struct writer *w, json_t **by_call)
{
	struct pmp_call_rank_sum *sums;
	size_t count;
	int rc = pmp_query_call_ranks(w->summary->model, &w->options->selection, w->pool, &sums,
				      &count);

	for (size_t i = 0; rc == 0 && i < count; i++)
		if (by_call[sums[i].call])
			append(w, by_call[sums[i].call], call_rank_object(w, &sums[i]));
	return rc;
}

static int calls_array(struct writer *w, json_t **calls)
{
	json_t *by_call[PMP_CALL_COUNT] = {NULL};
	struct pmp_call_sum *sums;
	size_t count;
	int rc = pmp_query_calls(w->summary->model, &w->options->selection, PMP_BY_CALL, w->pool,
				 &sums, &count);

	if (rc)
		return rc;
	*calls = json_array();
	pmp_sort_calls(sums, count, w->options->sort,
		       pmp_selected_ranks(w->summary, &w->options->selection));
	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		set(w, object, "call", call_name(sums[i].call));
		set_sum(w, object, &sums[i]);
		if (w->options->has_per_rank) {
			by_call[sums[i].call] = json_array();
			set(w, object, "per_rank", by_call[sums[i].call]);
		}
		append(w, *calls, object);
	}
	return w->options->has_per_rank ? add_per_rank(w, by_call) : 0;
}

static int paths_array(struct writer *w, json_t **paths)
{
	struct pmp_call_sum *sums;
	size_t count;
	int rc = pmp_query_calls(w->summary->model, &w->options->selection, w->options->paths,
				 w->pool, &sums, &count);

	if (rc)
		return rc;
	*paths = json_array();
	pmp_sort_calls(sums, count, w->options->sort,
		       pmp_selected_ranks(w->summary, &w->options->selection));
	for (size_t i = 0; i < count && i < w->options->top; i++) {
		json_t *object = json_object();
		struct pmp_place *frames;
		size_t depth = pmp_path_frames(w->summary->model, sums[i].path, w->pool, &frames);

		set(w, object, "call", call_name(sums[i].call));
		set_known(w, object, "region", region_text(w, sums[i].region));
		set(w, object, "frames", frames_array(w, frames, depth));
		set_sum(w, object, &sums[i]);
		append(w, *paths, object);
	}
	return 0;
}

static json_t *rank_or_null(uint32_t rank)
{
	return rank == PMP_NONE ? json_null() : json_integer(rank);
}

static int messages_array(struct writer *w, json_t **messages)
{
	struct pmp_pair_sum *pairs;
	size_t count;
	int rc =
		pmp_query_pairs(w->summary->model, &w->options->selection, w->pool, &pairs, &count);

	if (rc)
		return rc;
	*messages = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		set(w, object, "src", rank_or_null(pairs[i].src));
		set(w, object, "dst", rank_or_null(pairs[i].dst));
		set_integer(w, object, "count", pairs[i].count);
		set_integer(w, object, "bytes", pairs[i].bytes);
		append(w, *messages, object);
	}
	return 0;
}

static int fill(struct writer *w, json_t *root)
{
	json_t *calls = NULL, *paths = NULL, *messages = NULL;
	int rc;

	set_text(w, root, "format", "pmprof-report");
	set_integer(w, root, "version", VERSION);
	set(w, root, "run", run_object(w));
	set(w, root, "job", job_object(w));
	set(w, root, "efficiency", efficiency_object(w));
	set(w, root, "crashes", crashes_array(w));
	set(w, root, "losses", losses_array(w));
	set(w, root, "ranks", ranks_array(w));
	set(w, root, "regions", regions_array(w));
	rc = calls_array(w, &calls);
	if (rc == 0)
		rc = paths_array(w, &paths);
	if (rc == 0)
		rc = messages_array(w, &messages);
	if (calls)
		set(w, root, "calls", calls);
	if (paths)
		set(w, root, "paths", paths);
	if (messages)
		set(w, root, "messages", messages);
	return rc ? rc : w->has_failed ? -PMP_ENOMEM : 0;
}

int pmp_report_json(const struct pmp_summary *summary, const struct pmp_report_options *options,
		    FILE *out)
{
	struct writer w = {summary, options, pmp_pool_new(), false};
	json_t *root = json_object();
	int rc = w.pool && root ? fill(&w, root) : -PMP_ENOMEM;

	if (rc == 0 && (json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) ||
			fputc('\n', out) == EOF || fflush(out)))
		rc = -PMP_EIO;
	json_decref(root);
	pmp_pool_free(w.pool);
	return rc;
}
