/*
 * child.c - starts a program and waits for its end. `pmprof run` does so in its place and must not be noticed: signals go
 * through relay.c, the end is imitated. Short helper commands whose output is wanted are here as well.
 */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tie_to(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(128 + SIGTERM);
}

_Noreturn static void exec_program(const struct pmp_relay *relay, const struct pmp_child *child,
				   pid_t parent, int report)
{
	int error = 0;

	if (child->is_tied)
		tie_to(parent);
	if (child->input >= 0 && dup2(child->input, 0) < 0)
		error = errno;
	if (child->output >= 0 && (dup2(child->output, 1) < 0 || dup2(child->output, 2) < 0))
		error = errno;
	if (child->kept >= 0)
		fcntl(child->kept, F_SETFD, 0);
	pmp_relay_restore(relay);
	if (!error) {
		execvp(child->argv[0], child->argv);
		error = errno;
	}
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static int start_program(const struct pmp_relay *relay, const struct pmp_child *child, pid_t *pid,
			 struct pmp_diag *diag)
{
	pid_t self = getpid();
	int ends[2];
	int error = 0;

	if (pipe2(ends, O_CLOEXEC))
		return pmp_fail(diag, PMP_EIO, "cannot start '%s': %m", child->argv[0]);
	*pid = fork();
	if (*pid == 0)
		exec_program(relay, child, self, ends[1]);
	if (*pid < 0)
		error = errno;
	close(ends[1]);
	if (*pid > 0 && read(ends[0], &error, sizeof(error)) == (ssize_t)sizeof(error))
		waitpid(*pid, NULL, 0);
	close(ends[0]);
	errno = error;
	if (error)
		return pmp_fail(diag, error == ENOENT ? PMP_ENOTFOUND : PMP_EIO,
				"cannot start '%s': %m", child->argv[0]);
	return 0;
}

bool pmp_child_is_end(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGQUIT;
}

static bool has_ended(pid_t pid, struct pmp_child_end *end)
{
	struct rusage usage;

	if (wait4(pid, &end->status, WNOHANG, &usage) != pid)
		return false;
	end->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
	return true;
}

static void wait_for_end(struct pmp_relay *relay, const struct pmp_child *child, pid_t pid,
			 struct pmp_child_end *end)
{
	for (;;) {
		bool is_for_us = false;
		int sig = pmp_relay_wait(relay, child->tick ? child->tick_ms : -1, &is_for_us);

		if (sig == SIGCHLD && has_ended(pid, end))
			return;
		if (pmp_child_is_end(sig))
			end->signal = sig;
		if (is_for_us)
			kill(pid, sig);
		if (sig == 0 && child->tick)
			child->tick(child->data);
	}
}

int pmp_child_start(struct pmp_relay *relay, const struct pmp_child *child,
		    struct pmp_child_end *end, struct pmp_diag *diag)
{
	double begun = now_s();
	pid_t pid = -1;
	int rc;

	*end = (struct pmp_child_end){.status = 0};
	rc = start_program(relay, child, &pid, diag);
	if (rc)
		return rc;
	if (child->started)
		child->started(pid, child->data);
	wait_for_end(relay, child, pid, end);
	end->wall_s = now_s() - begun;
	return 0;
}

int pmp_child_run(char *const *argv, void (*started)(pid_t pid, void *data), void *data,
		  int *status, struct pmp_diag *diag)
{
	const struct pmp_child child = {.argv = argv,
					.input = -1,
					.output = -1,
					.kept = -1,
					.started = started,
					.data = data};
	struct pmp_child_end end;
	struct pmp_relay relay;
	int rc;

	pmp_relay_open(&relay);
	rc = pmp_child_start(&relay, &child, &end, diag);
	pmp_relay_close(&relay);
	if (rc)
		pmp_relay_restore(&relay);
	*status = end.status;
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
