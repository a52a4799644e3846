/*
 * crash.h - what a fatal signal met: which thread, where, its whole stack. Into the arena; the words come from whoever reads it
 */
#ifndef PMP_CRASH_H
#define PMP_CRASH_H

#include <signal.h>

#include "record/rank.h"

/*
 * pmp_crash_prepare - the record and the memory that the handler needs; when recording starts
 *
 * Nothing fails: without room there is no record of a crash. Cost: one page of the arena; 200 KiB of addresses, which become memory
 * only in a crash.
 */
void pmp_crash_prepare(struct pmp_rank *rank);

/*
 * pmp_crash_note - in the handler of a signal that ends the process. Only the first one counts.
 * @context: as the handler got it
 *
 * Context: any thread, anywhere, also on an alternate stack. No allocation; takes no lock that is not free. Cost: some 100 us.
 */
void pmp_crash_note(int signal, const siginfo_t *info, const void *context);

/*
 * pmp_crash_await - in the handler of a thread that is not the first: the process must not end before the first one's stack is noted
 *
 * Context: as pmp_crash_note, after another thread has noted its signal and with all signals blocked, so never on that one. Cost: at
 * most a tenth of a second, once.
 */
void pmp_crash_await(void);

/* pmp_crash_stop - the arena is about to be unmapped, or the process is a forked child */
void pmp_crash_stop(void);

#endif
