/*
 * mkarena.c - writes arena files from memory for tests. Aborts on any trouble.
 */
#include "mkarena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TABLES_MAX 256

struct table {
	uint16_t kind, lane;
	char *records;
	uint32_t count;
};

struct mkarena {
	struct pmp_arena_header header;
	struct table tables[TABLES_MAX];
	size_t table_count;
};

static const uint32_t record_bytes[PMP_KIND_COUNT] = {
	[PMP_KIND_STRINGS] = 1,
#define PMP_RECORD(name, kind, doc) [PMP_KIND_##kind] = sizeof(struct pmp_##name),
#define PMP_FIELD(record, type, field, doc)
#define PMP_RECORD_END(name, bytes)
#include "schema/arena.def"
#undef PMP_RECORD
#undef PMP_FIELD
#undef PMP_RECORD_END
};

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "mkarena: %s failed\n", what);
	abort();
}

static struct table *find(struct mkarena *arena, enum pmp_kind kind, uint16_t lane)
{
	struct table *t;

	for (size_t i = 0; i < arena->table_count; i++)
		if (arena->tables[i].kind == kind && arena->tables[i].lane == lane)
			return &arena->tables[i];
	check(arena->table_count < TABLES_MAX, "number of tables");
	t = &arena->tables[arena->table_count++];
	t->kind = (uint16_t)kind;
	t->lane = lane;
	return t;
}

static uint32_t append(struct table *t, const void *data, uint32_t count)
{
	size_t size = record_bytes[t->kind];

	t->records = realloc(t->records, (t->count + count) * size);
	check(t->records != NULL, "realloc");
	memcpy(t->records + t->count * size, data, count * size);
	t->count += count;
	return t->count - count;
}

static void set_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}
#define SET(array, text) set_text(array, sizeof(array), text)

struct mkarena *mkarena_open(int32_t rank, int32_t size)
{
	struct mkarena *arena = calloc(1, sizeof(*arena));
	struct pmp_arena_header *h;

	check(arena != NULL, "calloc");
	h = &arena->header;
	memcpy(h->magic, PMP_ARENA_MAGIC, sizeof(h->magic));
	h->version = PMP_ARENA_VERSION;
	h->endian = PMP_ARENA_ENDIAN;
	h->header_bytes = sizeof(*h);
	h->tick_is_ns = 1;
	h->ns_per_tick = 1;
	h->pid = 0;
	h->calls_hash = pmp_calls_hash();
	h->boot_hash = 4711;
	SET(h->host, "nodeA");
	SET(h->job, "job.1");
	SET(h->exe, "/bin/true");
	SET(h->command, "/bin/true --fast");
	SET(h->mpi_library, "Open MPI 4.1.4");
	SET(h->clock, "monotonic");
	SET(h->mode, "profile");
	SET(h->cpus, "0-1");
	SET(h->cwd, "/");
	SET(h->batch, "scheduler=Slurm\nid=4711\nname=true\ntasks=2\nmemory_node_bytes=2097152000\n"
		      "ends_s=1700003600\nnodes=node[A-B]\n");
	h->start = (struct pmp_clock_pair){1000000, 1000000, UINT64_C(1700000000000000000)};
	h->latest = (struct pmp_clock_pair){1002000000, 1002000000, UINT64_C(1700000001001000000)};
	h->rank = rank;
	h->size = size;
	h->phase = PMP_PHASE_FINALIZING;
	h->end = PMP_END_FINALIZED;
	h->init_ticks = 500000;
	h->begin_ticks = 2000000;
	h->finalize_ticks = h->end_ticks = 1002000000;
	h->user_ns = 900000000;
	h->system_ns = 1000000;
	h->max_rss_bytes = 10 << 20;
	h->tool_ticks_per_call = 20;
	append(find(arena, PMP_KIND_STRINGS, PMP_LANE_NONE), "", 1);
	return arena;
}

struct pmp_arena_header *mkarena_header(struct mkarena *arena)
{
	return &arena->header;
}

uint32_t mkarena_string(struct mkarena *arena, const char *text)
{
	return append(find(arena, PMP_KIND_STRINGS, PMP_LANE_NONE), text,
		      (uint32_t)strlen(text) + 1);
}

uint32_t mkarena_add(struct mkarena *arena, enum pmp_kind kind, uint16_t lane, const void *record)
{
	return append(find(arena, kind, lane), record, 1);
}

void *mkarena_record(struct mkarena *arena, enum pmp_kind kind, uint16_t lane, uint32_t index)
{
	return find(arena, kind, lane)->records + (size_t)index * record_bytes[kind];
}

