/* relay.h - signals for whoever stands between a terminal (or a batch system) and a program */
#ifndef PMP_RELAY_H
#define PMP_RELAY_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct pmp_relay {
	sigset_t before; /* signal mask to give to a program, and back at the end */
	sigset_t
		waited; /* what we wait for: SIGCHLD and those to be passed on that were not ignored */
	struct sigaction sigchld; /* disposition to give back */
	pid_t witness;
	int testimony; /* reading end of the witness's pipe */
};

/* pmp_relay_open - from here on signals are held for pmp_relay_wait. Context: one thread. */
void pmp_relay_open(struct pmp_relay *relay);

/* pmp_relay_close - dismiss the witness; signals stay held (a signal on the way must not kill who is about to end alike) */
void pmp_relay_close(struct pmp_relay *relay);

/* pmp_relay_restore - give mask and disposition back: in a child before exec, or when nothing was started */
void pmp_relay_restore(const struct pmp_relay *relay);

/*
 * pmp_relay_wait - the next signal
 * @timeout_ms: negative: for ever
 * @is_for_us:  receives whether it reached us alone, so that a child in our process group has not got it
 *
 * Return: its number, 0 when the time is over.
 */
int pmp_relay_wait(struct pmp_relay *relay, int timeout_ms, bool *is_for_us);

#endif
