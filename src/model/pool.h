/*
 * pool.h - memory that is given back all at once
 *
 * A model, a summary, a report: each owns one pool and everything in it. A failed request is remembered, so that code which
 * builds many small things may check once at its end.
 */
#ifndef PMP_POOL_H
#define PMP_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pmp_pool;

/* pmp_pool_new - an empty pool, or NULL when there is no memory; pmp_pool_free accepts NULL */
struct pmp_pool *pmp_pool_new(void);
void pmp_pool_free(struct pmp_pool *pool);

/* pmp_pool_alloc - count * size zeroed bytes, aligned for any object; NULL on overflow or no memory. 0 bytes: not NULL. */
void *pmp_pool_alloc(struct pmp_pool *pool, size_t count, size_t size);

/* pmp_pool_text - a copy of len bytes with a terminator; NULL when there is no memory */
char *pmp_pool_text(struct pmp_pool *pool, const char *text, size_t len);

/* pmp_pool_printf - a formatted copy; never NULL: "" when there is no memory, which pmp_pool_failed then says */
const char *pmp_pool_printf(struct pmp_pool *pool, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* pmp_pool_failed - some request so far could not be met */
bool pmp_pool_failed(const struct pmp_pool *pool);

#endif
