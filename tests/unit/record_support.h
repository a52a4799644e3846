/*
 * record_support.h - for tests of the recorder: run a piece of code as a process of its own, read its arena back
 *
 * Recording begins once per process, so each case runs in a child. The reader here knows nothing but the layout.
 */
#ifndef PMP_RECORD_SUPPORT_H
#define PMP_RECORD_SUPPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema/arena.h"

/* In a child: complain and leave. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
			_Exit(99);                                                                 \
		}                                                                                  \
	} while (0)

#define CHECK_EQUAL(a, b)                                                                          \
	do {                                                                                       \
		long long left_ = (long long)(a), right_ = (long long)(b);                         \
		if (left_ != right_) {                                                             \
			fprintf(stderr, "%s:%d: %s is %lld, %s is %lld\n", __FILE__, __LINE__, #a, \
				left_, #b, right_);                                                \
			_Exit(99);                                                                 \
		}                                                                                  \
	} while (0)

/* A copy of an arena file. Exits the process when the file cannot be read or breaks the layout. */
struct arena_copy {
	unsigned char *data;
	size_t bytes;
};

struct arena_copy arena_copy_read(const char *path);
void arena_copy_free(struct arena_copy *copy);
const struct pmp_arena_header *arena_copy_header(const struct arena_copy *copy);

/* All records of one table, in memory of malloc; for events the whole ring. */
void *arena_copy_table(const struct arena_copy *copy, enum pmp_kind kind, unsigned lane,
		       size_t *count);

/* The time of a lane that is accounted for: gaps, stats, tool, paused. */
uint64_t arena_copy_accounted(const struct arena_copy *copy, unsigned lane);

/* run_child - run @body in a child with a scratch folder of its own. Return: as from waitpid. */
int run_child(void (*body)(void));

/* The arena that the last child left behind, rank 0; "" if none. Its scratch folder lives until the next run_child. */
const char *child_arena(void);

/* remove_scratch - of the last child */
void remove_scratch(void);

/* start_recording - step clock, quiet, one rank; checks that it works */
void start_recording(void);

/* A recorded call that does nothing, or what @inside does. */
struct pmp_stat *recorded_call(uint32_t comm, uint64_t bytes, void (*inside)(void));

#endif
