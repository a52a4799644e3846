/*
 * sweep_run.c - one run of a sweep: its command line, its files, whether it went well. The program is started by `pmprof run`, our
 * own executable, so that a run in a sweep is a run like any other.
 */
#include "cli/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/cli.h"
#include "cli/template.h"
#include "model/pool.h"

#define TICK_MS    250
#define TAIL_BYTES 4096
#define TAIL_LINES 10

/* First part of the names of a run's files. */
static void name_run(const struct pmp_sweep *s, const struct pmp_job_plan *job, char *stem,
		     size_t size)
{
	switch (job->kind) {
	case PMP_RUN_SERIAL:
		snprintf(stem, size, "%s.serial.r%u", s->program, job->repeat);
		break;
	case PMP_RUN_WARMUP:
		snprintf(stem, size, "%s.warmup", s->program);
		break;
	case PMP_RUN_COPIES:
		snprintf(stem, size, "%s.copies%u.r%u", s->program, job->copies, job->repeat);
		break;
	default:
		snprintf(stem, size, "%s.n%u.r%u", s->program, job->ranks, job->repeat);
		break;
	}
}

/* pmprof run --out FILE -- LAUNCHER PROGRAM */
static int profiled_line(const struct pmp_sweep *s, const struct pmp_job_plan *job,
			 const char *stem, struct pmp_line *line, struct pmp_diag *diag)
{
	const struct pmp_manifest *m = s->manifest;
	int rc;

	pmp_line_add(line, s->self);
	pmp_line_add(line, "run");
	if (s->lock >= 0)
		pmp_line_addf(line, "--hold=%d", s->lock);
	pmp_line_addf(line, "--out=%s/%s%s", s->place, stem, PMP_RUN_SUFFIX);
	if (m->mode)
		pmp_line_addf(line, "--mode=%s", m->mode);
	pmp_line_add(line, "--");
	rc = pmp_template_fill(line, s->launch, job->ranks, diag);
	return rc ? rc : pmp_template_fill(line, m->command, job->ranks, diag);
}

/* Is it a run of the program under `pmprof run`? */
static bool has_ranks(const struct pmp_job_plan *job)
{
	return job->kind == PMP_RUN_MEASURED || (job->kind == PMP_RUN_WARMUP && job->ranks > 0);
}

static int make_line(const struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		     struct pmp_line *line, struct pmp_diag *diag)
{
	int rc;

	if (job->kind == PMP_RUN_COPIES)
		rc = pmp_copies_line(s, job, stem, line, diag);
	else if (has_ranks(job))
		rc = profiled_line(s, job, stem, line, diag);
	else
		rc = pmp_template_fill(line, s->manifest->serial_command, 1, diag);
	return rc == 0 && line->failed ? -PMP_ENOMEM : rc;
}

static void remove_file(const struct pmp_sweep *s, const char *stem, const char *suffix)
{
	char path[PATH_MAX + NAME_MAX];

	snprintf(path, sizeof(path), "%s/%s%s", s->place, stem, suffix);
	unlink(path);
}