static uint64_t write_segment(FILE *file, const struct table *t, uint32_t first, uint32_t count,
			      uint64_t offset)
{
	static const char blank[PMP_ARENA_PAGE];
	uint32_t size = record_bytes[t->kind];
	uint64_t used = sizeof(struct pmp_segment) + (uint64_t)count * size;
	uint64_t length = (used + PMP_ARENA_PAGE - 1) / PMP_ARENA_PAGE * PMP_ARENA_PAGE;
	struct pmp_segment s = {.magic = PMP_SEGMENT_MAGIC,
				.kind = t->kind,
				.lane = t->lane,
				.record_bytes = size,
				.capacity = count,
				.length = length,
				.first = first,
				.count = t->kind == PMP_KIND_EVENTS ? 0 : count};

	s.check = pmp_segment_check(&s, offset);
	check(fwrite(&s, sizeof(s), 1, file) == 1, "fwrite");
	if (count)
		check(fwrite(t->records + (size_t)first * size, size, count, file) == count,
		      "fwrite");
	check(fwrite(blank, 1, length - used, file) == length - used, "fwrite");
	return offset + length;
}

static uint64_t write_table(FILE *file, const struct table *t, uint32_t per_segment,
			    uint64_t offset)
{
	if (!per_segment || t->kind == PMP_KIND_EVENTS || t->kind == PMP_KIND_STRINGS)
		per_segment = t->count;
	for (uint32_t first = 0; first < t->count; first += per_segment) {
		uint32_t left = t->count - first;

		offset = write_segment(file, t, first, left < per_segment ? left : per_segment,
				       offset);
	}
	return offset;
}

void mkarena_write(struct mkarena *arena, const char *path, uint32_t records_per_segment,
		   unsigned spare_pages)
{
	static const char blank[PMP_ARENA_PAGE];
	struct pmp_arena_header *h = &arena->header;
	uint64_t offset = PMP_ARENA_PAGE;
	FILE *file = fopen(path, "wb");

	check(file != NULL, path);
	check(fwrite(blank, 1, PMP_ARENA_PAGE, file) == PMP_ARENA_PAGE, "fwrite");
	for (size_t i = 0; i < arena->table_count; i++)
		offset = write_table(file, &arena->tables[i], records_per_segment, offset);
	for (; spare_pages; spare_pages--)
		check(fwrite(blank, 1, PMP_ARENA_PAGE, file) == PMP_ARENA_PAGE, "fwrite");
	h->tool_bytes = offset;
	h->check = pmp_hash_bytes(0, h, offsetof(struct pmp_arena_header, check));
	rewind(file);
	check(fwrite(h, sizeof(*h), 1, file) == 1, "fwrite");
	check(fclose(file) == 0, "fclose");
	for (size_t i = 0; i < arena->table_count; i++)
		free(arena->tables[i].records);
	free(arena);
}

/* ---- a whole run ---- */

#define OR(value, otherwise) ((value) ? (value) : (otherwise))

static void add_module(struct mkarena *arena, const struct mkarena_run *run)
{
	struct pmp_module none = {0}, m = {.start = 0x400000, .end = 0x40000000, .bias = 0x400000};

	mkarena_add(arena, PMP_KIND_MODULES, PMP_LANE_NONE, &none);
	m.path = mkarena_string(arena, OR(run->exe, "/bin/true"));
	for (const char *hex = run->build_id; hex && hex[0] && hex[1]; hex += 2) {
		unsigned byte;

		check(sscanf(hex, "%2x", &byte) == 1, "build-id");
		m.build_id[m.build_id_len++] = (uint8_t)byte;
	}
	mkarena_add(arena, PMP_KIND_MODULES, PMP_LANE_NONE, &m);
}

static void add_names(struct mkarena *arena, const struct mkarena_run *run, int rank)
{
	struct pmp_region none = {0}, solve = {.parent = 0};
	struct pmp_comm no_comm = {0};
	struct pmp_comm world = {.uid = 1, .size = (uint32_t)run->ranks, .my_rank = (uint32_t)rank};
	struct pmp_comm self = {.uid = pmp_hash_combine(2, (uint64_t)rank), .size = 1};

	mkarena_add(arena, PMP_KIND_REGIONS, PMP_LANE_NONE, &none);
	solve.name = mkarena_string(arena, "solve");
	mkarena_add(arena, PMP_KIND_REGIONS, PMP_LANE_NONE, &solve);
	mkarena_add(arena, PMP_KIND_COMMS, PMP_LANE_NONE, &no_comm);
	world.name = mkarena_string(arena, "MPI_COMM_WORLD");
	mkarena_add(arena, PMP_KIND_COMMS, PMP_LANE_NONE, &world);
	self.name = mkarena_string(arena, "MPI_COMM_SELF");
	mkarena_add(arena, PMP_KIND_COMMS, PMP_LANE_NONE, &self);
}

/* The frames of path p: all but the innermost are shared. Return: its node */
static uint32_t add_path(struct mkarena *arena, const struct mkarena_run *run, uint16_t lane, int p)
{
	int depth = OR(run->depth, 4);
	uint64_t address = 0x400000 + OR(run->offset, 0x1000);
	struct pmp_node node = {.module = 1};

	if (p == 0) {
		struct pmp_node root = {0};

		mkarena_add(arena, PMP_KIND_NODES, lane, &root);
		for (int d = 0; d < depth - 1; d++) {
			node.address = address + 16 * (uint64_t)d;
			node.parent = mkarena_add(arena, PMP_KIND_NODES, lane, &node);
		}
	}
	node.parent = (uint32_t)(depth - 1);
	node.address = address + 16 * (uint64_t)(depth - 1 + p);
	return mkarena_add(arena, PMP_KIND_NODES, lane, &node);
}

