/*
 * arena.h - the layout of an arena file: one per rank, memory-mapped while the program runs, readable after any end
 *
 * A file is a header page followed by segments, each a whole number of pages and self-describing:
 *
 *   0                     struct pmp_arena_header (one page)
 *   PMP_ARENA_PAGE        struct pmp_segment, then its records; the next segment begins at offset + length
 *   ...                   the first page whose magic is not PMP_SEGMENT_MAGIC ends the list (it was reserved, not used)
 *
 * When the folder of the file is full, the arena goes on in another file elsewhere, a part: its first page is a struct pmp_part, the
 * bytes from PMP_ARENA_PAGE on are those of the arena from part.first on. Offsets are those of the arena as a whole; a segment may
 * begin in one file and end in the next.
 *
 * A table is the chain of all segments of one (kind, lane), in order of `first`. Tables are append-only; records are published
 * by a release store of the segment's `count`, so whatever lies below count is whole. Updated in place, by one writer, are only
 * the value fields of stats, gaps, peers and lanes, and the event ring.
 */
#ifndef PMP_ARENA_H
#define PMP_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

#define PMP_ARENA_MAGIC   "PMPARENA"
#define PMP_ARENA_VERSION 2
#define PMP_ARENA_ENDIAN  UINT32_C(0x01020304)
#define PMP_ARENA_PAGE    4096

#define PMP_PART_MAGIC "PMPAPART"
#define PMP_PARTS_MAX  3 /* further files of an arena */

#define PMP_SEGMENT_MAGIC UINT32_C(0x53504d50) /* "PMPS" */
#define PMP_LANE_NONE     UINT16_MAX           /* of rank-wide tables */

#define PMP_NO_PEER INT32_MIN
#define PMP_NO_TAG  INT32_MIN

/* Instead of the outermost return address of a stack that is deeper than what is kept of it; in no module. */
#define PMP_ADDRESS_CUT UINT64_C(1)

/*
 * The path of a module that stands for Python functions. It has no addresses: the address of a node in it is a string reference, of
 * "function\nfile\nline".
 */
#define PMP_PYTHON_MODULE "CPython 3.11"

/* Return addresses kept of a stack that ended the process: the innermost, and of the rest the outermost. */
#define PMP_CRASH_INNER  64
#define PMP_CRASH_FRAMES 96

/* Segment kinds; STRINGS holds NUL-terminated bytes, a string reference is an index into them, reference 0 is "". */
enum pmp_kind {
	PMP_KIND_NONE,
	PMP_KIND_STRINGS,
	PMP_KIND_MODULES,
	PMP_KIND_REGIONS,
	PMP_KIND_COMMS,
	PMP_KIND_LANES,
	PMP_KIND_NODES,
	PMP_KIND_STATS,
	PMP_KIND_GAPS,
	PMP_KIND_PEERS,
	PMP_KIND_EVENTS,
	PMP_KIND_CRASHES, /* rank-wide */
	PMP_KIND_COUNT
};

