/* rank_info.h - what rank 0 has to know of each arena: sent as bytes, so no pointers */
#ifndef PMP_RANK_INFO_H
#define PMP_RANK_INFO_H

#include <stdint.h>

#include "store/arena_view.h"
#include "store/catalog.h"
#include "store/file_schema.h"
#include "store/group.h"
#include "store/writer.h"

/* The tables with rows of all ranks. */
enum pmp_slab_table {
	PMP_SLAB_PROFILE,
	PMP_SLAB_COMPUTE,
	PMP_SLAB_MESSAGES,
	PMP_SLAB_EVENTS,
	PMP_SLAB_COUNT
};

/* Ticks of one process to nanoseconds. */
struct pmp_clock_map {
	double ns_per_tick;
	uint64_t ticks;   /* this stamp ... */
	uint64_t mono_ns; /* ... is this time */
};

struct pmp_clock_map pmp_clock_map(const struct pmp_arena_header *header);
int64_t pmp_clock_duration(const struct pmp_clock_map *clock, uint64_t ticks);
/* pmp_clock_mono - CLOCK_MONOTONIC at a stamp, ns */
int64_t pmp_clock_mono(const struct pmp_clock_map *clock, uint64_t ticks);

/* The fatal signal of a rank. */
struct pmp_crash_info {
	int32_t signal; /* 0: none on record */
	int32_t code, sender;
	uint32_t tid, thread; /* PMP_NONE: of no lane */
	uint64_t address, ip, sp, depth;
	uint64_t path, region; /* keys */
	int64_t mono;
};

struct pmp_rank_info {
	int32_t rank, size, pid;
	int32_t owner, index; /* process of the group, its arena */
	uint32_t end;         /* enum pmp_end */
	int32_t end_code, parent_code_known, parent_wait_status;
	uint32_t phase, warnings, threads, thread_level, last_call, in_call, is_alive;
	uint64_t boot_hash, last_path; /* key */
	int64_t begin_mono, real_minus_mono;
	int64_t wall, init, compute, mpi, io, paused, tool, tool_hidden, user, system, max_rss,
		tool_bytes;
	int64_t calls, lost, lost_paths, dropped;
	uint64_t counts[PMP_SLAB_COUNT], firsts[PMP_SLAB_COUNT]; /* firsts: set by pmp_plan */
	int64_t shift; /* to add to CLOCK_MONOTONIC for the common clock; set by pmp_plan */
	struct pmp_crash_info crash;
	char host[64], cpus[128], damage[256];
};

struct pmp_run_info {
	int32_t rank; /* whose header it is; INT32_MAX none */
	char job[64], exe[512], command[1024], mpi_library[64], clock[16], mode[64], cwd[256],
		batch[768];
};

/* pmp_rank_info_fill - all but owner, index, counts, firsts, shift; @keys gives the paths of the last call and of a crash */
void pmp_rank_info_fill(const struct pmp_arena_view *arena, const struct pmp_arena_keys *keys,
			struct pmp_rank_info *info);
void pmp_run_info_fill(const struct pmp_arena_view *arena, struct pmp_run_info *info);

struct pmp_plan {
	struct pmp_rank_info *infos; /* on all processes: sorted by rank, no rank twice */
	size_t count;
	size_t left_out; /* arenas that claim a rank which another has, or which cannot be */
	struct pmp_run_info run; /* on rank 0 */
	uint32_t ranks;          /* size of MPI_COMM_WORLD */
	uint64_t totals[PMP_SLAB_COUNT];
	int64_t begin_real_ns, wall_ns, clock_error_ns;
};

/*
 * pmp_plan_make - collective: gather what each process knows of its arenas, align the clocks, give each rank its rows
 * @infos: of this process; ownership stays with the caller
 */
int pmp_plan_make(const struct pmp_group *group, const struct pmp_rank_info *infos, size_t count,
		  const struct pmp_run_info *run, int expected_ranks, struct pmp_plan *plan);
void pmp_plan_free(struct pmp_plan *plan);

/* How a rank ended: state and words. */
struct pmp_ending {
	const char *state; /* of the file */
	int32_t code;
	char text[160];
	int is_finalized;
};

/*
 * pmp_ending_of - from what the process noted itself, what its parent saw and, for a rank that just vanished, how the launcher ended
 * @vanished: how many ranks have no end on record: the launcher's status explains one of them, not several
 */
struct pmp_ending pmp_ending_of(const struct pmp_rank_info *info,
				const struct pmp_write_options *options, size_t vanished);
int pmp_ending_is_unknown(const struct pmp_rank_info *info);
struct pmp_ending pmp_ending_missing(void);

#endif
