/* test_unwind_cfi.c - call frame information: rules as the DWARF standard has them, and damaged bytes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/unwind_cfi.h"

#define CODE   UINT64_C(0x400000)
#define LENGTH 256

/* A CIE and an FDE at the very end of readable memory: one byte too many is a fault. */
struct sample {
	uint8_t *start;
	uint8_t *end;
	uint64_t fde;
};

static void put(uint8_t **at, const void *bytes, size_t size)
{
	memcpy(*at, bytes, size);
	*at += size;
}

static void put_u32(uint8_t **at, uint32_t value)
{
	put(at, &value, sizeof(value));
}

static void put_u64(uint8_t **at, uint64_t value)
{
	put(at, &value, sizeof(value));
}

/* def_cfa rsp 8; return address at cfa-8; pointers absolute */
static const uint8_t cie_body[] = {1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x00, 0x0c, 7, 8, 0x90, 1};

static uint8_t *guarded_end(void)
{
	static uint8_t *memory;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!memory) {
		memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
		mprotect(memory + page, page, PROT_NONE);
	}
	return memory + page;
}

static struct sample make(const uint8_t *program, size_t size)
{
	struct sample sample;
	size_t cie = 4 + 4 + sizeof(cie_body);
	size_t fde = 4 + 4 + 16 + 1 + size;
	uint8_t *at;

	sample.end = guarded_end();
	sample.start = at = sample.end - cie - fde;
	put_u32(&at, (uint32_t)(cie - 4));
	put_u32(&at, 0);
	put(&at, cie_body, sizeof(cie_body));
	sample.fde = (uintptr_t)at;
	put_u32(&at, (uint32_t)(fde - 4));
	put_u32(&at, (uint32_t)(at - sample.start));
	put_u64(&at, CODE);
	put_u64(&at, LENGTH);
	*at++ = 0;
	put(&at, program, size);
	assert_ptr_equal(at, sample.end);
	return sample;
}

static bool rule_at(const struct sample *sample, uint64_t offset, struct pmp_rule *rule)
{
	struct pmp_extent extent = {(uintptr_t)sample->start, (uintptr_t)sample->end};

	return pmp_cfi_rule(sample->fde, extent, CODE + offset, rule);
}

/* push rbp; mov rbp, rsp; ...; leave */
static const uint8_t frame_program[] = {0x41, 0x0e, 16,   0x86, 2, 0x43, 0x0d, 6,   0x02,
					100,  0x0a, 0xc6, 0x0c, 7, 8,    0x41, 0x0b};