static void remove_files(const struct pmp_sweep *s, const struct pmp_job_plan *job,
			 const char *stem)
{
	char suffix[64];

	remove_file(s, stem, PMP_RUN_SUFFIX);
	for (uint32_t i = 0; i < job->copies; i++) {
		snprintf(suffix, sizeof(suffix), ".i%u%s", i, PMP_RUN_SUFFIX);
		remove_file(s, stem, suffix);
	}
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void judge_exit(int status, struct pmp_outcome *out)
{
	if (WIFSIGNALED(status))
		pmp_fail(&out->why, PMP_EPEER, "killed by %s", strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		pmp_fail(&out->why, PMP_EPEER, "exit code %d", WEXITSTATUS(status));
}

static void judge_file(const struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		       struct pmp_outcome *out)
{
	char path[PATH_MAX + NAME_MAX];

	snprintf(path, sizeof(path), "%s/%s%s", s->place, stem, PMP_RUN_SUFFIX);
	if (access(path, F_OK))
		pmp_fail(&out->why, PMP_ENOTFOUND,
			 "nothing was recorded: is it an MPI program? "
			 "'pmprof doctor -- %s' finds out",
			 s->manifest->command[0]);
	else if (pmp_measure_file(path, &out->measure, &out->why) == 0 &&
		 out->measure.ranks != job->ranks)
		pmp_fail(&out->why, PMP_EFORMAT,
			 "MPI_COMM_WORLD has %u rank%s: does '%s' start %u of this MPI library?",
			 out->measure.ranks, out->measure.ranks == 1 ? "" : "s",
			 s->manifest->launch, job->ranks);
}

static void judge(struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		  const struct pmp_child_end *end, struct pmp_outcome *out)
{
	out->wall_s = end->wall_s;
	judge_exit(end->status, out);
	if (!out->why.text[0] && job->kind == PMP_RUN_COPIES)
		pmp_copies_judge(s, job, stem, out);
	else if (!out->why.text[0] && has_ranks(job))
		judge_file(s, job, stem, out);
	else if (!out->why.text[0])
		out->measure.time_s = end->wall_s;
	out->is_good = !out->why.text[0];
}

static const char *now_text(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
	return text;
}

/* Copies are as many runs as there are files; those of warm-ups and failed runs are not to be evaluated. */
static int record(struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		  const struct pmp_manifest_run *run)
{
	uint32_t count = job->kind == PMP_RUN_COPIES ? job->copies : 1;
	bool has_file =
		run->status == 0 && (job->kind == PMP_RUN_COPIES || job->kind == PMP_RUN_MEASURED);
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		struct pmp_manifest_run row = *run;
		char file[NAME_MAX + 1];

		if (job->kind == PMP_RUN_COPIES)
			snprintf(file, sizeof(file), "%s.i%u%s", stem, i, PMP_RUN_SUFFIX);
		else
			snprintf(file, sizeof(file), "%s%s", stem, PMP_RUN_SUFFIX);
		row.file = has_file ? file : NULL;
		rc = pmp_manifest_add(s->manifest, &row);
	}
	return rc;
}

static int open_output(const struct pmp_sweep *s, const char *name, int flags)
{
	char path[PATH_MAX + NAME_MAX];

	snprintf(path, sizeof(path), "%s/%s", s->place, name);
	return open(path, flags | O_CLOEXEC, 0666);
}

/* Waits for the end of it. */
static int execute(struct pmp_sweep *s, bool is_profiled, char **argv, const char *output,
		   struct pmp_child_end *end, struct pmp_diag *diag)
{
	struct pmp_child child = {
		.argv = argv,
		.input = s->input,
		.output = open_output(s, output, O_CREAT | O_WRONLY | O_TRUNC | O_APPEND),
		.kept = is_profiled ? s->lock : -1,
		.is_tied = true,
		.data = &s->progress};
	int shown = s->options->shows_output ? open_output(s, output, O_RDONLY) : -1;
	int rc;

	if (child.output < 0)
		return pmp_fail(diag, PMP_EIO, "cannot write '%s/%s': %m", s->dir, output);
	if (s->input >= 0)
		lseek(s->input, 0, SEEK_SET);
	pmp_progress_begin(&s->progress, s->what, shown);
	if (pmp_progress_needs_ticks(&s->progress)) {
		child.tick = pmp_progress_tick;
		child.tick_ms = TICK_MS;
	}
	rc = pmp_child_start(&s->relay, &child, end, diag);
	s->signal = end->signal ? end->signal : s->signal;
	pmp_progress_stop(&s->progress);
	close(child.output);
	if (shown >= 0)
		close(shown);
	return rc;
}

/* It has ended by itself: judge it, and take it into the manifest. The file of a failed run stays, to find out why. */
static int conclude(struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		    const struct pmp_child_end *end, const char *started,
		    struct pmp_outcome *outcome, struct pmp_diag *diag)
{
	int rc;

	judge(s, job, stem, end, outcome);
	struct pmp_manifest_run run = {
		.kind = job->kind,
		.ranks = job->ranks ? job->ranks : 1,
		.repeat = job->repeat,
		.copies = job->copies,
		.wall_s = end->wall_s,
		.cpu_s = end->cpu_s,
		.status = outcome->is_good ? 0 : (exit_code(end->status) ?: 1),
		.started = started,
	};

	if (outcome->is_good && job->kind == PMP_RUN_WARMUP)
		remove_files(s, job, stem);
	rc = record(s, job, stem, &run);
	return rc ? rc : pmp_manifest_write(s->place, s->manifest, diag);
}

int pmp_sweep_run(struct pmp_sweep *s, const struct pmp_job_plan *job, struct pmp_outcome *outcome,
		  struct pmp_diag *diag)
{
	struct pmp_child_end end = {.status = 0};
	struct pmp_line line = {0};
	char stem[NAME_MAX - 32], started[32];
	int rc;

	*outcome = (struct pmp_outcome){.is_good = false};
	name_run(s, job, stem, sizeof(stem));
	snprintf(outcome->output, sizeof(outcome->output), "%s.out", stem);
	remove_files(s, job, stem);
	now_text(started, sizeof(started));
	rc = make_line(s, job, stem, &line, diag);
	if (rc == 0)
		rc = execute(s, has_ranks(job), line.words, outcome->output, &end, diag);
	pmp_line_free(line.words);
	if (rc == 0 && !s->signal)
		return conclude(s, job, stem, &end, started, outcome, diag);
	remove_files(s, job, stem);
	remove_file(s, stem, ".out");
	return rc;
}

/* The last lines of a text, as far as it is here. */
static char *last_lines(char *text, size_t lines)
{
	char *at = text + strlen(text);

	while (at > text && at[-1] == '\n')
		*--at = '\0';
	for (size_t i = 0; at > text; at--)
		if (at[-1] == '\n' && ++i == lines)
			break;
	return at;
}

static void print_tail(const struct pmp_sweep *s, const char *output)
{
	char text[TAIL_BYTES + 1] = "";
	int fd = open_output(s, output, O_RDONLY);
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	off_t begin = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	ssize_t n = fd >= 0 ? pread(fd, text, TAIL_BYTES, begin) : 0;
	char *rest;

	text[n > 0 ? n : 0] = '\0';
	rest = last_lines(text, TAIL_LINES);
	if (*rest)
		pmp_cli_say("it ended with these lines, all are in %s/%s:", s->dir, output);
	for (char *line = *rest ? strsep(&rest, "\n") : NULL; line; line = strsep(&rest, "\n")) {
		for (char *c = line; *c; c++)
			if ((unsigned char)*c < ' ' && *c != '\t')
				*c = '?';
		fprintf(stderr, "  %s\n", line);
	}
	if (fd >= 0)
		close(fd);
}

void pmp_sweep_explain(struct pmp_sweep *s, const struct pmp_job_plan *job,
		       const struct pmp_outcome *outcome)
{
	pmp_progress_say(&s->progress, true, "%s failed: %s", s->what, outcome->why.text);
	if (!s->options->shows_output)
		print_tail(s, outcome->output);
	if (pmp_sweep_is_over(s, job->ranks) && strstr(s->launch[0], "mpi"))
		pmp_cli_say("%u ranks on %u processors: Open MPI wants to be told, "
			    "--launch 'mpirun --oversubscribe -np {n}'",
			    job->ranks, s->manifest->processors);
}
