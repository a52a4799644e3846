/*
 * pool.c - memory that is given back all at once. Tools only; a pool belongs to one thread at a time.
 */
#include "model/pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define ALIGNMENT   (_Alignof(max_align_t))

struct block {
	struct block *next;
	size_t used, size;
	max_align_t data[];
};

struct pmp_pool {
	struct block *blocks; /* the first one is being filled */
	bool failed;
};

struct pmp_pool *pmp_pool_new(void)
{
	return calloc(1, sizeof(struct pmp_pool));
}

void pmp_pool_free(struct pmp_pool *pool)
{
	if (!pool)
		return;
	for (struct block *block = pool->blocks; block;) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
	free(pool);
}

/* A large request gets a block of its own, put behind the one being filled, whose rest stays usable. */
static struct block *add_block(struct pmp_pool *pool, size_t bytes)
{
	bool is_large = bytes > BLOCK_BYTES / 4;
	size_t size = is_large ? bytes : BLOCK_BYTES;
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	if (is_large && pool->blocks) {
		block->next = pool->blocks->next;
		pool->blocks->next = block;
	} else {
		block->next = pool->blocks;
		pool->blocks = block;
	}
	return block;
}

void *pmp_pool_alloc(struct pmp_pool *pool, size_t count, size_t size)
{
	struct block *block = pool->blocks;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		goto failed;
	bytes = (bytes + (bytes == 0) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!block || block->size - block->used < bytes)
		block = add_block(pool, bytes);
	if (!block)
		goto failed;
	void *memory = (char *)block->data + block->used;

	block->used += bytes;
	return memory;
failed:
	pool->failed = true;
	return NULL;
}

char *pmp_pool_text(struct pmp_pool *pool, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? pmp_pool_alloc(pool, len + 1, 1) : NULL;

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

const char *pmp_pool_printf(struct pmp_pool *pool, const char *fmt, ...)
{
	char *text = NULL, *copy = NULL;
	va_list args;

	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len >= 0) {
		copy = pmp_pool_text(pool, text, (size_t)len);
		free(text);
	} else {
		pool->failed = true;
	}
	return copy ? copy : "";
}

bool pmp_pool_failed(const struct pmp_pool *pool)
{
	return pool->failed;
}
