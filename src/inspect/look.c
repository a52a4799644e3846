/*
 * look.c - two looks at a running job and its stacks in between. Called by `pmprof stacks`, one thread.
 */
#include "inspect/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspect/look_internal.h"

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Records of one rank may be several when a job was started again: the living one counts, else the last written. */
static bool is_better(const struct pmp_surveyed_rank *a, const struct pmp_surveyed_rank *b)
{
	if (a->is_alive != b->is_alive)
		return a->is_alive;
	return a->written_s > b->written_s;
}

/* One of each rank, in order. */
static size_t choose_ranks(const struct pmp_survey *job, struct pmp_look_rank *ranks)
{
	size_t count = 0;

	for (size_t i = 0; i < job->count; i++) {
		const struct pmp_surveyed_rank *who = &job->ranks[i];
		struct pmp_look_rank *last = count ? &ranks[count - 1] : NULL;

		if (!who->is_readable)
			continue;
		if (!last || last->who->header.rank != who->header.rank)
			ranks[count++].who = who;
		else if (is_better(who, last->who))
			last->who = who;
	}
	return count;
}

static void open_first(struct pmp_look_rank *rank)
{
	rank->first_ns = now_ns();
	rank->is_first = pmp_arena_view_open(rank->who->path, &rank->first, NULL) == 0;
}

static void open_second(struct pmp_look_rank *rank)
{
	rank->second_ns = now_ns();
	rank->is_second = pmp_arena_view_open(rank->who->path, &rank->second, NULL) == 0;
}

static int copy_stacks(struct pmp_look_rank *rank, struct pmp_pool *pool)
{
	int pid = rank->who->header.pid, rc;

	if (!rank->is_first || !rank->first.is_alive)
		return 0;
	rc = pmp_live_stacks(pid, pool, &rank->stacks, &rank->stack_count, &rank->why_not);
	if (rc == 0)
		rc = pmp_code_map_live(pid, pool, &rank->map);
	if (rc)
		rank->stack_count = 0;
	return rc == -PMP_ENOMEM ? rc : 0;
}

static void pause_until(int64_t then)
{
	int64_t left = then - now_ns();
	struct timespec t = {left / 1000000000, left % 1000000000};

	while (left > 0 && nanosleep(&t, &t) && errno == EINTR)
		;
}

static enum pmp_seen_life life_of(const struct pmp_look_rank *rank)
{
	const struct pmp_arena_header *h =
		rank->is_second ? &rank->second.header : &rank->who->header;

	if (!rank->is_second || !rank->second.is_alive)
		return PMP_SEEN_ENDED;
	if (h->phase == PMP_PHASE_STARTED)
		return PMP_SEEN_STARTING;
	return h->phase == PMP_PHASE_FINALIZING ? PMP_SEEN_FINALIZING : PMP_SEEN_RUNNING;
}

static const char *ending_of(const struct pmp_look_rank *rank, struct pmp_pool *pool)
{
	const struct pmp_arena_header *h =
		rank->is_second ? &rank->second.header : &rank->who->header;

	switch ((enum pmp_end)h->end) {
	case PMP_END_FINALIZED:
		return "ended after MPI_Finalize";
	case PMP_END_ABORT:
		return pmp_pool_printf(pool, "called MPI_Abort(%d)", h->end_code);
	case PMP_END_SIGNAL:
		return pmp_pool_printf(pool, "ended by signal %d (%s)", h->end_code,
				       strsignal(h->end_code));
	case PMP_END_EXIT:
		return pmp_pool_printf(pool, "exited with status %d", h->end_code);
	default:
		return "is gone without a word (killed, or _exit)";
	}
}

static int describe(const struct pmp_survey *job, struct pmp_look_rank *ranks, size_t count,
		    struct pmp_pool *pool, struct pmp_seen *seen)
{
	*seen = (struct pmp_seen){.job = job->name,
				  .program = job->program,
				  .host = job->host,
				  .size = job->size,
				  .age_s = job->begin_s ? (int64_t)time(NULL) - job->begin_s : 0,
				  .ranks = pmp_pool_alloc(pool, count, sizeof(*seen->ranks)),
				  .count = count};
	if (!seen->ranks)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < count; i++)
		seen->ranks[i] = (struct pmp_seen_rank){
			.rank = ranks[i].who->header.rank,
			.pid = ranks[i].who->header.pid,
			.life = life_of(&ranks[i]),
			.ending = ending_of(&ranks[i], pool),
			.why_not = pmp_pool_printf(pool, "%s", ranks[i].why_not.text)};
	if (count)
		seen->gap_ns = ranks[0].second_ns - ranks[0].first_ns;
	int rc = pmp_look_threads(ranks, count, pool, seen);

	return rc ? rc : pmp_look_waits(ranks, count, pool, seen);
}

static void release(struct pmp_look_rank *ranks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ranks[i].is_first)
			pmp_arena_view_close(&ranks[i].first);
		if (ranks[i].is_second)
			pmp_arena_view_close(&ranks[i].second);
	}
	free(ranks);
}

int pmp_look(const struct pmp_survey *job, const struct pmp_look_options *options,
	     struct pmp_pool *pool, struct pmp_seen *seen, struct pmp_diag *diag)
{
	struct pmp_look_rank *ranks = calloc(job->count + 1, sizeof(*ranks));
	size_t count = ranks ? choose_ranks(job, ranks) : 0;
	int64_t begin = now_ns();
	int rc = ranks ? 0 : -PMP_ENOMEM;

	if (rc == 0 && job->alive == 0)
		rc = pmp_fail(
			diag, PMP_ENOTFOUND,
			"job '%s' has ended: 'pmprof collect %s' makes a file of what it left",
			job->name, job->name);
	for (size_t i = 0; rc == 0 && i < count; i++)
		open_first(&ranks[i]);
	for (size_t i = 0; rc == 0 && i < count && !options->has_no_stacks; i++)
		rc = copy_stacks(&ranks[i], pool);
	if (rc == 0)
		pause_until(begin + options->gap_ns);
	for (size_t i = 0; rc == 0 && i < count; i++)
		open_second(&ranks[i]);
	rc = rc ? rc : describe(job, ranks, count, pool, seen);
	if (ranks)
		release(ranks, count);
	return rc;
}
