/*
 * pmprof.h - annotations for programs that may run under libpmprof
 *
 * Header-only for the program: no link flag is needed. Without the library every call here costs one load and one branch;
 * under `pmprof run`, with LD_PRELOAD or when linked with -lpmprof it comes alive. C11 and C++11.
 *
 *   PMPROF_REGION("solve") { ... }            time inside is reported as region "solve"; regions nest, per thread
 *   pmprof_region_begin("io"); ... pmprof_region_end("io");
 *   pmprof_pause(); ... pmprof_resume();      nothing is recorded in between, on any thread of this rank
 *
 * Leaving a PMPROF_REGION block with return, goto or break is fine in C (GCC, Clang) and C++: the region ends with the block.
 */
#ifndef PMPROF_PMPROF_H
#define PMPROF_PMPROF_H

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
};
