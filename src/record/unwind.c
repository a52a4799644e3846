/*
 * unwind.c - the slow half of the unwinder: walks stacks that the cache does not know
 *
 * Owns one struct unwinder per thread: cache, rules and the last stack, in one anonymous mapping
 * that costs what is touched. Called by the recorder on the thread it belongs to. Must not call
 * malloc, take a lock, or make a system call where the stack is the thread's own.
 */
#include "record/unwind.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/environment.h"
#include "record/stack_cache.h"
#include "record/walker.h"

#define POOL_WORDS   (UINT32_C(1) << 17) /* 1 MiB: 3000 stacks of 20 frames */
#define ANCHOR_RANGE (UINT64_C(1) << 32)

/* Checks of cached stacks: a ring of records, each a header word, values, offsets. */
struct pool {
	uint32_t head;    /* where the next record goes */
	uint32_t limit;   /* the oldest record of the lap before, which ends the free space */
	uint32_t lap_end; /* end of the records of that lap; limit when there are none */
	uint64_t word[POOL_WORDS];
};

struct record_header {
	uint32_t way;
	uint32_t words;
};

struct unwinder {
	struct pmp_unwinder hot; /* first: what the inline half knows of us */
	const struct pmp_paths_ops *ops;
	void *ctx;
	const struct pmp_backend *backend; /* NULL: the walker */
	bool is_call_site_only;
	bool is_partial;
	uint32_t victim;
	uint64_t stack_low;
	uint64_t stack_high;
	struct pmp_trace trace;
	struct pmp_stack last;
	struct pmp_rules rules;
	struct pool pool;
};

/* How PMPROF_UNWIND names the ways to walk. The first that can be used here is the default. */
static const struct method {
	const char *name;
	const struct pmp_backend *backend;
	bool is_walker;
} methods[] = {
	{"walker", NULL, true},
	{"libgcc", &pmp_backend_libgcc, false},
	{"libunwind", &pmp_backend_libunwind, false},
	{"none", NULL, false},
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

static bool is_usable(const struct method *method)
{
	if (method->is_walker)
		return PMP_HAVE_WALKER;
	return !method->backend || method->backend->is_available();
}

static void choose_method(struct unwinder *u, const char *name)
{
	const struct method *chosen = NULL;

	for (size_t i = 0; name && i < METHODS && !chosen; i++)
		if (strcmp(name, methods[i].name) == 0 && is_usable(&methods[i]))
			chosen = &methods[i];
	for (size_t i = 0; i < METHODS && !chosen; i++)
		if (is_usable(&methods[i]))
			chosen = &methods[i];
	u->backend = chosen->backend;
	u->is_call_site_only = !chosen->backend && !chosen->is_walker;
}

/* Without bounds every stack counts as foreign: right, but slow. */
static void read_stack_bounds(struct unwinder *u)
{
	pthread_attr_t attr;
	void *low = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		if (pthread_attr_getstack(&attr, &low, &size) == 0) {
			u->stack_low = (uintptr_t)low;
			u->stack_high = ((uintptr_t)low + size) & ~UINT64_C(7);
		}
		pthread_attr_destroy(&attr);
	}
	u->hot.anchor = u->stack_high - ANCHOR_RANGE;
}

