/*
 * test_extremes.c - reports over models in which every number is wild: what the reader lets through must neither crash, nor overflow,
 * nor give invalid JSON. Meant to run with the sanitizers as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/hash.h"
#include "mkmodel.h"
#include "render/report.h"

#define ROUNDS 300

static uint64_t seed;

static uint64_t next_random(void)
{
	return pmp_mix(seed++);
}

/* Mostly as it was; else an edge or anything that is not negative. */
static void shake(int64_t *value)
{
	static const int64_t edges[] = {0, 1, INT64_MAX, INT64_MAX - 1, INT64_MAX / 2, 1000000000};
	uint64_t dice = next_random() % 16;

	if (dice < 6)
		*value = edges[dice];
	else if (dice == 6)
		*value = (int64_t)(next_random() >> 1);
}

static void shake_ranks(struct pmp_model *m)
{
	for (size_t r = 0; r < m->rank_count; r++) {
		struct pmp_model_rank *rank = &m->ranks[r];
		int64_t *times[] = {&rank->begin_ns,   &rank->wall_ns,   &rank->init_ns,
				    &rank->compute_ns, &rank->mpi_ns,    &rank->io_ns,
				    &rank->paused_ns,  &rank->tool_ns,   &rank->tool_hidden_ns,
				    &rank->user_ns,    &rank->system_ns, &rank->max_rss_bytes,
				    &rank->calls,      &rank->lost};

		for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
			shake(times[i]);
		if (next_random() % 4 == 0)
			rank->state = (enum pmp_rank_state)(next_random() % PMP_RANK_STATE_COUNT);
		if (next_random() % 8 == 0)
			rank->code = (int32_t)next_random();
		if (next_random() % 4 == 0)
			rank->last_path = (uint32_t)(next_random() % m->path_count);
		rank->last_call = (uint32_t)(next_random() % PMP_CALL_COUNT);
		rank->threads = (uint32_t)next_random();
	}
}

static void shake_tables(struct pmp_model *m)
{
	for (size_t i = 0; i < m->stat_count; i++) {
		struct pmp_model_stat *s = &m->stats[i];
		int64_t *values[] = {&s->count,  &s->time_ns,   &s->min_ns,
				     &s->max_ns, &s->bytes_out, &s->bytes_in};

		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++)
			shake(values[v]);
		if (next_random() % 8 == 0)
			s->call = (uint16_t)(next_random() % PMP_CALL_COUNT);
		if (next_random() % 8 == 0)
			s->size_class = (uint16_t)(next_random() % 65);
		if (next_random() % 8 == 0)
			s->path = (uint32_t)(next_random() % m->path_count);
		if (next_random() % 8 == 0)
			s->thread = (uint32_t)next_random();
	}
	for (size_t i = 0; i < m->gap_count; i++) {
		shake(&m->gaps[i].count);
		shake(&m->gaps[i].time_ns);
		shake(&m->gaps[i].max_ns);
	}
	for (size_t i = 0; i < m->message_count; i++) {
		shake(&m->messages[i].sent_count);
		shake(&m->messages[i].sent_bytes);
		shake(&m->messages[i].recv_count);
		shake(&m->messages[i].recv_bytes);
		if (next_random() % 8 == 0)
			m->messages[i].peer = PMP_NONE;
	}
}

static void print_everything(const struct pmp_summary *summary, struct pmp_pool *pool)
{
	const struct pmp_text_options text = {.width = 80, .has_colour = true, .is_utf8 = true};
	struct pmp_report_options options = {.sort = (enum pmp_sort)(next_random() % 5),
					     .paths = PMP_BY_PATH,
					     .top = SIZE_MAX,
					     .has_per_rank = true,
					     .width = 80,
					     .path = "x"};
	struct pmp_doc doc = {.pool = pool};
	char *json = NULL;
	size_t len;
	FILE *nowhere = fopen("/dev/null", "w"), *memory = open_memstream(&json, &len);

	assert_true(nowhere && memory);
	assert_int_equal(pmp_report_doc(summary, &options, &doc), 0);
	assert_int_equal(pmp_print_text(&doc, &text, nowhere), 0);
	assert_int_equal(pmp_print_markdown(&doc, nowhere), 0);
	assert_int_equal(pmp_print_csv(&doc, "paths", nowhere), 0);
	assert_int_equal(pmp_report_json(summary, &options, memory), 0);
	fclose(nowhere);
	fclose(memory);
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	json_decref(root);
	free(json);
}

static void wild_numbers_are_reported_without_harm(void **state)
{
	static const char *const scenes[] = {"slow-region", "crashed",      "io",
					     "hostile",     "slow-stretch", "nothing"};
	static const double walls[] = {0, 1e-9, 1, 1e18};

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct pmp_model *model = mk_scene(scenes[round % 6]);
		struct pmp_pool *pool = pmp_pool_new();
		struct pmp_summary *summary;

		seed = (uint64_t)round << 32;
		shake_ranks(model);
		shake_tables(model);
		if (next_random() % 2)
			model->run.wall_s = walls[next_random() % 4];
		assert_int_equal(pmp_summarize(model, pool, &summary), 0);
		print_everything(summary, pool);
		pmp_pool_free(pool);
		pmp_model_free(model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wild_numbers_are_reported_without_harm)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
