/*
 * look_threads.c - from copied stacks to threads as they are shown: without the inside of the MPI library, with functions and lines.
 * Called by look.c, one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/look_internal.h"
#include "schema/calls.h"

/* Threads that consist of these only do not belong to the program. */
static const char *const foreign[] = {
	"libmpi",     "libopen-", "libpmix",    "libevent",  "libuc",     "libfabric", "libhwloc",
	"libmpich",   "libhcoll", "libibverbs", "librdmacm", "libpmprof", "mca_",      "libc.so",
	"libpthread", "ld-linux", "libpsm",     "libnccl",   "libcuda",   "libtbb",    "[vdso]",
};

/* Where an MPI call begins: our wrapper, else the MPI library. */
static const char *const mpi_modules[] = {"libpmprof.so", "libmpi", "libmpich"};

/* Frames that every thread has outermost. */
static const char *const beginnings[] = {
	"_start",  "__libc_start_main", "__libc_start_call_main", "clone", "clone3",
	"__clone", "start_thread"};

static bool begins_with(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(text, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

#define BEGINS_WITH(text, list) begins_with(text, list, sizeof(list) / sizeof(list[0]))

static const char *module_name(const struct pmp_code *code)
{
	return code->module ? pmp_base_name(code->module->path) : "";
}

static bool is_of_c_library(const struct pmp_code *code)
{
	return strncmp(module_name(code), "libc.so", 7) == 0 ||
	       strncmp(module_name(code), "libc-", 5) == 0;
}

/* One thread on its way: its codes outermost first. */
struct draft {
	struct pmp_seen_thread *thread;
	struct pmp_code *codes;
	size_t count;
	bool is_in_mpi; /* the last code is in the MPI function */
};

/* Of one look: all drafts, and all codes for one pass over the symbols. */
struct drafts {
	struct draft *list;
	size_t count;
	struct pmp_code **codes;
	size_t code_count;
};

/* Up to the first frame, from outside, that is in MPI. */
static void take_stack(struct draft *draft, const struct pmp_code_map *map,
		       const uint64_t *addresses, size_t depth)
{
	bool is_foreign = true;

	for (size_t i = 0; i < depth && !draft->is_in_mpi; i++) {
		struct pmp_code *code = &draft->codes[draft->count++];
		const char *name;

		code->address = addresses[depth - 1 - i];
		code->module = pmp_code_module(map, code->address);
		name = module_name(code);
		if (code->module && !BEGINS_WITH(name, foreign))
			is_foreign = false;
		/* a thread of the library begins in it: that is not a call */
		draft->is_in_mpi = !is_foreign && BEGINS_WITH(name, mpi_modules);
	}
	/* of the C library: what the program has called, not how it is done */
	while (draft->count > 1 && is_of_c_library(&draft->codes[draft->count - 1]) &&
	       is_of_c_library(&draft->codes[draft->count - 2]))
		draft->count--;
	draft->thread->is_helper = is_foreign && !draft->thread->is_main;
}

/* The call path of the event in flight, or of the last one, as the rank recorded it: innermost first. */
static size_t recorded_path(const struct pmp_arena_view *view, const struct pmp_lane_view *lane,
			    uint64_t *addresses, size_t max)
{
	size_t depth = 0;

	if (!lane->event_count)
		return 0;
	for (uint32_t node = lane->events[lane->event_count - 1].node; node && depth < max;
	     node = lane->nodes[node].parent) {
		uint32_t module = lane->nodes[node].module;

		if (!module || view->modules[module].end) /* functions of Python have no address */
			addresses[depth++] = lane->nodes[node].address;
	}
	return depth;
}

/* The map of code as the rank recorded it. */
static int recorded_map(const struct pmp_arena_view *view, struct pmp_pool *pool,
			struct pmp_code_map *map)
{
	map->modules = pmp_pool_alloc(pool, view->module_count, sizeof(*map->modules));
	map->count = 0;
	if (!map->modules)
		return -PMP_ENOMEM;
	for (size_t i = 1; i < view->module_count; i++) {
		const struct pmp_module *m = &view->modules[i];

		map->modules[map->count++] = (struct pmp_code_module){
			m->start, m->end, m->start,
			pmp_pool_printf(pool, "%s", pmp_arena_string(view, m->path))};
	}
	return 0;
}

#define RECORDED_DEPTH 512

static int draft_recorded(struct draft *draft, const struct pmp_look_rank *rank, int lane,
			  struct pmp_pool *pool)
{
	const struct pmp_lane_view *l = &rank->second.lanes[lane];
	uint64_t addresses[RECORDED_DEPTH];
	size_t depth = recorded_path(&rank->second, l, addresses, RECORDED_DEPTH);
	struct pmp_code_map *map = pmp_pool_alloc(pool, 1, sizeof(*map));
	int rc = map ? recorded_map(&rank->second, pool, map) : -PMP_ENOMEM;

	draft->codes = pmp_pool_alloc(pool, depth, sizeof(*draft->codes));
	if (rc || !draft->codes)
		return -PMP_ENOMEM;
	take_stack(draft, map, addresses, depth);
	draft->thread->source = depth ? PMP_STACK_RECORD : PMP_STACK_NONE;
	draft->thread->is_helper = false;
	return 0;
}

static int draft_live(struct draft *draft, const struct pmp_look_rank *rank,
		      const struct pmp_live_stack *stack, struct pmp_pool *pool)
{
	draft->codes = pmp_pool_alloc(pool, stack->depth, sizeof(*draft->codes));
	if (!draft->codes)
		return -PMP_ENOMEM;
	take_stack(draft, &rank->map, stack->addresses, stack->depth);
	draft->thread->source = stack->depth ? PMP_STACK_LIVE : PMP_STACK_NONE;
	return 0;
}

static void name_call(struct pmp_seen_thread *thread)
{
	if (thread->is_recorded && thread->call.call)
		thread->mpi_call = pmp_call_info(thread->call.call)->name;
}

/* Inlined functions are frames of their own; the MPI function goes into `mpi_call`. */
static int finish(struct draft *draft, struct pmp_pool *pool)
{
	struct pmp_seen_thread *thread = draft->thread;
	size_t room = 0;
	struct pmp_place *frames;

	thread->mpi_call = "";
	name_call(thread);
	for (size_t i = 0; i < draft->count; i++)
		room += draft->codes[i].place_count;
	frames = pmp_pool_alloc(pool, room, sizeof(*frames));
	if (!frames)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < draft->count; i++) {
		const struct pmp_code *code = &draft->codes[i];

		if (draft->is_in_mpi && i == draft->count - 1) {
			if (!thread->mpi_call[0])
				thread->mpi_call = code->places[0].function;
			break;
		}
		for (size_t p = code->place_count; p-- > 0;) {
			const struct pmp_place *place = &code->places[p];

			if (thread->frame_count == 0 && BEGINS_WITH(place->function, beginnings))
				continue;
			frames[thread->frame_count++] = *place;
		}
	}
	thread->frames = frames;
	return 0;
}

/* Threads of one rank: the live ones, or what is on record when they could not be seen. */
static int draft_rank(struct pmp_look_rank *ranks, size_t count, size_t index,
		      struct drafts *drafts, struct pmp_pool *pool, struct pmp_seen_rank *seen)
{
	const struct pmp_look_rank *rank = &ranks[index];
	size_t lanes = rank->is_second ? rank->second.lane_count : 0;
	bool is_live = rank->stack_count > 0;
	size_t room = is_live ? rank->stack_count : lanes;
	struct pmp_seen_thread *threads = pmp_pool_alloc(pool, room, sizeof(*threads));
	int rc = threads ? 0 : -PMP_ENOMEM;

	seen->threads = threads;
	for (size_t i = 0; rc == 0 && i < room; i++) {
		struct pmp_seen_thread *thread = &threads[seen->thread_count++];
		struct draft *draft = &drafts->list[drafts->count++];
		int lane = is_live && rank->is_second
				   ? pmp_look_lane(&rank->second, rank->stacks[i].task.tid)
				   : (int)i;

		draft->thread = thread;
		thread->rank = index;
		if (is_live)
			thread->task = rank->stacks[i].task;
		else
			thread->task.tid = (int)rank->second.lanes[i].lane.tid;
		thread->is_main = thread->task.tid == seen->pid;
		if (lane >= 0 && lanes) {
			thread->is_recorded = true;
			thread->call = pmp_look_call(ranks, count, rank, lane, pool);
		}
		if (is_live && rank->stacks[i].stopped_ns > seen->stopped_ns)
			seen->stopped_ns = rank->stacks[i].stopped_ns;
		rc = is_live ? draft_live(draft, rank, &rank->stacks[i], pool)
			     : draft_recorded(draft, rank, lane, pool);
	}
	return rc;
}

static int resolve_all(struct drafts *drafts, struct pmp_pool *pool)
{
	size_t total = 0;

	for (size_t i = 0; i < drafts->count; i++)
		if (!drafts->list[i].thread->is_helper)
			total += drafts->list[i].count;
	drafts->codes = calloc(total + 1, sizeof(struct pmp_code *));
	if (!drafts->codes)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < drafts->count; i++) {
		if (drafts->list[i].thread->is_helper)
			drafts->list[i].count = 0;
		for (size_t c = 0; c < drafts->list[i].count; c++)
			drafts->codes[drafts->code_count++] = &drafts->list[i].codes[c];
	}
	return pmp_code_resolve(drafts->codes, drafts->code_count, pool);
}

int pmp_look_threads(struct pmp_look_rank *ranks, size_t count, struct pmp_pool *pool,
		     struct pmp_seen *seen)
{
	struct drafts drafts = {0};
	size_t room = 0;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		room += ranks[i].stack_count +
			(ranks[i].is_second ? ranks[i].second.lane_count : 0);
	drafts.list = calloc(room + 1, sizeof(*drafts.list));
	if (!drafts.list)
		return -PMP_ENOMEM;
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (seen->ranks[i].life != PMP_SEEN_ENDED)
			rc = draft_rank(ranks, count, i, &drafts, pool, &seen->ranks[i]);
	rc = rc ? rc : resolve_all(&drafts, pool);
	for (size_t i = 0; rc == 0 && i < drafts.count; i++)
		rc = finish(&drafts.list[i], pool);
	free(drafts.codes);
	free(drafts.list);
	return rc;
}
