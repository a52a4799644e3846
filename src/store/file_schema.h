/* file_schema.h - rows and column descriptions of the tables of a .pmprof.h5 file; expanded from schema/file.def */
#ifndef PMP_FILE_SCHEMA_H
#define PMP_FILE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#define PMP_FILE_FORMAT "pmprof"
#define PMP_FILE_MAJOR  1
#define PMP_FILE_MINOR  2

/* The C type of a column type; text is owned by whoever made the row. */
typedef uint8_t pmp_file_U8;
typedef uint16_t pmp_file_U16;
typedef uint32_t pmp_file_U32;
typedef uint64_t pmp_file_U64;
typedef int32_t pmp_file_I32;
typedef int64_t pmp_file_I64;
typedef double pmp_file_F64;
typedef const char *pmp_file_TEXT;

/* struct pmp_row_<table>: one row in memory */
#define PMP_TABLE(table, layout, doc)              struct pmp_row_##table {
#define PMP_COLUMN(table, column, type, unit, doc) pmp_file_##type column;
#define PMP_TABLE_END(table)                                                                       \
	}                                                                                          \
	;
#include "schema/file.def"
#undef PMP_TABLE
#undef PMP_COLUMN
#undef PMP_TABLE_END

enum pmp_file_type {
	PMP_FILE_U8,
	PMP_FILE_U16,
	PMP_FILE_U32,
	PMP_FILE_U64,
	PMP_FILE_I32,
	PMP_FILE_I64,
	PMP_FILE_F64,
	PMP_FILE_TEXT
};

enum pmp_file_layout { PMP_FILE_ATTRIBUTES, PMP_FILE_COMPOUND, PMP_FILE_COLUMNS };

struct pmp_file_column {
	const char *name;
	enum pmp_file_type type;
	const char *unit;
	const char *doc;
	size_t offset; /* in the row struct */
};

#define PMP_FILE_COLUMNS_MAX 48

struct pmp_file_table {
	const char *name;
	enum pmp_file_layout layout;
	const char *doc;
	size_t row_bytes; /* of the row struct */
	size_t column_count;
	const struct pmp_file_column *columns;
};

enum pmp_file_table_id {
#define PMP_TABLE(table, layout, doc) PMP_FILE_TABLE_##table,
#define PMP_COLUMN(table, column, type, unit, doc)
#define PMP_TABLE_END(table)
#include "schema/file.def"
#undef PMP_TABLE
#undef PMP_COLUMN
#undef PMP_TABLE_END
	PMP_FILE_TABLE_COUNT
};

/* pmp_file_tables - the description of each table, by number */
extern const struct pmp_file_table pmp_file_tables[PMP_FILE_TABLE_COUNT];

/* pmp_file_type_bytes - of a number in a file; 0 for text, whose width differs from file to file */
size_t pmp_file_type_bytes(enum pmp_file_type type);

/* pmp_file_type_name - "U32", "TEXT" as in file.def */
const char *pmp_file_type_name(enum pmp_file_type type);

#endif
