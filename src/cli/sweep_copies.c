/*
 * sweep_copies.c - several copies of the one-rank run at the same time, each alone in its MPI_COMM_WORLD. Each does exactly what it
 * does alone, so what they take longer is the machine's doing (memory bandwidth, caches, frequency), and no hardware counter is
 * needed to know it.
 *
 * The copies have to stand where the ranks of a parallel run would stand, on the same nodes and processors. So the user's own
 * launcher starts them, as ranks; each rank then puts the environment of the sweep back, in which no launcher is to be seen, and
 * becomes a one-rank run: MPI calls that a singleton. What the launcher bound it to, it keeps.
 */
#include "cli/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fmt.h"
#include "base/launch.h"
#include "cli/cli.h"
#include "cli/template.h"

#define COPIES_REPEAT    2
#define NOTABLE_GROWTH   1.05 /* of total computation, from which on copies are worth their time */
#define LEAST_OVERLAP    0.7  /* of their time, at which the copies were really side by side */
#define MEMORY_SHARE     0.8  /* of what is free */
#define ENVIRONMENT_NAME ".environment"

extern char **environ;

int pmp_copies_line(const struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		    struct pmp_line *line, struct pmp_diag *diag)
{
	int rc = pmp_template_fill(line, s->launch, job->copies, diag);

	pmp_line_add(line, s->self);
	pmp_line_add(line, "scale");
	pmp_line_addf(line, "--as-copy=%s/%s", s->place, stem);
	if (s->manifest->mode)
		pmp_line_addf(line, "--mode=%s", s->manifest->mode);
	pmp_line_add(line, "--");
	return rc ? rc : pmp_template_fill(line, s->manifest->command, 1, diag);
}

/* It may hold secrets, so it is for the user alone, and only for as long as the copies need it. */
static int write_environment(const struct pmp_sweep *s, struct pmp_diag *diag)
{
	char path[PATH_MAX + NAME_MAX];
	int fd;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", s->place, ENVIRONMENT_NAME);
	unlink(path);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	for (char **entry = environ; file && *entry; entry++)
		fwrite(*entry, 1, strlen(*entry) + 1, file);
	if (!file || ferror(file) | fclose(file))
		return pmp_fail(diag, PMP_EIO, "cannot write '%s': %m", path);
	return 0;
}

static void remove_environment(const struct pmp_sweep *s)
{
	char path[PATH_MAX + NAME_MAX];

	snprintf(path, sizeof(path), "%s/%s", s->place, ENVIRONMENT_NAME);
	unlink(path);
}

/* The folder of the sweep is the one that the copy's file goes to. */
static bool restore_environment(const char *stem)
{
	char path[2 * PATH_MAX], *entry = NULL;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%.*s/%s", (int)(strrchr(stem, '/') - stem), stem,
		 ENVIRONMENT_NAME);
	file = fopen(path, "re");
	if (!file)
		return false;
	clearenv();
	while (getdelim(&entry, &room, '\0', file) > 0) {
		char *value = strchr(entry, '=');

		if (value)
			*value++ = '\0';
		if (value && *entry)
			setenv(entry, value, 1);
	}
	free(entry);
	fclose(file);
	return true;
}

_Noreturn void pmp_copy_main(const char *stem, const char *mode, char **command)
{
	struct pmp_line line = {0};
	struct pmp_launch launch;
	char self[PATH_MAX] = "", job[64];

	pmp_launch_read(&launch);
	if (!launch.is_rank_known || !strchr(stem, '/'))
		pmp_cli_usage("the launcher does not tell its ranks their numbers");
	if (!restore_environment(stem))
		pmp_cli_usage("cannot read the environment beside '%s': %s", stem, strerror(errno));
	snprintf(job, sizeof(job), "copy%d-%ld-%ld", launch.rank, (long)getpid(), (long)time(NULL));
	setenv("PMPROF_JOB", job, 1);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		pmp_cli_usage("cannot find this executable: %s", strerror(errno));
	pmp_line_add(&line, self);
	pmp_line_add(&line, "run");
	pmp_line_addf(&line, "--out=%s.i%d%s", stem, launch.rank, PMP_RUN_SUFFIX);
	if (mode)
		pmp_line_addf(&line, "--mode=%s", mode);
	pmp_line_add(&line, "--");
	for (; *command; command++)
		pmp_line_add(&line, *command);
	if (!line.failed)
		execv(self, line.words);
	pmp_cli_usage("cannot start '%s': %s", self, strerror(errno));
}

void pmp_copies_judge(const struct pmp_sweep *s, const struct pmp_job_plan *job, const char *stem,
		      struct pmp_outcome *out)
{
	int64_t begin_ns = INT64_MIN, end_ns = INT64_MAX;
	double length_ns = 0.0;
	struct pmp_measure one;

