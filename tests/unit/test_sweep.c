/* test_sweep - what `pmprof scale` decides and remembers: templates, order of runs, when enough is known, scale.json */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/manifest.h"
#include "cli/sweep_plan.h"
#include "cli/template.h"

static void expect_words(const char *text, const char *joined)
{
	struct pmp_diag diag = {""};
	char **words = NULL;
	char all[512] = "";

	assert_int_equal(pmp_words_split(text, "--launch", &words, &diag), 0);
	for (size_t i = 0; words[i]; i++) {
		strcat(all, i ? "|" : "");
		strcat(all, words[i]);
	}
	assert_string_equal(all, joined);
	pmp_line_free(words);
}

static void words_are_split_as_a_shell_would(void **state)
{
	(void)state;
	expect_words("mpirun -np {n}", "mpirun|-np|{n}");
	expect_words("  a\tb \n c  ", "a|b|c");
	expect_words("a 'b c' \"d e\"", "a|b c|d e");
	expect_words("a'b'\"c\"d", "abcd");
	expect_words("''", "");
	expect_words("a '' b", "a||b");
	expect_words("a\\ b \\'c \\$HOME", "a b|'c|$HOME");
	expect_words("'$HOME;\\' \"\\\"\\$x\\a'\"", "$HOME;\\|\"$x\\a'");
	expect_words("x=~/*.c #1", "x=~/*.c|#1");
}

static void expect_refusal(const char *text, const char *part)
{
	struct pmp_diag diag = {""};
	char **words = NULL;

	assert_int_equal(pmp_words_split(text, "--launch", &words, &diag), -PMP_EINVALID);
	assert_non_null(strstr(diag.text, part));
	assert_null(words);
}

static void what_needs_a_shell_is_refused(void **state)
{
	static const char *const texts[] = {"a $HOME", "a `b`",     "a | b",   "a; b", "a & b",
					    "a > b",   "\"$HOME\"", "\"`b`\"", "(a)",  "a <b"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_refusal(texts[i], "sh -c");
	expect_refusal("a 'b", "not closed");
	expect_refusal("a \"b\\\"", "not closed");
	expect_refusal("", "empty");
	expect_refusal(" \t", "empty");
}

static void expect_filled(const char *word, uint32_t ranks, const char *filled)
{
	char *words[] = {(char *)word, NULL};
	struct pmp_line line = {0};

	assert_int_equal(pmp_template_fill(&line, words, ranks, NULL), 0);
	assert_false(line.failed);
	assert_int_equal(line.count, 1);
	assert_string_equal(line.words[0], filled);
	pmp_line_free(line.words);
}

static void ranks_are_filled_in(void **state)
{
	char *with[] = {(char *)"a", (char *)"x{n*3}", NULL}, *without[] = {(char *)"{N}", NULL};
	char *large[] = {(char *)"{n*9000000000000000000}", NULL};
	struct pmp_line line = {0};
	struct pmp_diag diag = {""};

	(void)state;
	expect_filled("{n}", 16, "16");
	expect_filled("{n}x{n}", 4294967295u, "4294967295x4294967295");
	expect_filled("--size={n*1000}", 4, "--size=4000");
	expect_filled("{}{n{n*}{n*x}{n+1}{m}", 4, "{}{n{n*}{n*x}{n+1}{m}");
	expect_filled("", 4, "");
	assert_true(pmp_template_has_ranks(with));
	assert_false(pmp_template_has_ranks(without));
	assert_int_equal(pmp_template_fill(&line, large, 4, &diag), -PMP_EINVALID);
	assert_non_null(strstr(diag.text, "too large"));
	pmp_line_free(line.words);
}

#define MAX_TIMES 64

/* Runs a whole plan with made-up times; @order receives the ranks of each run. Return: runs. */
static size_t play(struct pmp_plan *plan, double noise, uint32_t *order, size_t max)
{
	struct pmp_plan_point *point;
	size_t runs = 0;

	while ((point = pmp_plan_next(plan))) {
		assert_true(runs < max && point->count < MAX_TIMES);
		point->times_s[point->count] = 10.0 / (point->ranks ? point->ranks : 1) *
					       (1.0 + noise * (double)(point->count % 3));
		point->wall_s += point->times_s[point->count++];
		order[runs++] = point->ranks;
	}
	return runs;
}

static void rounds_hold_every_point_once(void **state)
{
	double times[4][MAX_TIMES];
	size_t orders_seen = 0;
	uint32_t order[64];

	(void)state;
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct pmp_plan_point points[4] = {{.ranks = 0, .times_s = times[0]},
						   {.ranks = 1, .times_s = times[1]},
						   {.ranks = 2, .times_s = times[2]},
						   {.ranks = 4, .times_s = times[3]}};
		struct pmp_plan plan = {points, 4, 5, 0.0, seed};

		assert_int_equal(play(&plan, 0.1, order, 64), 20);
		for (size_t round = 0; round < 5; round++) {
			uint32_t seen = 0;

			for (size_t i = 0; i < 4; i++)
				seen |= 1u << order[4 * round + i];
			assert_int_equal(seen, 1 | 2 | 4 | 16);
			orders_seen += memcmp(order, order + 4 * round, 4 * sizeof(*order)) != 0;
		}
	}
	assert_true(orders_seen > 16); /* the order is another one in most of the other 32 rounds */
}

