/*
 * test_record_limits.c - what happens when there is no room, and where arenas may not lie. The program always goes on; what is
 * lost is counted; keys known before go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/hot.h"
#include "record/record.h"
#include "record_support.h"

#define KEYS  60000u
#define KNOWN 100u

static char small[] = "/tmp/pmprof-small-XXXXXX";

static struct pmp_lane first_lane(const struct arena_copy *copy)
{
	size_t count;
	struct pmp_lane *lanes = arena_copy_table(copy, PMP_KIND_LANES, PMP_LANE_NONE, &count);
	struct pmp_lane lane = lanes[0];

	free(lanes);
	return lane;
}

/* Many keys; more than there is room for. */
static void exhaust(uint32_t warning)
{
	static uint32_t comms[KEYS + KNOWN];
	static struct pmp_stat *stats[KEYS + KNOWN];
	struct arena_copy copy;
	struct pmp_lane lane;

	start_recording();
	for (uint32_t i = 0; i < KEYS + KNOWN; i++)
		comms[i] = i < KEYS ? i + 1 : 1;
	for (uint32_t i = 0; i < KEYS + KNOWN; i++) /* one call site */
		stats[i] = recorded_call(comms[i], 8, NULL);
	CHECK(stats[0] != NULL);
	CHECK(stats[KEYS + KNOWN - 1] == stats[0]);
	CHECK_EQUAL(stats[0]->count, 1 + KNOWN);
	CHECK(pmp_record_finalizing());
	copy = arena_copy_read(pmp_record_path());
	lane = first_lane(&copy);
	CHECK_EQUAL(lane.calls, KEYS + KNOWN);
	CHECK(lane.lost_keys > 0);
	CHECK(lane.lost_keys < KEYS);
	CHECK(arena_copy_header(&copy)->warnings & warning);
	arena_copy_free(&copy);
	pmp_record_close(true);
}

static void body_budget(void)
{
	setenv("PMPROF_MEMORY", "1M", 1);
	exhaust(PMP_WARN_MEMORY);
}

static void test_budget(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_budget), 0);
	assert_string_equal(child_arena(), "");
}

static void body_file_limit(void)
{
	struct rlimit limit = {700000, 700000};

	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	exhaust(PMP_WARN_SCRATCH);
}

static void test_file_size_limit(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_file_limit), 0);
}

static bool mount_small(const char *size)
{
	char options[32];

	snprintf(options, sizeof(options), "size=%s,mode=0777", size);
	return geteuid() == 0 && mount("none", small, "tmpfs", 0, options) == 0;
}

/* The arena goes on in another folder: no key is lost, and both files are gone in the end. */
static void body_full_scratch(void)
{
	struct pmp_arena_header header;
	struct arena_copy copy;
	struct pmp_lane lane;

	setenv("PMPROF_SCRATCH", small, 1);
	start_recording();
	CHECK(strncmp(pmp_record_path(), small, strlen(small)) == 0);
	for (uint32_t i = 1; i <= KEYS; i++)
		CHECK(recorded_call(i, 8, NULL) != NULL);
	CHECK(pmp_record_finalizing());
	copy = arena_copy_read(pmp_record_path());
	header = *arena_copy_header(&copy);
	lane = first_lane(&copy);
	arena_copy_free(&copy);
	CHECK_EQUAL(lane.calls, KEYS);
	CHECK_EQUAL(lane.lost_keys, 0);
	CHECK(header.warnings & PMP_WARN_ELSEWHERE);
	CHECK(!(header.warnings & PMP_WARN_SCRATCH));
	CHECK(header.parts[0].first > 0);
	CHECK(strncmp(header.parts[0].path, small, strlen(small)) != 0);
	CHECK(access(header.parts[0].path, F_OK) == 0);
	pmp_record_close(true);
	CHECK(access(header.parts[0].path, F_OK) != 0);
}

static void test_scratch_gets_full(void **state)
{
	int status;

	(void)state;
	if (!mount_small("1m"))
		skip();
	status = run_child(body_full_scratch);
	umount(small);
	assert_int_equal(status, 0);
}

static void body_no_room(void)
{
	struct pmp_start start = {.mpi_library = "none"};
	struct pmp_diag diag = {""};

	CHECK(pmp_record_start(&start, &diag) < 0);
	CHECK(strstr(diag.text, "PMPROF_SCRATCH") != NULL);
	pmp_record_running(0, 1, 0);
	CHECK(recorded_call(1, 8, NULL) == NULL);
	CHECK(pmp_record_path() == NULL);
	CHECK(!pmp_record_finalizing());
	pmp_record_close(true);
}

