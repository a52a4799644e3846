/* seen.h - a job as it was seen at one moment: ranks, threads, stacks, calls; plain memory, all in one pool */
#ifndef PMP_SEEN_H
#define PMP_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/process.h"
#include "model/place.h"

/* Whom a call is for, besides ranks from 0. */
#define PMP_SEEN_ANY     (-1) /* MPI_ANY_SOURCE, MPI_ANY_TAG */
#define PMP_SEEN_NOBODY  (-2) /* MPI_PROC_NULL */
#define PMP_SEEN_UNKNOWN (-3)

/* What a thread does in MPI, by its own record. */
struct pmp_seen_call {
	uint16_t call;      /* enum pmp_call_id; PMP_CALL_NONE: outside of MPI */
	uint16_t last_call; /* outside: the call before, PMP_CALL_NONE if there was none */
	int32_t peer;       /* in MPI_COMM_WORLD */
	int32_t source;     /* MPI_Sendrecv: whom it receives from */
	int32_t root;       /* of the communicator */
	int32_t tag;
	uint64_t bytes;
	int64_t for_ns;   /* inside the call, or outside since the last one; -1 unknown */
	const char *comm; /* name of the communicator; "" none */
	const char *region;
};

enum pmp_stack_source {
	PMP_STACK_NONE,
	PMP_STACK_LIVE,  /* of the process itself */
	PMP_STACK_RECORD /* the path of its last call, as the program recorded it */
};

struct pmp_seen_thread {
	size_t rank; /* index of its rank */
	struct pmp_task task;
	bool is_main;
	bool is_helper; /* has nothing of the program's code on its stack: a thread of the MPI library, say */
	bool is_recorded; /* `call` is known */
	struct pmp_seen_call call;
	enum pmp_stack_source source;
	const struct pmp_place *frames; /* outermost first; ends at the MPI call, if it is in one */
	size_t frame_count;
	const char *mpi_call; /* the MPI function on the stack, "" none */
	uint64_t cpu_ns;      /* used between the two looks */
};

enum pmp_seen_life {
	PMP_SEEN_STARTING, /* inside MPI_Init */
	PMP_SEEN_RUNNING,
	PMP_SEEN_FINALIZING, /* inside MPI_Finalize */
	PMP_SEEN_ENDED       /* its process is gone */
};

struct pmp_seen_rank {
	int32_t rank;
	int32_t pid;
	enum pmp_seen_life life;
	const char *ending;  /* of an ended one: how, as far as its record says */
	const char *why_not; /* why there are no live stacks; "" */
	int64_t stopped_ns;  /* the longest that a thread of it was held */
	const struct pmp_seen_thread *threads;
	size_t thread_count;
};

struct pmp_seen {
	const char *job, *program, *host;
	int32_t size; /* of MPI_COMM_WORLD, 0 unknown; ranks on other nodes are not seen */
	int64_t age_s;
	int64_t gap_ns; /* between the two looks */
	struct pmp_seen_rank *ranks;
	size_t count;
	const struct pmp_verdict *verdict; /* wait_for.h; its indices are those of ranks */
};

#endif
