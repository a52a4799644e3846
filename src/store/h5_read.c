/*
 * h5_read.c - tables of an untrusted HDF5 file to rows. Runs in the child process of load.c; the only reader of HDF5 in the project.
 *
 * Before data are read: names must be hard links (no other file is opened), storage must lie in the file, filters must be the built-in
 * ones, and sizes must be possible for the bytes stored. Columns are found by name, so a file may have more than we know; one of an
 * earlier minor version may also have less: what it lacks is empty or 0.
 */
#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/arena_view.h"
#include "store/h5_table.h"
#include "store/load.h"

#define RATIO_MAX   1100 /* deflate packs at most 1030 to 1 */
#define TEXT_MAX    65536
#define CHUNK_MAX   ((hsize_t)256 << 20)
#define BLOCK_BYTES ((size_t)8 << 20)
#define ROWS_MAX    ((hsize_t)1 << 40)

struct context {
	const char *path;
	struct pmp_load *load;
	struct pmp_diag *diag;
	bool is_earlier; /* of a minor version before ours */
};

/* A column as it will lie in the transfer buffer: 8 bytes for any number, its own width for text. */
struct source {
	const struct pmp_file_column *column;
	size_t offset, width;
	bool is_signed;
	const char *last; /* the text stored last: neighbours are often equal */
};

struct layout {
	struct source sources[PMP_FILE_COLUMNS_MAX];
	size_t count, row_bytes;
};

static int bad(const struct context *c, const char *table, const char *what)
{
	H5Eclear2(H5E_DEFAULT);
	return pmp_fail(c->diag, PMP_EFORMAT, "'%s' is damaged: %s '/%s'", c->path, what, table);
}

static int bad_column(const struct context *c, const char *table, const char *column,
		      const char *what)
{
	return pmp_fail(c->diag, PMP_EFORMAT, "'%s' is damaged: column '%s' of '/%s' %s", c->path,
			column, table, what);
}

/* Is the stored type one that the column can be read from? */
static bool accept_type(hid_t type, const struct pmp_file_column *column, struct source *source)
{
	size_t size = H5Tget_size(type);

	source->column = column;
	if (column->type == PMP_FILE_TEXT) {
		source->width = size;
		return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
		       size > 0 && size <= TEXT_MAX;
	}
	source->width = 8;
	if (column->type == PMP_FILE_F64)
		return H5Tget_class(type) == H5T_FLOAT && size <= 8;
	source->is_signed = H5Tget_sign(type) == H5T_SGN_2;
	return H5Tget_class(type) == H5T_INTEGER && size <= 8;
}

static hid_t source_type(const struct source *source)
{
	if (source->column->type == PMP_FILE_TEXT)
		return pmp_h5_memory_type(PMP_FILE_TEXT, source->width);
	if (source->column->type == PMP_FILE_F64)
		return pmp_h5_memory_type(PMP_FILE_F64, 0);
	return pmp_h5_memory_type(source->is_signed ? PMP_FILE_I64 : PMP_FILE_U64, 0);
}

static bool store_number(const struct source *source, const char *from, char *to)
{
	static const struct {
		int64_t least;
		uint64_t most;
	} ranges[] = {
		[PMP_FILE_U8] = {0, UINT8_MAX},           [PMP_FILE_U16] = {0, UINT16_MAX},
		[PMP_FILE_U32] = {0, UINT32_MAX},         [PMP_FILE_U64] = {0, UINT64_MAX},
		[PMP_FILE_I32] = {INT32_MIN, INT32_MAX},  [PMP_FILE_I64] = {INT64_MIN, INT64_MAX},
		[PMP_FILE_F64] = {INT64_MIN, UINT64_MAX}, [PMP_FILE_TEXT] = {0, 0},
	};
	enum pmp_file_type type = source->column->type;
	uint64_t bits;
	int64_t number;

	memcpy(&bits, from, sizeof(bits));
	number = (int64_t)bits;
	if (type != PMP_FILE_F64 && source->is_signed && number < 0 ? number < ranges[type].least
								    : bits > ranges[type].most)
		return false;
	memcpy(to, &bits, pmp_file_type_bytes(type)); /* little end first */
	return true;
}

