/*
 * request_map.c - requests to what their completion has to be credited to
 *
 * Buckets of seven slots; a request lies in the bucket its handle hashes to, on the first level with room there. A level is
 * never moved or given back, the next one is eight times as large. A bucket counts what went further down, so that a look-up
 * normally reads one cache line. Slots are owned by compare-and-swap of their word; nothing ever waits.
 */
#include "request_map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SLOTS       7
#define LEVELS      5
#define FIRST_LEVEL 512 /* buckets */

/* word: handle << STAMP_BITS | stamp. Handles above 48 bits are not followed. */
#define STAMP_BITS 16
#define FREE       UINT64_C(0)
#define BUSY       UINT64_C(0xffff) /* of handle 0, which no request has */

struct pmp_request_slot {
	void *of;
	uint32_t comm;
	uint16_t kind;
	uint16_t is_cancelled;
};

struct bucket {
	uint64_t words[SLOTS];
	uint64_t below; /* entries of this bucket on lower levels */
	struct pmp_request_slot slots[SLOTS];
	struct pmp_request_slot unused;
};

static struct bucket first_level[FIRST_LEVEL] __attribute__((aligned(64)));
static struct bucket *levels[LEVELS] = {first_level};
static uint64_t stamps;

static size_t buckets_of(unsigned level)
{
	return (size_t)FIRST_LEVEL << (3 * level);
}

static struct bucket *bucket_at(unsigned level, uint64_t handle)
{
	struct bucket *buckets = __atomic_load_n(&levels[level], __ATOMIC_ACQUIRE);

	return buckets ? &buckets[pmp_mix(handle) & (buckets_of(level) - 1)] : NULL;
}

static struct bucket *grow(unsigned level, uint64_t handle)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	if (!levels[level]) {
		void *memory = mmap(NULL, buckets_of(level) * sizeof(struct bucket),
				    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory != MAP_FAILED)
			__atomic_store_n(&levels[level], memory, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
	return bucket_at(level, handle);
}

static bool swap_word(uint64_t *word, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

/* The slot that has the handle, else -1. */
static int slot_of(const struct bucket *bucket, uint64_t handle, uint64_t *word)
{
	for (int i = 0; i < SLOTS; i++) {
		*word = __atomic_load_n(&bucket->words[i], __ATOMIC_ACQUIRE);
		if (*word >> STAMP_BITS == handle)
			return i;
	}
	return -1;
}

/* Find a handle; *above: how many levels lie over its bucket. */
static struct bucket *look_up(uint64_t handle, int *slot, uint64_t *word, unsigned *above)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct bucket *bucket = bucket_at(level, handle);

		if (!bucket)
			return NULL;
		*above = level;
		*slot = slot_of(bucket, handle, word);
		if (*slot >= 0)
			return bucket;
		if (!__atomic_load_n(&bucket->below, __ATOMIC_ACQUIRE))
			return NULL;
	}
	return NULL;
}

static void count_below(uint64_t handle, unsigned level, uint64_t change)
{
	for (unsigned above = 0; above < level; above++)
		__atomic_fetch_add(&bucket_at(above, handle)->below, change, __ATOMIC_ACQ_REL);
}

static void fill(struct bucket *bucket, int slot, uint64_t handle, struct pmp_request_slot what)
{
	uint64_t stamp = __atomic_add_fetch(&stamps, 1, __ATOMIC_RELAXED) & (BUSY >> 1);

	bucket->slots[slot] = what;
	__atomic_store_n(&bucket->words[slot], handle << STAMP_BITS | stamp, __ATOMIC_RELEASE);
}

/* Enter where the handle is already: it came back before its last user dropped it, or that user was never seen. */
static bool replace(uint64_t handle, struct pmp_request_slot what)
{
	unsigned level;
	uint64_t word;
	int slot;
	struct bucket *bucket = look_up(handle, &slot, &word, &level);

	if (!bucket || !swap_word(&bucket->words[slot], word, BUSY))
		return false;
	if (bucket->slots[slot].kind == PMP_REQUEST_KEPT)
		free(bucket->slots[slot].of);
	fill(bucket, slot, handle, what);
	return true;
}

static bool insert_at(unsigned level, uint64_t handle, struct pmp_request_slot what)
{
	struct bucket *bucket = bucket_at(level, handle);

	if (!bucket)
		bucket = grow(level, handle);
	for (int i = 0; bucket && i < SLOTS; i++) {
		if (bucket->words[i] != FREE || !swap_word(&bucket->words[i], FREE, BUSY))
			continue;
		count_below(handle, level, 1);
		fill(bucket, i, handle, what);
		return true;
	}
	return false;
}

static bool insert(uint64_t handle, struct pmp_request_slot what)
{
	if (handle >> (64 - STAMP_BITS) == 0) {
		if (replace(handle, what))
			return true;
		for (unsigned level = 0; level < LEVELS; level++)
			if (insert_at(level, handle, what))
				return true;
	}
	pmp_record_warn(PMP_WARN_REQUESTS);
	return false;
}