static void body_no_room_anywhere(void)
{
	struct rlimit limit = {100000, 100000};

	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	body_no_room();
}

static void test_no_place_has_room(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_no_room_anywhere), 0);
}

/* PMPROF_SCRATCH cannot be used: the next place is, and the file will say so. */
static void body_elsewhere(void)
{
	const char *unusable = getenv("PMPROF_SCRATCH");
	char path[512];

	start_recording();
	snprintf(path, sizeof(path), "%s", pmp_record_path());
	CHECK(strncmp(path, unusable, strlen(unusable)) != 0);
	CHECK(recorded_call(1, 8, NULL) != NULL);
	CHECK(pmp_record_finalizing());
	struct arena_copy copy = arena_copy_read(path);

	CHECK(arena_copy_header(&copy)->warnings & PMP_WARN_ELSEWHERE);
	arena_copy_free(&copy);
	pmp_record_close(true);
	CHECK(access(path, F_OK) != 0);
}

static void body_no_room_at_start(void)
{
	setenv("PMPROF_SCRATCH", small, 1);
	body_elsewhere();
}

static void test_scratch_is_full(void **state)
{
	struct statvfs fs;
	int status;

	(void)state;
	if (!mount_small("100k"))
		skip();
	status = run_child(body_no_room_at_start);
	assert_int_equal(statvfs(small, &fs), 0);
	umount(small);
	assert_int_equal(status, 0);
	assert_int_equal(fs.f_bfree, fs.f_blocks); /* nothing left behind */
}

static void body_missing_folder(void)
{
	setenv("PMPROF_SCRATCH", "/nonexistent/folder", 1);
	body_elsewhere();
}

static void test_scratch_does_not_exist(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_missing_folder), 0);
}

/* --- folders and names that are not ours --- */

static void user_folder(char *path, size_t size)
{
	snprintf(path, size, "%s/pmprof-%u", getenv("PMPROF_SCRATCH"), (unsigned)geteuid());
}

static void body_symlink(void)
{
	char path[512];

	user_folder(path, sizeof(path));
	CHECK(symlink("/tmp", path) == 0);
	body_elsewhere();
}

static void body_open_folder(void)
{
	char path[512];

	user_folder(path, sizeof(path));
	CHECK(mkdir(path, 0700) == 0 && chmod(path, 0777) == 0);
	body_elsewhere();
}

static void test_unsafe_folders_are_refused(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_symlink), 0);
	assert_int_equal(run_child(body_open_folder), 0);
}

static void body_names(void)
{
	char path[512];
	struct stat st;

	user_folder(path, sizeof(path));
	CHECK(mkdir(path, 0700) == 0);
	strcat(path, "/job");
	CHECK(mkdir(path, 0700) == 0);
	strcat(path, "/rank-0.arena");
	CHECK(symlink("/etc/passwd", path) == 0);
	start_recording();
	CHECK(strstr(pmp_record_path(), "/job/rank-0.2.arena") != NULL);
	CHECK(stat(pmp_record_path(), &st) == 0);
	CHECK_EQUAL(st.st_mode & 0777, 0600);
	pmp_record_close(true);
	CHECK(access(path, F_OK) == 0);
}

static void test_a_name_in_use_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_names), 0);
}

static void body_removed(void)
{
	start_recording();
	CHECK(unlink(pmp_record_path()) == 0);
	for (uint32_t comm = 1; comm <= KEYS; comm++)
		recorded_call(comm, 8, NULL);
	CHECK(pmp_record_finalizing());
	pmp_record_close(true);
}

static void test_arena_removed_under_us(void **state)
{
	(void)state;
	assert_int_equal(run_child(body_removed), 0);
}

static int get_ready(void **state)
{
	(void)state;
	return mkdtemp(small) ? 0 : -1;
}

static int tidy(void **state)
{
	(void)state;
	rmdir(small);
	remove_scratch();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_file_size_limit),
		cmocka_unit_test(test_scratch_gets_full),
		cmocka_unit_test(test_scratch_is_full),
		cmocka_unit_test(test_no_place_has_room),
		cmocka_unit_test(test_scratch_does_not_exist),
		cmocka_unit_test(test_unsafe_folders_are_refused),
		cmocka_unit_test(test_a_name_in_use_is_left_alone),
		cmocka_unit_test(test_arena_removed_under_us),
	};

	return cmocka_run_group_tests(tests, get_ready, tidy);
}
