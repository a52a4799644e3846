/*
 * file_schema.c - the tables of schema/file.def as data. Used by writer, reader and the tests of docs/FORMAT.md; no state.
 */
#include "store/file_schema.h"

#define PMP_TABLE(table, layout, doc) static const struct pmp_file_column table##_columns[] = {
#define PMP_COLUMN(table, column, type, unit, doc)                                                 \
	{#column, PMP_FILE_##type, unit, doc, offsetof(struct pmp_row_##table, column)},
#define PMP_TABLE_END(table)                                                                       \
	}                                                                                          \
	;                                                                                          \
	_Static_assert(sizeof(table##_columns) / sizeof(table##_columns[0]) <=                     \
			       PMP_FILE_COLUMNS_MAX,                                               \
		       "columns of " #table);
#include "schema/file.def"
#undef PMP_TABLE
#undef PMP_COLUMN
#undef PMP_TABLE_END

const struct pmp_file_table pmp_file_tables[PMP_FILE_TABLE_COUNT] = {
#define PMP_TABLE(table, layout, doc)                                                              \
	{#table,                                                                                   \
	 PMP_FILE_##layout,                                                                        \
	 doc,                                                                                      \
	 sizeof(struct pmp_row_##table),                                                           \
	 sizeof(table##_columns) / sizeof(table##_columns[0]),                                     \
	 table##_columns},
#define PMP_COLUMN(table, column, type, unit, doc)
#define PMP_TABLE_END(table)
#include "schema/file.def"
#undef PMP_TABLE
#undef PMP_COLUMN
#undef PMP_TABLE_END
};

static const struct {
	const char *name;
	size_t bytes;
} types[] = {
	[PMP_FILE_U8] = {"U8", 1},   [PMP_FILE_U16] = {"U16", 2},   [PMP_FILE_U32] = {"U32", 4},
	[PMP_FILE_U64] = {"U64", 8}, [PMP_FILE_I32] = {"I32", 4},   [PMP_FILE_I64] = {"I64", 8},
	[PMP_FILE_F64] = {"F64", 8}, [PMP_FILE_TEXT] = {"TEXT", 0},
};

size_t pmp_file_type_bytes(enum pmp_file_type type)
{
	return types[type].bytes;
}

const char *pmp_file_type_name(enum pmp_file_type type)
{
	return types[type].name;
}
