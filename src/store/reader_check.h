/* reader_check.h - between reader.c (run and ranks) and reader_tables.c (names and long tables) */
#ifndef PMP_READER_CHECK_H
#define PMP_READER_CHECK_H

#include <stdbool.h>

#include "model/model.h"
#include "store/keymap.h"
#include "store/load.h"

/* Sums over a table: whoever adds its rows up later must not overflow. */
struct pmp_sums {
	int64_t count, time, out, in, cpu;
};

struct pmp_reading {
	const char *path;
	struct pmp_load *load;
	struct pmp_model *model;
	struct pmp_diag *diag;
	struct pmp_keymap calls; /* hash of a name -> row of /calls */
	uint16_t *call_ids;      /* row of /calls -> enum pmp_call_id, 0 for calls we do not know */
	struct pmp_sums sums;
	bool no_memory;
};

#define ROWS(reading, table) ((reading)->load->tables[PMP_FILE_TABLE_##table].count)

/* In functions with a `struct pmp_reading *r`: refuse the file. */
#define CHECK(condition, table, row, column)                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return pmp_reading_bad(r, #table, row, column);                            \
	} while (0)

/* Not negative, and the sum over the table stays in range; needs a `struct pmp_sums *sums`. */
#define CHECK_SUM(value, sum, table, row, column)                                                  \
	CHECK((value) >= 0 && !__builtin_add_overflow(sums->sum, value, &sums->sum), table, row,   \
	      column)

int pmp_reading_bad(struct pmp_reading *r, const char *table, size_t row, const char *column);

/* pmp_reading_text, pmp_reading_alloc - owned by the model; a failure is noted in no_memory. Text is never NULL. */
char *pmp_reading_text(struct pmp_reading *r, const char *text);
void *pmp_reading_alloc(struct pmp_reading *r, size_t count, size_t size);

/* pmp_reading_call - number of a call by name; false if /calls does not have it */
bool pmp_reading_call(const struct pmp_reading *r, const char *name, uint32_t *id);
void pmp_reading_release(struct pmp_reading *r);

int pmp_reading_calls(struct pmp_reading *r);
int pmp_read_modules(struct pmp_reading *r);
int pmp_read_frames(struct pmp_reading *r);
int pmp_read_addresses(struct pmp_reading *r);
int pmp_read_paths(struct pmp_reading *r);
int pmp_read_regions(struct pmp_reading *r);
int pmp_read_comms(struct pmp_reading *r);
int pmp_read_profile(struct pmp_reading *r);
int pmp_read_compute(struct pmp_reading *r);
int pmp_read_messages(struct pmp_reading *r);
int pmp_read_events(struct pmp_reading *r);
int pmp_read_crashes(struct pmp_reading *r);

#endif
