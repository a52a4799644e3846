/*
 * endings.c - how a rank ended, as a state and in words. Used by the writer on rank 0; pure.
 */
#include "store/rank_info.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Names of enum pmp_rank_state, as in file.def. */
#define FINALIZED "finalized"
#define ABORTED   "aborted"
#define SIGNALED  "signaled"
#define EXITED    "exited"
#define VANISHED  "vanished"
#define MISSING   "missing"

static struct pmp_ending ending(const char *state, int32_t code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct pmp_ending ending(const char *state, int32_t code, const char *fmt, ...)
{
	struct pmp_ending e = {
		.state = state, .code = code, .is_finalized = strcmp(state, FINALIZED) == 0};
	va_list args;

	va_start(args, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, args);
	va_end(args);
	return e;
}

static const char *signal_name(int number)
{
	static char unknown[32];
	const char *abbreviation = sigabbrev_np(number);

	if (abbreviation)
		snprintf(unknown, sizeof(unknown), "SIG%s", abbreviation);
	else
		snprintf(unknown, sizeof(unknown), "signal %d", number);
	return unknown;
}

/* What waitpid gave the parent is the truth, whatever the process noted on its way. */
static struct pmp_ending from_parent(const struct pmp_rank_info *info)
{
	int status = info->parent_wait_status;

	if (info->end == PMP_END_ABORT)
		return ending(ABORTED, info->end_code, "called MPI_Abort(%d)", info->end_code);
	if (WIFSIGNALED(status) && info->end == PMP_END_FINALIZED)
		return ending(FINALIZED, 0, "killed by %s after MPI_Finalize",
			      signal_name(WTERMSIG(status)));
	if (info->end == PMP_END_FINALIZED)
		return ending(FINALIZED, 0, "%s", "");
	if (WIFSIGNALED(status))
		return ending(SIGNALED, WTERMSIG(status), "killed by %s",
			      signal_name(WTERMSIG(status)));
	return ending(EXITED, WEXITSTATUS(status),
		      "left through %s without MPI_Finalize, exit status %d",
		      info->end == PMP_END_EXIT ? "exit" : "_exit or similar", WEXITSTATUS(status));
}

/* Launchers say "killed by signal n" as exit status 128 + n. */
static int launcher_signal(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return WEXITSTATUS(status) > 128 && WEXITSTATUS(status) < 128 + NSIG
		       ? WEXITSTATUS(status) - 128
		       : 0;
}

static struct pmp_ending from_launcher(const struct pmp_write_options *options, size_t vanished)
{
	const char *name = options->launcher ? options->launcher : "the launcher";
	int status = options->launcher_status;
	int number = launcher_signal(status);

	if (number && vanished == 1)
		return ending(VANISHED, number, "killed by %s (exit status %d of %s)",
			      signal_name(number), 128 + number, name);
	if (number)
		return ending(VANISHED, 0, "killed or lost (exit status %d of %s: %s hit a rank)",
			      128 + number, name, signal_name(number));
	if (vanished == 1)
		return ending(
			VANISHED, WEXITSTATUS(status),
			"left through _exit or similar without MPI_Finalize (exit status %d of %s)",
			WEXITSTATUS(status), name);
	return ending(VANISHED, 0, "left without MPI_Finalize or killed (exit status %d of %s)",
		      WEXITSTATUS(status), name);
}

int pmp_ending_is_unknown(const struct pmp_rank_info *info)
{
	return info->end == PMP_END_NONE && !info->parent_code_known && !info->is_alive;
}

struct pmp_ending pmp_ending_of(const struct pmp_rank_info *info,
				const struct pmp_write_options *options, size_t vanished)
{
	if (info->parent_code_known)
		return from_parent(info);
	switch (info->end) {
	case PMP_END_FINALIZED:
		return ending(FINALIZED, 0, "%s", "");
	case PMP_END_ABORT:
		return ending(ABORTED, info->end_code, "called MPI_Abort(%d)", info->end_code);
	case PMP_END_SIGNAL:
		return ending(SIGNALED, info->end_code, "killed by %s",
			      signal_name(info->end_code));
	case PMP_END_EXIT:
		return ending(EXITED, info->end_code,
			      "left through exit without MPI_Finalize, exit status %d",
			      info->end_code);
	default:
		break;
	}
	if (info->is_alive)
		return ending(VANISHED, 0, "still running when its record was read");
	if (options->has_launcher_status)
		return from_launcher(options, vanished);
	return ending(VANISHED, 0,
		      "no end on record: killed, left through _exit, or its node was lost");
}

struct pmp_ending pmp_ending_missing(void)
{
	return ending(MISSING, 0, "no record of this rank");
}
