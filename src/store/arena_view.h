/*
 * arena_view.h - an arena file read back, whatever happened to it
 *
 * The view maps the file read-only, walks its segments, and gives each table as an array of checked records. Nothing in the
 * file is trusted: what does not check out is left out and described in `damage`.
 */
#ifndef PMP_ARENA_VIEW_H
#define PMP_ARENA_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "schema/arena.h"

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
	size_t module_count, region_count, comm_count;
	struct pmp_lane_view *lanes;
	size_t lane_count;
	bool is_alive;         /* the process still runs */
	uint64_t dropped;      /* records that did not check out */
	char damage[256];      /* one line, empty when the file is whole */
	void *private_memory;  /* of arena_view.c */
};

/*
 * pmp_arena_view_open - read an arena
 *
 * Return: 0 also for a damaged file of which at least the header could be read; -PMP_EFORMAT when it is no arena,
 * -PMP_EVERSION when a newer pmprof wrote it, -PMP_EIO, -PMP_ENOMEM. @view is written only on success.
 */
int pmp_arena_view_open(const char *path, struct pmp_arena_view *view, struct pmp_diag *diag);
void pmp_arena_view_close(struct pmp_arena_view *view);

#endif