static bool find(uint64_t handle, struct pmp_found *found)
{
	unsigned level;
	int slot;
	struct bucket *bucket;

	if (!handle || !(bucket = look_up(handle, &slot, &found->word, &level)))
		return false;
	found->slot = &bucket->slots[slot];
	found->of.stat = found->slot->of;
	found->comm = found->slot->comm;
	found->kind = (enum pmp_request_kind)found->slot->kind;
	found->is_cancelled = found->slot->is_cancelled;
	return true;
}

/* Take out what was found, unless its place was taken over meanwhile. */
static bool drop(uint64_t word)
{
	uint64_t handle = word >> STAMP_BITS;
	uint64_t now;
	unsigned level;
	int slot;
	struct bucket *bucket = look_up(handle, &slot, &now, &level);

	if (!bucket || now != word || !swap_word(&bucket->words[slot], word, FREE))
		return false;
	count_below(handle, level, UINT64_MAX);
	return true;
}

bool pmp_request_find(const MPI_Request *request, struct pmp_found *found)
{
	if (!pmp_tracking || !request || *request == MPI_REQUEST_NULL)
		return false;
	return find(pmp_key(*request), found);
}

void pmp_request_started(int rc, enum pmp_request_kind kind, const MPI_Request *request,
			 uint32_t comm, struct pmp_stat *stat)
{
	if (pmp_tracking && rc == MPI_SUCCESS && *request != MPI_REQUEST_NULL)
		insert(pmp_key(*request), (struct pmp_request_slot){stat, comm, (uint16_t)kind, 0});
}

void pmp_request_keep(int rc, const MPI_Request *request, const struct pmp_kept *kept)
{
	struct pmp_kept *copy;

	if (!pmp_tracking || rc != MPI_SUCCESS || *request == MPI_REQUEST_NULL)
		return;
	copy = malloc(sizeof(*copy));
	if (!copy) {
		pmp_record_warn(PMP_WARN_REQUESTS);
		return;
	}
	*copy = *kept;
	if (!insert(pmp_key(*request),
		    (struct pmp_request_slot){copy, kept->comm, PMP_REQUEST_KEPT, 0}))
		free(copy);
}

static bool was_cancelled(bool asked, const MPI_Status *status)
{
	int flag = 0;

	if (asked)
		PMPI_Test_cancelled(status, &flag);
	return flag;
}

/* A receive or read is complete: its bytes to the call that started it, its message to the peer. */
static void credit(struct pmp_stat *stat, uint32_t comm, bool is_message, const MPI_Status *status)
{
	uint64_t bytes = pmp_status_bytes(status);

	pmp_credit(stat, bytes);
	if (is_message && status->MPI_SOURCE >= 0)
		pmp_received(comm, status->MPI_SOURCE, bytes, pmp_comm_world_rank);
}

static void kept_completed(struct pmp_kept *kept, const MPI_Status *status)
{
	bool was_active = kept->is_active;
	bool asked = kept->is_cancelled;

	kept->is_active = kept->is_cancelled = false;
	if (was_active && kept->is_recv && !was_cancelled(asked, status))
		credit(kept->stat, kept->comm, true, status);
}

void pmp_request_completed(const struct pmp_found *found, const MPI_Status *status)
{
	if (found->kind == PMP_REQUEST_KEPT) {
		kept_completed(found->of.kept, status);
		return;
	}
	drop(found->word);
	if (!was_cancelled(found->is_cancelled, status))
		credit(found->of.stat, found->comm, found->kind == PMP_REQUEST_RECEIVE, status);
}

void pmp_request_drop(const struct pmp_found *found)
{
	if (drop(found->word) && found->kind == PMP_REQUEST_KEPT)
		free(found->of.kept);
}

void pmp_request_cancel(const struct pmp_found *found)
{
	if (found->kind == PMP_REQUEST_KEPT)
		found->of.kept->is_cancelled = true;
	else
		found->slot->is_cancelled = 1;
}

void pmp_message_made(int rc, const int *flag, const struct pmp_comm_entry *on,
		      const MPI_Message *message)
{
	union {
		const struct pmp_comm_entry *read;
		void *store;
	} of = {on};

	if (pmp_tracking && rc == MPI_SUCCESS && (!flag || *flag) && *message != MPI_MESSAGE_NULL &&
	    *message != MPI_MESSAGE_NO_PROC)
		insert(pmp_key(*message),
		       (struct pmp_request_slot){of.store, on->index, PMP_REQUEST_MESSAGE, 0});
}

const struct pmp_comm_entry *pmp_message_take(const MPI_Message *message)
{
	struct pmp_found found;

	if (!pmp_tracking || !message || !find(pmp_key(*message), &found) ||
	    found.kind != PMP_REQUEST_MESSAGE)
		return &pmp_comm_unknown;
	drop(found.word);
	return found.of.message;
}
