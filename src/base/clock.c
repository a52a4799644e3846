/*
 * clock.c - choice and calibration of the clock. The runtime calls pmp_clock_init once on the main thread; readings come from any
 * thread and from signal handlers. Must not allocate.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/err.h"

#define CALIBRATION_NS  300000
#define READ_ATTEMPTS   5
#define STEP_EPOCH_NS   UINT64_C(1767225600000000000) /* 2026-01-01: the step clock knows no date */
#define CLOCKSOURCE     "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define CPUID_POWER     0x80000007u /* EDX bit 8: the counter runs at one rate in all states */
#define CPUID_INVARIANT (1u << 8)

struct pmp_clock pmp_clock = {PMP_CLOCK_MONOTONIC, 1.0, "monotonic"};

static _Thread_local uint64_t step_ns __attribute__((tls_model("initial-exec")));

static uint64_t system_ns(clockid_t id)
{
	struct timespec ts = {0, 0};

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

uint64_t pmp_clock_read_slow(void)
{
	if (pmp_clock.kind == PMP_CLOCK_STEP)
		return step_ns += PMP_CLOCK_STEP_NS;
	return system_ns(CLOCK_MONOTONIC);
}

void pmp_clock_read(struct pmp_clock_reading *reading)
{
	uint64_t best = UINT64_MAX;

	if (pmp_clock.kind == PMP_CLOCK_STEP) {
		uint64_t now = pmp_clock_now();

		*reading = (struct pmp_clock_reading){now, now, STEP_EPOCH_NS + now};
		return;
	}
	for (int i = 0; i < READ_ATTEMPTS; i++) {
		uint64_t before = pmp_clock_now();
		uint64_t mono = system_ns(CLOCK_MONOTONIC);
		uint64_t after = pmp_clock_now();
		uint64_t real = system_ns(CLOCK_REALTIME);

		if (after - before < best) {
			best = after - before;
			*reading = (struct pmp_clock_reading){before + best / 2, mono, real};
		}
	}
	if (pmp_clock.kind == PMP_CLOCK_MONOTONIC)
		reading->ticks = reading->mono_ns;
}

#if defined(__x86_64__)
/* The kernel has compared the counter with other clocks on all processors; where it does not trust it, neither do we. */
static int has_counter(void)
{
	char source[16] = "";
	unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
	int fd = open(CLOCKSOURCE, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, source, sizeof(source) - 1);

	if (fd >= 0)
		close(fd);
	if (len < 4 || strncmp(source, "tsc\n", 4) != 0)
		return 0;
	return __get_cpuid(CPUID_POWER, &eax, &ebx, &ecx, &edx) && (edx & CPUID_INVARIANT);
}
#define COUNTER_NAME "tsc"
#elif defined(__aarch64__)
static int has_counter(void)
{
	return 1;
}
#define COUNTER_NAME "cntvct"
#else
static int has_counter(void)
{
	return 0;
}
#define COUNTER_NAME "none"
#endif

static void calibrate(void)
{
	struct pmp_clock_reading first, last;

	pmp_clock_read(&first);
	do
		pmp_clock_read(&last);
	while (last.mono_ns - first.mono_ns < CALIBRATION_NS);
	if (last.ticks > first.ticks)
		pmp_clock.ns_per_tick =
			(double)(last.mono_ns - first.mono_ns) / (double)(last.ticks - first.ticks);
}

int pmp_clock_init(const char *choice)
{
	int is_auto = !choice || !*choice || strcmp(choice, "auto") == 0;
	int rc = 0;

	pmp_clock = (struct pmp_clock){PMP_CLOCK_MONOTONIC, 1.0, "monotonic"};
	if (!is_auto && strcmp(choice, "monotonic") == 0)
		return 0;
	if (!is_auto && strcmp(choice, "step") == 0) {
		pmp_clock = (struct pmp_clock){PMP_CLOCK_STEP, 1.0, "step"};
		step_ns = 0;
		return 0;
	}
	if (!is_auto && strcmp(choice, "tsc") != 0)
		rc = -PMP_EINVALID;
	if (has_counter()) {
		pmp_clock = (struct pmp_clock){PMP_CLOCK_COUNTER, 1.0, COUNTER_NAME};
		calibrate();
	}
	return rc;
}
