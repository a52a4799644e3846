/*
 * mkarena.h - arena files made by the book (docs/FORMAT.md), without the recorder: tests of everything behind an arena know its
 * numbers beforehand
 */
#ifndef PMP_MKARENA_H
#define PMP_MKARENA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "schema/arena.h"
#include "schema/calls.h"

struct mkarena;

/* mkarena_open - start a file; the header is filled as of a finalized run of one second and may be changed until close */
struct mkarena *mkarena_open(int32_t rank, int32_t size);
struct pmp_arena_header *mkarena_header(struct mkarena *arena);

/* mkarena_string - reference of a text */
uint32_t mkarena_string(struct mkarena *arena, const char *text);

/* mkarena_add - append a record to a table: lane PMP_LANE_NONE for rank-wide ones. Return: its index */
uint32_t mkarena_add(struct mkarena *arena, enum pmp_kind kind, uint16_t lane, const void *record);

/* mkarena_record - a record again, to change it; valid until the next mkarena_add */
void *mkarena_record(struct mkarena *arena, enum pmp_kind kind, uint16_t lane, uint32_t index);

/*
 * mkarena_write - lay the segments out, compute the checks, write the file and forget it all
 * @records_per_segment: 0 for one segment per table; small numbers make chains
 * @spare_pages:         blank pages behind the last segment, as an arena has that was reserved but not used
 *
 * Aborts when it cannot: this is for tests.
 */
void mkarena_write(struct mkarena *arena, const char *path, uint32_t records_per_segment,
		   unsigned spare_pages);

/*
 * struct mkarena_run - a whole run with known numbers, made by mkarena_run
 *
 * Rank r, lane l, path p (of `paths`, each `depth` frames deep, sharing their outer frames), all in region "solve":
 * MPI_Allreduce on MPI_COMM_WORLD, count = 100 + r + p, 1000 ns each, 8 bytes out and in; then MPI_Send to r + 1 and MPI_Recv from
 * r - 1 once per path, 2000 ns, 64 bytes. Computation 10 000 ns * (r + 1) before each Allreduce. Ticks are nanoseconds.
 */
struct mkarena_run {
	int ranks;
	int lanes;            /* 0: 1 */
	int paths;            /* 0: 3 */
	int depth;            /* 0: 4 */
	int events;           /* in each ring; 0: 16 */
	int ring;             /* capacity of the ring; 0: 64 */
	bool is_uneven;       /* rank r has paths * r paths: rank 0 has none at all */
	const char *exe;      /* module of all frames, 0: "/bin/true" */
	const char *build_id; /* hex of its build-id, 0: none */
	uint64_t offset;      /* of the first address in it, 0: 0x1000; each frame adds 16 */
	const char *host;     /* "%d" becomes rank / 2; 0: "nodeA" */
};

/* mkarena_run - dir/rank-<r>.arena for each rank; the directory is made */
void mkarena_run(const struct mkarena_run *run, const char *dir);

/* mkarena_run_rank - one rank of it, not yet written */
struct mkarena *mkarena_run_rank(const struct mkarena_run *run, int rank);

#endif
