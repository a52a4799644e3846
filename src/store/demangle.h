/* demangle.h - linker names to what the programmer wrote */
#ifndef PMP_DEMANGLE_H
#define PMP_DEMANGLE_H

#include "model/pool.h"

/*
 * pmp_demangle - C++ (Itanium) names and Fortran module procedures (gfortran's __mod_MOD_proc, ifort's mod_mp_proc_ is left alone);
 * any other name is copied
 *
 * Return: owned by the pool; "" when there is no memory. Context: one thread at a time; the first C++ name loads libstdc++.
 */
const char *pmp_demangle(struct pmp_pool *pool, const char *name);

#endif
