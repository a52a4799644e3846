/*
 * run_rank.c - one `pmprof run` per rank. The launcher may end a job by SIGKILL to whole process groups, and then neither the program
 * nor its `pmprof run` has a say. So each leaves a janitor behind, in a session of its own: it is told how the
 * program ended (or that nobody is left to tell), notes that in the rank's arena, and the last janitor of the node collects.
 */
#include "cli/run_rank.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/cli.h"
#include "store/arena_view.h"
#include "store/collect.h"

#define PATIENCE_MS 3000 /* for ranks that are about to end, too */
#define NOTES_MS    500  /* for their janitors to note how */
#define STEP_MS     50
#define FAILED_MARK "collect-failed"

/* What the parent tells its janitor: the program's process, later how it ended. */
struct word {
	pid_t pid;
	bool has_status;
	int status;
};

struct site {
	struct word word;
	const struct pmp_launch *launch;
	const struct pmp_gather *gather;
	int ear, mouth; /* ends of a socket pair: writing to it raises no SIGPIPE */
};

/* Calls @visit with each arena of a job directory, open for writing, and its header. Return: how often it said true. */
static size_t visit_arenas(const char *dir,
			   bool (*visit)(int fd, const struct pmp_arena_header *header,
					 const void *data),
			   const void *data)
{
	static struct pmp_arena_header header; /* a page: too large for comfort on a stack */
	DIR *entries = opendir(dir);
	struct dirent *entry;
	size_t count = 0;

	while (entries && (entry = readdir(entries))) {
		int fd = strstr(entry->d_name, ".arena") ? openat(dirfd(entries), entry->d_name,
								  O_RDWR | O_CLOEXEC | O_NOFOLLOW)
							 : -1;

		if (fd >= 0 && pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
		    memcmp(header.magic, PMP_ARENA_MAGIC, sizeof(header.magic)) == 0)
			count += visit(fd, &header, data);
		if (fd >= 0)
			close(fd);
	}
	if (entries)
		closedir(entries);
	return count;
}

/* Only of the process that was started here: the exit status of a script around the program is not the program's. */
static bool note_status(int fd, const struct pmp_arena_header *header, const void *data)
{
	const struct word *word = data;
	const int32_t known = 1, value = word->status;

	return header->pid == word->pid &&
	       pwrite(fd, &value, sizeof(value),
		      offsetof(struct pmp_arena_header, parent_wait_status)) > 0 &&
	       pwrite(fd, &known, sizeof(known),
		      offsetof(struct pmp_arena_header, parent_code_known)) > 0;
}

static bool is_noted(int fd, const struct pmp_arena_header *header, const void *data)
{
	(void)fd;
	(void)data;
	return header->parent_code_known;
}

/* UNNOTED: all have ended, not all ends are noted: of programs inside scripts they never will be. */
enum state { GONE, BUSY, INCOMPLETE, UNNOTED, READY };

/* How the job stands on this node. */
static enum state look(const struct pmp_launch *launch, struct pmp_job *job)
{
	size_t noted = 0;

	if (pmp_job_open(launch->job, job))
		return GONE;
	if (job->arenas == 0)
		return GONE;
	if (job->is_alive)
		return BUSY;
	for (size_t i = 0; i < job->dir_count; i++)
		noted += visit_arenas(job->dirs[i], is_noted, NULL);
	if (launch->node_size > 0 && (int)job->arenas < launch->node_size)
		return INCOMPLETE;
	return noted == job->arenas ? READY : UNNOTED;
}

/* One janitor at a time; a failure is said once, not by every rank. */
static void collect_once(const struct site *site, const char *dir)
{
	struct pmp_diag diag = {""};
	char mark[4096];
	int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(mark, sizeof(mark), "%s/%s", dir, FAILED_MARK);
	if (lock >= 0 && flock(lock, LOCK_EX) == 0 && access(dir, F_OK) == 0 &&
	    access(mark, F_OK) != 0) {
		int rc = pmp_gather(site->gather, &pmp_group_single, &diag);

		if (rc) {
			int fd = open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

			pmp_cli_fail(rc, &diag);
			pmp_gather_advice(site->gather);
			if (fd >= 0)
				close(fd);
		}
	}
	if (lock >= 0)
		close(lock);
}