#define PMP_RECORD(name, kind, doc)         struct pmp_##name {
#define PMP_FIELD(record, type, field, doc) type field;
#define PMP_RECORD_END(name, bytes)                                                                \
	}                                                                                          \
	;                                                                                          \
	_Static_assert(sizeof(struct pmp_##name) == (bytes), "layout of pmp_" #name);
#include "schema/arena.def"
#undef PMP_RECORD
#undef PMP_FIELD
#undef PMP_RECORD_END

struct pmp_segment {
	uint32_t magic;        /* PMP_SEGMENT_MAGIC, stored last when the segment is created */
	uint16_t kind;         /* enum pmp_kind */
	uint16_t lane;         /* lane index or PMP_LANE_NONE */
	uint32_t record_bytes; /* size of one record */
	uint32_t capacity;     /* records that fit */
	uint64_t length;       /* bytes including this header, a multiple of PMP_ARENA_PAGE */
	uint64_t first;        /* index in its table of the first record here */
	uint64_t check;        /* pmp_segment_check() */
	uint64_t count;        /* records published; EVENTS: unused, see pmp_lane.events */
	uint64_t reserved[2];
};
_Static_assert(sizeof(struct pmp_segment) == 64, "layout of pmp_segment");

/* pmp_segment_check - of the fields that never change; offset is the segment's place in the file */
static inline uint64_t pmp_segment_check(const struct pmp_segment *s, uint64_t offset)
{
	uint64_t h = pmp_hash_combine(offset, s->magic);

	h = pmp_hash_combine(h, (uint64_t)s->kind << 16 | s->lane);
	h = pmp_hash_combine(h, (uint64_t)s->record_bytes << 32 | s->capacity);
	return pmp_hash_combine(pmp_hash_combine(h, s->length), s->first);
}

/* How a rank ended. What is not known inside the process (SIGKILL, _exit) stays PMP_END_NONE until a parent says it. */
enum pmp_end {
	PMP_END_NONE,      /* no end on record: still running, killed, or left through _exit */
	PMP_END_FINALIZED, /* MPI_Finalize was reached */
	PMP_END_ABORT,     /* MPI_Abort called; code is its argument */
	PMP_END_SIGNAL,    /* a fatal signal; code is its number */
	PMP_END_EXIT,      /* exit() or return from main without MPI_Finalize; code is the status */
	PMP_END_COUNT
};

/* How far the rank came. */
enum pmp_phase {
	PMP_PHASE_STARTED,    /* arena made, inside MPI_Init */
	PMP_PHASE_RUNNING,    /* MPI_Init returned */
	PMP_PHASE_FINALIZING, /* inside MPI_Finalize, writing the file */
	PMP_PHASE_COUNT
};

struct pmp_clock_pair {
	uint64_t ticks;
	uint64_t mono_ns; /* CLOCK_MONOTONIC */
	uint64_t real_ns; /* CLOCK_REALTIME */
};

/* The first page of a part. */
struct pmp_part {
	char magic[8];  /* PMP_PART_MAGIC */
	uint64_t owner; /* `check` of the header */
	uint64_t first; /* offset in the arena of what follows the first page */
};

/* Where an arena goes on. */
struct pmp_part_name {
	uint64_t first; /* as in the part; 0: there is none */
	char path[192];
};

struct pmp_arena_header {
	/* never changes after `check` was stored */
	char magic[8];
	uint32_t version;
	uint32_t endian;
	uint32_t header_bytes; /* sizeof(struct pmp_arena_header) */
	uint32_t tick_is_ns;   /* 1: ticks are ns already (clock_gettime or the step clock) */
	int32_t pid;
	uint32_t uid;
	uint64_t calls_hash; /* pmp_calls_hash(): the call numbers below are those of this table */
	uint64_t boot_hash;  /* boot id and time namespace: equal where CLOCK_MONOTONIC is shared */
	double ns_per_tick;  /* first calibration; the two clock pairs below give a better one */
	struct pmp_clock_pair start;
	char host[64];
	char job[64];
	char exe[512];
	char command[1024];   /* arguments separated by spaces, cut with "..." */
	char mpi_library[64]; /* "Open MPI 4.1.4" */
	char clock[16];       /* "tsc", "monotonic", "step" */
	char mode[64];        /* the PMPROF string in force */
	char cpus[128];       /* allowed processors at start, "0-3,8" */
	char cwd[256];
	char batch[768]; /* lines "column=value" of the batch job, see base/batch.h */
	uint64_t check;  /* pmp_hash_bytes(0, header, offsetof(check)) */

	/* updated while running */
	struct pmp_clock_pair latest; /* renewed now and then, and at the end */
	int32_t rank; /* in MPI_COMM_WORLD; before MPI_Init what the launcher's environment says */
	int32_t size; /* of MPI_COMM_WORLD, 0 while unknown */
	uint32_t phase; /* enum pmp_phase */
	uint32_t end;   /* enum pmp_end */
	int32_t end_code;
	uint32_t thread_level; /* MPI_THREAD_* as 0..3 */
	uint64_t end_ticks;
	uint64_t init_ticks;     /* spent inside MPI_Init */
	uint64_t begin_ticks;    /* MPI_Init returned: the measured interval begins */
	uint64_t finalize_ticks; /* MPI_Finalize entered: it ends; 0 if never */
	uint64_t user_ns;        /* CPU time, when the end was noted */
	uint64_t system_ns;
	uint64_t max_rss_bytes;
	uint64_t tool_bytes;        /* arena in use */
	double tool_ticks_per_call; /* calibrated at start: what recording one call costs */
	int32_t parent_code_known;  /* 1: a parent noted the real end below */
	int32_t parent_wait_status; /* as from waitpid */
	uint32_t node_rank;         /* rank among those of this host, from the launcher, else 0 */
	uint32_t warnings;          /* bit set of enum pmp_warning */
	struct pmp_part_name parts[PMP_PARTS_MAX];
};
_Static_assert(sizeof(struct pmp_arena_header) <= PMP_ARENA_PAGE, "the header is one page");

/* Things that the report has to say aloud. Bits of pmp_arena_header.warnings. */
enum pmp_warning {
	PMP_WARN_MEMORY = 1,   /* PMPROF_MEMORY used up: keys were lost */
	PMP_WARN_SCRATCH = 2,  /* scratch full: the arena could not grow */
	PMP_WARN_UNWIND = 4,   /* some stacks could not be walked to the end */
	PMP_WARN_REQUESTS = 8, /* request table full: some receives are not credited */
	PMP_WARN_THREADS = 16, /* more threads at once than lanes */
	PMP_WARN_FORTRAN = 32, /* the program calls MPI from Fortran as well, past the wrappers */
	PMP_WARN_ELSEWHERE =
		64, /* the scratch folder had no room: the arena, or the rest of it, lies in another */
	PMP_WARN_PYTHON = 128 /* an interpreter whose frames cannot be read */
};

#endif