static void a_plan_goes_on_where_it_was_cut(void **state)
{
	double times[2][3][MAX_TIMES];
	uint32_t whole[64], cut[64];
	struct pmp_plan_point *point;

	(void)state;
	for (size_t at = 0; at < 15; at++) {
		struct pmp_plan_point points[2][3];

		for (size_t i = 0; i < 6; i++)
			points[i / 3][i % 3] = (struct pmp_plan_point){
				.ranks = 1u << i % 3, .times_s = times[i / 3][i % 3]};
		struct pmp_plan first = {points[0], 3, 5, 0.0, 42},
				second = {points[1], 3, 5, 0.0, 42};

		assert_int_equal(play(&first, 0.1, whole, 64), 15);
		for (size_t i = 0; i < at; i++) {
			point = pmp_plan_next(&second);
			assert_int_equal(point->ranks, whole[i]);
			point->times_s[point->count++] = 1.0;
		}
		struct pmp_plan resumed = {points[1], 3, 5, 0.0, 42};

		assert_int_equal(play(&resumed, 0.1, cut, 64), 15 - at);
		assert_memory_equal(cut, whole + at, (15 - at) * sizeof(*cut));
	}
}

static size_t runs_until_enough(double noise, double precision, uint32_t repeat)
{
	double times[MAX_TIMES];
	struct pmp_plan_point point = {.ranks = 1, .times_s = times};
	struct pmp_plan plan = {&point, 1, repeat, precision, 1};
	uint32_t order[64];

	return play(&plan, noise, order, 64);
}

static void repeats_end_when_the_interval_is_narrow(void **state)
{
	(void)state;
	assert_int_equal(runs_until_enough(0.0001, 0.01, 20), PMP_PLAN_MIN_REPEAT);
	assert_int_equal(runs_until_enough(0.0, 0.01, 20), PMP_PLAN_MIN_REPEAT);
	assert_int_equal(runs_until_enough(0.0, 0.0, 20), 20);
	assert_int_equal(runs_until_enough(0.2, 0.01, 20), 20);
	assert_int_equal(runs_until_enough(0.0001, 0.01, 2), 2);
	size_t some = runs_until_enough(0.02, 0.01, 60), fewer = runs_until_enough(0.02, 0.02, 60);

	assert_true(some > fewer && fewer > PMP_PLAN_MIN_REPEAT);
}

static void a_point_that_always_fails_is_given_up(void **state)
{
	double times[2][MAX_TIMES];
	struct pmp_plan_point points[2] = {{.ranks = 1, .times_s = times[0]},
					   {.ranks = 2, .times_s = times[1], .failures = 1}};
	struct pmp_plan plan = {points, 2, 4, 0.0, 1};
	uint32_t order[64];
	double seconds;

	(void)state;
	assert_int_equal(pmp_plan_left(&plan, &seconds), 4);
	assert_true(seconds != seconds);
	assert_int_equal(play(&plan, 0.1, order, 64), 4);
	points[1].count = 1;
	points[1].wall_s = 5.0;
	assert_int_equal(pmp_plan_left(&plan, &seconds), 2);
	assert_true(seconds == 10.0);
}

/* A manifest in a folder of its own. */
static char folder[] = "/tmp/pmprof-sweep.XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/" PMP_MANIFEST_NAME, folder);
	unlink(path);
	return rmdir(folder);
}

static struct pmp_manifest *sample(void)
{
	static char *command[] = {(char *)"./app", (char *)"a \"b\"", (char *)"{n}", NULL};
	static char *serial[] = {(char *)"./serial", NULL};
	static const uint32_t ranks[] = {1, 2, 4};
	struct pmp_manifest *m = pmp_manifest_new();

