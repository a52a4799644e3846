/*
 * clock.h - time stamps in ticks
 *
 * Ticks are those of the invariant time stamp counter where the kernel keeps time by it, else nanoseconds of CLOCK_MONOTONIC.
 * PMPROF_CLOCK=step gives every thread a clock of its own that advances by 1000 ns with each reading: exact times in tests.
 */
#ifndef PMP_CLOCK_H
#define PMP_CLOCK_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum pmp_clock_kind { PMP_CLOCK_COUNTER, PMP_CLOCK_MONOTONIC, PMP_CLOCK_STEP };

#define PMP_CLOCK_STEP_NS 1000

struct pmp_clock {
	enum pmp_clock_kind kind;
	double ns_per_tick; /* calibrated in pmp_clock_init to about 50 ppm; 1 unless kind is COUNTER */
	const char *name; /* "tsc", "cntvct", "monotonic", "step" */
};

/* A reading of all clocks at one moment. */
struct pmp_clock_reading {
	uint64_t ticks;
	uint64_t mono_ns;
	uint64_t real_ns;
};

extern struct pmp_clock pmp_clock __attribute__((visibility("hidden")));

/*
 * pmp_clock_init - choose the clock
 * @choice: "auto" (NULL, ""), "tsc", "monotonic" or "step"; what is not to be had here falls back to monotonic
 *
 * Takes about 0.3 ms for the counter. Context: once, before other threads read the clock. Return: 0, -PMP_EINVALID for an
 * unknown choice (then as "auto").
 */
int pmp_clock_init(const char *choice);

/* pmp_clock_read - a pair of clocks that belong together (the reading with the least delay of a few); async-signal-safe */
void pmp_clock_read(struct pmp_clock_reading *reading);

/* pmp_clock_read_slow - of pmp_clock_now: every clock but the counter */
uint64_t pmp_clock_read_slow(void);

/* pmp_clock_counter - the raw counter, 0 where the processor has none that we know */
static inline uint64_t pmp_clock_counter(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return 0;
#endif
}

/* pmp_clock_now - ticks; monotonic per thread. Any thread, also signal handlers. Cost: the counter and a predicted branch. */
static inline uint64_t pmp_clock_now(void)
{
	if (__builtin_expect(pmp_clock.kind == PMP_CLOCK_COUNTER, 1))
		return pmp_clock_counter();
	return pmp_clock_read_slow();
}

#endif
