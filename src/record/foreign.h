/* fortran.h - does the program call MPI from Fortran? */
#ifndef PMP_FORTRAN_H
#define PMP_FORTRAN_H

#include <stdbool.h>

/*
 * pmp_fortran_is_called - does the program file refer to a Fortran entry point of MPI, such as mpi_send_?
 *
 * Those calls go past the wrappers of C, and the time in them looks like computation. Libraries of the program are not looked
 * at. Takes the dynamic linker's lock: at the start only.
 */
bool pmp_fortran_is_called(void);

#endif
