/*
 * before_limit.c - a process beside the program that has its file written before the batch system ends the job. Started by
 * `pmprof run`; sleeps, asks the scheduler at most a few times, and dies with its parent.
 */
#include "cli/before_limit.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/launch.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/time_limit.h"

#define PATIENCE_SECONDS 20   /* a run that is over by then asks nobody */
#define COLLECT_SECONDS  600  /* the limit comes sooner in any case */
#define NAP_SECONDS      1800 /* a limit may be moved while the job runs: looked at that often */
#define TRIES            5
#define TRY_SECONDS      2
#define SLACK_SECONDS    5 /* a limit that was moved by less has not been moved */

/* Seconds until the file has to be written. Of a job that has little time left in all, half of it is for the program. */
static int find_pause(const struct pmp_before_limit *watch, int64_t *pause, struct pmp_diag *diag)
{
	int64_t left;
	int rc = pmp_time_limit_left(false, &left, NULL);

	if (rc == -PMP_ENOTFOUND)
		return pmp_fail(diag, PMP_ENOTFOUND, "no batch system, so no time limit");
	if (rc && !watch->is_asked)
		sleep(PATIENCE_SECONDS);
	if (rc)
		rc = pmp_time_limit_left(true, &left, diag);
	if (rc == 0)
		*pause = left > 2 * watch->seconds ? left - watch->seconds : left / 2;
	return rc;
}

static void wait_until_due(const struct pmp_before_limit *watch, int64_t pause)
{
	int64_t left;

	while (pause > 0) {
		sleep((unsigned)(pause < NAP_SECONDS ? pause : NAP_SECONDS));
		pause -= NAP_SECONDS;
		if (pmp_time_limit_left(true, &left, NULL) == 0)
			pause = left > watch->seconds + SLACK_SECONDS ? left - watch->seconds : 0;
	}
}

/* A program that has only begun has no records yet: tried again. From the begin of a try to its end we are not to be stopped. */
static int collect(const struct pmp_before_limit *watch)
{
	char text[4096] = "";
	int status = 0, rc = -1;

	for (int i = 0; i < TRIES && (rc || status); i++) {
		if (i)
			sleep(TRY_SECONDS);
		signal(SIGTERM, SIG_IGN);
		rc = pmp_child_output(watch->line, COLLECT_SECONDS, text, sizeof(text), &status);
		signal(SIGTERM, SIG_DFL);
	}
	if (!watch->quiet && *text)
		fprintf(stderr, "pmprof: before the time limit:\n%s", text);
	return rc || status;
}

_Noreturn static void watch_main(const struct pmp_before_limit *watch)
{
	struct pmp_diag diag = {""};
	int64_t pause = 0;
	int rc = find_pause(watch, &pause, &diag);

	if (rc && watch->is_asked && !watch->quiet)
		pmp_cli_say("no file will be written before the time limit: %s", diag.text);
	if (rc)
		_exit(1);
	wait_until_due(watch, pause);
	_exit(collect(watch));
}

void pmp_before_limit_start(struct pmp_before_limit *watch)
{
	pid_t parent = getpid();

	watch->pid = watch->seconds > 0 ? fork() : -1;
	if (watch->pid != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_NAME, "pmprof-limit");
	unsetenv("LD_PRELOAD");
	setenv("SLURM_OVERLAP", "1", 1); /* the step of the ranks has all processors of the job */
	if (watch->is_rank)
		pmp_launch_forget();
	if (getppid() != parent)
		_exit(1);
	watch_main(watch);
}

bool pmp_before_limit_stop(struct pmp_before_limit *watch)
{
	int status = -1;

	if (watch->pid <= 0)
		return false;
	kill(watch->pid, SIGTERM);
	while (waitpid(watch->pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
