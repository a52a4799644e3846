/* type_size.h - bytes of one element of a datatype, in 64 bits */
#ifndef PMP_TYPE_SIZE_H
#define PMP_TYPE_SIZE_H

#include <mpi.h>
#include <stdint.h>

/*
 * pmp_type_size - bytes of data in one element
 *
 * Each thread remembers the datatypes used last. Return: 0 for MPI_DATATYPE_NULL and where MPI knows no size.
 * Context: any thread. Cost: two loads and a compare for a remembered one.
 */
uint64_t pmp_type_size(MPI_Datatype datatype);

/*
 * pmp_type_of_fortran - the handle of C; MPI_DATATYPE_NULL for a wrong one
 *
 * Context: after MPI_Init, any thread. Cost: as above for a remembered one.
 */
MPI_Datatype pmp_type_of_fortran(MPI_Fint datatype);

/* pmp_type_freeing - a datatype is about to be freed: its handle may come back with another size, on any thread */
void pmp_type_freeing(void);

/* pmp_bytes_of - count elements of a datatype; 0 for a negative count, which is for MPI to complain about */
static inline uint64_t pmp_bytes_of(int64_t count, MPI_Datatype datatype)
{
	return count > 0 ? (uint64_t)count * pmp_type_size(datatype) : 0;
}

#endif
