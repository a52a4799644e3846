/* unwind_probe.h - a stand-in for an MPI wrapper: unwinds its caller and compares with references */
#ifndef UNWIND_PROBE_H
#define UNWIND_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the probes of all threads saw since probe_reset. */
struct probe_count {
	unsigned long calls;
	unsigned long hits;
	unsigned long partial;
	unsigned long wrong;  /* paths that differ from libgcc's */
	unsigned long wrong2; /* paths that differ from libunwind's, where that was compared */
	unsigned long deepest;
};

extern struct probe_count probe_count;
extern bool probe_with_libunwind; /* costs 10 us a call */

void probe_reset(void);

/* The wrapper. Each thread gets an unwinder at its first call. */
void probe(void);

/* Frees the calling thread's unwinder. */
void probe_thread_end(void);

/* Tells the calling thread's unwinder that a module was closed. */
void probe_forget(void);

/* The path that the calling thread's last probe was given, innermost first; return: frames. */
unsigned probe_last_path(uint64_t *address, unsigned size);

#ifdef __cplusplus
}
#endif
#endif
