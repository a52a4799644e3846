/* calibrate.h - what recording one call costs on this machine */
#ifndef PMP_CALIBRATE_H
#define PMP_CALIBRATE_H

/*
 * pmp_calibrate - ticks that a recorded call takes of the program, the least of some batches; 0 when it could not be measured
 *
 * Records calls that do nothing into an arena of its own, in about 0.2 ms. Context: main thread, before recording is opened.
 */
double pmp_calibrate(void);

#endif
