/*
 * loss_ending.c - ranks that did not end with MPI_Finalize, and in which order to speak of them. Called by summary.c.
 */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/losses.h"

#define NS 1e-9

/* A signal that a process brings upon itself; others come from outside, often from the launcher after the first death. */
static bool is_own_fault(int32_t code)
{
	static const int faults[] = {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGTRAP, SIGSYS};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i] == code)
			return true;
	return false;
}

static enum pmp_cause cause_of(const struct pmp_model_rank *rank)
{
	static const enum pmp_cause causes[PMP_RANK_STATE_COUNT] = {
		[PMP_RANK_ABORTED] = PMP_CAUSE_ABORT,   [PMP_RANK_SIGNALED] = PMP_CAUSE_CRASH,
		[PMP_RANK_EXITED] = PMP_CAUSE_EXIT,     [PMP_RANK_VANISHED] = PMP_CAUSE_VANISHED,
		[PMP_RANK_MISSING] = PMP_CAUSE_MISSING,
	};

	if (rank->state == PMP_RANK_SIGNALED && !is_own_fault(rank->code))
		return PMP_CAUSE_KILLED;
	return causes[rank->state];
}

/* Ranks that ended alike. */
struct ending {
	struct pmp_tally_key key;
	enum pmp_cause cause;
	uint32_t first; /* the rank that ended first */
	size_t count;
};

static int64_t end_ns(const struct pmp_model_rank *rank)
{
	int64_t end;

	return __builtin_add_overflow(rank->begin_ns, rank->wall_ns, &end) ? INT64_MAX : end;
}

static const char *ending_text(struct pmp_pool *pool, const struct pmp_model_rank *rank)
{
	static const char *const fallback[PMP_RANK_STATE_COUNT] = {
		[PMP_RANK_FINALIZED] = "ended normally",
		[PMP_RANK_ABORTED] = "called MPI_Abort",
		[PMP_RANK_SIGNALED] = "was killed by a signal",
		[PMP_RANK_EXITED] = "left without MPI_Finalize",
		[PMP_RANK_VANISHED] = "vanished: no end is on record",
		[PMP_RANK_MISSING] = "left no data at all",
	};

	if (rank->ending[0])
		return rank->ending;
	if (rank->state == PMP_RANK_SIGNALED)
		return pmp_pool_printf(pool, "killed by SIG%s",
				       sigabbrev_np(rank->code) ? sigabbrev_np(rank->code) : "?");
	return fallback[rank->state];
}

/* ", inside MPI_Recv at ring.c:31" or ", after MPI_Barrier at crash.c:40" */
static const char *last_text(const struct pmp_summary *s, const struct pmp_model_rank *rank)
{
	struct pmp_place place = pmp_place_of_path(s->model, rank->last_path);
	const char *where = pmp_place_text(s->pool, &place);

	if (rank->last_call == PMP_CALL_NONE || rank->state == PMP_RANK_MISSING)
		return "";
	return pmp_pool_printf(s->pool, ", %s %s%s%s", rank->in_call ? "inside" : "after",
			       pmp_call_info(rank->last_call)->name, where[0] ? " at " : "", where);
}

/* Index of those that ended alike; the first of them in time is the one to speak of. */
static int group_endings(const struct pmp_model *model, struct pmp_tally *endings)
{
	for (uint32_t r = 0; r < model->rank_count; r++) {
		const struct pmp_model_rank *rank = &model->ranks[r];

		if (rank->state == PMP_RANK_FINALIZED)
			continue;
		struct ending *e = pmp_tally_row(endings, rank->state, (uint32_t)rank->code);

		if (!e)
			return -PMP_ENOMEM;
		if (e->count++ == 0 || end_ns(rank) < end_ns(&model->ranks[e->first]))
			e->first = r;
		e->cause = cause_of(rank);
	}
	return 0;
}

static int add_ending(struct pmp_loss_list *list, const struct ending *ending)
{
	const struct pmp_summary *s = list->summary;
	const struct pmp_model_rank *first = &s->model->ranks[ending->first];
	uint32_t *ranks = pmp_pool_alloc(s->pool, ending->count, sizeof(*ranks));
	struct pmp_loss *loss = pmp_loss_add(list, ending->cause, NAN);
	size_t count = 0;

	if (!ranks)
		return -PMP_ENOMEM;
	for (uint32_t r = 0; r < s->model->rank_count; r++)
		if (s->model->ranks[r].state == first->state &&
		    s->model->ranks[r].code == first->code)
			ranks[count++] = r;
	loss->ranks = ranks;
	loss->rank_count = count;
	loss->call = (uint16_t)first->last_call;
	loss->place = pmp_place_of_path(s->model, first->last_path);
	loss->text = pmp_pool_printf(
		s->pool, "%s: %s%s%s", pmp_rank_list_text(s->pool, ranks, count),
		ending_text(s->pool, first),
		count > 1 ? pmp_pool_printf(s->pool, ", rank %u first", ending->first) : "",
		last_text(s, first));
	return 0;
}

int pmp_find_endings(struct pmp_loss_list *list)
{
	struct pmp_tally endings;

	pmp_tally_init(&endings, sizeof(struct ending));
	int rc = group_endings(list->summary->model, &endings);
	const struct ending *rows = (const void *)endings.rows;

	/* Codes are arbitrary numbers: some lines must remain for the other causes. */
	for (size_t i = 0; rc == 0 && i < endings.count && i < PMP_MAX_LOSSES / 4; i++)
		rc = add_ending(list, &rows[i]);
	pmp_tally_release(&endings);
	return rc;
}

bool pmp_ended_together(const struct pmp_summary *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct pmp_model_rank *rank = &s->model->ranks[s->ranks[i]];
		double missing_s = s->model->run.wall_s - (double)end_ns(rank) * NS;

		if (rank->state != PMP_RANK_FINALIZED && missing_s > 0.05 * s->model->run.wall_s &&
		    missing_s > 0.01)
			return false;
	}
	return true;
}

const char *pmp_rank_list_text(struct pmp_pool *pool, const uint32_t *ranks, size_t count)
{
	const char *text = "";
	size_t ranges = 0;

	for (size_t i = 0, last; i < count; i = last + 1) {
		for (last = i; last + 1 < count && ranks[last + 1] == ranks[last] + 1;)
			last++;
		if (last == i + 1) /* two in a row are no range */
			last = i;
		if (++ranges > 4)
			return pmp_pool_printf(pool, "%zu ranks (%s, ...)", count, text);
		const char *separator = i == 0 ? "" : last + 1 == count ? " and " : ", ";

		if (last > i)
			text = pmp_pool_printf(pool, "%s%s%u-%u", text, separator, ranks[i],
					       ranks[last]);
		else
			text = pmp_pool_printf(pool, "%s%s%u", text, separator, ranks[i]);
	}
	return pmp_pool_printf(pool, "%s %s", count == 1 ? "rank" : "ranks", text);
}