static void a_frame_pointer_function(void **state)
{
	struct sample sample = make(frame_program, sizeof(frame_program));
	struct pmp_rule rule;

	(void)state;
	assert_true(rule_at(&sample, 0, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_SP);
	assert_int_equal(rule.cfa_offset, 8);
	assert_true(rule.is_plain && rule.keeps_base && !rule.uses_base);
	assert_true(rule_at(&sample, 1, &rule));
	assert_int_equal(rule.cfa_offset, 16);
	assert_int_equal(rule.base, PMP_FROM_CFA);
	assert_int_equal(rule.base_offset, -16);
	assert_true(rule_at(&sample, 50, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_BASE);
	assert_true(rule.uses_base && !rule.keeps_base);
	assert_true(rule_at(&sample, 104, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_SP);
	assert_int_equal(rule.base, PMP_FROM_SAME);
	assert_true(rule_at(&sample, 105, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_BASE);
	assert_false(rule_at(&sample, LENGTH, &rule));
}

/* cfa = *(rbp - 8), rbp saved at rbp + 0: what gcc writes for realigned stacks */
static void a_realigned_function(void **state)
{
	static const uint8_t program[] = {0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0};
	struct sample sample = make(program, sizeof(program));
	struct pmp_rule rule;

	(void)state;
	assert_true(rule_at(&sample, 0, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_BASE_LINK);
	assert_int_equal(rule.cfa_offset, -8);
	assert_int_equal(rule.base, PMP_FROM_BASE);
	assert_int_equal(rule.base_offset, 0);
	assert_int_equal(rule.ra, PMP_FROM_CFA);
	assert_true(rule.uses_base && !rule.is_plain);
}

/* cfa = rsp + 8 + ((rip & 15) >= 11) << 3: what linkers write for the procedure linkage table */
static void a_linkage_table(void **state)
{
	static const uint8_t program[] = {0x0f, 11,   0x77, 8,    0x80, 0,   0x3f,
					  0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
	struct sample sample = make(program, sizeof(program));
	struct pmp_rule rule;

	(void)state;
	assert_true(rule_at(&sample, 32 + 10, &rule));
	assert_int_equal(rule.cfa_offset, 8);
	assert_true(rule_at(&sample, 32 + 11, &rule));
	assert_int_equal(rule.cfa_offset, 16);
	assert_int_equal(rule.cfa, PMP_FROM_SP);
}

static void an_outermost_function(void **state)
{
	static const uint8_t program[] = {0x07, 16};
	struct sample sample = make(program, sizeof(program));
	struct pmp_rule rule;

	(void)state;
	assert_true(rule_at(&sample, 0, &rule));
	assert_int_equal(rule.ra, PMP_FROM_NOWHERE);
	assert_int_not_equal(rule.cfa, PMP_FROM_NOWHERE);
}

/* rbx as frame register; a register kept in another register */
static void what_cannot_be_expressed_says_so(void **state)
{
	static const uint8_t through_rbx[] = {0x0d, 3};
	static const uint8_t in_register[] = {0x09, 6, 12};
	struct pmp_rule rule;
	struct sample sample = make(through_rbx, sizeof(through_rbx));

	(void)state;
	assert_true(rule_at(&sample, 0, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_NOWHERE);
	sample = make(in_register, sizeof(in_register));
	assert_true(rule_at(&sample, 0, &rule));
	assert_int_equal(rule.cfa, PMP_FROM_NOWHERE);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Any bytes: nothing outside of the extent is read (the page behind it faults). */
static void damaged_bytes(void **state)
{
	uint32_t seed = 42;
	struct pmp_rule rule;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		struct sample sample = make(frame_program, sizeof(frame_program));
		size_t size = (size_t)(sample.end - sample.start);

		for (uint32_t n = next_random(&seed) % 5; n; n--)
			sample.start[next_random(&seed) % size] = (uint8_t)next_random(&seed);
		rule_at(&sample, next_random(&seed) % LENGTH, &rule);
	}
}

static void damaged_search_table(void **state)
{
	uint8_t *end = guarded_end();
	uint8_t *start = end - 12 - 8 * 16;
	struct pmp_extent extent = {(uintptr_t)start, (uintptr_t)end};
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint8_t *at = start;

		put(&at, (const uint8_t[]){1, 0x1b, 3, 0x3b}, 4);
		put_u32(&at, 0);
		put_u32(&at, 16);
		for (uint32_t n = 0; n < 16; n++) {
			put_u32(&at, n * 64);
			put_u32(&at, 0x1000 + n);
		}
		if (!i)
			assert_int_equal(
				pmp_cfi_search(extent.start, extent, extent.start + 5 * 64 + 63),
				extent.start + 0x1005);
		for (uint32_t n = next_random(&seed) % 4; n; n--)
			start[next_random(&seed) % 24] = (uint8_t)next_random(&seed);
		pmp_cfi_search(extent.start, extent, extent.start + next_random(&seed) % 2048);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_pointer_function),
		cmocka_unit_test(a_realigned_function),
		cmocka_unit_test(a_linkage_table),
		cmocka_unit_test(an_outermost_function),
		cmocka_unit_test(what_cannot_be_expressed_says_so),
		cmocka_unit_test(damaged_bytes),
		cmocka_unit_test(damaged_search_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
