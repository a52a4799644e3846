/*
 * cmd_scale.c - `pmprof scale -- PROGRAM`: reads the command line, has the sweep done, prints the speedup. What a sweep is stands
 * in sweep.h.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/launch.h"
#include "base/mode.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/launchers.h"
#include "cli/processors.h"
#include "cli/speedup_view.h"
#include "cli/sweep.h"
#include "cli/template.h"
#include "model/pool.h"

#define DEFAULT_REPEAT    5
#define DEFAULT_WARM_UP   1
#define DEFAULT_PRECISION 0.01
#define MAX_RANKS         (1ul << 24)
#define MAX_REPEAT        1000

enum {
	KEY_RANKS = 0x100,
	KEY_REPEAT,
	KEY_LAUNCH,
	KEY_WEAK,
	KEY_SERIAL,
	KEY_WARM_UP,
	KEY_PRECISION,
	KEY_COPIES,
	KEY_RESUME,
	KEY_FRESH,
	KEY_SEED,
	KEY_KEEP_GOING,
	KEY_SHOW_OUTPUT,
	KEY_MODE,
	KEY_AS_COPY
};

static const struct argp_option option_table[] = {
	{"ranks", KEY_RANKS, "LIST", 0,
	 "Numbers of ranks, as 1,2,4 (default: powers of two up to the processors)", 0},
	{"repeat", KEY_REPEAT, "N", 0, "Runs of each number of ranks, at most (5)", 0},
	{"launch", KEY_LAUNCH, "LINE", 0,
	 "How to start {n} ranks (mpirun -np {n}; in a Slurm job srun -n {n})", 0},
	{"weak", KEY_WEAK, NULL, 0, "The problem grows with the ranks: weak scaling", 0},
	{"serial", KEY_SERIAL, "LINE", 0, "A serial program to compare with, not 1 rank", 0},
	{"warm-up", KEY_WARM_UP, "N", 0, "Runs before the first that counts (1)", 0},
	{"precision", KEY_PRECISION, "P%", 0,
	 "No more repeats when the time is known as well as this (1%; 0: always all)", 0},
	{"copies", KEY_COPIES, "WHEN", 0,
	 "Copies of the 1-rank run side by side: auto (default), yes, no", 0},
	{"out", 'o', "DIR", 0, "Folder for the files (default: PROGRAM.scale)", 0},
	{"resume", KEY_RESUME, "DIR", 0, "Go on with the sweep in that folder", 0},
	{"fresh", KEY_FRESH, NULL, 0, "Remove the runs that the folder has, begin anew", 0},
	{"keep-going", KEY_KEEP_GOING, NULL, 0, "Go on after a run that failed", 0},
	{"show-output", KEY_SHOW_OUTPUT, NULL, 0, "What the program prints, on standard error", 0},
	{"mode", KEY_MODE, "MODE", 0, "What to record, as in the variable PMPROF", 0},
	{"seed", KEY_SEED, "N", 0, "Of the order of runs (default: another one each time)", 0},
	{"quiet", 'q', NULL, 0, "No lines about progress", 0},
	{"as-copy", KEY_AS_COPY, "FILE", OPTION_HIDDEN, "", 0},
	{0},
};

static const char *const copies_names[] = {"auto", "yes", "no", NULL};

struct request {
	struct pmp_sweep_options sweep;
	struct pmp_speedup_view view; /* the report at the end */
	const char *launch, *serial, *resume, *as_copy;
	char **command;
	char **serial_words;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* "1,2,4", in any order. */
static void parse_ranks(struct pmp_manifest *m, const char *list)
{
	uint32_t *ranks = pmp_pool_alloc(m->pool, strlen(list) + 1, sizeof(*ranks));
	size_t count = 0;

	for (const char *at = list; ranks; at++) {
		int len = (int)strcspn(at, ",");
		char *end;
		unsigned long value = strtoul(at, &end, 10);

		if (end != at + len || *at < '0' || *at > '9' || value < 1 || value > MAX_RANKS)
			pmp_cli_usage("'%.*s' in '--ranks %s' is no number of ranks", len, at,
				      list);
		ranks[count++] = (uint32_t)value;
		at += len;
		if (!*at)
			break;
	}
	if (ranks)
		qsort(ranks, count, sizeof(*ranks), by_number);
	for (size_t i = 1; i < count; i++)
		if (ranks[i] == ranks[i - 1])
			pmp_cli_usage("%u stands twice in '--ranks %s'", ranks[i], list);
	m->ranks = ranks;
	m->rank_count = count;
}