	assert_non_null(m);
	m->command = command;
	m->serial_command = serial;
	m->launch = "mpirun -np {n}";
	m->scaling = PMP_SCALING_WEAK;
	m->program_hash = UINT64_C(0x8123456789abcdef);
	m->ranks = ranks;
	m->rank_count = 3;
	m->repeat = 5;
	m->precision = 0.01;
	m->seed = INT64_MAX;
	m->copies = PMP_COPIES_NO;
	for (uint32_t i = 1; i <= 9; i++)
		assert_int_equal(
			pmp_manifest_add(
				m, &(struct pmp_manifest_run){.kind = PMP_RUN_MEASURED,
							      .ranks = 4,
							      .repeat = i,
							      .file = "app.n4.r1.pmprof.h5",
							      .wall_s = 1.25,
							      .cpu_s = 0.1 * i,
							      .started = "2026-11-23T23:00:00Z"}),
			0);
	assert_int_equal(pmp_manifest_add(m, &(struct pmp_manifest_run){.kind = PMP_RUN_SERIAL,
									.ranks = 1,
									.repeat = 1,
									.wall_s = 5,
									.status = 139}),
			 0);
	return m;
}

static void a_manifest_comes_back_as_it_was(void **state)
{
	struct pmp_manifest *m = sample(), *back = NULL;
	struct pmp_diag diag = {""};

	(void)state;
	assert_int_equal(pmp_manifest_read(folder, &back, &diag), -PMP_ENOTFOUND);
	assert_int_equal(pmp_manifest_write(folder, m, &diag), 0);
	assert_int_equal(pmp_manifest_read(folder, &back, &diag), 0);
	assert_null(pmp_manifest_difference(m, back));
	assert_string_equal(back->command[1], "a \"b\"");
	assert_true(back->program_hash == m->program_hash && back->serial_hash == 0);
	assert_int_equal(back->rank_count, 3);
	assert_int_equal(back->ranks[2], 4);
	assert_true(back->seed == INT64_MAX && back->precision == 0.01);
	assert_int_equal(back->run_count, 10);
	assert_true(back->runs[8].cpu_s == 0.1 * 9 && back->runs[8].repeat == 9);
	assert_string_equal(back->runs[8].file, "app.n4.r1.pmprof.h5");
	assert_int_equal(back->runs[9].status, 139);
	assert_null(back->runs[9].file);
	assert_string_equal(pmp_manifest_path(back, "d", &back->runs[0]), "d/app.n4.r1.pmprof.h5");
	back->launch = "srun -n {n}";
	assert_string_equal(pmp_manifest_difference(m, back), "another launcher");
	pmp_manifest_free(back);
	pmp_manifest_free(m);
}

static void names_that_are_no_utf8_are_no_difference(void **state)
{
	static char *command[] = {(char *)"./a\xff\xe4", NULL};
	struct pmp_manifest *m = sample(), *back = NULL;

	(void)state;
	m->command = command;
	assert_int_equal(pmp_manifest_write(folder, m, NULL), 0);
	assert_int_equal(pmp_manifest_read(folder, &back, NULL), 0);
	assert_null(pmp_manifest_difference(m, back));
	pmp_manifest_free(back);
	pmp_manifest_free(m);
}

#define TEXT_MAX (1 << 16)

static size_t load_text(char *text)
{
	char path[128];
	size_t len;

	snprintf(path, sizeof(path), "%s/" PMP_MANIFEST_NAME, folder);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	len = fread(text, 1, TEXT_MAX - 1, f);
	text[len] = '\0';
	fclose(f);
	return len;
}

static int read_text(const char *text, size_t len, struct pmp_diag *diag)
{
	struct pmp_manifest *m = NULL;
	char path[128];

	snprintf(path, sizeof(path), "%s/" PMP_MANIFEST_NAME, folder);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	int rc = pmp_manifest_read(folder, &m, diag);

	if (rc == 0)
		pmp_manifest_free(m);
	return rc;
}

/* The sample with one text replaced by another. */
static void expect_wrong(const char *good, const char *old, const char *new, const char *part)
{
	struct pmp_diag diag = {""};
	const char *at = strstr(good, old);
	char text[TEXT_MAX];

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, new, at + strlen(old));
	int rc = read_text(text, strlen(text), &diag);

	if (rc == 0 || !strstr(diag.text, part))
		fail_msg("'%s' for '%s': %d, '%s'", new, old, rc, diag.text);
	assert_true(strchr(diag.text, '\n') == NULL);
}

