/*
 * type_size.c - the sizes of the datatypes a thread used last, and which handles of Fortran they are
 *
 * Owned by each thread; the only shared word is the generation, which MPI_Type_free moves on. Called by the wrappers before
 * the MPI call. Must not hand MPI a null handle: that would call the program's error handler.
 */
#include "type_size.h"

#include "pmpi.h"

#define WAYS 8

struct type_cache {
	uint32_t generation;
	struct {
		MPI_Datatype datatype;
		uint64_t bytes;
	} ways[WAYS];
};

static PMP_THREAD struct type_cache cache;
PMP_THREAD struct pmp_type_cache pmp_type_cache;
uint32_t pmp_type_generation = 1; /* a zeroed cache is stale */

static uint64_t ask(MPI_Datatype datatype)
{
	MPI_Count bytes;

	if (PMPI_Type_size_x(datatype, &bytes) != MPI_SUCCESS || bytes < 0)
		return 0;
	return (uint64_t)bytes;
}

uint64_t pmp_type_size(MPI_Datatype datatype)
{
	uint64_t key = pmp_key(datatype);
	unsigned way = (unsigned)((key ^ key >> 7 ^ key >> 13) % WAYS);
	uint32_t now = __atomic_load_n(&pmp_type_generation, __ATOMIC_ACQUIRE);

	if (cache.generation != now) {
		for (unsigned i = 0; i < WAYS; i++)
			cache.ways[i].datatype = MPI_DATATYPE_NULL;
		cache.generation = now;
	}
	if (datatype == MPI_DATATYPE_NULL)
		return 0;
	if (cache.ways[way].datatype != datatype) {
		cache.ways[way].bytes = ask(datatype);
		cache.ways[way].datatype = datatype;
	}
	return cache.ways[way].bytes;
}

/* Open MPI has the null pointer for a handle that does not exist, and would take it to the program's error handler later. */
static MPI_Datatype convert(MPI_Fint fortran)
{
	static const MPI_Datatype none;
	MPI_Datatype datatype = pmp_tracking ? PMPI_Type_f2c(fortran) : none;

	return datatype == none ? MPI_DATATYPE_NULL : datatype;
}

MPI_Datatype pmp_type_of_fortran_slow(MPI_Fint datatype)
{
	struct pmp_type_cache *known = &pmp_type_cache;
	unsigned way = (unsigned)datatype % PMP_TYPE_WAYS;
	uint32_t now = __atomic_load_n(&pmp_type_generation, __ATOMIC_ACQUIRE);

	if (known->generation != now) {
		for (unsigned i = 0; i < PMP_TYPE_WAYS; i++)
			known->ways[i].datatype = MPI_DATATYPE_NULL;
		known->generation = now;
	}
	known->ways[way].datatype = convert(datatype);
	known->ways[way].fortran = datatype;
	return known->ways[way].datatype;
}

void pmp_type_freeing(void)
{
	__atomic_fetch_add(&pmp_type_generation, 1, __ATOMIC_RELEASE);
}