static double parse_precision(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (strcmp(text, "0") == 0)
		return 0.0;
	if (end == text || strcmp(end, "%") != 0 || !(value >= 0 && value <= 100))
		pmp_cli_usage("'%s' is no precision, write it as --precision 1%%", text);
	return value / 100.0;
}

static bool parse_what(struct request *r, int key, char *arg)
{
	struct pmp_manifest *m = r->sweep.asked;

	switch (key) {
	case KEY_RANKS:
		parse_ranks(m, arg);
		return true;
	case KEY_REPEAT:
		m->repeat = (uint32_t)pmp_cli_number("repeat", arg, 1, MAX_REPEAT);
		return true;
	case KEY_LAUNCH:
		r->launch = arg;
		return true;
	case KEY_WEAK:
		m->scaling = PMP_SCALING_WEAK;
		return true;
	case KEY_SERIAL:
		r->serial = arg;
		return true;
	case KEY_WARM_UP:
		m->warm_up = (uint32_t)pmp_cli_number("warm-up", arg, 0, MAX_REPEAT);
		return true;
	case KEY_PRECISION:
		m->precision = parse_precision(arg);
		return true;
	case KEY_COPIES:
		m->copies = (enum pmp_copies_choice)pmp_cli_choice("word for --copies", arg,
								   copies_names);
		r->sweep.has_copies = true;
		return true;
	case KEY_SEED:
		m->seed = pmp_cli_number("seed", arg, 0, INT64_MAX);
		return true;
	case KEY_MODE:
		m->mode = arg;
		return true;
	default:
		return false;
	}
}

static error_t parse_how(struct request *r, int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->view.output;
		state->child_inputs[1] = &r->view.expect;
		break;
	case 'o':
		r->sweep.dir = arg;
		break;
	case 'q':
		r->sweep.is_quiet = true;
		break;
	case KEY_RESUME:
		r->resume = arg;
		break;
	case KEY_FRESH:
		r->sweep.is_fresh = true;
		break;
	case KEY_KEEP_GOING:
		r->sweep.goes_on = true;
		break;
	case KEY_SHOW_OUTPUT:
		r->sweep.shows_output = true;
		break;
	case KEY_AS_COPY:
		r->as_copy = arg;
		break;
	case ARGP_KEY_ARG:
		r->command = &state->argv[state->next - 1];
		state->next = state->argc;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return parse_what(state->input, key, arg) ? 0 : parse_how(state->input, key, arg, state);
}

static const struct argp_child children[] = {
	{&pmp_output_argp, 0, "Report:", 1}, {&pmp_expect_argp, 0, "Expectations:", 2}, {0}};

static const struct argp argp = {
	.options = option_table,
	.parser = parse,
	.children = children,
	.args_doc = "-- PROGRAM [ARGUMENT...]",
	.doc = "Run a program on several numbers of ranks, and report its speedup.\v"
	       "{n} in ARGUMENT and in the lines of --launch and --serial is the number of ranks, "
	       "{n*1000} a thousand times it. Interrupted, it goes on with --resume or with the "
	       "same command.",
};

static void check_resumed(const struct request *r)
{
	const struct pmp_manifest *m = r->sweep.asked;

	if (r->command)
		pmp_cli_usage("'--resume' knows the program: leave '%s' out", r->command[0]);
	if (r->sweep.dir)
		pmp_cli_usage("'--resume %s' names the folder: leave '--out' out", r->resume);
	if (r->launch || r->serial || m->mode || m->scaling != PMP_SCALING_STRONG ||
	    r->sweep.is_fresh)
		pmp_cli_usage("'--resume' measures as before: leave '%s' out",
			      r->launch           ? "--launch"
			      : r->serial         ? "--serial"
			      : m->mode           ? "--mode"
			      : r->sweep.is_fresh ? "--fresh"
						  : "--weak");
}

static void check_command(const struct request *r)
{
	struct pmp_launched launched;
	struct pmp_diag diag = {""};
	struct pmp_mode mode;

	if (!r->command)
		pmp_cli_usage("no program given: pmprof scale --ranks 1,2,4 -- ./app");
	pmp_launcher_find(r->command, &launched);
	if (launched.launcher)
		pmp_cli_usage("'%s' belongs into --launch: pmprof scale --launch 'mpirun -np {n}' "
			      "-- ./app",
			      r->command[launched.at]);
	if (r->sweep.asked->mode && pmp_mode_parse(r->sweep.asked->mode, &mode, &diag))
		pmp_cli_usage("%s", diag.text);
}