static bool store_text(struct pmp_load *load, struct source *source, const char *from, char *to)
{
	size_t len = strnlen(from, source->width);
	char *text;

	if (!source->last || strlen(source->last) != len || memcmp(source->last, from, len) != 0) {
		text = pmp_load_alloc(load, len + 1, 1);
		if (!text)
			return false;
		memcpy(text, from, len);
		source->last = text;
	}
	memcpy(to, &source->last, sizeof(source->last));
	return true;
}

/* Rows of a transfer buffer to rows of the struct; @first is for messages. */
static int convert(const struct context *c, const struct pmp_file_table *schema,
		   struct layout *layout, const char *buffer, size_t count, char *rows)
{
	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < layout->count; s++) {
			struct source *source = &layout->sources[s];
			const char *from = buffer + i * layout->row_bytes + source->offset;
			char *to = rows + i * schema->row_bytes + source->column->offset;

			if (source->column->type == PMP_FILE_TEXT) {
				if (!store_text(c->load, source, from, to))
					return pmp_fail(c->diag, PMP_ENOMEM,
							"'%s' is too large to read", c->path);
			} else if (!store_number(source, from, to)) {
				return bad_column(c, schema->name, source->column->name,
						  "has a number out of range");
			}
		}
	return 0;
}

static bool are_filters_known(hid_t list)
{
	int count = H5Pget_nfilters(list);

	for (int i = 0; i < count; i++) {
		unsigned flags, config;
		size_t values = 0;
		H5Z_filter_t filter =
			H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);

		if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
		    filter != H5Z_FILTER_FLETCHER32)
			return false;
	}
	return count >= 0;
}

/* Rows per read: whole chunks. 0 when the storage is not one that can be believed. */
static hsize_t block_rows(hid_t set, hsize_t rows, size_t type_bytes, size_t row_bytes)
{
	hid_t list = H5Dget_create_plist(set);
	hsize_t stored = H5Dget_storage_size(set), chunk = 1, block = 0;
	H5D_layout_t layout;

	if (list < 0)
		return 0;
	layout = H5Pget_layout(list);
	if (layout == H5D_CHUNKED && H5Pget_chunk(list, 1, &chunk) != 1)
		chunk = 0;
	if (chunk && chunk * type_bytes <= CHUNK_MAX && rows <= ROWS_MAX &&
	    (layout == H5D_CHUNKED || layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) &&
	    H5Pget_external_count(list) == 0 && are_filters_known(list) &&
	    (rows == 0 || rows * type_bytes / RATIO_MAX <= stored)) {
		block = BLOCK_BYTES / row_bytes / chunk * chunk;
		if (block == 0)
			block = chunk;
		if (block > rows)
			block = rows ? rows : 1;
	}
	H5Pclose(list);
	return block;
}

/* Room for the rows of a table; what the file does not fill is 0 or "". */
static int make_rows(const struct context *c, const struct pmp_file_table *schema, size_t count,
		     struct pmp_load_table *table)
{
	const char *nothing = pmp_load_alloc(c->load, 1, 1);

	table->count = count;
	table->rows = pmp_load_alloc(c->load, count, schema->row_bytes);
	if (!table->rows || !nothing)
		return pmp_fail(c->diag, PMP_ENOMEM, "'%s' is too large to read", c->path);
	for (size_t s = 0; s < schema->column_count && c->is_earlier; s++)
		for (size_t i = 0; schema->columns[s].type == PMP_FILE_TEXT && i < count; i++)
			memcpy((char *)table->rows + i * schema->row_bytes +
				       schema->columns[s].offset,
			       &nothing, sizeof(nothing));
	return 0;
}

static bool may_lack(const struct context *c, hid_t where, const char *name)
{
	return c->is_earlier && H5Lexists(where, name, H5P_DEFAULT) == 0;
}

