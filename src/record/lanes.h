/*
 * lanes.h - which thread records on which lane, and whether anybody records at all
 *
 * Lane 0 is the thread that called MPI_Init; it is never given to another one.
 */
#ifndef PMP_LANES_H
#define PMP_LANES_H

#include "record/recorder.h"

#define PMP_LANES_MAX 1024

/* pmp_lanes_start - the calling thread gets lane 0; the gate stays closed: 0 or -PMP_EFULL */
int pmp_lanes_start(struct pmp_rank *rank);

/* pmp_lanes_open - recording begins now. Return: the stamp at which it did. Context: the thread of pmp_lanes_start. */
uint64_t pmp_lanes_open(void);

/* pmp_lanes_close - recording ends for good, with a last gap of the calling thread. Return: the stamp at which it did. */
uint64_t pmp_lanes_close(void);

/* pmp_lanes_forked - in a child process: nothing is recorded, nothing of the parent's arena is touched. Takes no lock. */
void pmp_lanes_forked(void);

/*
 * pmp_lanes_release - give back the private memory, after pmp_lanes_close, on the thread of pmp_lanes_start
 *
 * Return: false if other threads have recorded as well; then nothing was done, because they may be looking at it.
 */
bool pmp_lanes_release(void);

/* pmp_lanes_pause, pmp_lanes_resume - of all threads; a second one changes nothing */
void pmp_lanes_pause(void);
void pmp_lanes_resume(void);

/* pmp_lanes_are_open - between pmp_lanes_open and pmp_lanes_close, paused or not */
bool pmp_lanes_are_open(void);

#endif
