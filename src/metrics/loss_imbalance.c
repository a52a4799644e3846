/*
 * loss_imbalance.c - which rank computes longer than the others, and where. See losses.h for the split.
 *
 * Called by summary.c. Names only what the table of gaps shows: a region, else the stretch of code between two MPI calls.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "metrics/losses.h"

#define NS 1e-9

/* A place to which part of the loss belongs: a region, or one stretch outside of all regions. */
struct piece {
	struct pmp_tally_key key;
	double seconds;                    /* N*u_B - sum(u) here; may be negative */
	const struct pmp_stretch *stretch; /* the one with the largest share */
	double stretch_seconds;
};

static int add_stretch(struct pmp_tally *pieces, const struct pmp_summary *s,
		       const struct pmp_stretch *stretch, size_t index)
{
	uint64_t own = stretch->region ? 0 : index + 1;
	struct piece *piece = pmp_tally_row(pieces, stretch->region, own);
	double mean_focus = (double)stretch->focus_ns / (double)s->busy_count;
	double seconds = ((double)s->count * mean_focus - (double)stretch->time_ns) * NS;

	if (!piece)
		return -PMP_ENOMEM;
	piece->seconds += seconds;
	if (!piece->stretch || seconds > piece->stretch_seconds) {
		piece->stretch = stretch;
		piece->stretch_seconds = seconds;
	}
	return 0;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

static int find_pieces(const struct pmp_summary *s, struct piece **pieces, size_t *count)
{
	struct pmp_stretch *stretches;
	struct pmp_tally tally;
	size_t stretch_count;
	int rc = pmp_query_stretches(s->model, s->is_busy, s->pool, &stretches, &stretch_count);

	pmp_tally_init(&tally, sizeof(struct piece));
	for (size_t i = 0; rc == 0 && i < stretch_count; i++)
		rc = add_stretch(&tally, s, &stretches[i], i);
	if (rc == 0 && !(*pieces = pmp_tally_take(&tally, s->pool, count)))
		rc = -PMP_ENOMEM;
	if (rc == 0)
		qsort(*pieces, *count, sizeof(**pieces), compare_pieces);
	pmp_tally_release(&tally);
	return rc;
}

static bool is_same_stretch(const struct pmp_model_gap *gap, const struct pmp_stretch *stretch)
{
	return gap->thread == 0 && gap->from_path == stretch->from_path &&
	       gap->to_path == stretch->to_path && gap->region == stretch->region &&
	       gap->from_call == stretch->from_call && gap->to_call == stretch->to_call;
}

/* Computation of every rank with data in this piece. */
static double *piece_values(const struct pmp_summary *s, const struct piece *piece)
{
	const struct pmp_model *model = s->model;
	double *by_rank = pmp_pool_alloc(s->pool, model->rank_count, sizeof(double));
	double *values = pmp_pool_alloc(s->pool, s->count, sizeof(double));
	const double *source = by_rank;

	if (!by_rank || !values)
		return NULL;
	if (piece->stretch->region)
		source = s->regions[piece->stretch->region].self_compute_s;
	else
		for (size_t i = 0; i < model->gap_count; i++)
			if (is_same_stretch(&model->gaps[i], piece->stretch))
				by_rank[model->gaps[i].rank] += (double)model->gaps[i].time_ns * NS;
	for (size_t i = 0; i < s->count; i++)
		values[i] = source[s->ranks[i]];
	return values;
}

/* Who is to be named, and how: a few slow ranks, or a few that have less to do than all others. */
struct named {
	uint32_t *ranks;
	size_t count;
	bool is_fast;        /* the named ones are the fast ones */
	double mine, others; /* largest (or smallest) of the named, mean of the rest */
	double mean;         /* of all */
};

static int name_ranks(const struct pmp_summary *s, const double *values, struct named *named)
{
	struct pmp_imbalance spread = pmp_imbalance(values, s->count);
	double middle = spread.mean + 0.5 * spread.time, sum = 0;
	size_t slow = 0;

	*named = (struct named){.ranks = pmp_pool_alloc(s->pool, s->count, sizeof(uint32_t)),
				.mean = spread.mean};
	if (!named->ranks)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		slow += values[i] > middle;
	named->is_fast = 2 * slow > s->count && spread.min < spread.mean;
	double limit = named->is_fast ? 0.5 * (spread.mean + spread.min) : middle;

	for (size_t i = 0; i < s->count; i++) {
		bool is_named = named->is_fast ? values[i] < limit : values[i] > limit;

		if (is_named)
			named->ranks[named->count++] = s->ranks[i];
		else
			sum += values[i];
	}
	named->mine = named->is_fast ? spread.min : spread.max;
	named->others = sum / (double)(s->count - named->count);
	return 0;
}

/* "MPI_Barrier (imbalance.c:40)", "the start", "the end" */
static const char *edge_text(struct pmp_pool *pool, uint16_t call, const struct pmp_place *place,
			     const char *none)
{
	if (call == PMP_CALL_NONE)
		return none;
	return pmp_place_known(place) ? pmp_pool_printf(pool, "%s (%s)", pmp_call_info(call)->name,
							pmp_place_text(pool, place))
				      : pmp_call_info(call)->name;
}

const char *pmp_in_text(struct pmp_pool *pool, const struct pmp_place *place)
{
	if (!pmp_place_known(place))
		return "";
	return pmp_pool_printf(pool, " %s %s", place->function[0] ? "in" : "at",
			       pmp_place_long_text(pool, place));
}

/* " in solve (heat.c:88)" or " in work, between MPI_Barrier (a.c:40) and MPI_Allreduce (a.c:52)" */
static const char *where_text(const struct pmp_summary *s, const struct pmp_loss *loss)
{
	const char *between =
		pmp_pool_printf(s->pool, "between %s and %s",
				edge_text(s->pool, loss->call, &loss->place, "the end of MPI_Init"),
				edge_text(s->pool, loss->to_call, &loss->to_place, "MPI_Finalize"));

	if (loss->region) {
		const char *place = pmp_place_text(s->pool, &loss->place);

		return pmp_pool_printf(s->pool, " in %s%s%s%s",
				       pmp_region_text(s->model, s->pool, loss->region),
				       place[0] ? " (" : "", place, place[0] ? ")" : "");
	}
	if (loss->place.function[0] && strcmp(loss->place.function, loss->to_place.function) == 0)
		return pmp_pool_printf(s->pool, " in %s, %s", loss->place.function, between);
	return pmp_pool_printf(s->pool, " %s", between);
}

static const char *who_text(const struct pmp_summary *s, const struct named *named)
{
	const char *who = pmp_rank_list_text(s->pool, named->ranks, named->count);
	const char *verb = named->count == 1 ? "computes" : "compute";
	const char *up_to = named->count == 1 ? "" : "up to ";

	if (named->is_fast)
		return pmp_pool_printf(s->pool, "%s %s only %s, the others %s on average,", who,
				       verb, pmp_fmt_seconds(named->mine).text,
				       pmp_fmt_seconds(named->others).text);
	if (named->others < 0.01 * named->mine)
		return pmp_pool_printf(s->pool, "only %s %s", who, verb);
	return pmp_pool_printf(s->pool, "%s %s %s%s longer than the mean", who, verb, up_to,
			       pmp_fmt_percent(named->mine / named->mean - 1).text);
}

/* The longest single pass of the busiest through a stretch, beyond their usual one; 0 if there is no usual one. */
static double one_off_s(const struct pmp_stretch *stretch, size_t ranks)
{
	if (stretch->focus_count < PMP_FEW_PASSES * (int64_t)ranks)
		return 0;
	double usual = ((double)stretch->focus_ns - (double)stretch->focus_max_ns) /
		       ((double)stretch->focus_count - 1);

	return ((double)stretch->focus_max_ns - usual) * NS;
}

static const char *one_off_text(const struct pmp_summary *s, const struct pmp_stretch *stretch,
				double excess)
{
	if (s->busy_count > 1 || one_off_s(stretch, s->busy_count) < 0.7 * excess)
		return "";
	return pmp_pool_printf(s->pool, ", mostly in one of %s passes (%s)",
			       pmp_fmt_count(stretch->focus_count).text,
			       pmp_fmt_seconds((double)stretch->focus_max_ns * NS).text);
}

static int add_piece(struct pmp_loss_list *list, const struct piece *piece, double seconds)
{
	const struct pmp_summary *s = list->summary;
	const struct pmp_stretch *stretch = piece->stretch;
	double *values = piece_values(s, piece);
	struct named named;

	if (!values || name_ranks(s, values, &named))
		return -PMP_ENOMEM;
	struct pmp_imbalance spread = pmp_imbalance(values, s->count);
	struct pmp_loss *loss = pmp_loss_add(list, PMP_CAUSE_IMBALANCE, seconds);

	loss->ranks = named.ranks;
	loss->rank_count = named.count;
	loss->region = stretch->region;
	loss->call = stretch->from_call;
	loss->to_call = stretch->to_call;
	loss->place = pmp_place_of_path(s->model, stretch->from_path);
	loss->to_place = pmp_place_of_path(s->model, stretch->to_path);
	loss->imbalance = spread.percent;
	loss->slowest_s = spread.max;
	loss->mean_s = spread.mean;
	loss->text = pmp_pool_printf(s->pool, "%s%s%s", who_text(s, &named), where_text(s, loss),
				     one_off_text(s, stretch, spread.time));
	return 0;
}

static void add_rest(struct pmp_loss_list *list, double seconds)
{
	struct pmp_loss *loss = pmp_loss_add(list, PMP_CAUSE_IMBALANCE, seconds);

	loss->text = "in many more places, each of them small";
}

/*
 * What the machine makes, not the program: one interruption among many passes, or a difference of a few turns of the scheduler in
 * code that is passed so seldom that its spread is unknown.
 */
static bool is_noise(const struct pmp_summary *s, const struct piece *piece)
{
	const struct pmp_stretch *stretch = piece->stretch;
	double excess = piece->seconds / (double)s->count;

	if (stretch->focus_count < PMP_FEW_PASSES * (int64_t)s->busy_count)
		return excess < PMP_FEW_PASSES_S;
	return one_off_s(stretch, s->busy_count) >= 0.7 * excess &&
	       (s->balance.percent < PMP_ONE_OFF_IMBALANCE || excess < PMP_ONE_OFF_S);
}

/* The largest places get a line each, all others together one more. @scale: see pmp_find_imbalance */
static int add_pieces(struct pmp_loss_list *list, const struct piece *pieces, size_t count,
		      double scale)
{
	const struct pmp_summary *s = list->summary;
	size_t lines = 0;
	double rest = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count && pieces[i].seconds > 0; i++) {
		double seconds = pieces[i].seconds * scale;

		if (is_noise(s, &pieces[i]))
			continue;
		if (lines < PMP_MAX_LINES && pmp_loss_matters(s, seconds)) {
			rc = add_piece(list, &pieces[i], seconds);
			lines++;
		} else {
			rest += seconds;
		}
	}
	if (rc == 0 && pmp_loss_matters(s, rest) && rest >= PMP_MIN_REST_SHARE * s->core_s)
		add_rest(list, rest);
	return rc;
}

static double busy_compute_s(const struct pmp_summary *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->is_busy[s->ranks[i]])
			sum += s->useful_s[i];
	return sum / (double)s->busy_count;
}

int pmp_find_imbalance(struct pmp_loss_list *list)
{
	const struct pmp_summary *s = list->summary;
	double limit = s->is_oversubscribed ? PMP_MIN_IMBALANCE_CROWDED : PMP_MIN_IMBALANCE;
	double total = (double)s->count * busy_compute_s(s) - s->balance.sum, positive = 0;
	struct piece *pieces;
	size_t count;

	if (s->count < 2 || !pmp_loss_matters(s, total) || !(s->balance.percent >= limit))
		return 0;
	int rc = find_pieces(s, &pieces, &count);

	if (rc)
		return rc;
	for (size_t i = 0; i < count && pieces[i].seconds > 0; i++)
		positive += pieces[i].seconds;
	/* Where the others compute longer than the busiest, its own places would sum up to more than the loss. */
	return add_pieces(list, pieces, count, positive > 0 ? total / positive : 0);
}