static bool is_hard_link(hid_t where, const char *name)
{
	H5L_info_t info;

	return H5Lget_info(where, name, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

/* One dataset: its whole length into rows, which exist already or are made. */
struct read {
	hid_t set, type, memory_type;
	hsize_t rows, block;
	struct layout layout;
};

static int read_blocks(const struct context *c, const struct pmp_file_table *schema, struct read *r,
		       char *rows)
{
	hid_t file = H5Dget_space(r->set);
	char *buffer = malloc((size_t)r->block * r->layout.row_bytes);
	int rc = buffer && file >= 0 ? 0 : -PMP_ENOMEM;

	for (hsize_t first = 0; first < r->rows && rc == 0; first += r->block) {
		hsize_t count = r->rows - first < r->block ? r->rows - first : r->block;
		hid_t memory = H5Screate_simple(1, &count, NULL);

		memset(buffer, 0, (size_t)count * r->layout.row_bytes);
		if (memory < 0 ||
		    H5Sselect_hyperslab(file, H5S_SELECT_SET, &first, NULL, &count, NULL) < 0 ||
		    H5Dread(r->set, r->memory_type, memory, file, H5P_DEFAULT, buffer) < 0)
			rc = bad(c, schema->name, "cannot read");
		else
			rc = convert(c, schema, &r->layout, buffer, (size_t)count,
				     rows + first * schema->row_bytes);
		if (memory >= 0)
			H5Sclose(memory);
	}
	if (file >= 0)
		H5Sclose(file);
	free(buffer);
	return rc;
}

static int find_columns(const struct context *c, const struct pmp_file_table *schema,
			struct read *r)
{
	struct layout *l = &r->layout;

	if (H5Tget_class(r->type) != H5T_COMPOUND)
		return bad(c, schema->name, "there are no columns in");
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct pmp_file_column *column = &schema->columns[i];
		int index = H5Tget_member_index(r->type, column->name);
		hid_t type = index < 0 ? -1 : H5Tget_member_type(r->type, (unsigned)index);
		struct source *source = &l->sources[l->count];

		if (index < 0 && c->is_earlier) {
			H5Eclear2(H5E_DEFAULT);
			continue;
		}

		bool is_good = type >= 0 && accept_type(type, column, source);

		if (type >= 0)
			H5Tclose(type);
		if (!is_good) {
			H5Eclear2(H5E_DEFAULT);
			return bad_column(c, schema->name, column->name,
					  index < 0 ? "is missing" : "has another type");
		}
		source->offset = l->row_bytes;
		l->row_bytes += source->width;
		l->count++;
	}
	return l->count ? 0 : bad(c, schema->name, "there are no columns in");
}

static hid_t compound_type(const struct layout *l)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, l->row_bytes);

	for (size_t i = 0; i < l->count && type >= 0; i++) {
		hid_t member = source_type(&l->sources[i]);

		if (member < 0 ||
		    H5Tinsert(type, l->sources[i].column->name, l->sources[i].offset, member) < 0) {
			H5Tclose(type);
			type = H5I_INVALID_HID;
		}
		if (member >= 0)
			H5Tclose(member);
	}
	return type;
}

static int open_set(const struct context *c, const char *table, hid_t where, const char *name,
		    struct read *r)
{
	hid_t space;
	int rank;

	if (!is_hard_link(where, name))
		return bad(c, table, "there is no table");
	r->set = H5Dopen2(where, name, H5P_DEFAULT);
	space = r->set < 0 ? -1 : H5Dget_space(r->set);
	r->type = r->set < 0 ? -1 : H5Dget_type(r->set);
	rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
	if (rank == 1 && H5Sget_simple_extent_type(space) == H5S_SIMPLE)
		H5Sget_simple_extent_dims(space, &r->rows, NULL);
	if (space >= 0)
		H5Sclose(space);
	return rank == 1 && r->type >= 0 && r->rows <= ROWS_MAX ? 0 : bad(c, table, "cannot open");
}

static void close_set(struct read *r)
{
	if (r->memory_type >= 0)
		H5Tclose(r->memory_type);
	if (r->type >= 0)
		H5Tclose(r->type);
	if (r->set >= 0)
		H5Dclose(r->set);
}

static int load_compound(const struct context *c, const struct pmp_file_table *schema, hid_t file,
			 struct pmp_load_table *table)
{
	struct read r = {.set = -1, .type = -1, .memory_type = -1};
	int rc;

