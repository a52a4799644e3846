/* fuzz_support.h - bytes of a file, damaged the same way for the same seed */
#ifndef FUZZ_SUPPORT_H
#define FUZZ_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	unsigned char *data;
	size_t size;
};

/* All of these abort when they cannot. */
struct bytes bytes_load(const char *path);
struct bytes bytes_copy(struct bytes from);
void bytes_store(const char *path, struct bytes bytes);

/* fuzz_random - the next number of a sequence; below: 0 to limit - 1 */
uint64_t fuzz_random(uint64_t *state);
size_t fuzz_below(uint64_t *state, size_t limit);

/* fuzz_damage - flip bits, overwrite bytes and numbers, copy or blank stretches, cut off; by the sequence */
void fuzz_damage(struct bytes *bytes, uint64_t *state);

#endif
