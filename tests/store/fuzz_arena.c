/*
 * fuzz_arena.c - damaged arenas: never a crash, what is whole is kept, and whatever is written can be read again
 *
 *   fuzz_arena FOLDER TRIALS [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_support.h"
#include "mkarena.h"
#include "store/reader.h"
#include "store/writer.h"

static char path[4096], out[4096];
static unsigned failures;

#define EXPECT(condition, ...)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s: ", #condition);                                       \
			fprintf(stderr, __VA_ARGS__);                                              \
			fprintf(stderr, "\n");                                                     \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

static uint64_t count_calls(const struct pmp_arena_view *view)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < view->lane_count; i++)
		for (size_t s = 0; s < view->lanes[i].stat_count; s++)
			calls += view->lanes[i].stats[s].count;
	return calls;
}

/* Through the whole writer and back. */
static void write_and_read(const struct pmp_arena_view *view, uint64_t trial)
{
	struct pmp_write_options options = {.path = out};
	struct pmp_write_summary summary;
	struct pmp_model *model = NULL;
	struct pmp_diag diag = {""};
	int rc = pmp_write(&pmp_group_single, view, 1, &options, &summary, &diag);

	/* a rank that cannot be is the one thing a single record can do to make a file impossible */
	if (rc == -PMP_ENOTFOUND && view->header.rank < 0)
		return;
	EXPECT(rc == 0, "trial %llu: %s", (unsigned long long)trial, diag.text);
	if (rc)
		return;
	rc = pmp_read(out, &model, &diag);
	EXPECT(rc == 0, "trial %llu: %s", (unsigned long long)trial, diag.text);
	if (rc == 0)
		pmp_model_free(model);
}

static void try_bytes(struct bytes bytes, uint64_t trial, bool whole_way)
{
	struct pmp_arena_view view;
	struct pmp_diag diag = {""};
	int rc;

	bytes_store(path, bytes);
	rc = pmp_arena_view_open(path, &view, &diag);
	EXPECT(rc == 0 || diag.text[0], "trial %llu: refused without a word",
	       (unsigned long long)trial);
	EXPECT(!strchr(diag.text, '\n'), "more than one line");
	if (rc)
		return;
	if (whole_way)
		write_and_read(&view, trial);
	pmp_arena_view_close(&view);
}

static struct bytes make_arena(void)
{
	const struct mkarena_run run = {
		.ranks = 4, .lanes = 2, .paths = 40, .depth = 6, .events = 200, .ring = 128};
	struct bytes b;

	mkarena_write(mkarena_run_rank(&run, 2), path, 16, 3);
	b = bytes_load(path);
	return b;
}

/* Cut off at each page and at odd places: less and less is there, never something else. */
static void cut_everywhere(struct bytes whole, uint64_t *state)
{
	uint64_t calls_before = 0;

	for (size_t size = 0; size <= whole.size; size += PMP_ARENA_PAGE) {
		struct bytes part = {whole.data, size};
		struct pmp_arena_view view;
		struct pmp_diag diag = {""};
		uint64_t calls;

		try_bytes(part, size, true);
		if (pmp_arena_view_open(path, &view, &diag))
			continue;
		calls = count_calls(&view);
		EXPECT(calls >= calls_before, "at %zu", size);
		EXPECT(size >= view.header.tool_bytes || view.damage[0], "cut at %zu not noticed",
		       size);
		calls_before = calls;
		pmp_arena_view_close(&view);
	}
	for (int i = 0; i < 200; i++) {
		struct bytes part = {whole.data, fuzz_below(state, whole.size)};

		try_bytes(part, (uint64_t)i, i % 10 == 0);
	}
}

/* A damaged page costs what lies in it: all other calls stay. */
static void lose_each_page(struct bytes whole, uint64_t calls)
{
	for (size_t page = PMP_ARENA_PAGE; page < whole.size; page += PMP_ARENA_PAGE) {
		struct bytes b = bytes_copy(whole);
		struct pmp_arena_view view;
		struct pmp_diag diag = {""};

		memset(b.data + page, 0xa5, PMP_ARENA_PAGE);
		bytes_store(path, b);
		free(b.data);
		EXPECT(pmp_arena_view_open(path, &view, &diag) == 0, "%s", diag.text);
		EXPECT(count_calls(&view) * 10 >= calls * 9,
		       "page %zu cost more than its own calls", page);
		EXPECT(page >= view.header.tool_bytes || view.damage[0], "page %zu lost unnoticed",
		       page);
		pmp_arena_view_close(&view);
	}
}

int main(int argc, char **argv)
{
	uint64_t trials, state, calls;
	struct pmp_arena_view view;
	struct pmp_diag diag = {""};
	struct bytes whole;

	if (argc < 3)
		return 100;
	trials = strtoull(argv[2], NULL, 0);
	state = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	snprintf(path, sizeof(path), "%s/rank-2.arena", argv[1]);
	snprintf(out, sizeof(out), "%s/out.pmprof.h5", argv[1]);
	whole = make_arena();
	EXPECT(pmp_arena_view_open(path, &view, &diag) == 0, "%s", diag.text);
	EXPECT(view.damage[0] == '\0' && view.dropped == 0, "%s", view.damage);
	calls = count_calls(&view);
	/* 40 paths, counts 102 to 141, a send and a receive each, on two lanes */
	EXPECT(calls == 2 * (40 * 102 + 39 * 40 / 2 + 80), "%llu calls", (unsigned long long)calls);
	pmp_arena_view_close(&view);
	cut_everywhere(whole, &state);
	lose_each_page(whole, calls);
	for (uint64_t trial = 0; trial < trials; trial++) {
		struct bytes b = bytes_copy(whole);

		fuzz_damage(&b, &state);
		try_bytes(b, trial, trial % 20 == 0);
		free(b.data);
	}
	free(whole.data);
	unlink(path);
	unlink(out);
	printf("%llu trials, %u failures\n", (unsigned long long)trials, failures);
	return failures != 0;
}
