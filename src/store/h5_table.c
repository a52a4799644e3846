/*
 * h5_table.c - creates, writes and verifies one table. Called by writer.c on all processes alike. One of them writes; the others
 * send it their rows, a chunk of the dataset at a time, in an order that all know beforehand: no length, no request, no answer.
 */
#include "store/h5_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Tiny chunks are slow (1024 rows: five times slower than 16k), huge ones cost memory in each process. */
#define CHUNK_BYTES    ((size_t)2 << 20)
#define CHUNK_ROWS_MIN 16384
#define CHUNK_ROWS_MAX 65536
#define DEFLATE_LEVEL  1

/* Columns [begin, end) of a table as they lie in a packed buffer and in one dataset. */
struct part {
	const struct pmp_h5_table *table;
	size_t begin, end;
	bool is_compound;
	size_t offsets[PMP_FILE_COLUMNS_MAX];
	size_t row_bytes;
};

static size_t column_bytes(const struct pmp_h5_table *table, size_t column)
{
	size_t bytes = pmp_file_type_bytes(table->schema->columns[column].type);

	return bytes ? bytes : table->widths[column];
}

static struct part make_part(const struct pmp_h5_table *table, size_t begin, size_t end)
{
	struct part part = {.table = table,
			    .begin = begin,
			    .end = end,
			    .is_compound = table->schema->layout == PMP_FILE_COMPOUND};

	for (size_t i = begin; i < end; i++) {
		part.offsets[i] = part.row_bytes;
		part.row_bytes += column_bytes(table, i);
	}
	return part;
}

size_t pmp_h5_row_bytes(const struct pmp_h5_table *table)
{
	return make_part(table, 0, table->schema->column_count).row_bytes;
}

static const char *text_at(const void *row, const struct pmp_file_column *column)
{
	const char *text;

	memcpy(&text, (const char *)row + column->offset, sizeof(text));
	return text ? text : "";
}

void pmp_h5_widths(struct pmp_h5_table *table)
{
	const struct pmp_file_table *schema = table->schema;

	for (size_t i = 0; i < schema->column_count; i++) {
		table->widths[i] = 1;
		if (schema->columns[i].type != PMP_FILE_TEXT)
			continue;
		for (size_t b = 0; b < table->block_count; b++)
			for (size_t r = 0; table->blocks[b].rows && r < table->blocks[b].count;
			     r++) {
				size_t len = strlen(text_at((const char *)table->blocks[b].rows +
								    r * schema->row_bytes,
							    &schema->columns[i]));

				if (len > table->widths[i])
					table->widths[i] = len;
			}
	}
}

static void pack_row(const struct part *part, const char *row, char *to)
{
	for (size_t i = part->begin; i < part->end; i++) {
		const struct pmp_file_column *column = &part->table->schema->columns[i];
		size_t bytes = column_bytes(part->table, i);

		if (column->type == PMP_FILE_TEXT)
			strncpy(to + part->offsets[i], text_at(row, column), bytes);
		else
			memcpy(to + part->offsets[i], row + column->offset, bytes);
	}
}

/* Rows [first, first + count) of the file, which lie in @block, one behind the other. */
static void pack(const struct part *part, const struct pmp_h5_block *block, uint64_t first,
		 size_t count, char *to)
{
	size_t stride = part->table->schema->row_bytes;
	const char *row = (const char *)block->rows + (first - block->first) * stride;

	for (size_t i = 0; i < count; i++)
		pack_row(part, row + i * stride, to + i * part->row_bytes);
}

static hid_t part_type(const struct part *part, hid_t (*column_type)(enum pmp_file_type, size_t))
{
	const struct pmp_file_column *columns = part->table->schema->columns;
	hid_t type;

	if (!part->is_compound)
		return column_type(columns[part->begin].type, part->table->widths[part->begin]);
	type = H5Tcreate(H5T_COMPOUND, part->row_bytes);
	for (size_t i = part->begin; i < part->end && type >= 0; i++) {
		hid_t member = column_type(columns[i].type, part->table->widths[i]);
		herr_t inserted =
			member < 0 ? -1
				   : H5Tinsert(type, columns[i].name, part->offsets[i], member);

		if (member >= 0)
			H5Tclose(member);
		if (inserted < 0) {
			H5Tclose(type);
			type = H5I_INVALID_HID;
		}
	}
	return type;
}