	for (uint32_t i = 0; i < job->copies; i++) {
		char path[2 * PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s.i%u%s", s->place, stem, i, PMP_RUN_SUFFIX);
		if (pmp_measure_file(path, &one, &out->why))
			return;
		if (one.ranks != 1) {
			pmp_fail(&out->why, PMP_EFORMAT, "a copy has %u ranks", one.ranks);
			return;
		}
		begin_ns = one.begin_ns > begin_ns ? one.begin_ns : begin_ns;
		end_ns = one.end_ns < end_ns ? one.end_ns : end_ns;
		length_ns += (double)(one.end_ns - one.begin_ns) / job->copies;
		out->measure.time_s += one.time_s / job->copies;
		out->measure.compute_s += one.compute_s / job->copies;
	}
	double overlap = fmax(0.0, (double)(end_ns - begin_ns)) / length_ns;

	if (overlap < LEAST_OVERLAP)
		pmp_fail(&out->why, PMP_EFORMAT,
			 "the copies ran side by side for only %s of their time; a longer run is "
			 "needed",
			 pmp_fmt_percent(overlap).text);
}

/* Bytes that a program could have now; 0 unknown. */
static double free_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[256];

	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "MemAvailable: %llu kB", &kib);
	if (file)
		fclose(file);
	return (double)kib * 1024.0;
}

static bool fits_in_memory(const struct pmp_sweep *s, uint32_t copies)
{
	double need = s->single_rss_bytes * copies, have = free_memory();

	if (!s->is_local || have <= 0 || need <= MEMORY_SHARE * have)
		return true;
	pmp_cli_say("no runs of %u copies: they would need %s of memory, %s are free", copies,
		    pmp_fmt_bytes(need).text, pmp_fmt_bytes(have).text);
	return false;
}

/* Computation of all ranks over that of as much work on one rank; NaN unknown. */
static double growth(const struct pmp_sweep *s, size_t point, size_t single)
{
	const struct pmp_plan_point *p = s->plan.points;
	double one = s->computes_s[single] / (double)p[single].count;
	double work = s->manifest->scaling == PMP_SCALING_WEAK ? p[point].ranks : 1.0;

	return s->computes_s[point] / (double)p[point].count / (one * work);
}

static bool is_wanted(const struct pmp_sweep *s, size_t point, size_t single)
{
	const struct pmp_plan_point *p = &s->plan.points[point];
	double grown;

	if (p->ranks < 2 || !p->count || pmp_sweep_is_over(s, p->ranks))
		return false;
	grown = growth(s, point, single);
	if (s->manifest->copies == PMP_COPIES_AUTO && !(grown > NOTABLE_GROWTH))
		return false;
	if (!fits_in_memory(s, p->ranks))
		return false;
	if (s->manifest->copies == PMP_COPIES_AUTO)
		pmp_progress_say(
			(struct pmp_progress *)&s->progress, false,
			"total computation is %s higher on %u ranks than on 1: copies of the "
			"1-rank run tell whether it is the machine's doing",
			pmp_fmt_percent(grown - 1.0).text, p->ranks);
	return true;
}

static bool has_been_run(const struct pmp_sweep *s, uint32_t copies, uint32_t repeat)
{
	for (size_t i = 0; i < s->manifest->run_count; i++) {
		const struct pmp_manifest_run *run = &s->manifest->runs[i];

		if (run->kind == PMP_RUN_COPIES && run->copies == copies && run->repeat == repeat)
			return true;
	}
	return false;
}

/* What goes wrong here takes nothing away from the speedup: it is said, and that is all. */
static int run_copies(struct pmp_sweep *s, uint32_t copies, struct pmp_diag *diag)
{
	for (uint32_t repeat = 1; repeat <= COPIES_REPEAT; repeat++) {
		const struct pmp_job_plan job = {PMP_RUN_COPIES, 1, repeat, copies};
		struct pmp_outcome outcome;

		if (has_been_run(s, copies, repeat))
			continue;
		snprintf(s->what, sizeof(s->what), "%u copies of the 1-rank run, repeat %u of %d",
			 copies, repeat, COPIES_REPEAT);
		int rc = pmp_sweep_run(s, &job, &outcome, diag);

		if (rc || s->signal)
			return rc;
		if (!outcome.is_good) {
			pmp_sweep_explain(s, &job, &outcome);
			return 0;
		}
		pmp_progress_result(&s->progress, pmp_fmt_seconds(outcome.measure.time_s).text);
	}
	return 0;
}

int pmp_sweep_copies(struct pmp_sweep *s, struct pmp_diag *diag)
{
	const struct pmp_plan_point *single = pmp_sweep_point(s, PMP_RUN_MEASURED, 1);
	int rc = 0;

	if (s->manifest->copies == PMP_COPIES_NO || !single || !single->count)
		return 0;
	rc = write_environment(s, diag);
	for (size_t i = 0; rc == 0 && !s->signal && i < s->plan.point_count; i++)
		if (is_wanted(s, i, (size_t)(single - s->plan.points)))
			rc = run_copies(s, s->plan.points[i].ranks, diag);
	remove_environment(s);
	return rc;
}
