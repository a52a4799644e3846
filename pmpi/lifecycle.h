/* lifecycle.h - beginning and end of recording, around MPI_Init and MPI_Finalize of C and of Fortran. On the main thread. */
#ifndef PMP_LIFECYCLE_H
#define PMP_LIFECYCLE_H

/* pmp_lifecycle_start - MPI_Init was entered */
void pmp_lifecycle_start(void);

/* pmp_lifecycle_running - MPI_Init returned with success */
void pmp_lifecycle_running(void);

/* pmp_lifecycle_finalize - MPI_Finalize was entered: ends recording, meets all ranks, writes the file */
void pmp_lifecycle_finalize(void);

/* pmp_lifecycle_pcontrol - MPI_Pcontrol: 0 pauses, 1 resumes, other levels mean nothing to us */
void pmp_lifecycle_pcontrol(int level);

#endif
