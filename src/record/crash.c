/*
 * crash.c - the stack of a thread that met a fatal signal. Called by ending.c, in its handler: everything used here was mapped when
 * recording started, and memory is read only where the kernel can read it. The only wait is that of a second thread with a fatal
 * signal for the first one's stack, and it is short.
 */
#include "record/crash.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/hot.h"
#include "record/modules.h"
#include "record/walker.h"

#define DEPTH_MAX   (UINT64_C(1) << 22) /* a stack of more frames is a loop in what we read */
#define OUTER_MAX   (PMP_CRASH_FRAMES - PMP_CRASH_INNER)
#define WAITS_MAX   100 /* of a millisecond: a thousand times what a walk takes */
#define PRIVATE_MAP (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* Too large for an alternate stack. */
struct scratch {
	struct pmp_rules rules;
	struct pmp_stack none; /* no stack before this one to share frames with */
	struct pmp_trace trace;
	uint64_t outer[OUTER_MAX]; /* a ring: the frames met last */
};

static struct {
	struct pmp_rank *rank;
	struct pmp_table table;
	struct pmp_crash *record; /* NULL: note nothing */
	struct scratch *scratch;
	bool is_taken;
	bool is_done; /* the walk of whoever has taken it has ended */
} crash;

void pmp_crash_prepare(struct pmp_rank *rank)
{
	struct scratch *scratch;

	memset(&crash, 0, sizeof(crash));
	crash.rank = rank;
	if (pmp_table_init(&crash.table, &rank->arena, PMP_KIND_CRASHES, PMP_LANE_NONE,
			   sizeof(struct pmp_crash), 1))
		return;
	scratch = mmap(NULL, sizeof(*scratch), PROT_READ | PROT_WRITE, PRIVATE_MAP, -1, 0);
	if (scratch != MAP_FAILED) {
		scratch->rules.is_alone = true;
		crash.scratch = scratch;
	}
	__atomic_store_n(&crash.record, pmp_table_reserve(&crash.table, 1), __ATOMIC_RELEASE);
}

void pmp_crash_stop(void)
{
	__atomic_store_n(&crash.record, NULL, __ATOMIC_RELEASE);
	if (crash.scratch)
		munmap(crash.scratch, sizeof(*crash.scratch));
	crash.scratch = NULL;
}

static void note_signal(struct pmp_crash *c, int signal, const siginfo_t *info)
{
	bool is_sent = info->si_code <= 0;

	c->ticks = pmp_clock_now();
	c->signal = signal;
	c->code = info->si_code;
	c->sender = is_sent ? info->si_pid : 0;
	c->address = is_sent ? 0 : (uintptr_t)info->si_addr;
	c->tid = (uint32_t)syscall(SYS_gettid);
	c->lane = UINT32_MAX;
	if (pmp_self->lane) {
		c->lane = pmp_self->lane_idx;
		c->region = pmp_self->region;
	}
}

#if PMP_HAVE_WALKER
static void keep(struct pmp_crash *c, struct scratch *s, uint64_t address)
{
	if (c->depth < PMP_CRASH_INNER)
		c->frames[c->depth] = address;
	else
		s->outer[c->depth % OUTER_MAX] = address;
	c->depth++;
}

/* Where a function was interrupted stands for itself; where one has called, for what lies before. */
static uint64_t as_return_address(const struct pmp_frame *frame)
{
	return frame->address + frame->is_exact;
}

static void read_registers(struct pmp_crash *c, const ucontext_t *context, struct pmp_frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	frame->address = c->ip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
	frame->sp = c->sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
	frame->base = (uint64_t)context->uc_mcontext.gregs[REG_RBP];
	frame->is_exact = true;
}

static bool is_known(struct scratch *s, uint64_t code)
{
	return code && !pmp_rules_find(&s->rules, code)->is_missing;
}

/*
 * A call of an address without code has only pushed its return address. Where nothing is known of the interrupted code, what lies on
 * top of the stack is taken for that if it leads to code of which something is.
 */
static void step_out_of_nowhere(struct pmp_crash *c, struct scratch *s)
{
	struct pmp_frame *frame = &s->trace.frame[0];
	uint64_t caller;

	if (is_known(s, frame->address) || frame->sp % sizeof(uint64_t) ||
	    !pmp_page_is_readable(frame->sp))
		return;
	memcpy(&caller, (const void *)(uintptr_t)frame->sp, sizeof(caller));
	if (!is_known(s, caller - 1))
		return;
	if (frame->address) /* a null pointer is no place */
		keep(c, s, as_return_address(frame));
	frame->address = caller;
	frame->sp += sizeof(caller);
	frame->is_exact = false;
}

static void walk(struct pmp_crash *c, struct scratch *s)
{
	struct pmp_window window = PMP_WINDOW_PROBED;
	enum pmp_walk_end end = PMP_WALK_DEEP;

	while (end == PMP_WALK_DEEP && c->depth < DEPTH_MAX) {
		uint32_t shared = 0, last;

		end = pmp_walk_on(&s->rules, &window, &s->none, &shared, &s->trace);
		/* the last one of many is the first of the next */
		last = s->trace.count - (end == PMP_WALK_DEEP);
		for (uint32_t i = 0; i < last; i++)
			keep(c, s, as_return_address(&s->trace.frame[i]));
		if (end == PMP_WALK_DEEP)
			s->trace.frame[0] = s->trace.frame[last];
	}
}

static void note_stack(struct pmp_crash *c, const void *context)
{
	struct scratch *s = crash.scratch;
	uint32_t inner, outer;

	if (!s || !context)
		return;
	read_registers(c, context, &s->trace.frame[0]);
	step_out_of_nowhere(c, s);
	walk(c, s);
	inner = c->depth < PMP_CRASH_INNER ? (uint32_t)c->depth : PMP_CRASH_INNER;
	outer = c->depth - inner < OUTER_MAX ? (uint32_t)(c->depth - inner) : OUTER_MAX;
	for (uint32_t i = 0; i < outer; i++)
		c->frames[inner + i] = s->outer[(c->depth - outer + i) % OUTER_MAX];
	for (uint32_t i = 0; i < inner + outer; i++)
		c->modules[i] = pmp_module_try(crash.rank, c->frames[i] - 1);
	c->outer = outer;
	__atomic_store_n(&c->inner, inner, __ATOMIC_RELEASE);
}
#else
static void note_stack(struct pmp_crash *c, const void *context)
{
	(void)c, (void)context;
}
#endif

/* Published before the stack is walked: should that fail, the signal is on record. */
void pmp_crash_note(int signal, const siginfo_t *info, const void *context)
{
	struct pmp_crash *c = __atomic_load_n(&crash.record, __ATOMIC_ACQUIRE);

	if (!c || __atomic_exchange_n(&crash.is_taken, true, __ATOMIC_ACQ_REL))
		return;
	note_signal(c, signal, info);
	pmp_table_publish(&crash.table, 1);
	note_stack(c, context);
	__atomic_store_n(&crash.is_done, true, __ATOMIC_RELEASE);
}

void pmp_crash_await(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < WAITS_MAX && __atomic_load_n(&crash.record, __ATOMIC_ACQUIRE) &&
			!__atomic_load_n(&crash.is_done, __ATOMIC_ACQUIRE);
	     i++)
		nanosleep(&pause, NULL);
}
