/*
 * format_tables.c - the tables of docs/FORMAT.md from the sources: prints them, or says which lines the given document lacks
 *
 *   format_tables [docs/FORMAT.md]
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/arena.h"
#include "store/file_schema.h"

static char *document; /* NULL: print */
static int missing;

static void line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void line(const char *format, ...)
{
	char row[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(row, sizeof(row), format, args);
	va_end(args);
	if (!document) {
		printf("%s\n", row);
		return;
	}
	if (strstr(document, row))
		return;
	fprintf(stderr, "the document lacks: %s\n", row);
	missing++;
}

struct field {
	const char *name;
	size_t offset, bytes;
	const char *doc;
};

#define FIELD(record, member, doc)                                                                 \
	{                                                                                          \
#member, offsetof(struct record, member), sizeof(((struct record *)0)->member),    \
			doc                                                                        \
	}

static const struct field header[] = {
#define ROW(member, doc) FIELD(pmp_arena_header, member, doc)
	ROW(magic, "`PMPARENA`"),
	ROW(version, "2; a reader refuses any other"),
	ROW(endian, "0x01020304 in the byte order of the writer"),
	ROW(header_bytes, "size of this header"),
	ROW(tick_is_ns, "1: ticks are nanoseconds; 0: see `ns_per_tick`"),
	ROW(pid, "process id"),
	ROW(uid, "user id"),
	ROW(calls_hash, "identity of the table of call numbers (src/schema/calls.def)"),
	ROW(boot_hash,
	    "of boot id and time namespace: ranks with equal values share CLOCK_MONOTONIC"),
	ROW(ns_per_tick, "first calibration; `start` and `latest` give a better one"),
	ROW(start, "clock pair at start: ticks, CLOCK_MONOTONIC ns, CLOCK_REALTIME ns"),
	ROW(host, "host name"),
	ROW(job, "job name"),
	ROW(exe, "executable"),
	ROW(command, "arguments separated by spaces, cut with `...`"),
	ROW(mpi_library, "as in `Open MPI 4.1.4`"),
	ROW(clock, "`tsc`, `monotonic`, `step`"),
	ROW(mode, "recording mode in force"),
	ROW(cpus, "allowed processors at start, as in `0-3,8`"),
	ROW(cwd, "working directory"),
	ROW(batch, "lines `column=value`: what the environment said of the batch job; the columns "
		   "are those of /job"),
	ROW(check, "of all bytes before this one; what follows changes while the program runs"),
	ROW(latest, "clock pair renewed now and then, and at the end"),
	ROW(rank, "in MPI_COMM_WORLD"),
	ROW(size, "of MPI_COMM_WORLD, 0 unknown"),
	ROW(phase, "0 inside MPI_Init, 1 running, 2 inside MPI_Finalize"),
	ROW(end, "0 none on record, 1 finalized, 2 MPI_Abort, 3 signal, 4 exit"),
	ROW(end_code, "argument of MPI_Abort, signal number, exit status"),
	ROW(thread_level, "0 single, 1 funneled, 2 serialized, 3 multiple"),
	ROW(end_ticks, "when the end was noted"),
	ROW(init_ticks, "spent inside MPI_Init"),
	ROW(begin_ticks, "MPI_Init returned: the measured interval begins"),
	ROW(finalize_ticks, "MPI_Finalize entered: it ends; 0 never"),
	ROW(user_ns, "CPU time in user mode at the end"),
	ROW(system_ns, "CPU time in the kernel at the end"),
	ROW(max_rss_bytes, "largest resident memory"),
	ROW(tool_bytes, "bytes of the arena in use"),
	ROW(tool_ticks_per_call, "what recording one call costs, calibrated at start"),
	ROW(parent_code_known, "1: the next field is valid"),
	ROW(parent_wait_status, "how the process ended, as its parent got it from waitpid"),
	ROW(node_rank, "rank among those of this host"),
	ROW(warnings, "bits: 1 memory limit, 2 scratch full, 4 stacks cut, 8 requests lost, 16 "
		      "threads lost, 32 calls from Fortran, 64 scratch folder full, went on elsewhere, "
		      "128 a Python interpreter that cannot be looked into"),
	ROW(parts, "three times: `first` (8 bytes), `path` (192 bytes): the parts, see below; first 0: none"),
#undef ROW
};

static const struct field segment[] = {
#define ROW(member, doc) FIELD(pmp_segment, member, doc)
	ROW(magic, "0x53504d50; stored last when a segment is made"),
	ROW(kind, "kind of its records, as numbered below"),
	ROW(lane, "lane, 65535 for rank-wide tables"),
	ROW(record_bytes, "size of a record"),
	ROW(capacity, "records that fit"),
	ROW(length, "bytes of the segment with this header, a multiple of 4096"),
	ROW(first, "index in its table of the first record here"),
	ROW(check, "of the fields above and the place of the segment"),
	ROW(count, "records published; unused by events"),
	ROW(reserved, "0"),
#undef ROW
};

/* A member that was added to the struct but not here leaves a hole. */
static void print_fields(const char *name, const struct field *fields, size_t count, size_t bytes)
{
	size_t end = 0;

	for (size_t i = 0; i < count; i++) {
		if (fields[i].offset != end) {
			fprintf(stderr, "%s: nothing is said of what lies before '%s'\n", name,
				fields[i].name);
			missing++;
		}
		end = fields[i].offset + fields[i].bytes;
		line("| %zu | %zu | `%s` | %s |", fields[i].offset, fields[i].bytes, fields[i].name,
		     fields[i].doc);
	}
	if (end != bytes) {
		fprintf(stderr, "%s: nothing is said of its last bytes\n", name);
		missing++;
	}
}

static void print_records(void)
{
	size_t offset = 0;

#define PMP_RECORD(name, kind, doc)                                                                \
	line("### %s (kind %d, %zu bytes)", #name, PMP_KIND_##kind, sizeof(struct pmp_##name));    \
	line("%s", doc);                                                                           \
	offset = 0;
#define PMP_FIELD(record, type, field, doc)                                                        \
	line("| %zu | %s | `%s` | %s |", offset, #type, #field, doc);                              \
	offset += sizeof(struct { type field; });
#define PMP_RECORD_END(name, bytes)
#include "schema/arena.def"
#undef PMP_RECORD
#undef PMP_FIELD
#undef PMP_RECORD_END
}

static void print_tables(void)
{
	static const char *const layouts[] = {
		[PMP_FILE_ATTRIBUTES] = "attributes of the root group",
		[PMP_FILE_COMPOUND] = "compound dataset",
		[PMP_FILE_COLUMNS] = "group of datasets",
	};

	for (int id = 0; id < PMP_FILE_TABLE_COUNT; id++) {
		const struct pmp_file_table *t = &pmp_file_tables[id];

		line("### /%s (%s)", t->layout == PMP_FILE_ATTRIBUTES ? "" : t->name,
		     layouts[t->layout]);
		line("%s", t->doc);
		for (size_t i = 0; i < t->column_count; i++)
			line("| `%s` | %s | %s | %s |", t->columns[i].name,
			     pmp_file_type_name(t->columns[i].type), t->columns[i].unit,
			     t->columns[i].doc);
	}
}

static char *load(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	long size = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0)
		text = calloc(1, (size_t)size + 1);
	if (file)
		rewind(file);
	if (!text || fread(text, 1, (size_t)size, file) != (size_t)size) {
		perror(path);
		exit(2);
	}
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		document = load(argv[1]);
	line("| offset | bytes | field | meaning |");
	print_fields("header", header, sizeof(header) / sizeof(header[0]),
		     sizeof(struct pmp_arena_header));
	print_fields("segment", segment, sizeof(segment) / sizeof(segment[0]),
		     sizeof(struct pmp_segment));
	print_records();
	print_tables();
	free(document);
	return missing != 0;
}