struct pmp_unwinder *pmp_unwinder_new(const struct pmp_paths_ops *ops, void *ctx)
{
	struct unwinder *u = mmap(NULL, sizeof(*u), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (u == MAP_FAILED)
		return NULL;
	u->ops = ops;
	u->ctx = ctx;
	u->pool.limit = POOL_WORDS;
	read_stack_bounds(u);
	choose_method(u, pmp_env_text(PMP_ENV_PMPROF_UNWIND));
	return &u->hot;
}

static struct unwinder *whole(struct pmp_unwinder *hot)
{
	return (struct unwinder *)(void *)((char *)hot - offsetof(struct unwinder, hot));
}

void pmp_unwinder_free(struct pmp_unwinder *unwinder)
{
	if (unwinder)
		munmap(whole(unwinder), sizeof(struct unwinder));
}

bool pmp_unwinder_is_partial(struct pmp_unwinder *unwinder)
{
	struct unwinder *u = whole(unwinder);
	bool answer = u->is_partial;

	u->is_partial = false;
	return answer;
}

static void drop_stacks(struct unwinder *u)
{
	memset(u->hot.way, 0, sizeof(u->hot.way));
	u->pool.head = 0;
	u->pool.lap_end = 0;
	u->pool.limit = POOL_WORDS;
	u->last.count = 0;
}

void pmp_unwinder_forget(struct pmp_unwinder *unwinder)
{
	struct unwinder *u = whole(unwinder);

	drop_stacks(u);
	pmp_rules_clear(&u->rules);
}

static void evict_oldest(struct unwinder *u)
{
	struct pool *pool = &u->pool;
	struct record_header header;
	struct pmp_cache_way *way;

	memcpy(&header, &pool->word[pool->limit], sizeof(header));
	way = &u->hot.way[header.way];
	if (way->value == &pool->word[pool->limit + 1])
		memset(way, 0, sizeof(*way));
	pool->limit += header.words;
}

/* Room for a record, taken from the oldest ones. */
static uint64_t *pool_take(struct unwinder *u, struct record_header header)
{
	struct pool *pool = &u->pool;
	uint64_t *record;

	if (pool->head + header.words > POOL_WORDS) {
		while (pool->limit < pool->lap_end)
			evict_oldest(u);
		pool->lap_end = pool->head;
		pool->head = 0;
		pool->limit = 0;
	}
	while (pool->limit < pool->lap_end && pool->head + header.words > pool->limit)
		evict_oldest(u);
	if (pool->limit >= pool->lap_end)
		pool->limit = POOL_WORDS;
	record = &pool->word[pool->head];
	memcpy(record, &header, sizeof(header));
	pool->head += header.words;
	return record + 1;
}

static uint32_t choose_way(struct unwinder *u, uint32_t set)
{
	for (uint32_t i = 0; i < PMP_CACHE_WAYS; i++)
		if (!u->hot.way[set + i].frame)
			return set + i;
	return set + u->victim++ % PMP_CACHE_WAYS;
}

static void remember(struct unwinder *u, const uint64_t *frame)
{
	struct pmp_stack *stack = &u->last;
	uint32_t checks = (stack->checks + PMP_CHECK_STEP - 1) / PMP_CHECK_STEP * PMP_CHECK_STEP;
	uint32_t index = choose_way(u, pmp_cache_set(frame[1], (uintptr_t)frame));
	struct record_header header = {index, 1 + checks + checks / 2};
	uint64_t *value = pool_take(u, header);

	for (uint32_t i = stack->checks; i < checks; i++) {
		stack->check_offset[i] = stack->check_offset[stack->checks - 1];
		stack->check_value[i] = stack->check_value[stack->checks - 1];
	}
	memcpy(value, stack->check_value, checks * sizeof(*value));
	memcpy(value + checks, stack->check_offset, checks * sizeof(*stack->check_offset));
	u->hot.way[index] = (struct pmp_cache_way){
		.address = frame[1],
		.frame = (uintptr_t)frame,
		.value = value,
		.checks = checks,
		.node = stack->frame[stack->count - 1].node,
	};
}

static void add_check(const struct unwinder *u, struct pmp_stack *stack, uint64_t slot,
		      uint64_t value)
{
	stack->check_offset[stack->checks] = (uint32_t)(slot - u->hot.anchor);
	stack->check_value[stack->checks] = value;
	stack->checks++;
}

/* Lays a frame on the stack, as the callee of the one that was laid before. */
static void lay(struct unwinder *u, const struct pmp_frame *from, uint64_t address)
{
	struct pmp_stack *stack = &u->last;
	struct pmp_frame *frame = &stack->frame[stack->count];
	const struct pmp_frame *outer = stack->count ? frame - 1 : NULL;
	uint32_t parent = outer ? outer->node : 0;

	*frame = *from;
	if (outer && outer->is_lost)
		frame->is_lost = true;
	if (frame->is_lost)
		frame->node = parent;
	else if (!frame->node)
		frame->node = u->ops->child(u->ctx, parent, address);
	if (!frame->node) {
		frame->is_lost = true;
		frame->node = parent;
	}
	frame->needs_base = from->uses_base || (from->keeps_base && outer && outer->needs_base);
	add_check(u, stack, frame->slot, frame->address);
	if (frame->base_slot && frame->needs_base)
		add_check(u, stack, frame->base_slot, frame->base);
	if (frame->link_slot)
		add_check(u, stack, frame->link_slot, frame->link);
	frame->checks = stack->checks;
	stack->count++;
}

/* Keeps @shared frames of the last stack, lays the trace on them. */
static void lay_trace(struct unwinder *u, uint32_t shared)
{
	struct pmp_stack *stack = &u->last;
	struct pmp_trace *trace = &u->trace;

	stack->is_cut = shared + trace->count > PMP_STACK_MAX;
	if (stack->is_cut) {
		while (shared && trace->count < PMP_FRAME_MAX)
			trace->frame[trace->count++] = stack->frame[--shared];
		for (uint32_t i = 0; i < trace->count; i++)
			trace->frame[i].node = 0;
		shared = 0;
	}
	stack->count = shared;
	stack->checks = shared ? stack->frame[shared - 1].checks : 0;
	for (uint32_t i = trace->count; i-- > 0;) {
		const struct pmp_frame *frame = &trace->frame[i];
		bool is_rest = stack->is_cut && !stack->count;

		lay(u, frame, is_rest ? PMP_ADDRESS_CUT : pmp_frame_at(frame) + 1);
	}
}

/* How many outer frames of the last stack are where they were. */
static uint32_t still_in_place(const struct unwinder *u, const uint64_t *frame)
{
	const struct pmp_stack *last = &u->last;
	uint64_t low = (uintptr_t)frame - u->hot.anchor;
	uint32_t checks = 0;
	uint32_t count = last->count;

	if (!count || last->is_cut)
		return 0;
	while (checks < last->checks && last->check_offset[checks] >= low &&
	       pmp_check_holds(u->hot.anchor, last->check_offset[checks],
			       last->check_value[checks]))
		checks++;
	while (count && last->frame[count - 1].checks > checks)
		count--;
	return count;
}

static enum pmp_walk_end walk_own(struct unwinder *u, const uint64_t *frame, uint32_t *shared)
{
	struct pmp_window window = {(uintptr_t)frame, u->stack_high, false, 0};

