/*
 * fortran.h - what the wrappers of the Fortran bindings are made of, besides those of C
 *
 * A wrapper hands its arguments on as they are, to the entry point of MPI's own Fortran layer with P in front: what they mean to
 * it (strings, logicals, sentinels, callbacks, absent arguments) stays between it and the program. Only what the recorder needs
 * is read, before the call, and converted to what C calls it. All Fortran arguments are addresses, save the lengths of strings, which follow
 * the others.
 */
#ifndef PMP_FORTRAN_H
#define PMP_FORTRAN_H

#include <string.h>

#include "wrapper.h"

_Static_assert(sizeof(MPI_Fint) == sizeof(int), "counts are read as int");

/* A status of Fortran, in mpif.h an array, in mpi_f08 a structure, takes as much room as one of C. */
#define PMP_FORTRAN_STATUS (sizeof(MPI_Status) / sizeof(MPI_Fint))

/*
 * pmp_fortran_bind - find the twin of an entry point of MPI's Fortran layer; once for each wrapper
 * @symbol: "mpi_send_"; its twin is pmpi_send_, of MPICH's mpi_f08 pmpir_send_f08_
 * @caller: address in the object that calls
 *
 * libpmprof.so is not linked with that layer, since programs in C have none. Takes the dynamic linker's lock. Return: NULL when
 * there is none, which is said once.
 */
void *pmp_fortran_bind(const char *symbol, const void *caller);

/* PMP_FORTRAN_BIND - `real` is a static pointer to the function; without it the call fails with MPI_ERR_INTERN */
#define PMP_FORTRAN_BIND(real, symbol, failed)                                                     \
	do {                                                                                       \
		if (pmp_unlikely(!__atomic_load_n(&(real), __ATOMIC_RELAXED))) {                   \
			void *found = pmp_fortran_bind(symbol, __builtin_return_address(0));       \
                                                                                                   \
			if (!found) {                                                              \
				failed;                                                            \
				return;                                                            \
			}                                                                          \
			__atomic_store_n(&(real), (__typeof__(real))(uintptr_t)found,              \
					 __ATOMIC_RELAXED);                                        \
		}                                                                                  \
	} while (0)