static void wrong_entries_are_named(void **state)
{
	struct pmp_manifest *m = sample();
	char good[TEXT_MAX];

	(void)state;
	assert_int_equal(pmp_manifest_write(folder, m, NULL), 0);
	load_text(good);
	expect_wrong(good, "\"pmprof-scale\"", "\"other\"", "format");
	expect_wrong(good, "\"version\": 1", "\"version\": 2", "newer");
	expect_wrong(good, "\"version\": 1", "\"version\": \"1\"", "version");
	expect_wrong(good, "\"weak\"", "\"feeble\"", "feeble");
	expect_wrong(good, "\"./app\"", "7", "command must be a list of words");
	expect_wrong(good, "\"mpirun -np {n}\"", "null", "launch must be a text");
	expect_wrong(good, "8123456789abcdef", "8123456789abcdeg", "program_hash");
	expect_wrong(good, "\"repeat\": 5", "\"repeat\": -5",
		     "repeat must be a whole number from 1");
	expect_wrong(good, "\"repeat\": 3", "\"repeat\": 1e3", "runs[2].repeat");
	expect_wrong(good, "\"file\": \"app.n4.r1.pmprof.h5\"", "\"file\": null",
		     "runs[0].file is missing");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "/etc/passwd",
		     "runs[0].file must be the name of a file");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "../x.pmprof.h5", "runs[0].file must be");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "..", "runs[0].file must be");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "a/b", "runs[0].file must be");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "", "runs[0].file must be");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "a\\nb", "runs[0].file must be");
	expect_wrong(good, "app.n4.r1.pmprof.h5", "a\\u0000b", "JSON");
	expect_wrong(good, "\"wall_s\": 1.25", "\"wall_s\": -1.25", "wall_s");
	expect_wrong(good, "\"wall_s\": 1.25", "\"wall_s\": 1e400", "JSON");
	expect_wrong(good, "\"status\": 139", "\"status\": -1", "runs[9].status");
	expect_wrong(good, "\"kind\": \"serial\"", "\"kind\": \"copies\"", "runs[9].copies");
	expect_wrong(good, "\"kind\": \"run\"", "\"kind\": null", "runs[0].kind");
	expect_wrong(good, "\"ranks\": 4", "\"ranks\": 0", "runs[0].ranks");
	expect_wrong(good, "\"ranks\": 4", "\"ranks\": 99999999999999999999", "JSON");
	pmp_manifest_free(m);
}

/* Whatever is in the file: an error with one line, or a manifest, and no harm (sanitizers and valgrind look on). */
static void noise_does_no_harm(void **state)
{
	struct pmp_manifest *m = sample();
	char good[TEXT_MAX], text[TEXT_MAX];
	unsigned seed = 4711;
	size_t len;

	(void)state;
	assert_int_equal(pmp_manifest_write(folder, m, NULL), 0);
	len = load_text(good);
	for (size_t cut = 0; cut + 2 < len; cut += 13) {
		struct pmp_diag diag = {""};

		assert_int_not_equal(read_text(good, cut, &diag), 0);
		assert_true(diag.text[0]);
	}
	for (size_t i = 0; i < 1500; i++) {
		struct pmp_diag diag = {""};

		memcpy(text, good, len);
		for (int hits = rand_r(&seed) % 4; hits >= 0; hits--)
			text[(size_t)rand_r(&seed) % len] =
				"0-9\"{}[],:ae. \xff\n"[(size_t)rand_r(&seed) % 17];
		int rc = read_text(text, len, &diag);

		assert_true((rc == 0) == !diag.text[0]);
		assert_null(strchr(diag.text, '\n'));
	}
	pmp_manifest_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_as_a_shell_would),
		cmocka_unit_test(what_needs_a_shell_is_refused),
		cmocka_unit_test(ranks_are_filled_in),
		cmocka_unit_test(rounds_hold_every_point_once),
		cmocka_unit_test(a_plan_goes_on_where_it_was_cut),
		cmocka_unit_test(repeats_end_when_the_interval_is_narrow),
		cmocka_unit_test(a_point_that_always_fails_is_given_up),
		cmocka_unit_test(a_manifest_comes_back_as_it_was),
		cmocka_unit_test(names_that_are_no_utf8_are_no_difference),
		cmocka_unit_test(wrong_entries_are_named),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
