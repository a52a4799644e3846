/*
 * cmd_run.c - `pmprof run`: sets the environment of the ranks, starts the program (or its launcher) in our place, and collects
 * when the ranks could not write their file themselves. Its exit code is the program's.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/batch.h"
#include "base/environment.h"
#include "base/hash.h"
#include "base/launch.h"
#include "base/mode.h"
#include "cli/before_limit.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/gather.h"
#include "cli/launchers.h"
#include "cli/line.h"
#include "cli/locate.h"
#include "cli/run_rank.h"
#include "store/collect.h"
#include "store/group.h"

/* As shells have it. */
#define EXIT_NOT_STARTED 126
#define EXIT_NOT_FOUND   127

#define PER_NODE_SECONDS 600
#define BEFORE_MAX       86400

enum { KEY_MODE = 0x100, KEY_HOLD, KEY_KEEP, KEY_BEFORE };

struct options {
	const char *out, *mode;
	const char *before; /* --before-limit as given */
	bool keep, quiet;
	char **command;
};

struct run {
	struct options options;
	struct pmp_launch launch;     /* are we ourselves started by a launcher? */
	struct pmp_launched launched; /* do we start one? */
	struct pmp_gather gather;
	struct pmp_before_limit watch;
	bool is_bare;  /* there is no library for the MPI of the program */
	bool is_early; /* the file was written before the time limit, and the ranks went on */
	time_t begun;
	char job[64];
	char out[PATH_MAX];
	char preload[2 * PATH_MAX];
};