static hsize_t chunk_rows(const struct part *part)
{
	hsize_t rows = CHUNK_BYTES / part->row_bytes;

	if (rows < CHUNK_ROWS_MIN)
		rows = CHUNK_ROWS_MIN;
	if (rows > CHUNK_ROWS_MAX)
		rows = CHUNK_ROWS_MAX;
	if (rows > part->table->total)
		rows = part->table->total;
	return rows ? rows : 1;
}

static hid_t creation_list(const struct part *part)
{
	hsize_t chunk = chunk_rows(part);
	hid_t list = H5Pcreate(H5P_DATASET_CREATE);

	if (list < 0)
		return list;
	if (H5Pset_chunk(list, 1, &chunk) < 0 || H5Pset_shuffle(list) < 0 ||
	    H5Pset_deflate(list, DEFLATE_LEVEL) < 0 || H5Pset_fletcher32(list) < 0 ||
	    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) < 0 ||
	    H5Pset_obj_track_times(list, false) < 0) {
		H5Pclose(list);
		return H5I_INVALID_HID;
	}
	return list;
}

static hid_t create_part(hid_t where, const char *name, const struct part *part)
{
	hsize_t total = part->table->total;
	hid_t type = part_type(part, pmp_h5_file_type);
	hid_t space = H5Screate_simple(1, &total, NULL);
	hid_t list = creation_list(part);
	hid_t set = H5I_INVALID_HID;

	if (type >= 0 && space >= 0 && list >= 0)
		set = H5Dcreate2(where, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
	if (list >= 0)
		H5Pclose(list);
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	return set;
}

/* What lies of one block in one chunk. */
struct share {
	const struct pmp_h5_block *block;
	uint64_t first; /* row in the file */
	size_t count;
	size_t at; /* in a buffer of the chunk, bytes */
};

/* The way through a table, chunk by chunk, and through the shares of each chunk: the same on all processes. */
struct walk {
	const struct part *part;
	uint64_t chunk_rows;
	uint64_t first, end; /* rows of the chunk at hand */
	size_t block;        /* to look at next */
};

static struct walk start_walk(const struct part *part)
{
	return (struct walk){.part = part, .chunk_rows = chunk_rows(part)};
}

static size_t chunk_bytes(const struct walk *walk)
{
	return (size_t)walk->chunk_rows * walk->part->row_bytes;
}

static bool next_chunk(struct walk *walk)
{
	uint64_t total = walk->part->table->total;

	walk->first = walk->end;
	if (walk->first >= total)
		return false;
	walk->end = walk->first + walk->chunk_rows < total ? walk->first + walk->chunk_rows : total;
	return true;
}

/* A block that goes on behind the chunk is looked at again in the next one. */
static bool next_share(struct walk *walk, struct share *share)
{
	const struct pmp_h5_table *table = walk->part->table;

	while (walk->block < table->block_count) {
		const struct pmp_h5_block *block = &table->blocks[walk->block];
		uint64_t block_end = block->first + block->count;
		uint64_t first = block->first > walk->first ? block->first : walk->first;
		uint64_t end = block_end < walk->end ? block_end : walk->end;
		bool is_done = share->block == block && share->first == first;

		if (first < end && !is_done) {
			*share = (struct share){block, first, (size_t)(end - first),
						(size_t)(first - walk->first) *
							walk->part->row_bytes};
			return true;
		}
		if (block_end > walk->end)
			return false;
		walk->block++;
	}
	return false;
}

/* The rows of a chunk between a dataset and memory. */
static int transfer(hid_t set, const struct walk *walk, void *buffer, bool is_write)
{
	hsize_t first = walk->first, count = walk->end - walk->first;
	hid_t type = part_type(walk->part, pmp_h5_memory_type);
	hid_t memory = H5Screate_simple(1, &count, NULL), file = H5Dget_space(set);
	herr_t rc = -1;

	if (type >= 0 && memory >= 0 && file >= 0 &&
	    H5Sselect_hyperslab(file, H5S_SELECT_SET, &first, NULL, &count, NULL) >= 0)
		rc = is_write ? H5Dwrite(set, type, memory, file, H5P_DEFAULT, buffer)
			      : H5Dread(set, type, memory, file, H5P_DEFAULT, buffer);
	if (file >= 0)
		H5Sclose(file);
	if (memory >= 0)
		H5Sclose(memory);
	if (type >= 0)
		H5Tclose(type);
	return rc < 0 ? -PMP_EIO : 0;
}

/* Own rows are packed; what another process has goes to the one that writes. */
static int bring(const struct walk *walk, const struct share *share, const struct pmp_group *group,
		 char *to)
{
	size_t bytes = share->count * walk->part->row_bytes;

	if (share->block->rows)
		pack(walk->part, share->block, share->first, share->count, to);
	if (share->block->owner == PMP_H5_WRITER)
		return 0;
	if (group->rank == PMP_H5_WRITER)
		return group->receive(group, share->block->owner, to, bytes);
	return share->block->rows ? group->send(group, PMP_H5_WRITER, to, bytes) : 0;
}

/*
 * Whatever has failed, all rows go their way to the end: those who send them wait until they are taken.
 * @where, @rc: on the process that writes; the others have nothing that could fail
 */
static int write_part(hid_t where, const char *name, const struct part *part,
		      const struct pmp_group *group, char *chunk, int rc)
{
	bool is_writer = group->rank == PMP_H5_WRITER;
	struct walk walk = start_walk(part);
	hid_t set = is_writer && rc == 0 ? create_part(where, name, part) : H5I_INVALID_HID;

	if (is_writer && rc == 0 && set < 0)
		rc = -PMP_EIO;
	while (next_chunk(&walk)) {
		struct share share = {0};

		while (next_share(&walk, &share)) {
			int brought = bring(&walk, &share, group, chunk + share.at);

			rc = rc ? rc : brought;
		}
		if (is_writer && rc == 0)
			rc = transfer(set, &walk, chunk, true);
	}
	if (set >= 0 && H5Dclose(set) < 0 && rc == 0)
		rc = -PMP_EIO;
	return rc;
}

/* How many datasets a table is, and the columns of each. */
static size_t part_count(const struct pmp_h5_table *table)
{
	return table->schema->layout == PMP_FILE_COMPOUND ? 1 : table->schema->column_count;
}

static struct part nth_part(const struct pmp_h5_table *table, size_t n)
{
	if (table->schema->layout == PMP_FILE_COMPOUND)
		return make_part(table, 0, table->schema->column_count);
	return make_part(table, n, n + 1);
}

static const char *part_name(const struct pmp_h5_table *table, size_t n)
{
	return table->schema->layout == PMP_FILE_COMPOUND ? table->schema->name
							  : table->schema->columns[n].name;
}

/* Room for a chunk of any part. */
static char *new_chunk(const struct pmp_h5_table *table)
{
	size_t most = 1;

	for (size_t i = 0; i < part_count(table); i++) {
		struct part part = nth_part(table, i);
		struct walk walk = start_walk(&part);

		if (chunk_bytes(&walk) > most)
			most = chunk_bytes(&walk);
	}
	return malloc(most);
}

static int write_parts(hid_t where, const struct pmp_h5_table *table, const struct pmp_group *group,
		       char *chunk, int rc)
{
	for (size_t i = 0; i < part_count(table); i++) {
		struct part part = nth_part(table, i);

		rc = write_part(where, part_name(table, i), &part, group, chunk, rc);
	}
	return rc;
}

int pmp_h5_write(hid_t file, const struct pmp_h5_table *table, const struct pmp_group *group,
		 struct pmp_diag *diag)
{
	bool has_folder =
		group->rank == PMP_H5_WRITER && table->schema->layout != PMP_FILE_COMPOUND;
	char *chunk = new_chunk(table);
	hid_t where = file;
	int rc = pmp_agree(group, chunk ? 0 : -PMP_ENOMEM);

	if (rc == 0) {
		if (has_folder)
			where = H5Gcreate2(file, table->schema->name, H5P_DEFAULT, H5P_DEFAULT,
					   H5P_DEFAULT);
		rc = write_parts(where, table, group, chunk,
				 has_folder && where < 0 ? -PMP_EIO : 0);
		if (rc == -PMP_EIO)
			pmp_h5_fail(diag, PMP_EIO, "cannot write table '%s'", table->schema->name);
		if (has_folder && where >= 0)
			H5Gclose(where);
	}
	free(chunk);
	return rc;
}

/* Own rows of the chunk at hand: compared with what is in the file, which is read if there are any. */
static int verify_chunk(hid_t set, struct walk *walk, char *got, char *wanted)
{
	bool is_read = false;
	struct share share = {0};

	while (next_share(walk, &share)) {
		if (!share.block->rows)
			continue;
		if (!is_read && transfer(set, walk, got, false))
			return -PMP_EIO;
		is_read = true;
		pack(walk->part, share.block, share.first, share.count, wanted);
		if (memcmp(wanted, got + share.at, share.count * walk->part->row_bytes) != 0)
			return -PMP_EINVALID;
	}
	return 0;
}

static int verify_part(hid_t where, const char *name, const struct part *part, char *got,
		       char *wanted)
{
	hid_t set = H5Dopen2(where, name, H5P_DEFAULT);
	struct walk walk = start_walk(part);
	int rc = set < 0 ? -PMP_EIO : 0;

	while (rc == 0 && next_chunk(&walk))
		rc = verify_chunk(set, &walk, got, wanted);
	if (set >= 0)
		H5Dclose(set);
	return rc;
}

static int verify_parts(hid_t where, const struct pmp_h5_table *table)
{
	char *got = new_chunk(table), *wanted = new_chunk(table);
	int rc = got && wanted ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; i < part_count(table) && rc == 0; i++) {
		struct part part = nth_part(table, i);

		rc = verify_part(where, part_name(table, i), &part, got, wanted);
	}
	free(got);
	free(wanted);
	return rc;
}

