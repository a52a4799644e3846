/* unwind_probe.c - see the header; paths are kept in one tree for all threads, behind a lock */
#include "unwind_probe.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "record/stack_cache.h"
#include "record/unwind_stack.h"

#define NODES (UINT32_C(1) << 22)
#define SLOTS (NODES * 2)

struct node {
	uint64_t address;
	uint32_t parent;
};

static struct node nodes[NODES];
static uint32_t slots[SLOTS];
static uint32_t node_count = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local struct pmp_unwinder *unwinder;
static _Thread_local uint32_t last_node;

struct probe_count probe_count;
bool probe_with_libunwind;

static uint32_t child(void *ctx, uint32_t parent, uint64_t address)
{
	uint32_t i = (uint32_t)pmp_hash_combine(address, parent) % SLOTS;
	uint32_t node = 0;

	(void)ctx;
	pthread_mutex_lock(&lock);
	while ((node = slots[i]) &&
	       (nodes[node].address != address || nodes[node].parent != parent))
		i = (i + 1) % SLOTS;
	if (!node && node_count < NODES) {
		node = node_count++;
		nodes[node] = (struct node){address, parent};
		slots[i] = node;
	}
	pthread_mutex_unlock(&lock);
	return node;
}

static void miss(void *ctx)
{
	(void)ctx;
}

static bool overlay(void *ctx, uint32_t *node)
{
	(void)ctx, (void)node;
	return false;
}

static const struct pmp_paths_ops ops = {child, miss, overlay};

void probe_thread_end(void)
{
	pmp_unwinder_free(unwinder);
	unwinder = NULL;
}

void probe_reset(void)
{
	memset(&probe_count, 0, sizeof(probe_count));
	probe_with_libunwind = false;
	probe_thread_end();
	memset(slots, 0, sizeof(slots));
	node_count = 1;
}

void probe_forget(void)
{
	pmp_unwinder_forget(unwinder);
}

unsigned probe_last_path(uint64_t *address, unsigned size)
{
	unsigned count = 0;

	for (uint32_t node = last_node; node; node = nodes[node].parent, count++)
		if (count < size)
			address[count] = nodes[node].address;
	return count;
}

static void show(const char *who, uint32_t node, const struct pmp_trace *trace)
{
	fprintf(stderr, "ours:");
	for (; node; node = nodes[node].parent)
		fprintf(stderr, " %llx", (unsigned long long)nodes[node].address);
	fprintf(stderr, "\n%s:", who);
	for (uint32_t i = 0; i < trace->count; i++)
		fprintf(stderr, " %llx", (unsigned long long)pmp_frame_at(&trace->frame[i]) + 1);
	fprintf(stderr, "\n");
}

/* Same frames, and where the reference is deeper than what is kept, our mark for that. */
static bool is_equal(uint32_t node, const struct pmp_trace *trace)
{
	uint32_t i = 0;

	for (; node && i < trace->count && i < PMP_STACK_MAX; node = nodes[node].parent, i++)
		if (nodes[node].address != pmp_frame_at(&trace->frame[i]) + 1)
			return false;
	if (trace->count > PMP_STACK_MAX)
		return nodes[node].address == PMP_ADDRESS_CUT && !nodes[node].parent;
	return !node && i == trace->count;
}

static void compare(const struct pmp_backend *backend, const uint64_t *frame, uint32_t node,
		    unsigned long *wrong)
{
	static _Thread_local struct pmp_trace trace;

	backend->walk(frame, &trace);
	if (trace.count > probe_count.deepest)
		probe_count.deepest = trace.count;
	if (!is_equal(node, &trace) && __atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED) < 3)
		show(backend->name, node, &trace);
}

/* Not inlined and with a frame of its own, as MPI wrappers. */
__attribute__((noinline)) void probe(void)
{
	uint64_t *frame = __builtin_frame_address(0);
	bool hit = false;

	if (!unwinder)
		unwinder = pmp_unwinder_new(&ops, NULL);
	last_node = pmp_unwind(unwinder, frame, &hit);
	__atomic_fetch_add(&probe_count.calls, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&probe_count.hits, hit, __ATOMIC_RELAXED);
	if (pmp_unwinder_is_partial(unwinder))
		__atomic_fetch_add(&probe_count.partial, 1, __ATOMIC_RELAXED);
	compare(&pmp_backend_libgcc, frame, last_node, &probe_count.wrong);
	if (probe_with_libunwind && pmp_backend_libunwind.is_available())
		compare(&pmp_backend_libunwind, frame, last_node, &probe_count.wrong2);
}