	*shared = still_in_place(u, frame);
	return pmp_walk(&u->rules, &window, frame, &u->last, shared, &u->trace);
}

static enum pmp_walk_end walk_foreign(struct unwinder *u, const uint64_t *frame)
{
	struct pmp_window window = PMP_WINDOW_PROBED;
	uint32_t shared = 0;

	return pmp_walk(&u->rules, &window, frame, &u->last, &shared, &u->trace);
}

static bool is_own(const struct unwinder *u, const uint64_t *frame)
{
	uint64_t at = (uintptr_t)frame;

	return at >= u->stack_low && at < u->stack_high - 2 * sizeof(*frame) && at % 8 == 0 &&
	       at >= u->hot.anchor;
}

/* The least that is always known. */
static void trace_call_site(struct pmp_trace *trace, const uint64_t *frame)
{
	struct pmp_frame *only = &trace->frame[0];

	memset(only, 0, sizeof(*only));
	only->slot = (uintptr_t)(frame + 1);
	only->address = frame[1];
	trace->count = 1;
}

static enum pmp_walk_end walk_with(const struct pmp_backend *backend, const uint64_t *frame,
				   struct pmp_trace *trace)
{
	enum pmp_walk_end end = backend->walk(frame, trace);

	if (trace->count)
		return end;
	trace_call_site(trace, frame); /* the wrapper's own frame was not met */
	return PMP_WALK_PARTIAL;
}

/* By rules. Return: may the stack be remembered? */
static bool walk_by_rules(struct unwinder *u, const uint64_t *frame)
{
	enum pmp_walk_end end = PMP_WALK_FOREIGN;
	uint32_t shared = 0;

	if (is_own(u, frame))
		end = walk_own(u, frame, &shared);
	bool is_remembered = end != PMP_WALK_FOREIGN && end != PMP_WALK_UNKNOWN;

	if (end == PMP_WALK_FOREIGN)
		end = walk_foreign(u, frame);
	if (end == PMP_WALK_UNKNOWN)
		end = walk_with(&pmp_backend_libgcc, frame, &u->trace);
	if (u->rules.is_stale)
		return false;
	u->is_partial |= end == PMP_WALK_PARTIAL;
	lay_trace(u, end == PMP_WALK_JOINED ? shared : 0);
	return is_remembered;
}

static bool walk_call_site(struct unwinder *u, const uint64_t *frame)
{
	trace_call_site(&u->trace, frame);
	lay_trace(u, 0);
	return is_own(u, frame);
}

static bool walk_by_backend(struct unwinder *u, const uint64_t *frame)
{
	enum pmp_walk_end end = walk_with(u->backend, frame, &u->trace);
	bool is_remembered = is_own(u, frame) && pmp_trace_derive(&u->trace, frame, u->stack_high);

	u->is_partial |= end == PMP_WALK_PARTIAL;
	lay_trace(u, 0);
	return is_remembered;
}

uint32_t pmp_unwind_miss(struct pmp_unwinder *unwinder, const uint64_t *frame)
{
	struct unwinder *u = whole(unwinder);
	bool is_remembered, is_varying;
	uint32_t node;

	u->ops->miss(u->ctx);
	if (u->is_call_site_only)
		is_remembered = walk_call_site(u, frame);
	else if (u->backend)
		is_remembered = walk_by_backend(u, frame);
	else
		is_remembered = walk_by_rules(u, frame);
	if (u->rules.is_stale) { /* a module was replaced: what was derived from rules may be wrong */
		u->rules.is_stale = false;
		drop_stacks(u);
		is_remembered = walk_by_rules(u, frame);
	}
	node = u->last.frame[u->last.count - 1].node;
	is_varying = u->ops->overlay(u->ctx, &node);
	if (!is_remembered)
		u->last.count = 0; /* its words may be gone: nothing to share */
	else if (!is_varying)
		remember(u, frame);
	return node;
}
