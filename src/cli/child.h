/* child.h - running a program in our place: its signals, its input and output, its end are as if we
 * were not there */
#ifndef PMP_CHILD_H
#define PMP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "cli/relay.h"

/* A program to start with the present environment. */
struct pmp_child {
	char *const *argv;
	int input, output; /* become its standard input, and its output and error; -1: ours */
	int kept;          /* further descriptor that it gets; -1: none */
	bool is_tied;      /* gets SIGTERM when we die, whatever kills us */
	void (*started)(pid_t pid, void *data); /* called once in our process; may be NULL */
	void (*tick)(void *data); /* called every tick_ms while it runs; may be NULL */
	int tick_ms;
	void *data;
};

struct pmp_child_end {
	int status; /* as from waitpid */
	int signal; /* the last of SIGINT, SIGTERM, SIGHUP, SIGQUIT that came meanwhile; 0 none */
	double wall_s; /* from fork to exit */
	double cpu_s;  /* user and system time of it and all it has waited for */
};

/* pmp_child_is_end - is it one of the signals that ask a program to end? */
bool pmp_child_is_end(int sig);

/*
 * pmp_child_start - start a program, pass signals on, wait for its end
 * @relay: open
 *
 * Return: as pmp_child_run.
 */
int pmp_child_start(struct pmp_relay *relay, const struct pmp_child *child,
		    struct pmp_child_end *end, struct pmp_diag *diag);

/*
 * pmp_child_run - start @argv with the present environment, pass signals on, wait for its end
 * @started: called once in our process when the program runs; may be NULL
 * @status:  as from waitpid
 *
 * The program stays in our process group, so that a terminal's signals reach it by themselves; what
 * is sent to us alone is sent on. Return: 0; -PMP_ENOTFOUND when there is no such program, -PMP_EIO
 * when it cannot be started.
 */
int pmp_child_run(char *const *argv, void (*started)(pid_t pid, void *data), void *data,
		  int *status, struct pmp_diag *diag);

/* pmp_child_end_alike - end as the program did: exit with its code, or die of its signal (without a
 * second core file) */
_Noreturn void pmp_child_end_alike(int status);

/*
 * pmp_child_output - run a short command with empty input and keep the first @size - 1 bytes of
 * what it prints (both streams)
 *
 * Return: 0 with @status set; -PMP_ENOTFOUND, -PMP_EIO; -PMP_ETIMEOUT when it had to be killed
 * after @seconds.
 */
int pmp_child_output(char *const *argv, int seconds, char *text, size_t size, int *status);

#endif
