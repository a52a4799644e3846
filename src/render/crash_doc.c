/*
 * crash_doc.c - the first thing to read after a crash. Called for the report, and by `pmprof run` and `pmprof collect` by itself.
 *
 * The first failure by the common clock has its stack shown; ranks with the same stack are named with it, all others are folded by
 * what they were doing.
 */
#include "render/crash_doc.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "metrics/summary.h"
#include "schema/arena.h"
#include "schema/calls.h"

#define NS          1e-9
#define FRAMES_MAX  16
#define NOT_LISTED  SIZE_MAX
#define CALLS_SHORT 6
#define CALLS_LONG  16
#define BAD_HEAP    "memory freed twice, or written beyond its end"
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

struct crash_view {
	const struct pmp_model *model;
	struct pmp_doc *doc;
	bool is_long;
};

/* Functions that come before abort in a stack, and why they do. C libraries are stripped: of theirs only exported names are seen. */
static const struct {
	const char *function, *module, *cause;
} causes[] = {
	{"__assert_fail", "", "a failed assertion"},
	{"__assert_fail_base", "", "a failed assertion"},
	{"__assert", "", "a failed assertion"},
	{"__assert_perror_fail", "", "a failed assertion"},
	{"std::terminate()", "", "a C++ exception that nobody caught"},
	{"std::terminate", "", "a C++ exception that nobody caught"},
	{"__cxa_throw", "", "a C++ exception that nobody caught"},
	{"__cxa_rethrow", "", "a C++ exception that nobody caught"},
	{"__stack_chk_fail", "", "a local array written beyond its end"},
	{"__chk_fail", "", "a buffer too small for what was written to it"},
	{"__fortify_fail", "", "a buffer too small for what was written to it"},
	{"malloc_printerr", "libc.so", BAD_HEAP},
	{"free", "libc.so", BAD_HEAP},
	{"cfree", "libc.so", BAD_HEAP},
	{"realloc", "libc.so", BAD_HEAP},
	{"malloc", "libc.so", BAD_HEAP},
	{"calloc", "libc.so", BAD_HEAP},
	{"_gfortran_runtime_error_at", "", "an error of the Fortran runtime"},
	{"_gfortran_os_error_at", "", "an error of the Fortran runtime"},
};

const char *pmp_crash_cause(const struct pmp_place *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < COUNT(causes); c++)
			if (strcmp(frames[i].function, causes[c].function) == 0 &&
			    strstr(frames[i].module, causes[c].module))
				return causes[c].cause;
	return "";
}

