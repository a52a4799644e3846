/* ending.h - notes in the arena's header how the process ends, and changes nothing about it */
#ifndef PMP_ENDING_H
#define PMP_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/arena.h"

/* pmp_ending_before_init - from here on exit() is noted in @header; remembers the signal actions before MPI sets its own */
void pmp_ending_before_init(struct pmp_arena_header *header);

/*
 * pmp_ending_watch - from here on fatal signals are noted as well
 *
 * Handlers go only where the action is still the default or was set inside MPI_Init. They note the signal, put the former
 * action back and let the signal come again. Context: main thread, after PMPI_Init.
 */
void pmp_ending_watch(void);

/*
 * pmp_ending_unwatch - the former actions and the alternate stack are as they were, where they are still ours
 *
 * Nothing more will be noted: after MPI_Finalize a program finds its process as it would without us. Context: any thread; the
 * alternate stack stays on another one than that of pmp_ending_watch.
 */
void pmp_ending_unwatch(void);

/* pmp_ending_stop - the arena is about to be unmapped */
void pmp_ending_stop(void);

/*
 * pmp_ending_note - note an end; async-signal-safe
 *
 * The first of abort, signal and exit counts; after MPI_Finalize was reached only an abort or a signal during the final write.
 * Return: it was noted.
 */
bool pmp_ending_note(struct pmp_arena_header *header, enum pmp_end end, int code);

#endif
