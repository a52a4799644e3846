/* foreign.h - does the program call MPI from Fortran past us? */
#ifndef PMP_FOREIGN_H
#define PMP_FOREIGN_H

#include <stdbool.h>

/*
 * pmp_fortran_is_foreign - does the program file refer to a Fortran entry point of MPI that this library does not have?
 *
 * Those calls go past us, and the time in them looks like computation. Libraries of the program are not looked at. Takes the
 * dynamic linker's lock: at the start only.
 */
bool pmp_fortran_is_foreign(void);

#endif
