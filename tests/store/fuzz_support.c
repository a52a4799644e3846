/*
 * fuzz_support.c - reproducible damage to files. Aborts on any trouble of its own.
 */
#include "fuzz_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	abort();
}

struct bytes bytes_load(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes b;
	long size;

	check(file != NULL, path);
	check(fseek(file, 0, SEEK_END) == 0, path);
	size = ftell(file);
	check(size >= 0, path);
	rewind(file);
	b.size = (size_t)size;
	b.data = malloc(b.size + 1);
	check(b.data && fread(b.data, 1, b.size, file) == b.size, path);
	fclose(file);
	return b;
}

struct bytes bytes_copy(struct bytes from)
{
	struct bytes b = {malloc(from.size + 1), from.size};

	check(b.data != NULL, "malloc");
	memcpy(b.data, from.data, from.size);
	return b;
}

void bytes_store(const char *path, struct bytes bytes)
{
	FILE *file = fopen(path, "wb");

	check(file != NULL, path);
	check(fwrite(bytes.data, 1, bytes.size, file) == bytes.size, path);
	check(fclose(file) == 0, path);
}

/* splitmix64 */
uint64_t fuzz_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

size_t fuzz_below(uint64_t *state, size_t limit)
{
	return limit ? (size_t)(fuzz_random(state) % limit) : 0;
}

static void flip_bits(struct bytes *b, uint64_t *state)
{
	for (size_t n = 1 + fuzz_below(state, 8); n; n--)
		b->data[fuzz_below(state, b->size)] ^= (unsigned char)(1u << fuzz_below(state, 8));
}

static void put_number(struct bytes *b, uint64_t *state)
{
	static const uint64_t numbers[] = {0,         1,
					   2,         255,
					   65535,     UINT32_MAX,
					   INT32_MAX, UINT64_MAX,
					   INT64_MAX, UINT64_C(1) << 63,
					   4096,      UINT64_C(1) << 40};
	uint64_t number = numbers[fuzz_below(state, sizeof(numbers) / sizeof(numbers[0]))];
	size_t size = (size_t)1 << fuzz_below(state, 4), at = fuzz_below(state, b->size);

	if (at + size <= b->size)
		memcpy(b->data + at, &number, size);
}

static void blank(struct bytes *b, uint64_t *state)
{
	size_t at = fuzz_below(state, b->size), size = 1 + fuzz_below(state, 4096);

	memset(b->data + at, (int)(fuzz_random(state) & 1 ? 0 : fuzz_random(state) & 255),
	       size < b->size - at ? size : b->size - at);
}

static void copy(struct bytes *b, uint64_t *state)
{
	size_t from = fuzz_below(state, b->size), to = fuzz_below(state, b->size);
	size_t size = 1 + fuzz_below(state, 512), most = b->size - (from > to ? from : to);

	memmove(b->data + to, b->data + from, size < most ? size : most);
}

static void cut(struct bytes *b, uint64_t *state)
{
	b->size = fuzz_below(state, b->size);
}

void fuzz_damage(struct bytes *b, uint64_t *state)
{
	static void (*const ways[])(struct bytes *, uint64_t *) = {
		flip_bits, flip_bits, put_number, put_number, blank, copy, cut};
	for (size_t n = 1 + fuzz_below(state, 3); n && b->size; n--)
		ways[fuzz_below(state, sizeof(ways) / sizeof(ways[0]))](b, state);
}