	if (may_lack(c, file, schema->name))
		return make_rows(c, schema, 0, table);
	rc = open_set(c, schema->name, file, schema->name, &r);
	if (rc == 0)
		rc = find_columns(c, schema, &r);
	if (rc == 0) {
		r.memory_type = compound_type(&r.layout);
		r.block = block_rows(r.set, r.rows, H5Tget_size(r.type), r.layout.row_bytes);
		if (r.memory_type < 0 || r.block == 0)
			rc = bad(c, schema->name, "impossible size of");
	}
	if (rc == 0)
		rc = make_rows(c, schema, (size_t)r.rows, table);
	if (rc == 0)
		rc = read_blocks(c, schema, &r, table->rows);
	close_set(&r);
	return rc;
}

/* One column of a group: the first one met sets the length. */
static int load_column(const struct context *c, const struct pmp_file_table *schema, hid_t group,
		       size_t index, struct pmp_load_table *table)
{
	const struct pmp_file_column *column = &schema->columns[index];
	struct read r = {.set = -1, .type = -1, .memory_type = -1};
	struct source *source = &r.layout.sources[0];
	int rc;

	if (may_lack(c, group, column->name))
		return 0;
	rc = open_set(c, schema->name, group, column->name, &r);
	if (rc == 0 && !accept_type(r.type, column, source))
		rc = bad_column(c, schema->name, column->name, "has another type");
	if (rc == 0) {
		r.layout.count = 1;
		r.layout.row_bytes = source->width;
		r.memory_type = source_type(source);
		r.block = block_rows(r.set, r.rows, H5Tget_size(r.type), r.layout.row_bytes);
		if (r.memory_type < 0 || r.block == 0 || (table->rows && table->count != r.rows))
			rc = bad_column(c, schema->name, column->name, "has an impossible size");
	}
	if (rc == 0 && !table->rows)
		rc = make_rows(c, schema, (size_t)r.rows, table);
	if (rc == 0)
		rc = read_blocks(c, schema, &r, table->rows);
	close_set(&r);
	return rc;
}

static int load_columns(const struct context *c, const struct pmp_file_table *schema, hid_t file,
			struct pmp_load_table *table)
{
	hid_t group;
	int rc;

	if (may_lack(c, file, schema->name))
		return make_rows(c, schema, 0, table);
	group = is_hard_link(file, schema->name) ? H5Gopen2(file, schema->name, H5P_DEFAULT) : -1;
	rc = group < 0 ? bad(c, schema->name, "there is no table") : 0;
	for (size_t i = 0; i < schema->column_count && rc == 0; i++)
		rc = load_column(c, schema, group, i, table);
	if (group >= 0)
		H5Gclose(group);
	return rc;
}

static bool read_attribute(const struct context *c, hid_t file,
			   const struct pmp_file_column *column, char *row)
{
	hid_t attribute = H5Aopen(file, column->name, H5P_DEFAULT);
	hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
	hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
	struct source source = {0};
	hid_t memory = type >= 0 && accept_type(type, column, &source) ? source_type(&source) : -1;
	char *buffer = memory < 0 ? NULL : calloc(source.width + 1, 1);
	bool is_good = buffer && space >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
		       H5Aread(attribute, memory, buffer) >= 0 &&
		       (column->type == PMP_FILE_TEXT
				? store_text(c->load, &source, buffer, row + column->offset)
				: store_number(&source, buffer, row + column->offset));

	free(buffer);
	if (memory >= 0)
		H5Tclose(memory);
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	if (attribute >= 0)
		H5Aclose(attribute);
	H5Eclear2(H5E_DEFAULT);
	return is_good;
}

static const struct pmp_file_column *run_column(const char *name)
{
	const struct pmp_file_table *schema = &pmp_file_tables[PMP_FILE_TABLE_run];

	for (size_t i = 0; i < schema->column_count; i++)
		if (strcmp(schema->columns[i].name, name) == 0)
			return &schema->columns[i];
	return NULL;
}

