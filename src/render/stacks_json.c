/* stacks_json.c - what was seen of a job, for programs: an interface with a version. Called by cmd_stacks.c. */
#include <jansson.h>

#include "base/err.h"

#include "inspect/wait_for.h"
#include "render/stacks_doc.h"

#include "render/utf8.h"
#include "schema/calls.h"

#define NS           1e-9
#define JSON_VERSION 1

static json_t *text(const char *value, struct pmp_pool *pool)
{
	return value[0] ? json_string(pmp_utf8_clean(pool, value, true)) : json_null();
}

static json_t *number(int32_t value)
{
	return value >= 0 ? json_integer(value) : json_null();
}

/* A rank or tag: null unknown, "any" the wildcard */
static json_t *number_or_any(int32_t value)
{
	return value == PMP_SEEN_ANY ? json_string("any") : number(value);
}

static json_t *seconds(int64_t ns)
{
	return ns >= 0 ? json_real((double)ns * NS) : json_null();
}

static json_t *frame_object(const struct pmp_place *place, struct pmp_pool *pool)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "function", text(place->function, pool), "file",
			 text(place->file, pool), "line",
			 place->line ? json_integer(place->line) : json_null(), "module",
			 text(place->module, pool));
}

static json_t *call_object(const struct pmp_seen_thread *thread, struct pmp_pool *pool)
{
	const struct pmp_seen_call *call = &thread->call;

	if (!thread->mpi_call[0])
		return json_null();
	if (!thread->is_recorded || !call->call)
		return json_pack("{s:o}", "call", text(thread->mpi_call, pool));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "call",
			 pmp_call_info(call->call)->name, "peer", number_or_any(call->peer),
			 "source", number_or_any(call->source), "root", number(call->root), "tag",
			 number_or_any(call->tag), "bytes", (json_int_t)call->bytes, "comm",
			 text(call->comm, pool), "for_s", seconds(call->for_ns));
}

static json_t *thread_object(const struct pmp_seen_thread *thread, struct pmp_pool *pool)
{
	static const char *const sources[] = {[PMP_STACK_NONE] = "none",
					      [PMP_STACK_LIVE] = "process",
					      [PMP_STACK_RECORD] = "record"};
	const char state[] = {thread->task.state > ' ' ? thread->task.state : '?', '\0'};
	json_t *frames = json_array();

	for (size_t i = 0; i < thread->frame_count; i++)
		json_array_append_new(frames, frame_object(&thread->frames[i], pool));
	return json_pack("{s:i, s:o, s:b, s:b, s:s, s:s, s:o, s:o, s:o, s:o}", "tid",
			 thread->task.tid, "name", text(thread->task.name, pool), "main",
			 thread->is_main, "helper", thread->is_helper, "state", state, "source",
			 sources[thread->source], "mpi", call_object(thread, pool), "outside_s",
			 thread->is_recorded && !thread->call.call ? seconds(thread->call.for_ns)
								   : json_null(),
			 "region",
			 thread->is_recorded ? text(thread->call.region, pool) : json_null(),
			 "frames", frames);
}

static json_t *rank_object(const struct pmp_seen_rank *rank, bool has_helpers,
			   struct pmp_pool *pool)
{
	static const char *const lives[] = {[PMP_SEEN_STARTING] = "starting",
					    [PMP_SEEN_RUNNING] = "running",
					    [PMP_SEEN_FINALIZING] = "finalizing",
					    [PMP_SEEN_ENDED] = "ended"};
	json_t *threads = json_array();

	for (size_t i = 0; i < rank->thread_count; i++)
		if (has_helpers || !rank->threads[i].is_helper)
			json_array_append_new(threads, thread_object(&rank->threads[i], pool));
	return json_pack("{s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "rank", rank->rank, "pid",
			 rank->pid, "state", lives[rank->life], "ending",
			 rank->life == PMP_SEEN_ENDED ? text(rank->ending, pool) : json_null(),
			 "why_no_stack", text(rank->why_not, pool), "stopped_s",
			 seconds(rank->stopped_ns), "threads", threads);
}

static json_t *verdict_object(const struct pmp_seen *seen, struct pmp_pool *pool)
{
	static const char *const kinds[] = {[PMP_VERDICT_GOES_ON] = "none",
					    [PMP_VERDICT_WAITING] = "waiting",
					    [PMP_VERDICT_UNKNOWN] = "unknown",
					    [PMP_VERDICT_POLLING] = "livelock",
					    [PMP_VERDICT_DEADLOCK] = "deadlock"};
	const struct pmp_verdict *v = seen->verdict;
	json_t *stuck = json_array(), *cycle = json_array(), *arcs = json_array();

	for (size_t i = 0; i < seen->count; i++) {
		if (v->is_stuck[i])
			json_array_append_new(stuck, json_integer(seen->ranks[i].rank));
		for (size_t a = 0; a < v->arcs[i].count; a++)
			json_array_append_new(
				arcs, json_pack("{s:i, s:i, s:b}", "from", seen->ranks[i].rank,
						"to", seen->ranks[v->arcs[i].to[a]].rank, "any",
						v->arcs[i].kind == PMP_ARC_ANY));
	}
	for (size_t i = 0; i < v->cycle_count; i++)
		json_array_append_new(cycle, json_integer(seen->ranks[v->cycle[i]].rank));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "kind", kinds[v->kind], "text",
			 text(v->sentence, pool), "hint", text(v->hint, pool), "stuck", stuck,
			 "cycle", cycle, "waits", arcs);
}

int pmp_stacks_json(const struct pmp_seen *seen, const struct pmp_stacks_options *options,
		    struct pmp_pool *pool, FILE *out)
{
	json_t *ranks = json_array(), *root;
	int rc = 0;

	for (size_t i = 0; i < seen->count; i++)
		if (json_array_append_new(ranks,
					  rank_object(&seen->ranks[i], options->has_helpers, pool)))
			rc = -PMP_ENOMEM;
	root = json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "format",
			 "pmprof-stacks", "version", JSON_VERSION, "job", text(seen->job, pool),
			 "program", text(seen->program, pool), "host", text(seen->host, pool),
			 "size", seen->size ? json_integer(seen->size) : json_null(), "age_s",
			 (json_int_t)seen->age_s, "gap_s", seconds(seen->gap_ns), "verdict",
			 verdict_object(seen, pool), "ranks", ranks);
	if (!root || pmp_pool_failed(pool))
		rc = -PMP_ENOMEM;
	if (rc == 0 &&
	    (json_dumpf(root, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out)))
		rc = -PMP_EIO;
	json_decref(root);
	return rc;
}