/* Ranks on other nodes have left their data there: nobody but a job over all nodes can bring them together. */
static void leave_to_user(const struct site *site)
{
	if (site->launch->rank == 0)
		pmp_cli_say("the data of this job lie on several nodes; collect them with: %s "
			    "pmprof collect %s",
			    strcmp(site->launch->launcher, "Slurm") == 0
				    ? "srun --ntasks-per-node=1"
				    : "mpirun --map-by ppr:1:node",
			    site->launch->job);
}

/* Waits for the last rank of the node to end. The parent is let go as soon as others still run: it must not delay their end. */
static void clean_up(const struct site *site)
{
	for (int waited = 0; waited <= PATIENCE_MS; waited += STEP_MS) {
		struct pmp_job job = {0};
		enum state state = look(site->launch, &job);
		bool is_last = state == READY || (state == UNNOTED && waited >= NOTES_MS) ||
			       (state == INCOMPLETE && waited + STEP_MS > PATIENCE_MS);

		if (is_last && site->launch->node_size > 0 &&
		    site->launch->node_size < site->launch->size)
			leave_to_user(site);
		else if (is_last)
			collect_once(site, job.dir);
		pmp_job_close(&job);
		if (is_last || state == GONE)
			return;
		if (state == BUSY)
			shutdown(site->ear, SHUT_RDWR);
		usleep(STEP_MS * 1000);
	}
}

/* The parent is gone without a word, so the program is going, too. */
static void wait_for_process(pid_t pid)
{
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (fd >= 0) {
		poll(&wait, 1, PATIENCE_MS);
		close(fd);
	}
}

_Noreturn static void janitor_main(const struct site *site)
{
	struct word word = {.pid = 0};
	struct pmp_job job = {0};
	sigset_t none;
	int rc;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "pmprof-janitor");
	close(site->mouth);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	while (read(site->ear, &word, sizeof(word)) == (ssize_t)sizeof(word))
		;
	if (!word.has_status)
		wait_for_process(word.pid);
	rc = pmp_job_open(site->launch->job, &job);
	for (size_t i = 0; i < job.dir_count && word.has_status; i++)
		visit_arenas(job.dirs[i], note_status, &word);
	if (rc == 0)
		clean_up(site);
	pmp_job_close(&job);
	_exit(0);
}

static void say_word(const struct site *site)
{
	if (site->mouth >= 0 &&
	    send(site->mouth, &site->word, sizeof(site->word), MSG_NOSIGNAL) < 0)
		pmp_cli_say("cannot tell how the program ended: %s", strerror(errno));
}

static void tell_started(pid_t pid, void *data)
{
	struct site *site = data;

	site->word.pid = pid;
	say_word(site);
}

/* Without a janitor (no more processes) the program runs all the same; its data wait for `pmprof collect`. */
static pid_t hire_janitor(struct site *site)
{
	int ends[2];

	site->ear = site->mouth = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	site->ear = ends[0];
	site->mouth = ends[1];
	pid_t pid = fork();

	if (pid == 0)
		janitor_main(site);
	close(site->ear);
	return pid;
}

int pmp_rank_run(const struct pmp_launch *launch, char *const *argv,
		 const struct pmp_gather *gather, int *status, struct pmp_diag *diag)
{
	struct site site = {.launch = launch, .gather = gather};
	pid_t janitor;
	int rc;

	janitor = hire_janitor(&site);
	rc = pmp_child_run(argv, tell_started, &site, status, diag);
	site.word.has_status = rc == 0;
	site.word.status = *status;
	if (rc == 0)
		say_word(&site);
	if (janitor > 0) { /* it hangs up when it has finished, or need not be waited for */
		char nothing;

		shutdown(site.mouth, SHUT_WR);
		while (read(site.mouth, &nothing, 1) < 0 && errno == EINTR)
			;
	}
	return rc;
}
