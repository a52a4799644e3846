/*
 * relay.c - tells signals that reached the whole process group from those that reached us alone.
 *
 * Most reach the group (the terminal's, timeout's, mpirun's, a batch system's), a few only us. Passing on the first kind would
 * deliver them twice, and mpirun takes a second SIGINT as "leave your ranks behind". So a further process of the group, the
 * witness, does nothing but wait for signals and tell: what it has seen as well needs no passing on.
 */
#include "cli/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WITNESS_WAIT_MS                                                                            \
	100 /* a signal to a group is delivered to all members within microseconds */

static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

#define PASSED_COUNT (sizeof(passed) / sizeof(passed[0]))

static void block_signals(struct pmp_relay *r)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(SIGCHLD, &action, &r->sigchld);
	sigemptyset(&r->waited);
	sigaddset(&r->waited, SIGCHLD);
	for (size_t i = 0; i < PASSED_COUNT; i++) {
		sigaction(passed[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&r->waited, passed[i]);
	}
	sigprocmask(SIG_BLOCK, &r->waited, &r->before);
}

void pmp_relay_restore(const struct pmp_relay *r)
{
	sigaction(SIGCHLD, &r->sigchld, NULL);
	sigprocmask(SIG_SETMASK, &r->before, NULL);
}

_Noreturn static void witness_main(const struct pmp_relay *r, int out, pid_t parent)
{
	int sig;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	dup2(out, 0);
	close_range(1, ~0U, 0);
	while (sigwait(&r->waited, &sig) == 0) {
		unsigned char seen = (unsigned char)sig;

		if (write(0, &seen, 1) < 0)
			break;
	}
	_exit(0);
}

/* Without a witness (no processes left) signals are passed on, which is right more often than not.
 */
static void call_witness(struct pmp_relay *r)
{
	pid_t self = getpid();
	int ends[2];

	r->witness = -1;
	r->testimony = -1;
	if (pipe2(ends, O_CLOEXEC))
		return;
	r->witness = fork();
	if (r->witness == 0)
		witness_main(r, ends[1], self);
	close(ends[1]);
	r->testimony = ends[0];
	fcntl(r->testimony, F_SETFL, O_NONBLOCK);
}

void pmp_relay_open(struct pmp_relay *r)
{
	block_signals(r);
	call_witness(r);
}

void pmp_relay_close(struct pmp_relay *r)
{
	if (r->witness > 0) {
		kill(r->witness, SIGKILL);
		while (waitpid(r->witness, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (r->testimony >= 0)
		close(r->testimony);
	r->witness = r->testimony = -1;
}

static bool witness_saw(const struct pmp_relay *r, int sig)
{
	struct pollfd wait = {.fd = r->testimony, .events = POLLIN};
	unsigned char seen[64];
	bool found = false;
	ssize_t n;

	while (!found && poll(&wait, 1, WITNESS_WAIT_MS) > 0) {
		n = read(r->testimony, seen, sizeof(seen));
		if (n <= 0)
			return false;
		found = memchr(seen, sig, (size_t)n);
	}
	return found;
}

int pmp_relay_wait(struct pmp_relay *r, int timeout_ms, bool *is_for_us)
{
	const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	int sig = timeout_ms < 0 ? sigwaitinfo(&r->waited, NULL)
				 : sigtimedwait(&r->waited, NULL, &timeout);

	if (sig <= 0)
		return 0;
	*is_for_us = sig != SIGCHLD && !witness_saw(r, sig);
	return sig;
}
