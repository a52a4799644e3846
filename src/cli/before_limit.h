/*
 * before_limit.h - the file is written before the batch system's time limit ends the job
 *
 * A process of our own waits beside the program. Shortly before the limit it starts the given line, which makes a file of what all
 * ranks have recorded so far; they go on undisturbed. If they end in time they write the whole file over it.
 */
#ifndef PMP_BEFORE_LIMIT_H
#define PMP_BEFORE_LIMIT_H

#include <stdbool.h>
#include <sys/types.h>

#define PMP_BEFORE_LIMIT_SECONDS 60

struct pmp_before_limit {
	char *const *line; /* what to start */
	int seconds;       /* how long before the limit */
	bool is_asked;     /* the user wants it: say so when the limit cannot be found out */
	bool is_rank;      /* we stand beside one rank: @line must not take itself for that rank */
	bool quiet;
	pid_t pid; /* of the process; set by start */
};

/* pmp_before_limit_start - Context: before the program is started, one thread. Cannot fail: without a process there is no file. */
void pmp_before_limit_start(struct pmp_before_limit *watch);

/* pmp_before_limit_stop - the program has ended; waits for a file being written. Return: one was written. */
bool pmp_before_limit_stop(struct pmp_before_limit *watch);

#endif
