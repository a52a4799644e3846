/*
 * sweep.c - goes through the plan of a sweep: warm-up, then round after round, until each point has enough. Used by cmd_scale.c.
 */
#include "cli/sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fmt.h"
#include "cli/child.h"
#include "cli/cli.h"

struct pmp_plan_point *pmp_sweep_point(struct pmp_sweep *s, enum pmp_run_kind kind, uint32_t ranks)
{
	if (kind != PMP_RUN_MEASURED && kind != PMP_RUN_SERIAL)
		return NULL;
	for (size_t i = 0; i < s->plan.point_count; i++)
		if (s->plan.points[i].ranks == (kind == PMP_RUN_SERIAL ? 0 : ranks))
			return &s->plan.points[i];
	return NULL;
}

void pmp_sweep_count(struct pmp_sweep *s, struct pmp_plan_point *point,
		     const struct pmp_measure *measure, double wall_s)
{
	point->times_s[point->count++] = measure->time_s;
	point->wall_s += wall_s;
	s->computes_s[point - s->plan.points] += measure->compute_s;
	if (point->ranks == 1)
		s->single_rss_bytes = fmax(s->single_rss_bytes, measure->rss_bytes);
}

bool pmp_sweep_is_over(const struct pmp_sweep *s, uint32_t ranks)
{
	return s->manifest->processors && ranks > s->manifest->processors;
}

/* A signal that came between two runs. */
static bool is_told_to_end(struct pmp_sweep *s)
{
	bool is_for_us;
	int sig;

	while (!s->signal && (sig = pmp_relay_wait(&s->relay, 0, &is_for_us)))
		if (pmp_child_is_end(sig))
			s->signal = sig;
	return s->signal;
}

static const char *name_point(uint32_t ranks, char *text, size_t size)
{
	if (ranks)
		snprintf(text, size, "%u rank%s", ranks, ranks == 1 ? "" : "s");
	else
		snprintf(text, size, "serial program");
	return text;
}

static int run_job(struct pmp_sweep *s, const struct pmp_job_plan *job, struct pmp_outcome *outcome,
		   struct pmp_diag *diag)
{
	int rc = pmp_sweep_run(s, job, outcome, diag);

	if (rc || s->signal)
		return rc;
	if (outcome->is_good) {
		pmp_progress_result(&s->progress, pmp_fmt_seconds(outcome->measure.time_s).text);
	} else {
		s->failures++;
		pmp_sweep_explain(s, job, outcome);
	}
	return 0;
}

static bool must_end(struct pmp_sweep *s)
{
	return is_told_to_end(s) || (s->failures && !s->options->goes_on);
}

/*
 * What a first run pays, reading the program, its libraries and its input from disk and waking the processors, is paid once per
 * node. The largest number of ranks is on all nodes, so its warm-up does for the others as well.
 */
static int warm_up(struct pmp_sweep *s, uint32_t ranks, struct pmp_diag *diag)
{
	struct pmp_outcome outcome;
	char point[32];
	int rc = 0;

	for (uint32_t i = 1; rc == 0 && i <= s->manifest->warm_up && !must_end(s); i++) {
		const struct pmp_job_plan job = {PMP_RUN_WARMUP, ranks, i, 0};

		snprintf(s->what, sizeof(s->what), "warm-up: %s",
			 name_point(ranks, point, sizeof(point)));
		rc = run_job(s, &job, &outcome, diag);
	}
	return rc;
}

static void name_next(struct pmp_sweep *s, const struct pmp_plan_point *point)
{
	size_t done = 0, left;
	double seconds;
	char name[32];

	for (size_t i = 0; i < s->plan.point_count; i++)
		done += s->plan.points[i].count + s->plan.points[i].failures;
	left = pmp_plan_left(&s->plan, &seconds);
	snprintf(s->what, sizeof(s->what), "run %zu of %zu: %s, repeat %zu", done + 1, done + left,
		 name_point(point->ranks, name, sizeof(name)), point->count + point->failures + 1);
}

/* Fewer repeats than were asked for are worth a word. */
static void say_enough(struct pmp_sweep *s, const struct pmp_plan_point *point)
{
	char name[32];

	if (point->count && point->count + point->failures < s->plan.repeat &&
	    pmp_plan_is_enough(&s->plan, point))
		pmp_progress_say(&s->progress, false,
				 "%s: the time is known to %s after %zu repeats, which is enough",
				 name_point(point->ranks, name, sizeof(name)),
				 pmp_fmt_percent(pmp_plan_precision(point)).text, point->count);
}

static int run_point(struct pmp_sweep *s, struct pmp_plan_point *point, struct pmp_diag *diag)
{
	const struct pmp_job_plan job = {.kind = point->ranks ? PMP_RUN_MEASURED : PMP_RUN_SERIAL,
					 .ranks = point->ranks,
					 .repeat = (uint32_t)(point->count + point->failures + 1)};
	struct pmp_outcome outcome;
	int rc;

	name_next(s, point);
	rc = pmp_sweep_run(s, &job, &outcome, diag);
	if (rc || s->signal)
		return rc;
	if (outcome.is_good) {
		pmp_sweep_count(s, point, &outcome.measure, outcome.wall_s);
		pmp_progress_result(&s->progress, pmp_fmt_seconds(outcome.measure.time_s).text);
		say_enough(s, point);
	} else {
		point->failures++;
		s->failures++;
		pmp_sweep_explain(s, &job, &outcome);
	}
	return 0;
}

int pmp_sweep_go(struct pmp_sweep *s, struct pmp_diag *diag)
{
	const struct pmp_manifest *m = s->manifest;
	struct pmp_plan_point *point;
	int rc = 0;

	if (pmp_plan_next(&s->plan))
		rc = warm_up(s, m->ranks[m->rank_count - 1], diag);
	if (rc == 0 && pmp_plan_next(&s->plan) && m->serial_command)
		rc = warm_up(s, 0, diag);
	while (rc == 0 && !must_end(s) && (point = pmp_plan_next(&s->plan)))
		rc = run_point(s, point, diag);
	return rc;
}
