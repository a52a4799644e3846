/*
 * walker.c - the step from a frame to its caller, by rule
 *
 * Called by unwind.c on the thread that owns the unwinder, also in signal handlers. It must not
 * lock or allocate, and reads the stack only through its window: rules may be wrong.
 */
#include "record/walker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

/*
 * Can the kernel read this page for us? rt_sigprocmask copies the mask in before it looks at the
 * (here impossible) operation: EFAULT says no, EINVAL yes, and nothing is changed.
 */
bool pmp_page_is_readable(uint64_t address)
{
	uint64_t page = address / PAGE * PAGE;
	int saved = errno;
	bool answer = syscall(SYS_rt_sigprocmask, -1, page, NULL, sizeof(uint64_t)) != -1 ||
		      errno != EFAULT;

	errno = saved;
	return answer;
}

static bool probe(struct pmp_window *w, uint64_t at)
{
	uint64_t page = at / PAGE * PAGE;

	if (!w->is_probed || at % sizeof(uint64_t) || !page)
		return false;
	if (page != w->page && !pmp_page_is_readable(page))
		return false;
	w->page = page;
	return true;
}

static inline bool load(struct pmp_window *w, uint64_t at, uint64_t *value)
{
	bool is_inside = at >= w->low && at <= w->high - sizeof(*value);

	if (__builtin_expect(!is_inside, 0) && !probe(w, at))
		return false;
	memcpy(value, (const void *)(uintptr_t)at, sizeof(*value));
	return true;
}

static uint64_t sum(uint64_t value, int32_t offset)
{
	return value + (uint64_t)(int64_t)offset;
}

/* CFA of the frame, reading the link if the rule has one. */
static bool find_cfa(const struct pmp_rule *rule, struct pmp_window *w,
		     const struct pmp_frame *from, struct pmp_frame *to)
{
	bool is_base = rule->cfa == PMP_FROM_BASE || rule->cfa == PMP_FROM_BASE_LINK;
	uint64_t at = sum(is_base ? from->base : from->sp, rule->cfa_offset);

	if (rule->cfa == PMP_FROM_SP || rule->cfa == PMP_FROM_BASE) {
		to->sp = at;
		to->link_slot = 0;
		return true;
	}
	to->link_slot = at;
	if (!load(w, at, &to->link))
		return false;
	to->sp = to->link;
	return true;
}

static uint64_t slot_of(uint8_t source, int32_t offset, const struct pmp_frame *from, uint64_t cfa)
{
	uint64_t origin = cfa;

	if (source == PMP_FROM_SP)
		origin = from->sp;
	else if (source == PMP_FROM_BASE)
		origin = from->base;
	return sum(origin, offset);
}

/* False: memory could not be read. */
static bool step(const struct pmp_rule *rule, struct pmp_window *w, const struct pmp_frame *from,
		 struct pmp_frame *to)
{
	if (!find_cfa(rule, w, from, to))
		return false;
	to->node = 0;
	to->is_lost = false;
	to->is_exact = rule->is_signal;
	to->slot = rule->is_plain ? to->sp - sizeof(uint64_t)
				  : slot_of(rule->ra, rule->ra_offset, from, to->sp);
	if (!load(w, to->slot, &to->address))
		return false;
	if (rule->keeps_base) {
		to->base = from->base;
		to->base_slot = 0;
		return true;
	}
	to->base_slot = slot_of(rule->base, rule->base_offset, from, to->sp);
	return load(w, to->base_slot, &to->base);
}

/* Is this the state in which frame i of the last stack was left? Then all further out is the same. */
static bool is_same(const struct pmp_frame *a, const struct pmp_frame *b)
{
	return a->slot == b->slot && a->address == b->address && a->sp == b->sp &&
	       a->is_exact == b->is_exact && (!b->needs_base || a->base == b->base);
}

/*
 * Has the walk come upon the last stack? The frame itself is taken from this walk (its rbp may have
 * been saved elsewhere than last time), its node from the last one.
 */
static bool joins(struct pmp_frame *now, const struct pmp_stack *last, uint32_t *shared)
{
	const struct pmp_frame *there;

	while (*shared && last->frame[*shared - 1].slot < now->slot)
		--*shared;
	if (!*shared)
		return false;
	there = &last->frame[*shared - 1];
	if (!is_same(now, there))
		return false;
	--*shared;
	now->node = there->node;
	now->is_lost = there->is_lost;
	now->uses_base = there->uses_base;
	now->keeps_base = there->keeps_base;
	return true;
}

static void start(const uint64_t *frame, struct pmp_frame *first)
{
	uint64_t at = (uintptr_t)frame;

	memset(first, 0, sizeof(*first));
	first->slot = at + 8;
	first->address = frame[1];
	first->sp = at + 16;
	first->base = frame[0];
	first->base_slot = at;
}

/* The end of a walk that no rule announced: a thread's first frame in old code, or an outdated rule. */
static enum pmp_walk_end odd_end(struct pmp_rules *rules, enum pmp_walk_end end)
{
	pmp_rules_verify(rules);
	return end;
}

enum pmp_walk_end pmp_walk_on(struct pmp_rules *rules, struct pmp_window *window,
			      const struct pmp_stack *last, uint32_t *shared,
			      struct pmp_trace *trace)
{
	struct pmp_frame *now = trace->frame;

	for (trace->count = 0;; now++) {
		const struct pmp_rule *rule;

		trace->count++;
		if (joins(now, last, shared))
			return PMP_WALK_JOINED;
		rule = pmp_rules_find(rules, pmp_frame_at(now));
		now->uses_base = rule->uses_base;
		now->keeps_base = rule->keeps_base;
		if (rule->cfa == PMP_FROM_NOWHERE)
			return PMP_WALK_UNKNOWN;
		if (rule->ra == PMP_FROM_NOWHERE)
			return rule->is_missing ? PMP_WALK_PARTIAL : PMP_WALK_WHOLE;
		if (trace->count == PMP_FRAME_MAX)
			return PMP_WALK_DEEP;
		if (!step(rule, window, now, now + 1))
			return window->is_probed ? odd_end(rules, PMP_WALK_PARTIAL)
						 : PMP_WALK_FOREIGN;
		if (!now[1].address)
			return odd_end(rules, PMP_WALK_WHOLE);
		if (now[1].sp <= now->sp && !now[1].is_exact)
			return odd_end(rules, PMP_WALK_PARTIAL);
	}
}

enum pmp_walk_end pmp_walk(struct pmp_rules *rules, struct pmp_window *window,
			   const uint64_t *frame, const struct pmp_stack *last, uint32_t *shared,
			   struct pmp_trace *trace)
{
	start(frame, trace->frame);
	return pmp_walk_on(rules, window, last, shared, trace);
}
