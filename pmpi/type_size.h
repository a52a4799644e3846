/* type_size.h - bytes of one element of a datatype, in 64 bits */
#ifndef PMP_TYPE_SIZE_H
#define PMP_TYPE_SIZE_H

#include "pmpi.h"

/*
 * pmp_type_size - bytes of data in one element
 *
 * Each thread remembers the datatypes used last. Return: 0 for MPI_DATATYPE_NULL and where MPI knows no size.
 * Context: any thread. Cost: two loads and a compare for a remembered one.
 */
uint64_t pmp_type_size(MPI_Datatype datatype);

/* Handles of Fortran that a thread used last; they are small numbers. */
#define PMP_TYPE_WAYS 8
struct pmp_type_cache {
	uint32_t generation; /* 0: nothing remembered */
	struct {
		MPI_Fint fortran;
		MPI_Datatype datatype; /* MPI_DATATYPE_NULL: nothing remembered */
	} ways[PMP_TYPE_WAYS];
};
extern PMP_THREAD struct pmp_type_cache pmp_type_cache;
extern uint32_t pmp_type_generation;

MPI_Datatype pmp_type_of_fortran_slow(MPI_Fint datatype);

/*
 * pmp_type_of_fortran - the handle of C; MPI_DATATYPE_NULL for a wrong one, and while MPI may not be asked
 *
 * Context: any thread. Cost: as above for a remembered one.
 */
static inline MPI_Datatype pmp_type_of_fortran(MPI_Fint datatype)
{
	const struct pmp_type_cache *cache = &pmp_type_cache;
	unsigned way = (unsigned)datatype % PMP_TYPE_WAYS;

	if (pmp_likely(cache->ways[way].fortran == datatype &&
		       cache->generation ==
			       __atomic_load_n(&pmp_type_generation, __ATOMIC_ACQUIRE) &&
		       cache->ways[way].datatype != MPI_DATATYPE_NULL))
		return cache->ways[way].datatype;
	return pmp_type_of_fortran_slow(datatype);
}

/* pmp_type_freeing - a datatype is about to be freed: its handle may come back with another size, on any thread */
void pmp_type_freeing(void);

/* pmp_bytes_of - count elements of a datatype; 0 for a negative count, which is for MPI to complain about */
static inline uint64_t pmp_bytes_of(int64_t count, MPI_Datatype datatype)
{
	return count > 0 ? (uint64_t)count * pmp_type_size(datatype) : 0;
}

#endif
