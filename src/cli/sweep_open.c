/*
 * sweep_open.c - the folder of a sweep: made, locked, and what it has from before taken in or refused. Runs of different programs
 * or launchers in one folder would make a speedup of nothing, so a folder takes only what it began with.
 */
#include "cli/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "cli/launchers.h"
#include "cli/processors.h"
#include "cli/template.h"
#include "model/pool.h"

#define LOCK_TRIES   100 /* a run that lost its sweep ends within seconds */
#define LOCK_STEP_US 100000

/* Of the contents, so that a rebuilt program is noticed and a copied one is not. 0: cannot be read. */
static uint64_t hash_program(const char *name)
{
	char path[PATH_MAX];
	uint64_t hash = 0;
	struct stat st;
	int fd = pmp_launcher_program(name, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		void *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (text != MAP_FAILED) {
			hash = pmp_hash_bytes(0, text, (size_t)st.st_size);
			munmap(text, (size_t)st.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	return hash;
}

static int make_folder(struct pmp_sweep *s, struct pmp_diag *diag)
{
	struct stat st;

	if (s->options->is_resumed && stat(s->dir, &st))
		return pmp_fail(diag, PMP_ENOTFOUND, "there is no folder '%s' to resume", s->dir);
	if (mkdir(s->dir, 0777) && errno != EEXIST)
		return pmp_fail(diag, PMP_EIO, "cannot make the folder '%s': %m", s->dir);
	if (stat(s->dir, &st) || !S_ISDIR(st.st_mode))
		return pmp_fail(diag, PMP_EIO, "'%s' is not a folder: choose another with --out",
				s->dir);
	if (!realpath(s->dir, s->place))
		return pmp_fail(diag, PMP_EIO, "cannot enter the folder '%s': %m", s->dir);
	return 0;
}

/* The lock is shared with the run in progress, which may outlive a sweep that was killed by a moment. */
static int lock_folder(struct pmp_sweep *s, struct pmp_diag *diag)
{
	int rc = -1;

	s->lock = open(s->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; s->lock >= 0 && i < LOCK_TRIES; i++) {
		rc = flock(s->lock, LOCK_EX | LOCK_NB);
		if (rc == 0 || errno != EWOULDBLOCK)
			return 0; /* a file system without locks: nothing to be done */
		if (i == LOCK_TRIES / 10)
			pmp_progress_say(&s->progress, false,
					 "waiting for the last run in '%s' to end", s->dir);
		usleep(LOCK_STEP_US);
	}
	if (s->lock < 0)
		return pmp_fail(diag, PMP_EIO, "cannot enter the folder '%s': %m", s->dir);
	return pmp_fail(diag, PMP_EINVALID, "'%s' is in use by another 'pmprof scale'", s->dir);
}

static void remove_runs(const struct pmp_sweep *s, const struct pmp_manifest *former)
{
	char path[PATH_MAX + NAME_MAX];

	for (size_t i = 0; i < former->run_count; i++) {
		if (!former->runs[i].file)
			continue;
		snprintf(path, sizeof(path), "%s/%s", s->place, former->runs[i].file);
		unlink(path);
		char *suffix = strstr(path, ".pmprof.h5");

		if (suffix) {
			strcpy(suffix, ".out");
			unlink(path);
		}
	}
}

/* What --resume leaves out on the command line is as it was. */
static void complete(const struct pmp_sweep *s, const struct pmp_manifest *former)
{
	struct pmp_manifest *m = s->manifest;

	if (!m->command) {
		m->command = former->command;
		m->launch = former->launch;
		m->mode = former->mode;
		m->scaling = former->scaling;
		m->serial_command = former->serial_command;
	}
	if (!s->options->has_copies)
		m->copies = former->copies;
	if (m->warm_up == PMP_WARM_UP_UNSET)
		m->warm_up = former->warm_up;
	if (!m->rank_count) {
		m->ranks = former->ranks;
		m->rank_count = former->rank_count;
	}
	if (!m->repeat)
		m->repeat = former->repeat;
	if (m->precision < 0)
		m->precision = former->precision;
}

static int refuse(const struct pmp_sweep *s, const char *what, struct pmp_diag *diag)
{
	return pmp_fail(diag, PMP_EINVALID,
			"'%s' has runs with %s: choose another folder with --out, or --fresh to "
			"begin anew",
			s->dir, what);
}

/* Without one there is nothing that a changed command would spoil: the first attempt had a mistake in it. */
static bool has_good_run(const struct pmp_manifest *m)
{
	for (size_t i = 0; i < m->run_count; i++)
		if (m->runs[i].status == 0 && m->runs[i].kind != PMP_RUN_WARMUP)
			return true;
	return false;
}

static int enter_former(struct pmp_sweep *s, struct pmp_diag *diag)
{
	struct pmp_manifest *m = s->manifest;
	int rc = pmp_manifest_read(s->place, &s->former, diag);

	if (rc == -PMP_ENOTFOUND && !s->options->is_resumed) {
		*diag = (struct pmp_diag){""};
		return 0;
	}
	if (rc)
		return rc;
	if (s->options->is_fresh)
		remove_runs(s, s->former);
	if (s->options->is_fresh || !(s->options->is_resumed || has_good_run(s->former)))
		return 0;
	if (s->options->is_resumed)
		complete(s, s->former);
	m->seed = s->former->seed;
	m->program_hash = hash_program(m->command[0]);
	m->serial_hash = m->serial_command ? hash_program(m->serial_command[0]) : 0;
	const char *what = pmp_manifest_difference(m, s->former);

	if (what)
		return refuse(s, what, diag);
	for (size_t i = 0; rc == 0 && i < s->former->run_count; i++)
		rc = s->former->runs[i].status ? 0 : pmp_manifest_add(m, &s->former->runs[i]);
	return rc;
}

/* A run of before counts when its file is still there and whole. */
static void take_in(struct pmp_sweep *s, struct pmp_manifest_run *run)
{
	struct pmp_measure measure = {.time_s = run->wall_s};
	struct pmp_diag diag = {""};
	struct pmp_plan_point *point = pmp_sweep_point(s, run->kind, run->ranks);

	if (run->file &&
	    pmp_measure_file(pmp_manifest_path(s->manifest, s->place, run), &measure, &diag)) {
		pmp_progress_say(&s->progress, true, "a run of before does not count: %s",
				 diag.text);
		run->status = PMP_STATUS_LOST;
		return;
	}
	if (point)
		pmp_sweep_count(s, point, &measure, run->wall_s);
}

static void drop_lost(struct pmp_manifest *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->run_count; i++)
		if (m->runs[i].status == 0)
			m->runs[kept++] = m->runs[i];
	m->run_count = kept;
}

static int make_plan(struct pmp_sweep *s)
{
	struct pmp_manifest *m = s->manifest;
	size_t count = m->rank_count + !!m->serial_command;
	size_t room = m->repeat + m->run_count + 1;

	s->plan =
		(struct pmp_plan){.points = pmp_pool_alloc(m->pool, count, sizeof(*s->plan.points)),
				  .point_count = count,
				  .repeat = m->repeat,
				  .precision = m->precision,
				  .seed = m->seed};
	s->computes_s = pmp_pool_alloc(m->pool, count, sizeof(*s->computes_s));
	for (size_t i = 0; s->plan.points && i < count; i++)
		s->plan.points[i] = (struct pmp_plan_point){
			.ranks = i < m->rank_count ? m->ranks[i] : 0,
			.times_s = pmp_pool_alloc(m->pool, room, sizeof(double))};
	return pmp_pool_failed(m->pool) ? -PMP_ENOMEM : 0;
}

/* With a launcher of the user's own a program may be somewhere else than here: inside a container, say. */
static int check_programs(struct pmp_sweep *s, struct pmp_diag *diag)
{
	struct pmp_manifest *m = s->manifest;
	char path[PATH_MAX];

	if (!s->options->has_launch && !pmp_launcher_program(m->command[0], path))
		return pmp_fail(diag, PMP_ENOTFOUND, "there is no program '%s'", m->command[0]);
	if (m->serial_command && !pmp_launcher_program(m->serial_command[0], path))
		return pmp_fail(diag, PMP_ENOTFOUND, "there is no program '%s'",
				m->serial_command[0]);
	int rc = pmp_words_split(m->launch, "--launch", &s->launch, diag);

	if (rc == 0 && !pmp_launcher_program(s->launch[0], path))
		rc = pmp_fail(diag, PMP_ENOTFOUND,
			      "there is no launcher '%s': name yours with --launch", s->launch[0]);
	return rc;
}

/* A file as standard input is given to each run from its beginning; a terminal or pipe can be read only once, by nobody. */
static int open_input(void)
{
	struct stat st;
	bool is_file = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);

	return open(is_file ? "/proc/self/fd/0" : "/dev/null", O_RDONLY | O_CLOEXEC);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int name_things(struct pmp_sweep *s)
{
	struct pmp_manifest *m = s->manifest;
	ssize_t len = readlink("/proc/self/exe", s->self, sizeof(s->self) - 1);
	const char *program = m->command ? base_name(m->command[0]) : "";

	if (len < 0)
		return -PMP_EIO;
	s->self[len] = '\0';
	s->dir = s->options->dir ? s->options->dir : pmp_pool_printf(m->pool, "%s.scale", program);
	return 0;
}

int pmp_sweep_open(struct pmp_sweep *s, const struct pmp_sweep_options *options,
		   struct pmp_diag *diag)
{
	struct pmp_manifest *m = options->asked;
	int rc;

	*s = (struct pmp_sweep){
		.options = options, .manifest = m, .lock = -1, .input = open_input()};
	pmp_progress_init(&s->progress, &s->plan, options->is_quiet);
	rc = name_things(s);
	if (rc == 0 && m->command)
		rc = check_programs(s, diag);
	if (rc == 0)
		rc = make_folder(s, diag);
	if (rc == 0)
		rc = lock_folder(s, diag);
	if (rc == 0)
		rc = enter_former(s, diag);
	if (rc)
		return rc;
	m->program_hash = hash_program(m->command[0]);
	m->serial_hash = m->serial_command ? hash_program(m->serial_command[0]) : 0;
	s->program = pmp_pool_printf(m->pool, "%s", base_name(m->command[0]));
	if (!s->launch)
		rc = check_programs(s, diag);
	if (rc == 0)
		rc = make_plan(s);
	if (rc)
		return rc;
	struct pmp_launched launched;

	pmp_launcher_find(s->launch, &launched);
	m->processors = pmp_processors(&launched);
	s->is_local = !pmp_launched_has_nodes(&launched);
	for (size_t i = 0; i < m->run_count; i++)
		take_in(s, &m->runs[i]);
	drop_lost(m);
	return pmp_manifest_write(s->place, m, diag);
}

void pmp_sweep_close(struct pmp_sweep *s)
{
	if (s->lock >= 0)
		close(s->lock);
	if (s->input >= 0)
		close(s->input);
	pmp_line_free(s->launch);
	pmp_manifest_free(s->former);
}
