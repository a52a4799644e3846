/*
 * test_arena.c - tables, strings and indices in an arena of private memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "record/modules.h"
#include "record/rank.h"

#define ARENA_BYTES (UINT64_C(8) << 20)

static struct pmp_rank rank;

static int open_rank(void **state)
{
	(void)state;
	rank = (struct pmp_rank){.lock = PTHREAD_MUTEX_INITIALIZER};
	if (pmp_arena_open_private(&rank.arena, ARENA_BYTES))
		return -1;
	return pmp_rank_init(&rank);
}

static int close_rank(void **state)
{
	(void)state;
	pmp_rank_release(&rank);
	pmp_arena_close(&rank.arena, true);
	pmp_arena_close(&rank.arena, true);
	return 0;
}

static void test_table_grows_in_place(void **state)
{
	struct pmp_table table;
	struct pmp_node *first;

	(void)state;
	assert_int_equal(pmp_table_init(&table, &rank.arena, PMP_KIND_NODES, 0, 16, 10), 0);
	first = pmp_table_reserve(&table, 1);
	first->address = 4711;
	assert_int_equal(pmp_table_count(&table), 0);
	assert_int_equal(pmp_table_publish(&table, 1), 0);
	for (uint32_t i = 1; i < 20000; i++) {
		struct pmp_node *node = pmp_table_reserve(&table, 1);

		assert_non_null(node);
		assert_int_equal(node->address, 0);
		node->address = i;
		assert_int_equal(pmp_table_publish(&table, 1), i);
	}
	assert_ptr_equal(pmp_table_at(&table, 0), first);
	assert_int_equal(first->address, 4711);
	for (uint32_t i = 1; i < 20000; i++)
		assert_int_equal(((struct pmp_node *)pmp_table_at(&table, i))->address, i);
	assert_null(pmp_table_at(&table, 20000));
	assert_true(table.segment_count < 12);
}

static void test_segments_check_out(void **state)
{
	uint64_t at = PMP_ARENA_PAGE, next = 0;

	(void)state;
	while (at < rank.arena.used) {
		const struct pmp_segment *segment =
			(const struct pmp_segment *)(rank.arena.base + at);

		assert_int_equal(segment->magic, PMP_SEGMENT_MAGIC);
		assert_int_equal(segment->check, pmp_segment_check(segment, at));
		next = at + segment->length;
		assert_int_equal(next % PMP_ARENA_PAGE, 0);
		at = next;
	}
	assert_int_equal(next, rank.arena.used);
}

static void test_strings(void **state)
{
	uint32_t references[5000];
	char text[64], huge[2000];

	(void)state;
	assert_int_equal(pmp_rank_string(&rank, NULL), 0);
	assert_int_equal(pmp_rank_string(&rank, ""), 0);
	assert_string_equal(pmp_rank_text(&rank, 0), "");
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "a string of number %u", i * i);
		references[i] = pmp_rank_string(&rank, text);
	}
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "a string of number %u", i * i);
		assert_string_equal(pmp_rank_text(&rank, references[i]), text);
		assert_int_equal(pmp_rank_string(&rank, text), references[i]);
	}
	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(strlen(pmp_rank_text(&rank, pmp_rank_string(&rank, huge))),
			 PMP_TEXT_MAX - 1);
}

static void test_regions_by_name_and_parent(void **state)
{
	uint32_t a = pmp_rank_region(&rank, 0, "a");
	uint32_t inner = pmp_rank_region(&rank, a, "a");

	(void)state;
	assert_int_not_equal(a, 0);
	assert_int_not_equal(inner, a);
	assert_int_equal(pmp_rank_region(&rank, 0, "a"), a);
	assert_string_equal(pmp_rank_region_name(&rank, inner), "a");
	assert_string_equal(pmp_rank_region_name(&rank, 0), "");
	assert_string_equal(pmp_rank_region_name(&rank, 999), "");
}

static void test_comms(void **state)
{
	struct pmp_comm record = {.uid = 7, .size = 4, .name = 12345};
	uint32_t idx = pmp_rank_comm(&rank, &record, "world");
	const struct pmp_comm *stored = pmp_table_at(&rank.comms, idx);

	(void)state;
	assert_int_equal(idx, 1);
	assert_int_equal(stored->uid, 7);
	assert_string_equal(pmp_rank_text(&rank, stored->name), "world");
	pmp_rank_comm_name(&rank, idx, "renamed");
	assert_string_equal(pmp_rank_text(&rank, stored->name), "renamed");
	pmp_rank_comm_name(&rank, 99, "nobody");
}

static void test_modules(void **state)
{
	struct pmp_module_memo memo = {0};
	uint32_t here = pmp_module_of(&rank, &memo, (uintptr_t)test_modules);
	uint32_t libc = pmp_module_of(&rank, &memo, (uintptr_t)getppid);
	const struct pmp_module *module = pmp_table_at(&rank.modules, libc);

	(void)state;
	assert_int_not_equal(here, 0);
	assert_int_not_equal(libc, here);
	assert_int_equal(pmp_module_of(&rank, &memo, (uintptr_t)test_modules), here);
	assert_int_equal(pmp_module_of(&rank, &memo, 16), 0);
	assert_non_null(strstr(pmp_rank_text(&rank, module->path), "libc"));
	assert_int_equal(module->build_id_len, 20);
	assert_true(module->start <= (uintptr_t)getppid && (uintptr_t)getppid < module->end);
}

static void test_full_arena_says_so(void **state)
{
	struct pmp_table table;
	uint32_t count = 0;

	(void)state;
	assert_int_equal(pmp_table_init(&table, &rank.arena, PMP_KIND_STATS, 0, 80, 10), 0);
	while (pmp_table_reserve(&table, 1) && count < 1000000) {
		pmp_table_publish(&table, 1);
		count++;
	}
	assert_in_range(count, 10000, ARENA_BYTES / 80);
	assert_null(pmp_table_reserve(&table, 1));
	assert_int_equal(pmp_table_count(&table), count);
	assert_true(pmp_arena_header(&rank.arena)->warnings & PMP_WARN_MEMORY);
}

static void test_map_and_index(void **state)
{
	struct pmp_map map;
	struct pmp_index index;
	static struct pmp_gap gaps[3000];

	(void)state;
	assert_int_equal(pmp_map_init(&map, 2), 0);
	assert_int_equal(pmp_index_init(&index, 2), 0);
	for (uint32_t i = 1; i < 3000; i++) {
		assert_int_equal(pmp_map_room(&map), 0);
		pmp_map_add(&map, i * 4096, i & 3, i);
		gaps[i] = (struct pmp_gap){.from_node = i, .to_node = i / 2, .region = i & 1};
		assert_int_equal(pmp_index_room(&index), 0);
		pmp_index_add(&index, &gaps[i]);
	}
	for (uint32_t i = 1; i < 3000; i++) {
		struct pmp_key key;

		memcpy(&key, &gaps[i], sizeof(key));
		assert_ptr_equal(pmp_index_find(&index, key), &gaps[i]);
		key.high ^= 1;
		assert_null(pmp_index_find(&index, key));
		assert_int_equal(pmp_map_find(&map, i * 4096, i & 3), i);
		assert_int_equal(pmp_map_find(&map, i * 4096, 4 + (i & 3)), 0);
	}
	pmp_map_release(&map);
	pmp_index_release(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_grows_in_place),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_regions_by_name_and_parent),
		cmocka_unit_test(test_comms),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_map_and_index),
		cmocka_unit_test(test_segments_check_out),
		cmocka_unit_test(test_full_arena_says_so),
	};

	return cmocka_run_group_tests(tests, open_rank, close_rank);
}
