/*
 * record_support.c - see record_support.h
 */
#include "record_support.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/hot.h"
#include "record/record.h"

static char scratch[256];
static char found[1024];

static void *must_alloc(size_t bytes)
{
	void *memory = calloc(1, bytes ? bytes : 1);

	CHECK(memory != NULL);
	return memory;
}

struct arena_copy arena_copy_read(const char *path)
{
	struct arena_copy copy = {NULL, 0};
	FILE *file = fopen(path, "rb");
	long bytes;

	CHECK(file != NULL);
	CHECK(fseek(file, 0, SEEK_END) == 0);
	bytes = ftell(file);
	CHECK(bytes >= PMP_ARENA_PAGE);
	rewind(file);
	copy.bytes = (size_t)bytes;
	copy.data = must_alloc(copy.bytes);
	CHECK(fread(copy.data, 1, copy.bytes, file) == copy.bytes);
	fclose(file);
	CHECK(memcmp(arena_copy_header(&copy)->magic, PMP_ARENA_MAGIC, 8) == 0);
	CHECK(arena_copy_header(&copy)->check ==
	      pmp_hash_bytes(0, copy.data, offsetof(struct pmp_arena_header, check)));
	return copy;
}

void arena_copy_free(struct arena_copy *copy)
{
	free(copy->data);
	*copy = (struct arena_copy){NULL, 0};
}

const struct pmp_arena_header *arena_copy_header(const struct arena_copy *copy)
{
	return (const struct pmp_arena_header *)copy->data;
}

static void append(unsigned char **table, size_t *bytes, const struct pmp_segment *segment,
		   size_t records)
{
	size_t more = records * segment->record_bytes;

	*table = realloc(*table, *bytes + more + 1);
	CHECK(*table != NULL);
	memcpy(*table + *bytes, segment + 1, more);
	*bytes += more;
}

void *arena_copy_table(const struct arena_copy *copy, enum pmp_kind kind, unsigned lane,
		       size_t *count)
{
	unsigned char *table = must_alloc(1);
	size_t bytes = 0, total = 0;

	for (size_t at = PMP_ARENA_PAGE; at < copy->bytes;) {
		const struct pmp_segment *segment = (const struct pmp_segment *)(copy->data + at);

		if (segment->magic != PMP_SEGMENT_MAGIC)
			break;
		CHECK(segment->check == pmp_segment_check(segment, at));
		CHECK(segment->length % PMP_ARENA_PAGE == 0 && segment->length > 0);
		CHECK(segment->count <= segment->capacity);
		if (segment->kind == kind && segment->lane == lane) {
			size_t records =
				kind == PMP_KIND_EVENTS ? segment->capacity : segment->count;

			CHECK(segment->first == total);
			append(&table, &bytes, segment, records);
			total += records;
		}
		at += segment->length;
	}
	*count = total;
	return table;
}

uint64_t arena_copy_accounted(const struct arena_copy *copy, unsigned lane)
{
	size_t lane_count, stat_count, gap_count;
	struct pmp_lane *lanes = arena_copy_table(copy, PMP_KIND_LANES, PMP_LANE_NONE, &lane_count);
	struct pmp_stat *stats = arena_copy_table(copy, PMP_KIND_STATS, lane, &stat_count);
	struct pmp_gap *gaps = arena_copy_table(copy, PMP_KIND_GAPS, lane, &gap_count);
	uint64_t ticks;

	CHECK(lane < lane_count);
	ticks = lanes[lane].tool + lanes[lane].paused;
	for (size_t i = 0; i < stat_count; i++)
		ticks += stats[i].total;
	for (size_t i = 0; i < gap_count; i++)
		ticks += gaps[i].total;
	free(lanes);
	free(stats);
	free(gaps);
	return ticks;
}

static void find_arena(void)
{
	char folder[512];
	DIR *dir;

	found[0] = '\0';
	snprintf(folder, sizeof(folder), "%s/pmprof-%u/job", scratch, (unsigned)geteuid());
	dir = opendir(folder);
	if (!dir)
		return;
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		if (strncmp(entry->d_name, "rank-0", 6) == 0)
			snprintf(found, sizeof(found), "%s/%s", folder, entry->d_name);
	closedir(dir);
}

void remove_scratch(void)
{
	char command[300];

	if (!*scratch)
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove '%s'\n", scratch);
	scratch[0] = '\0';
}

int run_child(void (*body)(void))
{
	int status = 0;
	pid_t child;

	remove_scratch();
	snprintf(scratch, sizeof(scratch), "/tmp/pmprof-test-XXXXXX");
	CHECK(mkdtemp(scratch) != NULL);
	fflush(NULL);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		/* cmocka's own handlers are not those of a program */
		for (int i = 1; i < 32; i++)
			signal(i, SIG_DFL);
		setenv("PMPROF_SCRATCH", scratch, 0);
		body();
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	find_arena();
	return status;
}

const char *child_arena(void)
{
	return found;
}

void start_recording(void)
{
	struct pmp_start start = {.mpi_library = "none"};
	struct pmp_diag diag = {""};

	setenv("PMPROF_CLOCK", "step", 0);
	setenv("PMPROF_JOB", "job", 1);
	CHECK(pmp_record_start(&start, &diag) == 0);
	CHECK(diag.text[0] == '\0');
	CHECK(pmp_record_path() != NULL);
	pmp_record_running(0, 1, 0);
}

__attribute__((noinline)) struct pmp_stat *recorded_call(uint32_t comm, uint64_t bytes,
							 void (*inside)(void))
{
	struct pmp_probe probe;

	if (!pmp_enter(&probe, __builtin_frame_address(0))) {
		if (inside)
			inside();
		return NULL;
	}
	pmp_begin(&probe, PMP_CALL_MPI_Allreduce, comm, PMP_NO_PEER, PMP_NO_TAG, bytes);
	if (inside)
		inside();
	pmp_stop(&probe);
	return pmp_end(&probe, bytes, bytes);
}