/* In a Slurm job its own launcher knows the allocation best. */
static const char *default_launch(void)
{
	char path[PATH_MAX];

	if (getenv("SLURM_JOB_ID") && pmp_launcher_program("srun", path))
		return "srun -n {n}";
	if (!pmp_launcher_program("mpirun", path) && pmp_launcher_program("mpiexec", path))
		return "mpiexec -n {n}";
	return "mpirun -np {n}";
}

static void split(const char *text, const char *what, char ***words)
{
	struct pmp_diag diag = {""};

	if (pmp_words_split(text, what, words, &diag))
		pmp_cli_usage("%s", diag.text[0] ? diag.text : "out of memory");
}

/* Powers of two, and all processors. */
static void default_ranks(struct pmp_manifest *m, char **launch)
{
	struct pmp_launched launched;
	uint32_t *ranks = pmp_pool_alloc(m->pool, 34, sizeof(*ranks));

	pmp_launcher_find(launch, &launched);
	uint32_t processors = pmp_processors(&launched);

	if (!processors)
		pmp_cli_usage("which numbers of ranks? --ranks 1,2,4");
	for (uint32_t n = 1; ranks && n <= processors && n <= MAX_RANKS; n *= 2)
		ranks[m->rank_count++] = n;
	if (ranks && ranks[m->rank_count - 1] < processors)
		ranks[m->rank_count++] = processors;
	m->ranks = ranks;
}

static void fill_launch(struct request *r)
{
	struct pmp_manifest *m = r->sweep.asked;
	char **launch = NULL;

	m->launch = r->launch ? r->launch : default_launch();
	r->sweep.has_launch = r->launch;
	split(m->launch, "--launch", &launch);
	if (!pmp_template_has_ranks(launch))
		pmp_cli_usage("'--launch %s' has no {n}, the number of ranks", m->launch);
	if (!m->rank_count)
		default_ranks(m, launch);
	pmp_line_free(launch);
}

static uint64_t draw_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec ^ (uint64_t)now.tv_nsec << 20;
}

/* Every run's command line can be made: the largest number of ranks gives the largest products. */
static void check_templates(const struct pmp_manifest *m)
{
	uint32_t most = m->ranks[m->rank_count - 1];
	struct pmp_line line = {0};
	struct pmp_diag diag = {""};
	int rc = pmp_template_fill(&line, m->command, most, &diag);

	if (rc == 0 && m->serial_command)
		rc = pmp_template_fill(&line, m->serial_command, 1, &diag);
	pmp_line_free(line.words);
	if (rc)
		pmp_cli_usage("%s", diag.text);
}

/* What is not given: as usual, or, for --resume, as it was (sweep_open.c knows 0 and less as "not given"). */
static void fill_defaults(struct request *r)
{
	struct pmp_manifest *m = r->sweep.asked;

	if (r->resume) {
		check_resumed(r);
		r->sweep.dir = r->resume;
		r->sweep.is_resumed = true;
		return;
	}
	check_command(r);
	m->command = r->command;
	fill_launch(r);
	if (r->serial) {
		split(r->serial, "--serial", &r->serial_words);
		m->serial_command = r->serial_words;
	}
	check_templates(m);
	m->warm_up = m->warm_up == PMP_WARM_UP_UNSET ? DEFAULT_WARM_UP : m->warm_up;
	m->repeat = m->repeat ? m->repeat : DEFAULT_REPEAT;
	m->precision = m->precision < 0 ? DEFAULT_PRECISION : m->precision;
	m->seed = m->seed ? m->seed : draw_seed() & INT64_MAX;
}

/* "1, 2 and 4" of those for which @is says yes; NULL: none */
static const char *list_ranks(const struct pmp_sweep *s, bool only_over)
{
	const struct pmp_manifest *m = s->manifest;
	const char *text = NULL;
	size_t left = 0;

	for (size_t i = 0; i < m->rank_count; i++)
		left += !only_over || pmp_sweep_is_over(s, m->ranks[i]);
	for (size_t i = 0; i < m->rank_count; i++) {
		if (only_over && !pmp_sweep_is_over(s, m->ranks[i]))
			continue;
		text = pmp_pool_printf(m->pool, "%s%s%u", text ? text : "",
				       !text       ? ""
				       : left == 1 ? " and "
						   : ", ",
				       m->ranks[i]);
		left--;
	}
	return text;
}

