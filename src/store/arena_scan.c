/*
 * arena_scan.c - finds the segments of an arena and glues their records to tables. Used by arena_view.c, one thread.
 *
 * Trusts a segment header only when its check matches; behind one that does not it looks for the next good one page by page. Must
 * not look into records: arena_check.c does.
 */
#include "store/arena_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A lost segment may be bridged by zeros up to here; a table that claims more is cut at the gap. */
#define GAP_MAX ((size_t)1 << 20)

static const size_t record_bytes[PMP_KIND_COUNT] = {
	[PMP_KIND_STRINGS] = 1,
#define PMP_RECORD(name, kind, doc) [PMP_KIND_##kind] = sizeof(struct pmp_##name),
#define PMP_FIELD(record, type, field, doc)
#define PMP_RECORD_END(name, bytes)
#include "schema/arena.def"
#undef PMP_RECORD
#undef PMP_FIELD
#undef PMP_RECORD_END
};

size_t pmp_arena_record_bytes(unsigned kind)
{
	return kind < PMP_KIND_COUNT ? record_bytes[kind] : 0;
}

bool pmp_arena_kind_is_laned(unsigned kind)
{
	return kind >= PMP_KIND_NODES && kind <= PMP_KIND_EVENTS;
}

static int read_file(const struct pmp_arena_file *file, char *to, size_t bytes, uint64_t offset)
{
	offset += file->skip - file->first;
	while (bytes) {
		ssize_t got = pread(file->fd, to, bytes, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -PMP_EIO;
		if (got == 0)
			return -PMP_ETRUNCATED;
		to += got;
		bytes -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

static const struct pmp_arena_file *file_at(const struct pmp_arena_scan *scan, uint64_t offset)
{
	for (unsigned i = scan->file_count; i-- > 0;)
		if (offset >= scan->files[i].first)
			return &scan->files[i];
	return NULL;
}

/* What is missing between two files (the first was cut off) reads as zeros. */
int pmp_arena_read_at(const struct pmp_arena_scan *scan, void *data, size_t bytes, uint64_t offset)
{
	char *to = data;

	while (bytes) {
		const struct pmp_arena_file *file = file_at(scan, offset);
		bool is_last = file == &scan->files[scan->file_count - 1];
		uint64_t end = is_last ? UINT64_MAX : file[1].first;
		size_t here = bytes < end - offset ? bytes : (size_t)(end - offset);
		int rc = read_file(file, to, here, offset);

		if (rc == -PMP_ETRUNCATED && !is_last)
			memset(to, 0, here);
		else if (rc)
			return rc;
		to += here;
		offset += here;
		bytes -= here;
	}
	return 0;
}

static bool is_segment(const struct pmp_segment *s, uint64_t offset)
{
	return s->magic == PMP_SEGMENT_MAGIC && s->check == pmp_segment_check(s, offset) &&
	       s->length && s->length % PMP_ARENA_PAGE == 0 && s->length <= UINT64_MAX - offset &&
	       (uint64_t)s->capacity * s->record_bytes <= s->length - sizeof(*s);
}

/* Lanes are found by their segments: the table grows to hold the number met. */
static int reserve_lane(struct pmp_arena_scan *scan, size_t lane)
{
	void *grown;

	if (lane < scan->lane_count)
		return 0;
	grown = realloc(scan->lane_tables, (lane + 1) * sizeof(*scan->lane_tables));
	if (!grown)
		return -PMP_ENOMEM;
	scan->lane_tables = grown;
	memset(scan->lane_tables + scan->lane_count, 0,
	       (lane + 1 - scan->lane_count) * sizeof(*scan->lane_tables));
	scan->lane_count = lane + 1;
	return 0;
}

static int find_table(struct pmp_arena_scan *scan, const struct pmp_segment *s,
		      struct pmp_raw_table **table)
{
	int rc;

	*table = NULL;
	if (s->record_bytes != pmp_arena_record_bytes(s->kind) || !s->record_bytes)
		return 0;
	if (!pmp_arena_kind_is_laned(s->kind)) {
		*table = &scan->rank_tables[s->kind];
	} else if (s->lane != PMP_LANE_NONE) {
		rc = reserve_lane(scan, s->lane);
		if (rc)
			return rc;
		*table = &scan->lane_tables[s->lane][s->kind];
	}
	return 0;
}

/* Records of the segment that may be read: those published, as far as the file goes. */
static size_t readable(struct pmp_arena_scan *scan, const struct pmp_segment *s, uint64_t offset)
{
	uint64_t here = offset + sizeof(*s);
	uint64_t fit = here < scan->file_bytes ? (scan->file_bytes - here) / s->record_bytes : 0;
	uint64_t wanted =
		s->kind == PMP_KIND_EVENTS || s->count > s->capacity ? s->capacity : s->count;

	if (fit >= wanted)
		return (size_t)wanted;
	scan->is_cut = true;
	if (s->kind != PMP_KIND_EVENTS)
		scan->dropped += wanted - fit;
	return (size_t)fit;
}

static int append(struct pmp_arena_scan *scan, struct pmp_raw_table *table,
		  const struct pmp_segment *s, uint64_t offset)
{
	size_t count = readable(scan, s, offset);
	/* a cut ring keeps its size: the place of an event follows from it */
	size_t keep = s->kind == PMP_KIND_EVENTS ? s->capacity : count;
	size_t first = (size_t)s->first;
	char *grown;

	if (s->first > table->count + GAP_MAX || s->first < table->count || keep > GAP_MAX * 256) {
		scan->dropped += count;
		return 0;
	}
	if (keep == 0)
		return 0;
	if (s->kind !=
	    PMP_KIND_STRINGS) /* strings do not straddle segments: the rest of one stays unused */
		scan->dropped += first - table->count;
	grown = realloc(table->records, (first + keep) * s->record_bytes);
	if (!grown)
		return -PMP_ENOMEM;
	table->records = grown;
	memset(grown + table->count * s->record_bytes, 0,
	       (first + keep - table->count) * s->record_bytes);
	table->count = first + keep;
	table->record_bytes = s->record_bytes;
	/* the file may have become shorter since fstat: what could not be read stays zero and is refused later */
	if (pmp_arena_read_at(scan, grown + first * s->record_bytes, count * s->record_bytes,
			      offset + sizeof(*s)))
		scan->is_cut = true;
	return 0;
}

/* Behind a damaged header: the next page that begins a segment; the end of the file if none does. */
static uint64_t next_segment(const struct pmp_arena_scan *scan, uint64_t offset)
{
	struct pmp_segment s;

	for (offset += PMP_ARENA_PAGE; offset + sizeof(s) <= scan->file_bytes;
	     offset += PMP_ARENA_PAGE)
		if (pmp_arena_read_at(scan, &s, sizeof(s), offset) == 0 && is_segment(&s, offset))
			return offset;
	return scan->file_bytes;
}

static bool is_blank(const struct pmp_segment *s)
{
	static const struct pmp_segment blank;

	return memcmp(s, &blank, sizeof(blank)) == 0;
}

int pmp_arena_scan(struct pmp_arena_scan *scan)
{
	uint64_t offset = PMP_ARENA_PAGE;
	struct pmp_segment s;

	while (offset + sizeof(s) <= scan->file_bytes) {
		struct pmp_raw_table *table;
		int rc = pmp_arena_read_at(scan, &s, sizeof(s), offset);

		if (rc)
			return rc == -PMP_ETRUNCATED ? 0 : rc;
		if (!is_segment(&s, offset)) {
			uint64_t next = next_segment(scan, offset);

			/* reserved pages at the end are blank; anything else was a segment once */
			if (next < scan->file_bytes || !is_blank(&s))
				scan->lost_bytes += next - offset;
			offset = next;
			continue;
		}
		rc = find_table(scan, &s, &table);
		if (rc == 0 && table)
			rc = append(scan, table, &s, offset);
		else if (rc == 0)
			scan->dropped += s.count <= s.capacity ? s.count : s.capacity;
		if (rc)
			return rc;
		offset += s.length;
	}
	if (offset > scan->file_bytes)
		scan->is_cut = true;
	return 0;
}

void pmp_arena_scan_free(struct pmp_arena_scan *scan)
{
	for (unsigned kind = 0; kind < PMP_KIND_COUNT; kind++) {
		free(scan->rank_tables[kind].records);
		for (size_t lane = 0; lane < scan->lane_count; lane++)
			free(scan->lane_tables[lane][kind].records);
	}
	free(scan->lane_tables);
}