static void add_stat(struct mkarena *arena, uint16_t lane, uint32_t node, unsigned call,
		     uint64_t count, uint64_t each, uint64_t out, uint64_t in)
{
	struct pmp_stat s = {.node = node,
			     .region = 1,
			     .comm = 1,
			     .call = (uint16_t)call,
			     .count = count,
			     .total = count * each,
			     .min = each,
			     .max = each,
			     .bytes_out = count * out,
			     .bytes_in = count * in};

	for (uint64_t size = out > in ? out : in; size; size >>= 1)
		s.size_class++;
	mkarena_add(arena, PMP_KIND_STATS, lane, &s);
}

static void add_lane(struct mkarena *arena, const struct mkarena_run *run, int rank, uint16_t index)
{
	int paths = OR(run->paths, 3) * (run->is_uneven ? rank : 1);
	struct pmp_lane lane = {
		.begin = 2000000, .last = 1002000000, .tid = 100u + index, .users = 1};
	struct pmp_peer to = {.comm = 1, .rank = rank + 1, .world = rank + 1};
	struct pmp_peer from = {.comm = 1, .rank = rank - 1, .world = rank - 1};

	for (int p = 0; p < paths; p++) {
		uint32_t node = add_path(arena, run, index, p);
		uint64_t count = (uint64_t)(100 + rank + p);
		uint64_t each = 10000 * (uint64_t)(rank + 1);
		struct pmp_gap gap = {.from_node = node,
				      .to_node = node,
				      .region = 1,
				      .from_call = PMP_CALL_MPI_Allreduce,
				      .to_call = PMP_CALL_MPI_Allreduce,
				      .count = count,
				      .total = count * each,
				      .max = each};

		add_stat(arena, index, node, PMP_CALL_MPI_Allreduce, count, 1000, 8, 8);
		lane.calls += count;
		mkarena_add(arena, PMP_KIND_GAPS, index, &gap);
		if (rank + 1 < run->ranks) {
			add_stat(arena, index, node, PMP_CALL_MPI_Send, 1, 2000, 64, 0);
			to.sent_count++, to.sent_bytes += 64, lane.calls++;
		}
		if (rank > 0) {
			add_stat(arena, index, node, PMP_CALL_MPI_Recv, 1, 2000, 0, 64);
			from.recv_count++, from.recv_bytes += 64, lane.calls++;
		}
	}
	if (to.sent_count)
		mkarena_add(arena, PMP_KIND_PEERS, index, &to);
	if (from.recv_count)
		mkarena_add(arena, PMP_KIND_PEERS, index, &from);
	lane.events = (uint64_t)(paths ? OR(run->events, 16) : 0);
	mkarena_add(arena, PMP_KIND_LANES, PMP_LANE_NONE, &lane);
}

static void add_ring(struct mkarena *arena, const struct mkarena_run *run, uint16_t lane)
{
	const struct pmp_lane *l = mkarena_record(arena, PMP_KIND_LANES, PMP_LANE_NONE, lane);
	uint64_t count = l->events, capacity = (uint64_t)OR(run->ring, 64);
	struct pmp_event *ring = calloc(capacity, sizeof(*ring));

	check(ring != NULL, "calloc");
	for (uint64_t n = 0; n < count; n++)
		ring[n % capacity] = (struct pmp_event){.enter = 3000000 + n * 20000,
							.leave = 3000000 + n * 20000 + 1000,
							.bytes = 8,
							.region = 1,
							.comm = 1,
							.node = (uint32_t)OR(run->depth, 4),
							.peer = PMP_NO_PEER,
							.tag = PMP_NO_TAG,
							.call = PMP_CALL_MPI_Allreduce};
	append(find(arena, PMP_KIND_EVENTS, lane), ring, (uint32_t)capacity);
	free(ring);
}

struct mkarena *mkarena_run_rank(const struct mkarena_run *run, int rank)
{
	struct mkarena *arena = mkarena_open(rank, run->ranks);

	if (run->host) {
		char host[64];
		const char *mark = strstr(run->host, "%d");

		if (mark)
			snprintf(host, sizeof(host), "%.*s%d%s", (int)(mark - run->host), run->host,
				 rank / 2, mark + 2);
		SET(mkarena_header(arena)->host, mark ? host : run->host);
	}
	add_module(arena, run);
	add_names(arena, run, rank);
	for (int lane = 0; lane < OR(run->lanes, 1); lane++)
		add_lane(arena, run, rank, (uint16_t)lane);
	for (int lane = 0; lane < OR(run->lanes, 1); lane++)
		add_ring(arena, run, (uint16_t)lane);
	return arena;
}

void mkarena_run(const struct mkarena_run *run, const char *dir)
{
	char path[4096];

	check(mkdir(dir, 0700) == 0 || errno == EEXIST, dir);
	for (int rank = 0; rank < run->ranks; rank++) {
		snprintf(path, sizeof(path), "%s/rank-%d.arena", dir, rank);
		mkarena_write(mkarena_run_rank(run, rank), path, 0, 2);
	}
}
