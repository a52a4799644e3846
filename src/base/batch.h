/* batch.h - the batch job this process is part of, as the environment says it; rows in batch.def */
#ifndef PMP_BATCH_H
#define PMP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * pmp_batch_read - what is known of the job, as lines "column=value" with the columns of /job (schema/file.def)
 * @text: receives the lines, at most @size (256 or more) with the terminator; "" when the process runs under no batch system
 *
 * Values have no control characters; one that is longer than what is kept of it ends in "...". Numbers are plain and decimal.
 * Allocates nothing, asks nobody. Context: start, main thread, before the program changes its environment.
 */
void pmp_batch_read(char *text, size_t size);

/* pmp_batch_value - one value out of such lines, cut to @size. Return: false, and "", when there is none. */
bool pmp_batch_value(const char *text, const char *column, char *value, size_t size);

/* pmp_batch_number - one that is a number of at least 0; false, and 0, when there is none */
bool pmp_batch_number(const char *text, const char *column, int64_t *value);

#endif