int pmp_h5_verify(hid_t file, const struct pmp_h5_table *table, struct pmp_diag *diag)
{
	bool has_folder = table->schema->layout != PMP_FILE_COMPOUND;
	hid_t where = has_folder ? H5Gopen2(file, table->schema->name, H5P_DEFAULT) : file;
	int rc = where < 0 ? -PMP_EIO : verify_parts(where, table);

	if (has_folder && where >= 0)
		H5Gclose(where);
	if (rc == -PMP_EIO)
		return pmp_h5_fail(diag, PMP_EIO, "cannot read table '%s' back",
				   table->schema->name);
	if (rc == -PMP_EINVALID)
		return pmp_fail(diag, PMP_EIO, "table '%s' read back differs from what was written",
				table->schema->name);
	return rc;
}

static int write_attribute(hid_t root, const struct pmp_h5_table *table, size_t column)
{
	const struct pmp_file_column *c = &table->schema->columns[column];
	struct part part = make_part(table, column, column + 1);
	hid_t file_type = pmp_h5_file_type(c->type, table->widths[column]);
	hid_t memory_type = pmp_h5_memory_type(c->type, table->widths[column]);
	hid_t space = H5Screate(H5S_SCALAR), attribute = H5I_INVALID_HID;
	char *value = malloc(part.row_bytes);
	herr_t rc = -1;

	if (value)
		pack(&part, table->blocks, 0, 1, value);
	if (value && file_type >= 0 && memory_type >= 0 && space >= 0)
		attribute = H5Acreate2(root, c->name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
	if (attribute >= 0) {
		rc = H5Awrite(attribute, memory_type, value);
		H5Aclose(attribute);
	}
	if (space >= 0)
		H5Sclose(space);
	if (memory_type >= 0)
		H5Tclose(memory_type);
	if (file_type >= 0)
		H5Tclose(file_type);
	free(value);
	return rc < 0 ? -PMP_EIO : 0;
}

int pmp_h5_write_attributes(hid_t file, const struct pmp_file_table *schema, const void *row,
			    struct pmp_diag *diag)
{
	struct pmp_h5_block block = {row, 0, 1, PMP_H5_WRITER};
	struct pmp_h5_table table = {
		.schema = schema, .total = 1, .blocks = &block, .block_count = 1};

	pmp_h5_widths(&table);
	for (size_t i = 0; i < schema->column_count; i++)
		if (write_attribute(file, &table, i))
			return pmp_h5_fail(diag, PMP_EIO, "cannot write attribute '%s'",
					   schema->columns[i].name);
	return 0;
}
