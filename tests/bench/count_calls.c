/*
 * count_calls.c - preloaded: counts calls of the allocator and of mutexes
 *
 * A program reads the counts through the weak symbols malloc_count and lock_count. Start-up
 * allocations of dlsym are served from a small static buffer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

unsigned long malloc_count;
unsigned long lock_count;

static char early[65536];
static size_t early_used;

static void *take_early(size_t size)
{
	void *block = early + early_used;

	early_used += (size + 15) / 16 * 16;
	return early_used <= sizeof(early) ? block : NULL;
}

static int is_early(const void *block)
{
	const char *at = block;

	return at >= early && at < early + sizeof(early);
}

static void *next(const char *name)
{
	static int is_busy;
	void *symbol = NULL;

	if (!is_busy) {
		is_busy = 1;
		symbol = dlsym(RTLD_NEXT, name);
		is_busy = 0;
	}
	return symbol;
}

void *malloc(size_t size)
{
	static void *(*real)(size_t);

	__atomic_fetch_add(&malloc_count, 1, __ATOMIC_RELAXED);
	if (!real) {
		void *symbol = next("malloc");

		memcpy(&real, &symbol, sizeof(real));
	}
	return real ? real(size) : take_early(size);
}

void *calloc(size_t count, size_t size)
{
	static void *(*real)(size_t, size_t);

	__atomic_fetch_add(&malloc_count, 1, __ATOMIC_RELAXED);
	if (!real) {
		void *symbol = next("calloc");

		memcpy(&real, &symbol, sizeof(real));
	}
	return real ? real(count, size) : take_early(count * size);
}

void *realloc(void *block, size_t size)
{
	static void *(*real)(void *, size_t);

	__atomic_fetch_add(&malloc_count, 1, __ATOMIC_RELAXED);
	if (is_early(block)) {
		void *fresh = malloc(size);

		if (fresh)
			memcpy(fresh, block, size);
		return fresh;
	}
	if (!real) {
		void *symbol = next("realloc");

		memcpy(&real, &symbol, sizeof(real));
	}
	return real ? real(block, size) : NULL;
}

void free(void *block)
{
	static void (*real)(void *);

	if (is_early(block))
		return;
	if (!real) {
		void *symbol = next("free");

		memcpy(&real, &symbol, sizeof(real));
	}
	if (real)
		real(block);
}

static int lock_with(int (**real)(pthread_mutex_t *), const char *name, pthread_mutex_t *mutex)
{
	__atomic_fetch_add(&lock_count, 1, __ATOMIC_RELAXED);
	if (!*real) {
		void *symbol = next(name);

		memcpy(real, &symbol, sizeof(*real));
	}
	return *real ? (*real)(mutex) : EINVAL;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	static int (*real)(pthread_mutex_t *);

	return lock_with(&real, "pthread_mutex_lock", mutex);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	static int (*real)(pthread_mutex_t *);

	return lock_with(&real, "pthread_mutex_trylock", mutex);
}
