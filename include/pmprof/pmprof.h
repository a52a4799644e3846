/*
 * pmprof.h - annotations for programs that may run under libpmprof
 *
 * Header-only for the program: no link flag is needed. Without the library every call here costs one load and one branch;
 * under `pmprof run`, with LD_PRELOAD or when linked with -lpmprof it comes alive. C11 and C++11; pmprof.f90 beside it is the same
 * for Fortran.
 *
 *   PMPROF_REGION("solve") { ... }            time inside is reported as region "solve"; regions nest, per thread
 *   pmprof_region_begin("io"); ... pmprof_region_end("io");
 *   pmprof_pause(); ... pmprof_resume();      nothing is recorded in between, on any thread of this rank
 *
 * Leaving a PMPROF_REGION block with return, goto, break or (C++) an exception is fine: the region ends with the block. The
 * block is a loop that runs once: break and continue leave the block, not a loop around it.
 *
 * Needs GCC or Clang, and -ldl where the C library is older than glibc 2.34.
 */
#ifndef PMPROF_PMPROF_H
#define PMPROF_PMPROF_H

#include <dlfcn.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PMPROF_API_VERSION 1

/*
 * The table that libpmprof.so exports as `pmprof_api_1`. Later versions add members at the end and keep the name; a change of
 * meaning gets a new name. All members may be called from any thread, before MPI_Init and after MPI_Finalize (then: no-op),
 * not from signal handlers.
 */
struct pmprof_api {
	size_t size; /* bytes of this table: a member exists if it lies below */
	void (*region_begin)(const char *name);
	void (*region_end)(const char *name);
	void (*pause)(void);
	void (*resume)(void);
	/* As Fortran passes strings: without an end, filled up with blanks. A name that is NULL is absent. */
	void (*region_begin_fortran)(const char *name, size_t length);
	void (*region_end_fortran)(const char *name, size_t length);
};

#ifndef PMPROF_API_ONLY /* defined where the table is made */

/* Of this program or library; NULL without libpmprof. Not part of the interface: use the functions below. */
extern const struct pmprof_api *pmprof_api_found;
__attribute__((weak, visibility("hidden"))) const struct pmprof_api *pmprof_api_found;

static __attribute__((constructor, unused)) void pmprof_api_look_up(void)
{
	/* the null handle is RTLD_DEFAULT, which <dlfcn.h> names only under _GNU_SOURCE */
	if (!pmprof_api_found)
		pmprof_api_found = (const struct pmprof_api *)dlsym((void *)0, "pmprof_api_1");
}

/* Inlined also without optimisation: the calling line is to be that of the program. */
#define PMPROF_INLINE static inline __attribute__((always_inline, unused))

/*
 * pmprof_region_begin - open a named region on the calling thread
 * @name: copied, cut at 511 bytes; "" is allowed
 *
 * Regions nest, 64 deep; deeper ones are part of the one around them. Cost: less than a recorded MPI call.
 */
PMPROF_INLINE void pmprof_region_begin(const char *name)
{
	if (__builtin_expect(pmprof_api_found != 0, 0))
		pmprof_api_found->region_begin(name);
}

/*
 * pmprof_region_end - close the innermost region of that name, and those inside it
 * @name: NULL closes the innermost; a name that is not open changes nothing
 */
PMPROF_INLINE void pmprof_region_end(const char *name)
{
	if (__builtin_expect(pmprof_api_found != 0, 0))
		pmprof_api_found->region_end(name);
}

/* pmprof_pause, pmprof_resume - stop and go on recording, on all threads of this rank. They do not nest: one resume is enough. */
PMPROF_INLINE void pmprof_pause(void)
{
	if (__builtin_expect(pmprof_api_found != 0, 0))
		pmprof_api_found->pause();
}

PMPROF_INLINE void pmprof_resume(void)
{
	if (__builtin_expect(pmprof_api_found != 0, 0))
		pmprof_api_found->resume();
}

#ifdef __cplusplus
}
#endif

/* PMPROF_REGION(name) - the statement or block behind it is a region */
#define PMPROF_JOIN_(a, b)  a##b
#define PMPROF_JOIN(a, b)   PMPROF_JOIN_(a, b)
#define PMPROF_REGION(name) PMPROF_REGION_(name, PMPROF_JOIN(pmprof_scope_, __LINE__))

#ifdef __cplusplus

class pmprof_scope
{
      public:
	explicit inline __attribute__((always_inline)) pmprof_scope(const char *name)
	    : pending(true), region(name)
	{
		pmprof_region_begin(name);
	}
	inline __attribute__((always_inline)) ~pmprof_scope()
	{
		pmprof_region_end(region);
	}
	bool pending;

      private:
	const char *region;
	pmprof_scope(const pmprof_scope &);
	pmprof_scope &operator=(const pmprof_scope &);
};

#define PMPROF_REGION_(name, scope)                                                                \
	for (pmprof_scope scope(name); scope.pending; scope.pending = false)

#else

struct pmprof_scope {
	const char *region;
	int pending;
};

PMPROF_INLINE struct pmprof_scope pmprof_scope_begin(const char *name)
{
	struct pmprof_scope scope = {name, 1};

	pmprof_region_begin(name);
	return scope;
}

PMPROF_INLINE void pmprof_scope_end(struct pmprof_scope *scope)
{
	pmprof_region_end(scope->region);
}

#define PMPROF_REGION_(name, scope)                                                                \
	for (struct pmprof_scope scope                                                             \
	     __attribute__((cleanup(pmprof_scope_end))) = pmprof_scope_begin(name);                \
	     scope.pending; scope.pending = 0)

#endif /* __cplusplus */

#else

#ifdef __cplusplus
}
#endif

#endif /* PMPROF_API_ONLY */

#endif
