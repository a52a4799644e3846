/* describe.h - the fixed part of the arena's header: who, where, with what */
#ifndef PMP_DESCRIBE_H
#define PMP_DESCRIBE_H

#include "base/launch.h"
#include "schema/arena.h"

/* pmp_describe - fill the fixed part, its check last. Context: start, main thread. What cannot be found out stays empty. */
void pmp_describe(struct pmp_arena_header *header, const struct pmp_launch *launch,
		  const char *mode, const char *mpi_library);

/* pmp_describe_usage - CPU time and peak memory so far; async-signal-safe */
void pmp_describe_usage(struct pmp_arena_header *header);

/* pmp_describe_clock - renew the `latest` clock pair; async-signal-safe */
void pmp_describe_clock(struct pmp_arena_header *header);

#endif
