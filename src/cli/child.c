/*
 * child.c - `pmprof run` stands between a shell (or a launcher) and a program, and must not be
 * noticed.
 *
 * The difficulty is signals. Most reach the whole process group (the terminal's, timeout's,
 * mpirun's), a few only us. Passing on the first kind would deliver them twice, and mpirun takes a
 * second SIGINT as "leave your ranks behind". So a third process of the group, the witness, does
 * nothing but wait for signals and tell: what it has seen as well needs no passing on.
 */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WITNESS_WAIT_MS                                                                            \
	100 /* a signal to a group is delivered to all members within microseconds */

static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

#define PASSED_COUNT (sizeof(passed) / sizeof(passed[0]))

struct child {
	sigset_t before; /* signal mask to give back to the program */
	sigset_t waited; /* what we wait for: SIGCHLD and those of passed[] that were not ignored */
	struct sigaction sigchld; /* disposition to give back */
	pid_t witness;
	int testimony; /* reading end of the witness's pipe */
};

static void block_signals(struct child *c)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(SIGCHLD, &action, &c->sigchld);
	sigemptyset(&c->waited);
	sigaddset(&c->waited, SIGCHLD);
	for (size_t i = 0; i < PASSED_COUNT; i++) {
		sigaction(passed[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&c->waited, passed[i]);
	}
	sigprocmask(SIG_BLOCK, &c->waited, &c->before);
}

static void restore_signals(const struct child *c)
{
	sigaction(SIGCHLD, &c->sigchld, NULL);
	sigprocmask(SIG_SETMASK, &c->before, NULL);
}

_Noreturn static void witness_main(const struct child *c, int out, pid_t parent)
{
	int sig;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	dup2(out, 0);
	close_range(1, ~0U, 0);
	while (sigwait(&c->waited, &sig) == 0) {
		unsigned char seen = (unsigned char)sig;

		if (write(0, &seen, 1) < 0)
			break;
	}
	_exit(0);
}

/* Without a witness (no processes left) signals are passed on, which is right more often than not.
 */
static void call_witness(struct child *c)
{
	pid_t self = getpid();
	int ends[2];

	c->witness = -1;
	c->testimony = -1;
	if (pipe2(ends, O_CLOEXEC))
		return;
	c->witness = fork();
	if (c->witness == 0)
		witness_main(c, ends[1], self);
	close(ends[1]);
	c->testimony = ends[0];
	fcntl(c->testimony, F_SETFL, O_NONBLOCK);
}

static void dismiss_witness(struct child *c)
{
	if (c->witness > 0) {
		kill(c->witness, SIGKILL);
		while (waitpid(c->witness, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (c->testimony >= 0)
		close(c->testimony);
}

static bool witness_saw(const struct child *c, int sig)
{
	struct pollfd wait = {.fd = c->testimony, .events = POLLIN};
	unsigned char seen[64];
	bool found = false;
	ssize_t n;

	while (!found && poll(&wait, 1, WITNESS_WAIT_MS) > 0) {
		n = read(c->testimony, seen, sizeof(seen));
		if (n <= 0)
			return false;
		found = memchr(seen, sig, (size_t)n);
	}
	return found;
}

_Noreturn static void exec_program(const struct child *c, char *const *argv, int report)
{
	restore_signals(c);
	execvp(argv[0], argv);
	int error = errno;

	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static int start_program(const struct child *c, char *const *argv, pid_t *pid,
			 struct pmp_diag *diag)
{
	int ends[2];
	int error = 0;

	if (pipe2(ends, O_CLOEXEC))
		return pmp_fail(diag, PMP_EIO, "cannot start '%s': %m", argv[0]);
	*pid = fork();
	if (*pid == 0)
		exec_program(c, argv, ends[1]);
	if (*pid < 0)
		error = errno;
	close(ends[1]);
	if (*pid > 0 && read(ends[0], &error, sizeof(error)) == (ssize_t)sizeof(error))
		waitpid(*pid, NULL, 0);
	close(ends[0]);
	errno = error;
	if (error)
		return pmp_fail(diag, error == ENOENT ? PMP_ENOTFOUND : PMP_EIO,
				"cannot start '%s': %m", argv[0]);
	return 0;
}

static void wait_for_end(const struct child *c, pid_t pid, int *status)
{
	for (;;) {
		int sig = sigwaitinfo(&c->waited, NULL);

		if (sig == SIGCHLD && waitpid(pid, status, WNOHANG) == pid)
			return;
		if (sig > 0 && sig != SIGCHLD && !witness_saw(c, sig))
			kill(pid, sig);
	}
}

int pmp_child_run(char *const *argv, void (*started)(pid_t pid, void *data), void *data,
		  int *status, struct pmp_diag *diag)
{
	struct child c;
	pid_t pid = -1;
	int rc;

	block_signals(&c);
	call_witness(&c);
	rc = start_program(&c, argv, &pid, diag);
	if (rc == 0) {
		if (started)
			started(pid, data);
		wait_for_end(&c, pid, status);
	}
	dismiss_witness(&c);
	if (rc)
		restore_signals(&c);
	return rc;
}

void pmp_child_end_alike(int status)
{
	struct rlimit no_core = {0, 0};
	sigset_t set;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(status));
	exit(128 + WTERMSIG(status));
}

_Noreturn static void exec_output(char *const *argv, int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	execvp(argv[0], argv);
	_exit(127);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads to the end or to the deadline; what does not fit is read and dropped, so that the command
 * can finish. */
static int read_all(int fd, int64_t deadline, char *text, size_t size)
{
	char spill[4096];
	size_t used = 0;

	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		bool is_full = used + 1 >= size;

		if (left <= 0 || poll(&wait, 1, (int)left) == 0)
			return -PMP_ETIMEOUT;
		ssize_t n = is_full ? read(fd, spill, sizeof(spill))
				    : read(fd, text + used, size - used - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		used += is_full ? 0 : (size_t)n;
		text[used] = '\0';
	}
}

int pmp_child_output(char *const *argv, int seconds, char *text, size_t size, int *status)
{
	int ends[2];
	pid_t pid;
	int rc;

	text[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return -PMP_EIO;
	pid = fork();
	if (pid == 0)
		exec_output(argv, ends[1]);
	close(ends[1]);
	rc = pid < 0 ? -PMP_EIO : read_all(ends[0], now_ms() + seconds * 1000, text, size);
	close(ends[0]);
	if (rc && pid > 0)
		kill(-pid, SIGKILL);
	while (pid > 0 && waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0 && WIFEXITED(*status) && WEXITSTATUS(*status) == 127)
		return -PMP_ENOTFOUND;
	return rc;
}