/* What comes from a terminal, a batch system or a launcher: sent by the kernel, or by a process that we may not be able to see. */
static bool is_request_to_end(int32_t signal)
{
	return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

bool pmp_crash_is_failure(const struct pmp_model *model, const struct pmp_model_crash *crash)
{
	if (crash->sender)
		return crash->sender == model->ranks[crash->rank].pid;
	return crash->code > 0 && !is_request_to_end(crash->signal);
}

/* What the C library does around main, whose own name a stripped program does not have. */
static bool is_start(const struct pmp_place *place)
{
	return strncmp(place->function, "__libc_start", strlen("__libc_start")) == 0;
}

/* The wrapper of a call, between the program and the MPI library: neither of the two. */
static bool is_wrapper(const struct pmp_place *place)
{
	return strcmp(pmp_base_name(place->module), "libpmprof.so") == 0;
}

size_t pmp_crash_frames(const struct pmp_model *model, const struct pmp_model_crash *crash,
			struct pmp_pool *pool, struct pmp_place **frames)
{
	size_t count = pmp_path_frames(model, crash->path, pool, frames), kept = 0;
	struct pmp_place *list = *frames;

	for (size_t i = 0; i < count && !is_start(&list[i]); i++) {
		/* one that has failed itself is to be seen */
		if (i > 0 && is_wrapper(&list[i]))
			continue;
		list[kept++] = list[i];
		if (strcmp(list[i].function, "main") == 0)
			break;
	}
	return kept;
}

const struct pmp_model_crash *pmp_crash_first(const struct pmp_model *model)
{
	for (size_t i = 0; i < model->crash_count; i++)
		if (pmp_crash_is_failure(model, &model->crashes[i]))
			return &model->crashes[i];
	return NULL;
}

static const char *ranks_text(const struct crash_view *v, const uint32_t *ranks, size_t count)
{
	if (count == v->model->rank_count && count > 1)
		return "all ranks";
	return pmp_rank_list_text(v->doc->pool, ranks, count);
}

/* Ranks whose crash is the same as this one. */
static size_t alike(const struct crash_view *v, const struct pmp_model_crash *crash,
		    uint32_t *ranks)
{
	size_t count = 0;

	for (size_t i = 0; i < v->model->crash_count; i++) {
		const struct pmp_model_crash *c = &v->model->crashes[i];

		if (c->signal == crash->signal && c->path == crash->path &&
		    pmp_crash_is_failure(v->model, c))
			ranks[count++] = c->rank;
	}
	return count;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void add_headline(const struct crash_view *v, const struct pmp_model_crash *crash,
			 const char *cause)
{
	struct pmp_pool *pool = v->doc->pool;
	double begin = (double)v->model->ranks[crash->rank].begin_ns;
	const char *region = pmp_region_text(v->model, pool, crash->region);
	uint32_t *ranks = pmp_pool_alloc(pool, v->model->crash_count, sizeof(*ranks));
	size_t count = ranks ? alike(v, crash, ranks) : 0;

	pmp_doc_text(v->doc, PMP_STYLE_BAD,
		     pmp_pool_printf(pool, "FIRST FAILURE: rank %u, %s after MPI_Init%s%s%s",
				     crash->rank,
				     pmp_fmt_seconds(((double)crash->time_ns - begin) * NS).text,
				     region[0] ? ", in region " : "", region,
				     crash->thread == 0 ? "" : ", not in the main thread"));
	pmp_doc_text(v->doc, PMP_STYLE_STRONG,
		     pmp_pool_printf(pool, "  %s%s%s", crash->what, cause[0] ? ": " : "", cause));
	if (count > 1) {
		qsort(ranks, count, sizeof(*ranks), by_number);
		pmp_doc_text(
			v->doc, PMP_STYLE_NONE,
			pmp_pool_printf(pool, "  The same in %s.", ranks_text(v, ranks, count)));
	}
}

static bool is_same_place(const struct pmp_place *a, const struct pmp_place *b)
{
	return strcmp(a->function, b->function) == 0 && strcmp(a->file, b->file) == 0 &&
	       a->line == b->line && a->offset == b->offset;
}

/* Frames that were not recorded: those between the inner and the outer ones. */
static int64_t left_out(const struct crash_view *v, const struct pmp_model_crash *crash)
{
	int64_t kept = -1; /* the mark itself */

	for (uint32_t p = crash->path; p != 0; p = v->model->paths[p].parent)
		kept++;
	return crash->depth > kept ? crash->depth - kept : 0;
}

static void add_frame(const struct crash_view *v, struct pmp_doc_table *table, const char *function,
		      const char *place, size_t times)
{
	pmp_doc_row(v->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, function);
	pmp_cell_text(table, PMP_STYLE_NONE, place);
	pmp_cell_text(table, PMP_STYLE_NONE,
		      times > 1 ? pmp_pool_printf(v->doc->pool, "%zu times", times) : "");
}

/* Where there is no code, the address is all there is; of a call it lies behind the instruction. */
static const char *function_text(const struct crash_view *v, const struct pmp_place *place)
{
	if (pmp_place_known(place))
		return place->function;
	return pmp_pool_printf(v->doc->pool, "0x%llx", (unsigned long long)place->offset - 1);
}

static const char *gap_text(const struct crash_view *v, int64_t frames)
{
	return pmp_pool_printf(v->doc->pool, "... %s more frames", pmp_fmt_count(frames).text);
}

/* Recursion folded; of what is still long the inner part, and the outermost function, which says how it began. */
static void add_stack(const struct crash_view *v, const struct pmp_model_crash *crash,
		      const struct pmp_place *frames, size_t count)
{
	static const struct pmp_column columns[] = {{NULL, "", PMP_COLUMN_LEFT},
						    {NULL, "", PMP_COLUMN_LEFT},
						    {NULL, "", PMP_COLUMN_LEFT}};
	struct pmp_doc_table *table = pmp_doc_table(v->doc, NULL, columns, COUNT(columns));
	size_t rows = 0, times;

	for (size_t i = 0; i < count; i += times) {
		for (times = 1; i + times < count; times++)
			if (!is_same_place(&frames[i], &frames[i + times]))
				break;
		if (pmp_place_is_cut(&frames[i])) {
			add_frame(v, table, gap_text(v, left_out(v, crash)), "", 1);
			continue;
		}
		if (!v->is_long && ++rows == FRAMES_MAX && i + times < count - 1) {
			add_frame(v, table, gap_text(v, (int64_t)(count - 1 - i)), "", 1);
			times = count - 1 - i;
			continue;
		}
		add_frame(v, table, function_text(v, &frames[i]),
			  pmp_place_text(v->doc->pool, &frames[i]), times);
	}
}

static const char *peer_text(const struct crash_view *v, const struct pmp_model_event *e)
{
	struct pmp_pool *pool = v->doc->pool;
	const char *peer = e->peer == PMP_NO_PEER ? "" : pmp_pool_printf(pool, "rank %d", e->peer);

	if (e->peer < 0 && e->peer != PMP_NO_PEER)
		peer = "any rank";
	if (e->tag != PMP_NO_TAG && e->tag >= 0)
		return pmp_pool_printf(pool, "%s%stag %d", peer, peer[0] ? ", " : "", e->tag);
	return peer;
}

static void add_call(const struct crash_view *v, struct pmp_doc_table *table,
		     const struct pmp_model_event *e, int64_t now)
{
	struct pmp_pool *pool = v->doc->pool;
	struct pmp_place place = pmp_place_of_path(v->model, e->path);
	double before = (double)(now - e->enter_ns) * NS;

	pmp_doc_row(v->doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE,
		      pmp_pool_printf(pool, "%s before", pmp_fmt_seconds(before).text));
	pmp_cell_text(table, e->leave_ns == -1 ? PMP_STYLE_BAD : PMP_STYLE_NONE,
		      pmp_pool_printf(pool, "%s%s", pmp_call_info(e->call)->name,
				      e->leave_ns == -1 ? " (inside)" : ""));
	pmp_cell_text(table, PMP_STYLE_NONE, peer_text(v, e));
	pmp_cell_text(table, PMP_STYLE_NONE,
		      e->bytes ? pmp_pool_printf(pool, "%s", pmp_fmt_bytes((double)e->bytes).text)
			       : "");
	pmp_cell_text(table, PMP_STYLE_NONE,
		      place.line || !place.function[0] ? pmp_place_text(pool, &place)
						       : place.function);
}

/* The last calls of the thread that failed, or of the main thread if that one is unknown; the latest first. */
static void add_last_calls(const struct crash_view *v, const struct pmp_model_crash *crash)
{
	static const struct pmp_column columns[] = {{NULL, "", PMP_COLUMN_RIGHT},
						    {NULL, "", PMP_COLUMN_NAME},
						    {NULL, "", PMP_COLUMN_LEFT},
						    {NULL, "", PMP_COLUMN_RIGHT},
						    {NULL, "", PMP_COLUMN_LEFT}};
	uint32_t thread = crash->thread == PMP_NONE ? 0 : crash->thread;
	size_t left = v->is_long ? CALLS_LONG : CALLS_SHORT;
	struct pmp_doc_table *table = NULL;

	for (size_t i = v->model->event_count; i-- > 0 && left;) {
		const struct pmp_model_event *e = &v->model->events[i];

		if (e->rank != crash->rank || e->thread != thread ||
		    pmp_call_info(e->call)->class == PMP_CLASS_MARK)
			continue;
		if (!table) {
			pmp_doc_text(v->doc, PMP_STYLE_NONE, "  Its last MPI calls:");
			table = pmp_doc_table(v->doc, NULL, columns, COUNT(columns));
		}
		add_call(v, table, e, crash->time_ns);
		left--;
	}
}

/* Where the program was: the innermost function with a line, else the innermost of all. */
static const struct pmp_place *own_place(const struct pmp_place *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (frames[i].line)
			return &frames[i];
	return frames;
}

/* What a rank was doing when a signal ended it. */
static const char *doing_text(const struct crash_view *v, const struct pmp_model_crash *crash)
{
	const struct pmp_model_rank *rank = &v->model->ranks[crash->rank];
	struct pmp_pool *pool = v->doc->pool;
	struct pmp_place place = pmp_place_of_path(v->model, rank->last_path);
	struct pmp_place *frames;
	size_t count;

	if (rank->in_call)
		return pmp_pool_printf(pool, "in %s at %s", pmp_call_info(rank->last_call)->name,
				       pmp_place_long_text(pool, &place));
	count = pmp_crash_frames(v->model, crash, pool, &frames);
	return count ? pmp_pool_printf(pool, "in %s",
				       pmp_place_long_text(pool, own_place(frames, count)))
		     : "";
}

/* Ranks that were doing the same when the same signal ended them. */
struct other {
	const char *what, *doing;
	size_t count, first; /* ranks, and where they begin in the list of all */
};

struct others {
	struct other *groups;
	size_t count;
	size_t *group_of; /* of each crash; NOT_LISTED */
	uint32_t *ranks;  /* sorted by group, then as given */
};

static size_t find_other(struct others *others, const char *what, const char *doing)
{
	size_t i = 0;

	while (i < others->count && (strcmp(others->groups[i].what, what) != 0 ||
				     strcmp(others->groups[i].doing, doing) != 0))
		i++;
	if (i == others->count)
		others->groups[others->count++] = (struct other){.what = what, .doing = doing};
	others->groups[i].count++;
	return i;
}

/* The ranks of each group next to each other. */
static void list_ranks(const struct crash_view *v, struct others *others)
{
	size_t first = 0;

	for (size_t g = 0; g < others->count; g++) {
		others->groups[g].first = first;
		first += others->groups[g].count;
		others->groups[g].count = 0;
	}
	for (size_t i = 0; i < v->model->crash_count; i++) {
		size_t g = others->group_of[i];

		if (g != NOT_LISTED)
			others->ranks[others->groups[g].first + others->groups[g].count++] =
				v->model->crashes[i].rank;
	}
}

/* All but those that are named with the first failure. False: no memory. */
static bool group_others(const struct crash_view *v, const struct pmp_model_crash *first,
			 struct others *others)
{
	struct pmp_pool *pool = v->doc->pool;
	size_t most = v->model->crash_count;

	*others = (struct others){
		.groups = pmp_pool_alloc(pool, most, sizeof(*others->groups)),
		.group_of = pmp_pool_alloc(pool, most, sizeof(*others->group_of)),
		.ranks = pmp_pool_alloc(pool, most, sizeof(*others->ranks)),
	};
	if (!others->groups || !others->group_of || !others->ranks)
		return false;
	for (size_t i = 0; i < most; i++) {
		const struct pmp_model_crash *c = &v->model->crashes[i];
		bool is_failure = pmp_crash_is_failure(v->model, c);
		const char *what = c->what;

		others->group_of[i] = NOT_LISTED;
		if (first && is_failure && c->signal == first->signal && c->path == first->path)
			continue;
		if (!is_failure) /* who sent it differs from node to node */
			what = pmp_pool_text(pool, what, strcspn(what, ":"));
		if (!what)
			return false;
		others->group_of[i] = find_other(others, what, doing_text(v, c));
	}
	list_ranks(v, others);
	return true;
}

static void add_others(const struct crash_view *v, const struct pmp_model_crash *first)
{
	static const struct pmp_column columns[] = {{NULL, "", PMP_COLUMN_NAME},
						    {NULL, "", PMP_COLUMN_NAME},
						    {NULL, "", PMP_COLUMN_WRAP}};
	struct pmp_doc_table *table;
	struct others others;

	if (!group_others(v, first, &others) || others.count == 0)
		return;
	pmp_doc_text(v->doc, PMP_STYLE_NONE, first ? "  Then ended:" : "  Where the ranks were:");
	table = pmp_doc_table(v->doc, NULL, columns, COUNT(columns));
	for (size_t i = 0; i < others.count; i++) {
		const struct other *group = &others.groups[i];
		uint32_t *ranks = others.ranks + group->first;

		qsort(ranks, group->count, sizeof(*ranks), by_number);
		pmp_doc_row(v->doc, table);
		pmp_cell_text(table, PMP_STYLE_NONE, ranks_text(v, ranks, group->count));
		pmp_cell_text(table, PMP_STYLE_NONE, group->what);
		pmp_cell_text(table, PMP_STYLE_NONE, group->doing);
	}
}

/* Did a rank end in a way that left no signal behind? Then that, and not the launcher's signals to the others, is what happened. */
static bool has_other_end(const struct pmp_model *model)
{
	for (size_t r = 0; r < model->rank_count; r++)
		if (model->ranks[r].state != PMP_RANK_FINALIZED &&
		    model->ranks[r].state != PMP_RANK_SIGNALED)
			return true;
	return false;
}

bool pmp_crash_doc(const struct pmp_model *model, struct pmp_doc *doc, bool is_long)
{
	const struct crash_view v = {model, doc, is_long};
	const struct pmp_model_crash *first = pmp_crash_first(model);
	struct pmp_place *frames;
	size_t count;

	if (model->crash_count == 0 || (!first && has_other_end(model)))
		return false;
	pmp_doc_heading(doc, first ? "Crash" : "Ended by a signal from outside", NULL);
	if (first) {
		count = pmp_crash_frames(model, first, doc->pool, &frames);
		add_headline(&v, first, pmp_crash_cause(frames, count));
		add_stack(&v, first, frames, count);
		add_last_calls(&v, first);
	}
	add_others(&v, first);
	return true;
}
