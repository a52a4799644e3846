/*
 * describe.c - describes process and machine in the arena's header. Called once by runtime.c at start; usage and clock also from
 * ending.c in signal handlers. Must not allocate.
 */
#include "record/describe.h"

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/batch.h"
#include "base/clock.h"
#include "base/hash.h"
#include "schema/calls.h"

#define CPUS_MAX   8192
#define CUT_MARK   "..."
#define BOOT_ID    "/proc/sys/kernel/random/boot_id"
#define TIME_SPACE "/proc/self/ns/time"
#define STATUS     "/proc/self/status"
#define PEAK       "VmHWM:"

typedef uint64_t __attribute__((may_alias)) pmp_header_word;

static size_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return 0;
	while (len < size && got > 0) {
		got = read(fd, buf + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	return len;
}

/* /proc/self/cmdline: arguments with a NUL behind each. */
static void read_command(char *command, size_t size)
{
	size_t len = read_file("/proc/self/cmdline", command, size);
	int is_cut = len == size;

	while (len && command[len - 1] == '\0')
		len--;
	if (len >= size)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		if (command[i] == '\0')
			command[i] = ' ';
	memset(command + len, 0, size - len);
	if (is_cut)
		memcpy(command + size - sizeof(CUT_MARK), CUT_MARK, sizeof(CUT_MARK));
}

/* "0-3,8"; a list that does not fit ends in "..." */
static void read_cpus(char *list, size_t size)
{
	unsigned char bits[CPUS_MAX / 8] = {0};
	size_t len = 0;

	if (sched_getaffinity(0, sizeof(bits), (cpu_set_t *)(void *)bits) != 0)
		return;
	for (int first = 0, last; first < CPUS_MAX; first = last + 1) {
		last = first;
		if (!(bits[first / 8] >> first % 8 & 1))
			continue;
		while (last + 1 < CPUS_MAX && bits[(last + 1) / 8] >> (last + 1) % 8 & 1)
			last++;
		if (len + 32 > size) {
			snprintf(list + len, size - len, CUT_MARK);
			return;
		}
		len += (size_t)snprintf(list + len, size - len, "%s%d", len ? "," : "", first);
		if (last > first)
			len += (size_t)snprintf(list + len, size - len, "-%d", last);
	}
}

static uint64_t hash_boot(void)
{
	char text[256];
	size_t len = read_file(BOOT_ID, text, sizeof(text) / 2);
	ssize_t more = readlink(TIME_SPACE, text + len, sizeof(text) - len);

	return pmp_hash_bytes(0, text, len + (more > 0 ? (size_t)more : 0));
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static void describe_process(struct pmp_arena_header *header)
{
	ssize_t len = readlink("/proc/self/exe", header->exe, sizeof(header->exe) - 1);

	header->exe[len > 0 ? len : 0] = '\0';
	if (!getcwd(header->cwd, sizeof(header->cwd)))
		header->cwd[0] = '\0';
	if (gethostname(header->host, sizeof(header->host)) != 0)
		header->host[0] = '\0';
	header->host[sizeof(header->host) - 1] = '\0';
	read_command(header->command, sizeof(header->command));
	read_cpus(header->cpus, sizeof(header->cpus));
	header->pid = getpid();
	header->uid = geteuid();
	header->boot_hash = hash_boot();
}

static void describe_launch(struct pmp_arena_header *header, const struct pmp_launch *launch)
{
	copy(header->job, sizeof(header->job), launch->job);
	header->rank = launch->rank;
	header->size = launch->size;
	header->node_rank = (uint32_t)launch->node_rank;
	pmp_batch_read(header->batch, sizeof(header->batch));
}

/* The magic is stored last: a process killed on the way leaves a file that is no arena, not one that is damaged. */
static void seal(struct pmp_arena_header *header)
{
	struct pmp_arena_header whole = *header;
	uint64_t magic;

	memcpy(whole.magic, PMP_ARENA_MAGIC, sizeof(whole.magic));
	memcpy(&magic, whole.magic, sizeof(magic));
	header->check = pmp_hash_bytes(0, &whole, offsetof(struct pmp_arena_header, check));
	__atomic_store_n((pmp_header_word *)(void *)header->magic, magic, __ATOMIC_RELEASE);
}

void pmp_describe(struct pmp_arena_header *header, const struct pmp_launch *launch,
		  const char *mode, const char *mpi_library)
{
	describe_process(header);
	describe_launch(header, launch);
	copy(header->mpi_library, sizeof(header->mpi_library), mpi_library);
	copy(header->mode, sizeof(header->mode), mode);
	copy(header->clock, sizeof(header->clock), pmp_clock.name);
	header->version = PMP_ARENA_VERSION;
	header->endian = PMP_ARENA_ENDIAN;
	header->header_bytes = sizeof(*header);
	header->tick_is_ns = pmp_clock.kind != PMP_CLOCK_COUNTER;
	header->ns_per_tick = pmp_clock.ns_per_tick;
	header->calls_hash = pmp_calls_hash();
	pmp_describe_clock(header);
	header->start = header->latest;
	header->phase = PMP_PHASE_STARTED;
	seal(header);
}

void pmp_describe_clock(struct pmp_arena_header *header)
{
	struct pmp_clock_reading reading;

	pmp_clock_read(&reading);
	header->latest = (struct pmp_clock_pair){reading.ticks, reading.mono_ns, reading.real_ns};
}

static uint64_t nanoseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

/* Not ru_maxrss: that begins with what the launcher's process had when it forked. */
static uint64_t peak_bytes(void)
{
	char text[4096];
	size_t len = read_file(STATUS, text, sizeof(text));
	const char *at = memmem(text, len, PEAK, sizeof(PEAK) - 1);
	uint64_t kib = 0;

	if (!at)
		return 0;
	for (at += sizeof(PEAK) - 1; at < text + len && (*at == ' ' || *at == '\t'); at++)
		;
	for (; at < text + len && *at >= '0' && *at <= '9'; at++)
		kib = kib * 10 + (uint64_t)(*at - '0');
	return kib * 1024;
}

void pmp_describe_usage(struct pmp_arena_header *header)
{
	struct rusage usage;

	header->max_rss_bytes = peak_bytes();
	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return;
	header->user_ns = nanoseconds(usage.ru_utime);
	header->system_ns = nanoseconds(usage.ru_stime);
}
