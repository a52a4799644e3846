/*
 * test_numbers.c - numbers and texts for people: units, digits, rounding at the borders, what files may smuggle in
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fmt.h"
#include "model/tally.h"
#include "render/utf8.h"

static void seconds_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{0, "0 s"},         {12.41, "12.4 s"},  {1, "1.00 s"},         {0.9999, "1.00 s"},
		{0.9994, "999 ms"}, {0.5034, "503 ms"}, {2.306e-6, "2.31 µs"}, {85e-9, "85.0 ns"},
		{99.96, "100 s"},   {999.6, "1 000 s"}, {12400, "12 400 s"},   {-1.5, "-1.50 s"},
		{9.996, "10.0 s"},  {1e-12, "0.00 ns"}, {1e20, "1.00e+20 s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(pmp_fmt_seconds(cases[i].seconds).text, cases[i].text);
	assert_string_equal(pmp_fmt_seconds(NAN).text, "undefined");
	assert_string_equal(pmp_fmt_seconds(INFINITY).text, "undefined");
}

static void bytes_have_binary_units(void **state)
{
	(void)state;
	assert_string_equal(pmp_fmt_bytes(0).text, "0 B");
	assert_string_equal(pmp_fmt_bytes(1023).text, "1023 B");
	assert_string_equal(pmp_fmt_bytes(1024).text, "1.00 KiB");
	assert_string_equal(pmp_fmt_bytes(1536).text, "1.50 KiB");
	assert_string_equal(pmp_fmt_bytes(1023.6 * 1024).text, "1.00 MiB");
	assert_string_equal(pmp_fmt_bytes(9.2e18).text, "7.98 EiB");
	assert_string_equal(pmp_fmt_bytes_short(0).text, "");
	assert_string_equal(pmp_fmt_bytes_short(8).text, "8");
	assert_string_equal(pmp_fmt_bytes_short(1000).text, "1.0k");
	assert_string_equal(pmp_fmt_bytes_short(8e6).text, "7.6M");
	assert_string_equal(pmp_fmt_bytes_short(1e9).text, "954M");
}

static void counts_are_exact_and_grouped(void **state)
{
	(void)state;
	assert_string_equal(pmp_fmt_count(0).text, "0");
	assert_string_equal(pmp_fmt_count(999).text, "999");
	assert_string_equal(pmp_fmt_count(10000).text, "10 000");
	assert_string_equal(pmp_fmt_count(-1234567).text, "-1 234 567");
	assert_string_equal(pmp_fmt_count(INT64_MAX).text, "9 223 372 036 854 775 807");
	assert_string_equal(pmp_fmt_count(INT64_MIN).text, "-9 223 372 036 854 775 808");
	assert_string_equal(pmp_fmt_number(49.64).text, "49.6");
	assert_string_equal(pmp_fmt_number(0.2121).text, "0.212");
	assert_string_equal(pmp_fmt_number(122190).text, "122 190");
}

static void percents_are_short_but_never_lie_about_zero(void **state)
{
	(void)state;
	assert_string_equal(pmp_fmt_percent(0.61).text, "61 %");
	assert_string_equal(pmp_fmt_percent(0.0023).text, "0.2 %");
	assert_string_equal(pmp_fmt_percent(0.0004).text, "<0.1 %");
	assert_string_equal(pmp_fmt_percent(0).text, "0 %");
	assert_string_equal(pmp_fmt_percent(12.5).text, "1250 %");
	assert_string_equal(pmp_fmt_percent(NAN).text, "undefined");
}

static void size_classes_are_ranges(void **state)
{
	(void)state;
	assert_string_equal(pmp_fmt_size_class(0).text, "none");
	assert_string_equal(pmp_fmt_size_class(1).text, "1 B");
	assert_string_equal(pmp_fmt_size_class(4).text, "8-16 B");
	assert_string_equal(pmp_fmt_size_class(10).text, "512 B-1 KiB");
	assert_string_equal(pmp_fmt_size_class(11).text, "1-2 KiB");
	assert_string_equal(pmp_fmt_size_class(64).text, "8-16 EiB");
	assert_string_equal(pmp_fmt_size_class(65).text, "none");
}

static void texts_of_files_are_made_harmless(void **state)
{
	struct pmp_pool *pool = pmp_pool_new();

	(void)state;
	assert_string_equal(pmp_utf8_clean(pool, "plain", false), "plain");
	assert_string_equal(pmp_utf8_clean(pool, "\033[2Jx\n", false), "?[2Jx?");
	assert_string_equal(pmp_utf8_clean(pool, "a\nb", true), "a\nb");
	assert_string_equal(pmp_utf8_clean(pool, "µs", false), "µs");
	assert_string_equal(pmp_utf8_clean(pool, "\xff", false), "\xef\xbf\xbd");
	assert_string_equal(pmp_utf8_clean(pool, "\xc3", false), "\xef\xbf\xbd"); /* cut off */
	assert_string_equal(pmp_utf8_clean(pool, "\xc0\x80", false),              /* overlong NUL */
			    "\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(pmp_utf8_clean(pool,
					   "\xc2\x9b"
					   "2J",
					   false),
			    "?2J"); /* C1 CSI */
	assert_string_equal(pmp_utf8_clean(pool,
					   "\xe2\x80\xae"
					   "x",
					   false),
			    "?x"); /* right-to-left */
	assert_int_equal(pmp_utf8_width("µs ›"), 4);
	assert_int_equal(pmp_utf8_width("\xf0\x9f"), 2);
	pmp_pool_free(pool);
}

struct row {
	struct pmp_tally_key key;
	uint64_t sum;
};

static void tally_sums_under_keys(void **state)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_tally tally;
	size_t count;

	(void)state;
	pmp_tally_init(&tally, sizeof(struct row));
	assert_null(pmp_tally_find(&tally, 1, 2));
	for (uint64_t i = 0; i < 30000; i++) {
		struct row *row = pmp_tally_row(&tally, i % 1000, i % 7);

		assert_non_null(row);
		row->sum++;
	}
	const struct row *found = pmp_tally_find(&tally, 3, 3);

	assert_non_null(found);
	assert_null(pmp_tally_find(&tally, 1000, 0));
	const struct row *rows = pmp_tally_take(&tally, pool, &count);
	uint64_t sum = 0;

	assert_int_equal(count, 7000);
	assert_int_equal(rows[1].key.high, 1); /* in order of appearance */
	for (size_t i = 0; i < count; i++)
		sum += rows[i].sum;
	assert_int_equal(sum, 30000);
	pmp_pool_free(pool);
}

static void pool_refuses_what_cannot_be(void **state)
{
	struct pmp_pool *pool = pmp_pool_new();

	(void)state;
	assert_non_null(pmp_pool_alloc(pool, 0, 8));
	assert_non_null(pmp_pool_alloc(pool, 1, 1 << 20));
	assert_false(pmp_pool_failed(pool));
	assert_null(pmp_pool_alloc(pool, SIZE_MAX / 2, 8));
	assert_null(pmp_pool_alloc(pool, SIZE_MAX, 1));
	assert_true(pmp_pool_failed(pool));
	pmp_pool_free(pool);
	pmp_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_have_three_digits_and_a_unit),
		cmocka_unit_test(bytes_have_binary_units),
		cmocka_unit_test(counts_are_exact_and_grouped),
		cmocka_unit_test(percents_are_short_but_never_lie_about_zero),
		cmocka_unit_test(size_classes_are_ranges),
		cmocka_unit_test(texts_of_files_are_made_harmless),
		cmocka_unit_test(tally_sums_under_keys),
		cmocka_unit_test(pool_refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
