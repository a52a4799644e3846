/*
 * h5_table.c - creates, writes and verifies one table. Called by writer.c on all processes alike: every call of a collective write
 * is made by each of them, whatever happened to it before.
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
			for (size_t r = 0; r < table->blocks[b].count; r++) {
				size_t len = strlen(text_at((const char *)table->blocks[b].rows +
								    r * schema->row_bytes,
							    &schema->columns[i]));

				if (len > table->widths[i])
					table->widths[i] = len;
			}
	}
}

static size_t count_rows(const struct pmp_h5_table *table)
{
	size_t rows = 0;

	for (size_t b = 0; b < table->block_count; b++)
		rows += table->blocks[b].count;
	return rows;
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

/* All rows of this process one behind the other. NULL when there is no memory. */
static char *pack(const struct part *part, size_t rows)
{
	size_t stride = part->table->schema->row_bytes;
	char *buffer = calloc(rows + 1, part->row_bytes);
	char *to = buffer;

	for (size_t b = 0; buffer && b < part->table->block_count; b++) {
		const struct pmp_h5_block *block = &part->table->blocks[b];

		for (size_t r = 0; r < block->count; r++, to += part->row_bytes)
			pack_row(part, (const char *)block->rows + r * stride, to);
	}
	return buffer;
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

/* The blocks of this process, neighbours joined; nothing at all for a process without rows. */
static int select_blocks(hid_t space, const struct pmp_h5_table *table)
{
	herr_t rc = H5Sselect_none(space);

	for (size_t b = 0; b < table->block_count && rc >= 0;) {
		hsize_t first = table->blocks[b].first, count = table->blocks[b].count;

		for (b++; b < table->block_count && table->blocks[b].first == first + count; b++)
			count += table->blocks[b].count;
		if (count)
			rc = H5Sselect_hyperslab(space, H5S_SELECT_OR, &first, NULL, &count, NULL);
	}
	return rc < 0 ? -PMP_EIO : 0;
}

static hid_t transfer_list(bool is_collective)
{
	hid_t list = H5Pcreate(H5P_DATASET_XFER);

#ifdef H5_HAVE_PARALLEL
	if (list >= 0 && is_collective && H5Pset_dxpl_mpio(list, H5FD_MPIO_COLLECTIVE) < 0) {
		H5Pclose(list);
		list = H5I_INVALID_HID;
	}
#else
	(void)is_collective;
#endif
	return list;
}

/* Spaces and types for one transfer; all or nothing. */
struct transfer {
	hid_t type, memory, file, list;
	hsize_t rows;
};

static void end_transfer(struct transfer *t)
{
	if (t->type >= 0)
		H5Tclose(t->type);
	if (t->memory >= 0)
		H5Sclose(t->memory);
	if (t->file >= 0)
		H5Sclose(t->file);
	if (t->list >= 0)
		H5Pclose(t->list);
	*t = (struct transfer){-1, -1, -1, -1, 0};
}

static int begin_transfer(struct transfer *t, hid_t set, const struct part *part,
			  bool is_collective)
{
	hsize_t size;

	t->rows = count_rows(part->table);
	size = t->rows ? t->rows : 1;
	t->type = part_type(part, pmp_h5_memory_type);
	t->memory = H5Screate_simple(1, &size, NULL);
	t->file = H5Dget_space(set);
	t->list = transfer_list(is_collective);
	if (t->type < 0 || t->memory < 0 || t->file < 0 || t->list < 0 ||
	    (t->rows == 0 && H5Sselect_none(t->memory) < 0) ||
	    select_blocks(t->file, part->table)) {
		end_transfer(t);
		return -PMP_EIO;
	}
	return 0;
}

static int agree(const struct pmp_group *group, int rc)
{
	return group ? pmp_agree(group, rc) : rc;
}

/* A process that cannot take part says so before the others enter the write and wait for it. */
static int write_part(hid_t where, const char *name, const struct part *part,
		      const struct pmp_group *group, struct pmp_diag *diag)
{
	const char *table = part->table->schema->name;
	hid_t set = create_part(where, name, part);
	char *buffer = pack(part, count_rows(part->table));
	struct transfer t = {-1, -1, -1, -1, 0};
	int rc = buffer ? 0 : -PMP_ENOMEM;

	if (rc == 0 && (set < 0 || begin_transfer(&t, set, part, group != NULL)))
		rc = pmp_h5_fail(diag, PMP_EIO, "cannot create table '%s'", table);
	rc = agree(group, rc);
	if (rc == 0 && part->table->total &&
	    H5Dwrite(set, t.type, t.memory, t.file, t.list, buffer) < 0)
		rc = pmp_h5_fail(diag, PMP_EIO, "cannot write table '%s'", table);
	end_transfer(&t);
	if (set >= 0 && H5Dclose(set) < 0 && rc == 0)
		rc = pmp_h5_fail(diag, PMP_EIO, "cannot write table '%s'", table);
	free(buffer);
	return agree(group, rc);
}

int pmp_h5_write(hid_t file, const struct pmp_h5_table *table, const struct pmp_group *group,
		 struct pmp_diag *diag)
{
	const struct pmp_file_table *schema = table->schema;
	struct part part = make_part(table, 0, schema->column_count);
	hid_t columns;
	int rc;

	if (schema->layout == PMP_FILE_COMPOUND)
		return write_part(file, schema->name, &part, group, diag);
	columns = H5Gcreate2(file, schema->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	rc = agree(group, columns < 0 ? -PMP_EIO : 0);
	for (size_t i = 0; i < schema->column_count && rc == 0; i++) {
		part = make_part(table, i, i + 1);
		rc = write_part(columns, schema->columns[i].name, &part, group, diag);
	}
	if (rc && columns < 0)
		pmp_h5_fail(diag, PMP_EIO, "cannot create table '%s'", schema->name);
	if (columns >= 0)
		H5Gclose(columns);
	return rc;
}

static int verify_part(hid_t where, const char *name, const struct part *part,
		       struct pmp_diag *diag)
{
	size_t rows = count_rows(part->table);
	hid_t set = H5Dopen2(where, name, H5P_DEFAULT);
	char *wanted = pack(part, rows), *got = calloc(rows + 1, part->row_bytes);
	struct transfer t;
	int rc = wanted && got ? 0 : -PMP_ENOMEM;

	if (rc == 0 && (set < 0 || begin_transfer(&t, set, part, false)))
		rc = pmp_h5_fail(diag, PMP_EIO, "cannot read table '%s' back",
				 part->table->schema->name);
	else if (rc == 0) {
		if (rows && H5Dread(set, t.type, t.memory, t.file, t.list, got) < 0)
			rc = pmp_h5_fail(diag, PMP_EIO, "cannot read table '%s' back",
					 part->table->schema->name);
		else if (memcmp(wanted, got, rows * part->row_bytes) != 0)
			rc = pmp_fail(diag, PMP_EIO,
				      "table '%s' read back differs from what was written",
				      part->table->schema->name);
		end_transfer(&t);
	}
	if (set >= 0)
		H5Dclose(set);
	free(wanted);
	free(got);
	return rc;
}

int pmp_h5_verify(hid_t file, const struct pmp_h5_table *table, struct pmp_diag *diag)
{
	const struct pmp_file_table *schema = table->schema;
	struct part part = make_part(table, 0, schema->column_count);
	hid_t group;
	int rc = 0;

	if (schema->layout == PMP_FILE_COMPOUND)
		return verify_part(file, schema->name, &part, diag);
	group = H5Gopen2(file, schema->name, H5P_DEFAULT);
	if (group < 0)
		return pmp_h5_fail(diag, PMP_EIO, "cannot read table '%s' back", schema->name);
	for (size_t i = 0; i < schema->column_count && rc == 0; i++) {
		part = make_part(table, i, i + 1);
		rc = verify_part(group, schema->columns[i].name, &part, diag);
	}
	H5Gclose(group);
	return rc;
}

static int write_attribute(hid_t root, const struct pmp_h5_table *table, size_t column)
{
	const struct pmp_file_column *c = &table->schema->columns[column];
	struct part part = make_part(table, column, column + 1);
	hid_t file_type = pmp_h5_file_type(c->type, table->widths[column]);
	hid_t memory_type = pmp_h5_memory_type(c->type, table->widths[column]);
	hid_t space = H5Screate(H5S_SCALAR), attribute = H5I_INVALID_HID;
	char *value = pack(&part, 1);
	herr_t rc = -1;

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
	struct pmp_h5_block block = {row, 0, 1};
	struct pmp_h5_table table = {
		.schema = schema, .total = 1, .blocks = &block, .block_count = 1};

	pmp_h5_widths(&table);
	for (size_t i = 0; i < schema->column_count; i++)
		if (write_attribute(file, &table, i))
			return pmp_h5_fail(diag, PMP_EIO, "cannot write attribute '%s'",
					   schema->columns[i].name);
	return 0;
}