static const struct argp_option option_table[] = {
	{"out", 'o', "FILE", 0,
	 "File to write (default: PROGRAM.JOB.pmprof.h5 in the working directory)", 0},
	{"mode", KEY_MODE, "MODE", 0,
	 "What to record, as in the variable PMPROF (default: profile)", 0},
	{"before-limit", KEY_BEFORE, "SECONDS", 0,
	 "In a batch job: write the file this long before its time limit, while the ranks go on "
	 "(default: 60; 0: do not)",
	 0},
	{"keep", KEY_KEEP, NULL, 0, "Keep the raw data of the ranks after the file was written", 0},
	{"quiet", 'q', NULL, 0, "No lines of our own", 0},
	{"hold", KEY_HOLD, "FD", OPTION_HIDDEN, "Of `pmprof scale`: a lock to hold", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == 'o')
		o->out = arg;
	else if (key == KEY_MODE)
		o->mode = arg;
	else if (key == KEY_BEFORE)
		o->before = arg;
	else if (key == KEY_KEEP)
		o->keep = true;
	else if (key == 'q')
		o->quiet = true;
	else if (key == KEY_HOLD) /* as long as we live, but not the program */
		fcntl((int)pmp_cli_number("hold", arg, 3, INT_MAX), F_SETFD, FD_CLOEXEC);
	else if (key == ARGP_KEY_ARG) {
		o->command = &state->argv[state->next - 1];
		state->next = state->argc;
	} else {
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse,
	.args_doc = "-- COMMAND [ARGUMENT...]",
	.doc = "Run an MPI program under the profiler.\v"
	       "COMMAND is a launcher with its arguments (mpirun, mpiexec, srun) or, under a "
	       "launcher, the program. The "
	       "exit code is that of COMMAND; 127 when there is no such program, 126 when it "
	       "cannot be started.",
};

/* A mistake in --mode or in the environment is better found here than by a job that has waited hours for its nodes. */
static void check_settings(const struct options *o)
{
	const char *mode = o->mode ? o->mode : getenv("PMPROF");
	struct pmp_diag diag = {""};
	struct pmp_mode parsed;

	if (!o->command)
		pmp_cli_usage("no program given: pmprof run -- mpirun -np 4 ./app");
	if (pmp_mode_parse(mode, &parsed, &diag))
		pmp_cli_usage("%s", diag.text);
}

static void check_before(const struct options *o, struct pmp_before_limit *watch)
{
	char *end;
	long seconds = o->before ? strtol(o->before, &end, 10) : PMP_BEFORE_LIMIT_SECONDS;

	if (o->before && (end == o->before || *end || seconds < 0 || seconds > BEFORE_MAX))
		pmp_cli_usage("--before-limit '%s': a number of seconds is needed", o->before);
	watch->seconds = (int)seconds;
	watch->is_asked = o->before && seconds > 0;
}

/* "1234[7].head" -> "1234_7_": fit for a file name. Return: false outside of a batch system. */
static bool batch_id(char *id, size_t size)
{
	char lines[768];

	pmp_batch_read(lines, sizeof(lines));
	if (!pmp_batch_value(lines, "id", id, size))
		return false;
	id[strcspn(id, ".")] = '\0';
	for (char *c = id; *c; c++)
		if (!isascii((unsigned char)*c) || (!isalnum((unsigned char)*c) && *c != '-'))
			*c = '_';
	return *id != '\0';
}

/*
 * Unique in time and space, and short, for it stands in the file's name: the batch job's id and six digits of when and where, as a job
 * may run many; else our pid and four.
 */
static void make_job(char *job, size_t size)
{
	struct timespec now;
	char host[256] = "", id[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gethostname(host, sizeof(host) - 1);
	uint64_t hash = pmp_hash_bytes((uint64_t)now.tv_sec ^ (uint64_t)now.tv_nsec << 32, host,
				       strlen(host));

	hash = pmp_hash_combine(hash, (uint64_t)getpid());
	if (batch_id(id, sizeof(id)))
		snprintf(job, size, "%s-%06x", id, (unsigned)(hash & 0xffffff));
	else
		snprintf(job, size, "%ld-%04x", (long)getpid(), (unsigned)(hash & 0xffff));
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		pmp_cli_usage("cannot set '%s': %s", name, strerror(errno));
}

/* A relative name is meant from here, wherever the program goes. */
static void set_out(struct run *r)
{
	const char *out = r->options.out ? r->options.out : pmp_env_text(PMP_ENV_PMPROF_OUT);
	char here[PATH_MAX] = "";

	if (!*out)
		return;
	if (*out != '/' && !getcwd(here, sizeof(here)))
		here[0] = '\0';
	if (snprintf(r->out, sizeof(r->out), "%s%s%s", here, *here ? "/" : "", out) >=
	    (int)sizeof(r->out))
		pmp_cli_usage("the name of the output file is too long");
	r->gather.out = r->out;
	set("PMPROF_OUT", r->out);
}

static void set_environment(struct run *r)
{
	const struct options *o = &r->options;
	bool is_rank = !r->launched.launcher && r->launch.is_rank_known;

	if (is_rank)
		snprintf(r->job, sizeof(r->job), "%s", r->launch.job);
	else if (pmp_env_is_set(PMP_ENV_PMPROF_JOB))
		snprintf(r->job, sizeof(r->job), "%s", r->launch.job);
	else
		make_job(r->job, sizeof(r->job));
	set("PMPROF_JOB", r->job);
	if (o->mode)
		set("PMPROF", o->mode);
	if (o->quiet)
		set("PMPROF_QUIET", "1");
	if (o->keep)
		set("PMPROF_KEEP", "1");
	set_out(r);
	r->gather.job = r->job;
	r->gather.keep = pmp_env_flag(PMP_ENV_PMPROF_KEEP);
	r->gather.quiet = pmp_env_flag(PMP_ENV_PMPROF_QUIET);
}

static int find_library(struct run *r, struct pmp_diag *diag)
{
	const char *before = getenv("LD_PRELOAD");
	char library[PATH_MAX];
	int rc = pmp_locate_for(&r->launched, library, sizeof(library), diag);

	if (rc == -PMP_EUNSUPPORTED) { /* the program runs all the same */
		if (r->launch.rank == 0 && !r->gather.quiet)
			pmp_cli_say("%s", diag->text);
		r->is_bare = true;
		return 0;
	}
	if (rc)
		return rc;
	if (before && strstr(before, library))
		snprintf(r->preload, sizeof(r->preload), "%s", before);
	else
		snprintf(r->preload, sizeof(r->preload), "%s%s%s", library,
			 before && *before ? ":" : "", before ? before : "");
	return 0;
}

/* What other nodes have to see: the library (@preload may be NULL), and every PMPROF_ variable that is set. */
static size_t list_settings(const char *preload, struct pmp_setting *settings)
{
	size_t count = 0;

	if (preload)
		settings[count++] = (struct pmp_setting){"LD_PRELOAD", preload};
	for (size_t i = 0; i < PMP_ENV_COUNT; i++)
		if (pmp_env_is_set((enum pmp_variable)i))
			settings[count++] = (struct pmp_setting){
				pmp_variables[i].name, pmp_env_text((enum pmp_variable)i)};
	return count;
}

/* The line that collects, here. @is_early: from ranks that go on. */
static void own_line(const struct run *r, bool is_early, struct pmp_line *own)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[len > 0 ? len : 0] = '\0';
	pmp_line_add(own, self);
	pmp_line_add(own, "collect");
	pmp_line_add(own, r->job);
	if (r->gather.out)
		pmp_line_addf(own, "--out=%s", r->gather.out);
	if (r->gather.keep || is_early)
		pmp_line_add(own, "--keep");
	if (is_early)
		pmp_line_add(own, "--force");
	else
		pmp_line_addf(own, "--launcher-status=%d", r->gather.launcher_status);
}

/* The line that collects on all nodes of the job. Return: as pmp_launcher_per_node. */
static int per_node_line(const struct run *r, bool is_early, char ***line)
{
	struct pmp_setting settings[PMP_ENV_COUNT + 1];
	struct pmp_launched again = {.launcher = r->launched.launcher};
	struct pmp_line own = {0};
	bool inherit;

	own_line(r, is_early, &own);
	int rc = own.failed ? -PMP_ENOMEM
			    : pmp_launcher_per_node(&r->launched, own.words, &again.argv);

	if (rc == 0)
		rc = pmp_launcher_line(&again, settings, list_settings(NULL, settings), line,
				       &inherit);
	pmp_line_free(again.argv);
	pmp_line_free(own.words);
	return rc;
}

/* Only who starts the job, or the first of ranks that are all on this node, can see to all of them. */
static bool can_watch(const struct run *r)
{
	const struct pmp_launch *launch = &r->launch;

	return r->launched.launcher || !launch->is_rank_known ||
	       (launch->node_rank == 0 && launch->node_size == launch->size);
}

static void start_watch(struct run *r)
{
	struct pmp_line own = {0};
	char **line = NULL;

	r->watch.quiet = r->gather.quiet;
	r->watch.is_rank = !r->launched.launcher;
	if (!can_watch(r))
		return;
	if (per_node_line(r, true, &line)) {
		own_line(r, true, &own);
		line = own.words;
	}
	r->watch.line = line;
	if (line && !own.failed)
		pmp_before_limit_start(&r->watch);
	pmp_line_free(line);
}

/* A job over several nodes is collected by a job over the same nodes. Return: as per_node_line, or that job's failure. */
static int gather_per_node(const struct run *r, struct pmp_diag *diag)
{
	char text[4096];
	char **line = NULL;
	int status = 0;
	int rc = per_node_line(r, false, &line);

	if (rc == 0)
		rc = pmp_child_output(line, PER_NODE_SECONDS, text, sizeof(text), &status);
	if (rc == 0 && status)
		rc = pmp_fail(diag, PMP_EPEER, "cannot collect from all nodes: %.*s",
			      (int)strcspn(text, "\n"), text);
	if (rc == 0 && !r->gather.quiet)
		fputs(text, stderr);
	pmp_line_free(line);
	return rc;
}

/* Is there a file of this run? One of that name may also be left from an earlier run. */
static bool has_file(const struct run *r)
{
	char pattern[PATH_MAX];
	glob_t found = {0};
	struct stat st;
	bool has = false;

	if (r->gather.out)
		return stat(r->gather.out, &st) == 0 && st.st_mtime >= r->begun;
	snprintf(pattern, sizeof(pattern), "*.%s.pmprof.h5", r->job);
	has = glob(pattern, 0, NULL, &found) == 0;
	globfree(&found);
	return has;
}

/* No data of the job on this node, and no file: other nodes may have some, or nothing was recorded at all. */
static void gather_elsewhere(const struct run *r, int status, struct pmp_diag *diag)
{
	int rc = gather_per_node(r, diag);

	if (rc == -PMP_EUNSUPPORTED && WIFEXITED(status) && !r->gather.quiet &&
	    pmp_env_flag(PMP_ENV_PMPROF))
		pmp_cli_say("no MPI program has recorded anything; 'pmprof doctor -- PROGRAM' "
			    "finds out why");
	else if (rc && rc != -PMP_EUNSUPPORTED)
		pmp_cli_fail(rc, diag);
}

/*
 * Other nodes cannot be reached any more, as after scancel: the file of before the limit has them, else a file of this node is better
 * than none. Everything stays where it is for a later job over the same nodes.
 */
static void gather_part(struct run *r, const struct pmp_diag *why)
{
	struct pmp_diag diag = {""};

	pmp_cli_say("%s", why->text);
	r->gather.keep = true;
	if (!r->is_early)
		pmp_gather(&r->gather, &pmp_group_single, &diag);
	pmp_cli_say("the ranks of other nodes are not in the file; from a job over the same nodes: "
		    "%s pmprof collect %s%s%s",
		    pmp_launcher_per_node_text(r->launched.launcher), r->job,
		    r->gather.out ? " --out " : "", r->gather.out ? r->gather.out : "");
}

static void gather_here(struct run *r, struct pmp_diag *diag)
{
	int rc = gather_per_node(r, diag);

	if (rc && rc != -PMP_EUNSUPPORTED) {
		gather_part(r, diag);
		return;
	}
	if (rc)
		rc = pmp_gather(&r->gather, &pmp_group_single, diag);
	if (rc) {
		pmp_cli_fail(rc, diag);
		pmp_gather_advice(&r->gather);
	}
}

/* The program has ended. If its ranks have written their file, no data of theirs are left and there is nothing to do. */
static void gather_leftovers(struct run *r, int status)
{
	struct pmp_diag diag = {""};
	struct pmp_job job = {0};
	bool has_data = pmp_job_open(r->job, &job) == 0;
	bool is_written = r->is_early ? !has_data : has_file(r);

	r->gather.launcher = pmp_launcher_name(r->launched.launcher);
	r->gather.launcher_status = status;
	unsetenv("LD_PRELOAD");
	if (!has_data && !is_written)
		gather_elsewhere(r, status, &diag);
	else if (has_data && !(r->gather.keep && is_written))
		gather_here(r, &diag);
	pmp_job_close(&job);
}

static int start(struct run *r, int *status, struct pmp_diag *diag)
{
	struct pmp_setting settings[PMP_ENV_COUNT + 1];
	bool inherit;
	char **line = NULL;
	int rc = pmp_launcher_line(&r->launched, settings,
				   list_settings(r->is_bare ? NULL : r->preload, settings), &line,
				   &inherit);

	if (rc)
		return rc;
	if (inherit && !r->is_bare)
		set("LD_PRELOAD", r->preload);
	if (r->is_bare)
		r->gather.quiet = true;
	start_watch(r);
	if (!r->launched.launcher && r->launch.is_rank_known) {
		rc = pmp_rank_run(&r->launch, line, &r->gather, status, diag);
		pmp_before_limit_stop(&r->watch);
	} else {
		rc = pmp_child_run(line, NULL, NULL, status, diag);
		r->is_early = pmp_before_limit_stop(&r->watch);
		if (rc == 0)
			gather_leftovers(r, *status);
	}
	pmp_line_free(line);
	return rc;
}

int cmd_run(int argc, char **argv)
{
	struct run r = {.begun = time(NULL)};
	struct pmp_diag diag = {""};
	int status = 0;
	int rc;

	pmp_cli_parse(&argp, argc, argv, ARGP_IN_ORDER, &r.options);
	check_settings(&r.options);
	check_before(&r.options, &r.watch);
	pmp_launch_read(&r.launch);
	pmp_launcher_find(r.options.command, &r.launched);
	set_environment(&r);
	rc = find_library(&r, &diag);
	if (rc)
		return pmp_cli_fail(rc, &diag);
	rc = start(&r, &status, &diag);
	if (rc == 0)
		pmp_child_end_alike(status);
	pmp_cli_fail(rc, &diag);
	return rc == -PMP_ENOTFOUND ? EXIT_NOT_FOUND : EXIT_NOT_STARTED;
}
