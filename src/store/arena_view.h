/*
 * arena_view.h - an arena file read back, whatever happened to it
 *
 * The view reads the segments of a file and gives each table as an array of checked records. Nothing in the file is trusted: what
 * does not check out is left out and described in `damage`. It does not map the file: one that is cut off meanwhile would end
 * the reader with SIGBUS.
 */
#ifndef PMP_ARENA_VIEW_H
#define PMP_ARENA_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "schema/arena.h"

/*
 * No number of a record is larger: 4 PB or 4e15 calls in one record, ticks of months. A flipped bit beyond that is recognised, and
 * sums over all records of a file stay far from overflow.
 */
#define PMP_COUNT_MAX (UINT64_C(1) << 52)
#define PMP_TICKS_MAX (UINT64_C(1) << 55)

struct pmp_lane_view {
	struct pmp_lane lane;
	const struct pmp_node *nodes; /* owned copies: contiguous, indices valid, parents smaller */
	const struct pmp_stat *stats;
	const struct pmp_gap *gaps;
	const struct pmp_peer *peers;
	const struct pmp_event *events; /* oldest first; one with leave == 0 can only be the last */
	size_t node_count, stat_count, gap_count, peer_count, event_count;
};

struct pmp_arena_view {
	struct pmp_arena_header header; /* a copy, strings terminated */
	const char *strings;            /* string reference -> strings + ref; always terminated */
	size_t strings_bytes;
	const struct pmp_module *modules;
	const struct pmp_region *regions;
	const struct pmp_comm *comms;
	const struct pmp_crash *crash; /* NULL: no fatal signal on record */
	size_t module_count, region_count, comm_count;
	struct pmp_lane_view *lanes;
	size_t lane_count;
	char parts[PMP_PARTS_MAX]
		  [sizeof(((struct pmp_part_name *)0)->path)]; /* its further files */
	size_t part_count;
	bool is_alive;        /* the process still runs */
	uint64_t dropped;     /* records that did not check out */
	char damage[256];     /* one line, empty when the file is whole */
	void *private_memory; /* of arena_view.c */
};

/*
 * pmp_arena_view_open - read an arena
 *
 * Return: 0 also for a damaged file of which at least the header could be read; -PMP_EFORMAT when it is no arena (or one of a
 * machine with another byte order), -PMP_ETRUNCATED when it ends inside the header, -PMP_EVERSION when a newer pmprof wrote it,
 * -PMP_ENOTFOUND, -PMP_EIO, -PMP_ENOMEM. @view is written only on success.
 *
 * The file may still be growing: what was published when it was read is in the view. Cost: reads what is in use, not what was
 * reserved. Context: tools, and the process itself in MPI_Finalize.
 */
int pmp_arena_view_open(const char *path, struct pmp_arena_view *view, struct pmp_diag *diag);
void pmp_arena_view_close(struct pmp_arena_view *view);

/*
 * pmp_arena_peek - the header of an arena alone, with what cannot be set to "unknown"
 * @is_alive: the process still runs
 *
 * Cost: one read. Return: as pmp_arena_view_open.
 */
int pmp_arena_peek(const char *path, struct pmp_arena_header *header, bool *is_alive,
		   struct pmp_diag *diag);

/* pmp_arena_is_name - is it the name of an arena file, without folder: rank-<r>.arena, rank-<r>.<n>.arena? */
bool pmp_arena_is_name(const char *name);

/* pmp_arena_string - the text of a string reference; "" when it is out of range */
const char *pmp_arena_string(const struct pmp_arena_view *view, uint32_t ref);

#endif
