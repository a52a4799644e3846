/*
 * fortran.c - the cold half of fortran.h: entry points and sentinels of MPI's Fortran layer, handles that are new
 *
 * Called by the wrappers of the Fortran bindings, on any thread. The Fortran layer may have come with the program, or later with a
 * library or a Python module that was loaded for itself; so the caller's object is asked as well.
 */
#include "fortran.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/environment.h"

struct pmp_fortran_sentinels pmp_fortran_sentinels;
PMP_THREAD struct pmp_fortran_cache pmp_fortran_cache;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * The object of a sentinel: a common block of mpif.h, as compilers decorate its name, or a constant of MPICH's mpi_f08 (what comes from
 * its mpif.h is seen in C).
 */
static const void *sentinel(const char *const names[4])
{
	const void *found = NULL;

	for (size_t i = 0; !found && i < 4; i++)
		found = dlsym(RTLD_DEFAULT, names[i]);
	return found ? found : &pmp_fortran_sentinels; /* no argument of the program */
}

static bool is_same_status(void)
{
	MPI_Fint fortran[PMP_FORTRAN_STATUS];
	MPI_Status c;

	for (size_t i = 0; i < PMP_FORTRAN_STATUS; i++)
		fortran[i] = (MPI_Fint)(1000 + i);
	memset(&c, 0, sizeof(c));
	return PMPI_Status_f2c(fortran, &c) == MPI_SUCCESS && memcmp(&c, fortran, sizeof(c)) == 0;
}

static void find_sentinels(void)
{
#define NAMES(name, mpich)                                                                         \
	(const char *const[]){"mpi_fortran_" name "_", "mpi_fortran_" name,                        \
			      "mpi_fortran_" name "__", "MPIR_F08_MPI_" mpich}

	pmp_fortran_sentinels.in_place = sentinel(NAMES("in_place", "IN_PLACE"));
	pmp_fortran_sentinels.status_ignore = sentinel(NAMES("status_ignore", "STATUS_IGNORE_OBJ"));
	pmp_fortran_sentinels.statuses_ignore =
		sentinel(NAMES("statuses_ignore", "STATUSES_IGNORE_OBJ"));
#undef NAMES
}

/* As the caller's object finds it: in itself and in what it was linked with. */
static void *symbol_of(const void *caller, const char *symbol)
{
	Dl_info object;
	void *handle = NULL, *found = NULL;

	if (dladdr(caller, &object) && object.dli_fname)
		handle = dlopen(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (handle) {
		found = dlsym(handle, symbol);
		dlclose(handle); /* the caller's code is running: it stays */
	}
	return found;
}

/* Wherever it is: with the program, or with what loaded MPI for itself. */
static void *twin(const char *prefix, const char *symbol, const void *caller)
{
	char name[64];
	void *found;

	snprintf(name, sizeof(name), "%s%s", prefix, symbol + strlen("mpi"));
	found = dlsym(RTLD_DEFAULT, name);
	return found ? found : symbol_of(caller, name);
}

void *pmp_fortran_bind(const char *symbol, const void *caller)
{
	static bool is_said;
	void *found = twin("pmpi", symbol, caller);

	pthread_once(&once, find_sentinels);
	if (pmp_tracking) /* MPI may be asked; the same each time */
		__atomic_store_n(&pmp_fortran_sentinels.is_same_status, is_same_status(),
				 __ATOMIC_RELAXED);
	if (!found)
		found = twin("pmpir", symbol, caller);
	if (!found && !__atomic_exchange_n(&is_said, true, __ATOMIC_RELAXED))
		fprintf(stderr,
			"pmprof: '%s' has no twin: the Fortran layer of this MPI has no profiling "
			"interface; run without the profiler\n",
			symbol);
	return found;
}

/* Open MPI has the null pointer for a handle that does not exist; other than ours, it is no handle. */
MPI_Comm pmp_fortran_comm(MPI_Fint handle)
{
	MPI_Comm comm = pmp_tracking ? PMPI_Comm_f2c(handle) : MPI_COMM_NULL;

	return pmp_key(comm) ? comm : MPI_COMM_NULL;
}

MPI_Win pmp_fortran_win(MPI_Fint handle)
{
	MPI_Win win = pmp_tracking ? PMPI_Win_f2c(handle) : MPI_WIN_NULL;

	return pmp_key(win) ? win : MPI_WIN_NULL;
}

MPI_File pmp_fortran_file(MPI_Fint handle)
{
	MPI_File file = pmp_tracking ? PMPI_File_f2c(handle) : MPI_FILE_NULL;

	return pmp_key(file) ? file : MPI_FILE_NULL;
}

MPI_Message pmp_fortran_message(MPI_Fint handle)
{
	MPI_Message message = pmp_tracking ? PMPI_Message_f2c(handle) : MPI_MESSAGE_NULL;

	return pmp_key(message) ? message : MPI_MESSAGE_NULL;
}

static uint64_t key_of(enum pmp_fortran_kind kind, MPI_Fint handle)
{
	switch (kind) {
	case PMP_FORTRAN_WIN:
		return pmp_key(pmp_fortran_win(handle));
	case PMP_FORTRAN_FILE:
		return pmp_key(pmp_fortran_file(handle));
	default:
		return pmp_key(pmp_fortran_comm(handle));
	}
}

/* Only what the map knows is remembered: it tells when a handle ends, and then the generation is another. */
const struct pmp_comm_entry *pmp_fortran_lookup(enum pmp_fortran_kind kind, MPI_Fint handle)
{
	struct pmp_fortran_cache *cache = &pmp_fortran_cache;
	uint64_t generation = __atomic_load_n(&pmp_comm_generation, __ATOMIC_ACQUIRE);
	unsigned way = ((unsigned)handle + (unsigned)kind) % PMP_FORTRAN_WAYS;
	const struct pmp_comm_entry *entry = pmp_comm_lookup(key_of(kind, handle));

	if (entry == &pmp_comm_unknown)
		return entry;
	if (cache->generation != generation) {
		memset(cache, 0, sizeof(*cache));
		cache->generation = generation;
	}
	cache->key[way] = (uint64_t)(kind + 1) << 32 | (uint32_t)handle;
	cache->entry[way] = entry;
	return entry;
}

struct pmp_fortran_text pmp_fortran_text(const char *string, size_t length)
{
	struct pmp_fortran_text copy;

	while (length && string[length - 1] == ' ')
		length--;
	if (length > sizeof(copy.text) - 1)
		length = sizeof(copy.text) - 1;
	memcpy(copy.text, string, length);
	copy.text[length] = '\0';
	return copy;
}