static void announce(struct pmp_sweep *s)
{
	const struct pmp_manifest *m = s->manifest;
	const char *over = list_ranks(s, true);
	double seconds;
	size_t left = pmp_plan_left(&s->plan, &seconds);
	size_t have = 0;

	for (size_t i = 0; i < s->plan.point_count; i++)
		have += s->plan.points[i].count;
	pmp_progress_say(&s->progress, false, "%s on %s rank%s%s, %s%u run%s each, to '%s'",
			 m->command[0], list_ranks(s, false),
			 m->rank_count == 1 && m->ranks[0] == 1 ? "" : "s",
			 m->serial_command ? " and its serial version" : "",
			 m->repeat > PMP_PLAN_MIN_REPEAT && m->precision > 0 ? "up to " : "",
			 m->repeat, m->repeat == 1 ? "" : "s", s->dir);
	if (over)
		pmp_progress_say(&s->progress, false,
				 "%s ranks on %u processor%s: oversubscribed, no verdict for %s",
				 over, m->processors, m->processors == 1 ? "" : "s", over);
	if (have && left)
		pmp_progress_say(&s->progress, false, "%zu runs are there already, %zu are left",
				 have, left);
	else if (have)
		pmp_progress_say(&s->progress, false,
				 "all runs are there already (--repeat for more, --fresh to begin "
				 "anew)");
}

/* The sweep ended before its end. */
static void say_rest(struct pmp_sweep *s)
{
	size_t have = 0, left;
	double seconds;

	for (size_t i = 0; i < s->plan.point_count; i++)
		have += s->plan.points[i].count;
	left = pmp_plan_left(&s->plan, &seconds);
	if (s->signal)
		pmp_progress_say(&s->progress, true, "ended by SIG%s", sigabbrev_np(s->signal));
	if (have || s->signal)
		pmp_progress_say(&s->progress, true,
				 "%zu of %zu runs are done and kept; to go on: pmprof scale "
				 "--resume %s",
				 have, have + left, s->dir);
}

static int do_sweep(struct pmp_sweep *s, struct pmp_diag *diag)
{
	int rc;

	announce(s);
	pmp_relay_open(&s->relay);
	rc = pmp_sweep_go(s, diag);
	if (rc == 0 && !s->signal && (!s->failures || s->options->goes_on))
		rc = pmp_sweep_copies(s, diag);
	pmp_relay_close(&s->relay);
	if (rc == 0 && (s->signal || (s->failures && !s->options->goes_on)))
		say_rest(s);
	pmp_relay_restore(&s->relay);
	return rc;
}

/* What has been measured, as `pmprof speedup DIR` has it. */
static int report(struct request *r, const struct pmp_sweep *s)
{
	char *paths[] = {(char *)s->dir};

	if (s->plan.point_count == 1) {
		pmp_cli_say("one number of ranks has no speedup; 'pmprof assert %s' and 'pmprof "
			    "diff' work on these runs",
			    s->dir);
		return r->view.expect.list ? PMP_EXIT_INCONCLUSIVE : PMP_EXIT_OK;
	}
	r->view.runs.scaling = PMP_SCALING_AUTO; /* as scale.json says */
	r->view.doc.is_forced = r->view.expect.is_forced;
	r->view.paths = paths;
	r->view.count = 1;
	return pmp_speedup_show(&r->view);
}

static int scale(struct request *r)
{
	struct pmp_diag diag = {""};
	struct pmp_sweep sweep;
	int rc = pmp_sweep_open(&sweep, &r->sweep, &diag);

	if (rc == 0)
		rc = do_sweep(&sweep, &diag);
	bool is_done = rc == 0 && !sweep.signal && (!sweep.failures || r->sweep.goes_on);
	int code = is_done ? report(r, &sweep) : pmp_cli_fail(rc, &diag);

	pmp_sweep_close(&sweep);
	if (sweep.signal)
		pmp_child_end_alike(sweep.signal);
	return rc == 0 && sweep.failures ? PMP_EXIT_FINDINGS : code;
}

int cmd_scale(int argc, char **argv)
{
	struct request r = {.sweep = {.asked = pmp_manifest_new()}};
	struct pmp_diag diag = {""};
	int code;

	if (!r.sweep.asked)
		return pmp_cli_fail(-PMP_ENOMEM, NULL);
	r.sweep.asked->warm_up = PMP_WARM_UP_UNSET;
	r.sweep.asked->precision = -1.0;
	pmp_cli_parse(&argp, argc, argv, ARGP_IN_ORDER, &r);
	if (r.as_copy && r.command)
		pmp_copy_main(r.as_copy, r.sweep.asked->mode, r.command);
	fill_defaults(&r);
	int rc = pmp_expect_load(&r.view.expect, &diag);

	code = rc ? pmp_cli_fail(rc, &diag) : scale(&r);
	pmp_expect_release(&r.view.expect);
	pmp_line_free(r.serial_words);
	pmp_manifest_free(r.sweep.asked);
	return code;
}