static int load_run(struct context *c, hid_t file, struct pmp_load_table *table)
{
	const struct pmp_file_table *schema = &pmp_file_tables[PMP_FILE_TABLE_run];
	struct pmp_row_run *run;
	int rc;

	c->is_earlier = true; /* until we know: so that texts are "" */
	rc = make_rows(c, schema, 1, table);
	if (rc)
		return rc;
	run = table->rows;
	if (!read_attribute(c, file, run_column("format"), (char *)run) ||
	    strcmp(run->format, PMP_FILE_FORMAT) != 0)
		return pmp_fail(c->diag, PMP_EFORMAT, "'%s' is an HDF5 file, but not one of pmprof",
				c->path);
	if (!read_attribute(c, file, run_column("major"), (char *)run) ||
	    !read_attribute(c, file, run_column("minor"), (char *)run))
		return pmp_fail(c->diag, PMP_EFORMAT, "'%s' is damaged: it has no version",
				c->path);
	if (run->major > PMP_FILE_MAJOR)
		return pmp_fail(c->diag, PMP_EVERSION,
				"'%s' was written by a newer pmprof (format %u, known is %u)",
				c->path, run->major, PMP_FILE_MAJOR);
	c->is_earlier = run->minor < PMP_FILE_MINOR;
	for (size_t i = 0; i < schema->column_count; i++)
		if (!read_attribute(c, file, &schema->columns[i], (char *)run) &&
		    !(c->is_earlier && H5Aexists(file, schema->columns[i].name) == 0))
			return pmp_fail(c->diag, PMP_EFORMAT,
					"'%s' is damaged: attribute '%s' is missing or wrong",
					c->path, schema->columns[i].name);
	return 0;
}

static int load_tables(struct context *c, hid_t file)
{
	int rc = 0;

	for (int id = 0; id < PMP_FILE_TABLE_COUNT && rc == 0; id++) {
		const struct pmp_file_table *schema = &pmp_file_tables[id];
		struct pmp_load_table *table = &c->load->tables[id];

		if (schema->layout == PMP_FILE_ATTRIBUTES)
			rc = load_run(c, file, table);
		else if (schema->layout == PMP_FILE_COMPOUND)
			rc = load_compound(c, schema, file, table);
		else
			rc = load_columns(c, schema, file, table);
	}
	return rc;
}

/* Why a file could not be opened, in our words. */
static int open_failed(const struct context *c)
{
	struct pmp_diag reason = {""};

	pmp_h5_fail(&reason, PMP_EFORMAT, "%s", "");
	if (strstr(reason.text, "truncated file"))
		return pmp_fail(c->diag, PMP_ETRUNCATED,
				"'%s' is cut off: it was not copied or written to its end",
				c->path);
	return pmp_fail(c->diag, PMP_EFORMAT, "'%s' is damaged%s", c->path, reason.text);
}

/* Something else: people also try what lies in the scratch folder. */
static int not_hdf5(const char *path, struct pmp_diag *diag)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) : 1;

	if (!pmp_arena_is_name(slash ? slash + 1 : path))
		return pmp_fail(diag, PMP_EFORMAT, "'%s' is not an HDF5 file", path);
	return pmp_fail(diag, PMP_EFORMAT,
			"'%s' is what one rank recorded; a file of all ranks: pmprof collect %.*s",
			path, folder, slash ? path : ".");
}

int pmp_h5_load(const char *path, struct pmp_load *load, struct pmp_diag *diag)
{
	struct context c = {path, load, diag, false};
	struct pmp_h5_quiet quiet;
	hid_t list, file = H5I_INVALID_HID;
	htri_t is_hdf5;
	int rc;

	pmp_h5_quiet(&quiet);
	H5PLset_loading_state(0); /* no filter code from elsewhere */
	is_hdf5 = H5Fis_hdf5(path);
	list = H5Pcreate(H5P_FILE_ACCESS);
	if (list >= 0 && is_hdf5 > 0) {
		H5Pset_file_locking(list, false,
				    true); /* read-only: also on file systems without locks */
		file = H5Fopen(path, H5F_ACC_RDONLY, list);
	}
	if (is_hdf5 <= 0)
		rc = not_hdf5(path, diag);
	else
		rc = file < 0 ? open_failed(&c) : load_tables(&c, file);
	if (list >= 0)
		H5Pclose(list);
	if (file >= 0)
		H5Fclose(file);
	pmp_h5_restore(&quiet);
	return rc;
}