/* mpi_send_ is called mpi_send, mpi_send__ or MPI_SEND by some compilers. */
#define PMP_FORTRAN_ALIASES(lower, upper)                                                          \
	PMP_FORTRAN_ALIAS(lower, lower##_)                                                         \
	PMP_FORTRAN_ALIAS(lower##__, lower##_)                                                     \
	PMP_FORTRAN_ALIAS(upper, lower##_)
#define PMP_FORTRAN_ALIAS(name, symbol)                                                            \
	extern __typeof__(symbol) name __attribute__((alias(#symbol), visibility("default")));

/*
 * PMP_FORTRAN_ENTRIES - the entry points of a function whose wrapper is written by hand: `body` is given the entry point of MPI,
 * the frame, and the arguments. With MPICH only those past the wrappers of C, see generate_fortran.py.
 */
#ifdef MPICH_VERSION
#define PMP_FORTRAN_ENTRIES(body, lower, upper, parameters, failed, ...)                           \
	PMP_FORTRAN_ENTRY(body, lower##_f08_, parameters, failed, __VA_ARGS__)
#else
#define PMP_FORTRAN_ENTRIES(body, lower, upper, parameters, failed, ...)                           \
	PMP_FORTRAN_ENTRY(body, lower##_, parameters, failed, __VA_ARGS__)                         \
	PMP_FORTRAN_ENTRY(body, lower##_f08_, parameters, failed, __VA_ARGS__)                     \
	PMP_FORTRAN_ALIASES(lower, upper)
#endif
#define PMP_FORTRAN_ENTRY(body, symbol, parameters, failed, ...)                                   \
	PMP_EXPORT void symbol parameters;                                                         \
	void symbol parameters                                                                     \
	{                                                                                          \
		static __typeof__(symbol) *real;                                                   \
                                                                                                   \
		PMP_FORTRAN_BIND(real, #symbol, failed);                                           \
		body(real, __builtin_frame_address(0), __VA_ARGS__);                               \
	}

static inline void pmp_fortran_fail(MPI_Fint *ierror)
{
	if (ierror)
		*ierror = MPI_ERR_INTERN;
}

/* Addresses that mean something, found by the first pmp_fortran_bind. */
struct pmp_fortran_sentinels {
	const void *in_place, *status_ignore, *statuses_ignore;
	bool is_same_status; /* a status of Fortran has the bytes of one of C */
};
extern struct pmp_fortran_sentinels pmp_fortran_sentinels;

static inline const void *pmp_fortran_buffer(const void *buffer)
{
	return buffer == pmp_fortran_sentinels.in_place ? MPI_IN_PLACE : buffer;
}

/* Where the status goes: the program's, or our own when it wants none. */
static inline MPI_Fint *pmp_fortran_status(MPI_Fint *wanted, MPI_Fint *own)
{
	return wanted == pmp_fortran_sentinels.status_ignore ? own : wanted;
}

/* The status as C has it; only of a call that succeeded. That of Fortran is an array of INTEGER: aligned for those only. */
static inline const MPI_Status *pmp_fortran_converted(const MPI_Fint *status, MPI_Status *seen)
{
	if (pmp_likely(pmp_fortran_sentinels.is_same_status))
		memcpy(seen, status, sizeof(*seen));
	else
		PMPI_Status_f2c(status, seen);
	return seen;
}

/*
 * Handles. Those of communicators, windows and files are looked up as they are, in a table of the last ones for each thread.
 * The others convert; null before MPI_Init has returned and after MPI_Finalize was entered, when MPI may not be asked.
 */
enum pmp_fortran_kind { PMP_FORTRAN_COMM, PMP_FORTRAN_WIN, PMP_FORTRAN_FILE };

#define PMP_FORTRAN_WAYS 4
struct pmp_fortran_cache {
	uint64_t generation; /* of the map of communicators */
	uint64_t key[PMP_FORTRAN_WAYS];
	const struct pmp_comm_entry *entry[PMP_FORTRAN_WAYS];
};
extern PMP_THREAD struct pmp_fortran_cache pmp_fortran_cache;

const struct pmp_comm_entry *pmp_fortran_lookup(enum pmp_fortran_kind kind, MPI_Fint handle);

static inline const struct pmp_comm_entry *pmp_fortran_entry(enum pmp_fortran_kind kind,
							     MPI_Fint handle)
{
	const struct pmp_fortran_cache *cache = &pmp_fortran_cache;
	uint64_t key = (uint64_t)(kind + 1) << 32 | (uint32_t)handle;
	unsigned way = ((unsigned)handle + (unsigned)kind) % PMP_FORTRAN_WAYS;

	if (cache->key[way] == key &&
	    cache->generation == __atomic_load_n(&pmp_comm_generation, __ATOMIC_ACQUIRE))
		return cache->entry[way];
	return pmp_fortran_lookup(kind, handle);
}

MPI_Comm pmp_fortran_comm(MPI_Fint handle);
MPI_Win pmp_fortran_win(MPI_Fint handle);
MPI_File pmp_fortran_file(MPI_Fint handle);
MPI_Message pmp_fortran_message(MPI_Fint handle);

static inline MPI_Request pmp_fortran_request(MPI_Fint handle)
{
	MPI_Request request = pmp_tracking ? PMPI_Request_f2c(handle) : MPI_REQUEST_NULL;

	return pmp_key(request) ? request : MPI_REQUEST_NULL;
}

static inline const struct pmp_comm_entry *pmp_fortran_take(const MPI_Fint *handle)
{
	MPI_Message message = pmp_fortran_message(*handle);

	return pmp_message_take(&message);
}

static inline void pmp_fortran_learn(const struct pmp_comm_entry *on, MPI_Fint handle, int rc)
{
	if (pmp_unlikely(on == &pmp_comm_unknown) && rc == MPI_SUCCESS)
		pmp_comm_learn_slow(pmp_fortran_comm(handle));
}

/* A string without the blanks that fill it up, as MPI takes a name; cut where it is longer than any name. */
struct pmp_fortran_text {
	char text[MPI_MAX_OBJECT_NAME + 1];
};
struct pmp_fortran_text pmp_fortran_text(const char *string, size_t length);

#endif
