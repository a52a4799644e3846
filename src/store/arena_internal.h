/* arena_internal.h - between the files of the arena view: raw tables, and the note of what was wrong */
#ifndef PMP_ARENA_INTERNAL_H
#define PMP_ARENA_INTERNAL_H

#include "store/arena_view.h"

/* One table as it lies in the file: records glued together, gaps of lost segments filled with zeros. */
struct pmp_raw_table {
	char *records;
	size_t count; /* records; of EVENTS: the capacity of the ring */
	size_t record_bytes;
};

/* One file of an arena. */
struct pmp_arena_file {
	int fd;
	uint64_t first; /* offset in the arena of its first byte that belongs to it */
	uint64_t skip;  /* bytes of the file before that */
	uint64_t bytes; /* from there on, up to the next file or its end */
};

/* What is known of an arena while it is read. Offsets are those of the arena as a whole. */
struct pmp_arena_scan {
	struct pmp_arena_file files[1 + PMP_PARTS_MAX];
	unsigned file_count;
	uint64_t file_bytes; /* where the last one ends */
	struct pmp_raw_table
		rank_tables[PMP_KIND_COUNT]; /* STRINGS, MODULES, REGIONS, COMMS, LANES */
	struct pmp_raw_table (*lane_tables)[PMP_KIND_COUNT]; /* NODES ... EVENTS of each lane */
	size_t lane_count;
	uint64_t dropped;    /* records lost or refused */
	uint64_t mended;     /* records kept with an index that had to be set to 0 */
	uint64_t lost_bytes; /* parts of the file that no segment header describes */
	bool is_cut;         /* a segment reaches beyond the end of a file */
	bool has_lost_part;  /* a part is gone, or is not this arena's */
	bool has_bad_header; /* the header's check does not match */
};

/* pmp_arena_record_bytes - size of the records of a kind, 0 when the kind is unknown */
size_t pmp_arena_record_bytes(unsigned kind);

/* pmp_arena_kind_is_laned - is there a table of this kind per lane (NODES ... EVENTS)? */
bool pmp_arena_kind_is_laned(unsigned kind);

/* pmp_arena_scan - find all segments and read their tables. Return: 0, -PMP_EIO, -PMP_ENOMEM */
int pmp_arena_scan(struct pmp_arena_scan *scan);
void pmp_arena_scan_free(struct pmp_arena_scan *scan);

/* pmp_arena_read_at - exactly so many bytes of the arena. Return: 0, -PMP_ETRUNCATED, -PMP_EIO */
int pmp_arena_read_at(const struct pmp_arena_scan *scan, void *data, size_t bytes, uint64_t offset);

/* pmp_arena_open_parts - the files in which it goes on, as far as they can be found: adds to scan->files, view->parts */
void pmp_arena_open_parts(struct pmp_arena_scan *scan, struct pmp_arena_view *view);
void pmp_arena_close_files(struct pmp_arena_scan *scan);

/* pmp_arena_check - turn raw tables into the checked ones of the view; counts what was dropped and mended in @scan */
int pmp_arena_check(struct pmp_arena_scan *scan, struct pmp_arena_view *view);
void pmp_arena_check_free(struct pmp_arena_view *view);

#endif
