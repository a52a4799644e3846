/*
 * comm_map.c - handles of communicators, windows and files to what we know of them
 *
 * A hash table of chains. Lookups walk a chain without a lock; entries are added and taken out under one mutex and their memory
 * is never given back, so a walk that loses its way only misses, and is repeated under the mutex. Called by all wrappers, on any
 * thread; the adding and removing ones inside calls that are collective and slow anyway.
 *
 * All MPI calls here are local (groups, sizes): no communication, no change of the program's objects.
 */
#include "comm_map.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm_members.h"

#define BUCKETS 1024

const struct pmp_comm_entry pmp_comm_unknown;
PMP_THREAD struct pmp_comm_cache pmp_comm_cache;
uint64_t pmp_comm_generation = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pmp_comm_entry *buckets[BUCKETS];
static struct pmp_comm_entry *spare;

static struct pmp_comm_entry **bucket_of(uint64_t key)
{
	return &buckets[pmp_mix(key) % BUCKETS];
}

static struct pmp_comm_entry *walk(uint64_t key)
{
	struct pmp_comm_entry *entry = __atomic_load_n(bucket_of(key), __ATOMIC_ACQUIRE);

	while (entry && entry->key != key)
		entry = __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
	return entry;
}

static struct pmp_comm_entry *walk_locked(uint64_t key)
{
	pthread_mutex_lock(&lock);
	struct pmp_comm_entry *entry = walk(key);
	pthread_mutex_unlock(&lock);
	return entry;
}

const struct pmp_comm_entry *pmp_comm_lookup(uint64_t key)
{
	struct pmp_comm_cache *cache = &pmp_comm_cache;
	uint64_t generation = __atomic_load_n(&pmp_comm_generation, __ATOMIC_ACQUIRE);
	unsigned way = (unsigned)((key >> 6 ^ key) % PMP_COMM_WAYS);

	if (key == pmp_key(MPI_COMM_NULL) || !key)
		return &pmp_comm_unknown;
	struct pmp_comm_entry *entry = walk(key);
	if (!entry)
		entry = walk_locked(key);
	if (!entry)
		return &pmp_comm_unknown;
	if (cache->generation != generation) {
		memset(cache, 0, sizeof(*cache));
		cache->generation = generation;
	}
	cache->key[way] = key;
	cache->entry[way] = entry;
	return entry;
}

/* An entry in which nothing is set; NULL without memory. Caller holds the lock. */
static struct pmp_comm_entry *take_entry(void)
{
	struct pmp_comm_entry *entry = spare;

	if (!entry)
		return calloc(1, sizeof(*entry));
	spare = entry->next;
	memset(entry, 0, sizeof(*entry));
	return entry;
}

/* Caller holds the lock. */
static struct pmp_comm_entry *unlink_entry(uint64_t key)
{
	struct pmp_comm_entry **at = bucket_of(key);

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	struct pmp_comm_entry *entry = *at;
	if (entry) {
		__atomic_store_n(at, entry->next, __ATOMIC_RELEASE);
		__atomic_fetch_add(&pmp_comm_generation, 1, __ATOMIC_RELEASE);
	}
	return entry;
}

/* Caller holds the lock. A handle that ended without our seeing it may still be there. */
static void link_entry(struct pmp_comm_entry *entry)
{
	struct pmp_comm_entry *stale = unlink_entry(entry->key);
	struct pmp_comm_entry **bucket = bucket_of(entry->key);

	if (stale) {
		stale->next = spare;
		spare = stale;
	}
	entry->next = *bucket;
	__atomic_store_n(bucket, entry, __ATOMIC_RELEASE);
}

static void add(const struct pmp_comm_entry *what)
{
	pthread_mutex_lock(&lock);
	struct pmp_comm_entry *entry = take_entry();
	if (entry) {
		*entry = *what;
		link_entry(entry);
	}
	pthread_mutex_unlock(&lock);
}

struct pmp_comm_entry *pmp_handle_freeing(uint64_t key)
{
	struct pmp_comm_entry *entry;

	if (!pmp_tracking || !key)
		return NULL;
	pthread_mutex_lock(&lock);
	entry = unlink_entry(key);
	pthread_mutex_unlock(&lock);
	return entry;
}

void pmp_handle_freed(int rc, struct pmp_comm_entry *entry)
{
	if (!entry)
		return;
	pthread_mutex_lock(&lock);
	if (rc != MPI_SUCCESS) {
		link_entry(entry);
	} else {
		if (entry->comm != MPI_COMM_NULL)
			free(entry->neighbors);
		entry->next = spare;
		spare = entry;
	}
	pthread_mutex_unlock(&lock);
}

/* Enter a valid communicator under its uid. */
static void enter(struct pmp_comm_entry *entry, uint32_t parent, unsigned call)
{
	struct pmp_comm record = {
		.uid = entry->uid,
		.size = (uint32_t)entry->size,
		.remote_size = (uint32_t)entry->remote_size,
		.my_rank = (uint32_t)entry->rank,
		.parent = parent,
		.origin = call,
	};

	entry->index = pmp_record_comm(&record, entry->name);
	add(entry);
}

static void enter_predefined(MPI_Comm comm, uint64_t uid, const char *name)
{
	struct pmp_comm_entry entry = {.key = pmp_key(comm), .comm = comm, .uid = uid};

	PMPI_Comm_size(comm, &entry.size);
	PMPI_Comm_rank(comm, &entry.rank);
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	enter(&entry, 0, PMP_CALL_NONE);
}

/* "split" of PMP_CALL_MPI_Comm_split, "cart_create" of PMP_CALL_MPI_Cart_create */
static void name_child(struct pmp_comm_entry *child, const char *parent, unsigned call,
		       uint32_t number)
{
	const char *kind = pmp_call_info(call)->name + sizeof("MPI_") - 1;

	if (strncmp(kind, "Comm_", sizeof("Comm_") - 1) == 0)
		kind += sizeof("Comm_") - 1;
	snprintf(child->name, sizeof(child->name), "%.40s/%.14s.%u", parent, kind, number);
}

/* The entry of the parent, with its number of children raised; a copy, as the parent may end meanwhile. */
static struct pmp_comm_entry count_child(MPI_Comm parent, uint32_t children)
{
	struct pmp_comm_entry copy = pmp_comm_unknown;

	if (parent == MPI_COMM_NULL)
		return copy;
	pthread_mutex_lock(&lock);
	struct pmp_comm_entry *entry = walk(pmp_key(parent));
	if (entry) {
		entry->children += children;
		copy = *entry;
	}
	pthread_mutex_unlock(&lock);
	return copy;
}

/* A pending duplicate may not be asked about itself yet; it is as its parent. */
static bool is_duplicate(unsigned call)
{
	return call == PMP_CALL_MPI_Comm_idup || call == PMP_CALL_MPI_Comm_idup_with_info;
}

/* Made by some members of the parent only, or by members of two: counted by who is in it, not by the parent. */
static bool is_counted_by_members(unsigned call)
{
	static const unsigned calls[] = {
		PMP_CALL_NONE,
		PMP_CALL_MPI_Comm_create_group,
		PMP_CALL_MPI_Comm_create_from_group,
		PMP_CALL_MPI_Intercomm_create,
		PMP_CALL_MPI_Intercomm_create_from_groups,
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i] == call)
			return true;
	return false;
}

static void describe(struct pmp_comm_entry *child, const struct pmp_comm_entry *parent,
		     unsigned call)
{
	int inter = 0;

	if (is_duplicate(call)) {
		child->size = parent->size;
		child->rank = parent->rank;
		child->remote_size = parent->remote_size;
		return;
	}
	PMPI_Comm_size(child->comm, &child->size);
	PMPI_Comm_rank(child->comm, &child->rank);
	PMPI_Comm_test_inter(child->comm, &inter);
	if (inter)
		PMPI_Comm_remote_size(child->comm, &child->remote_size);
}

static void identify(struct pmp_comm_entry *child, const struct pmp_comm_entry *parent,
		     unsigned call)
{
	uint64_t seed = pmp_hash_combine(UINT64_C(0x706d70636f6d6d), call);
	uint32_t number = parent->children;

	if (is_counted_by_members(call)) {
		uint64_t members = pmp_hash_combine(seed, pmp_members_hash(child->comm));

		number = pmp_members_count(members);
		child->uid = pmp_hash_combine(members, number);
	} else {
		MPI_Comm whose = is_duplicate(call) ? parent->comm : child->comm;

		seed = pmp_hash_combine(seed, parent->uid);
		seed = pmp_hash_combine(seed, parent->children);
		child->uid = pmp_hash_combine(seed, pmp_members_first(whose));
	}
	name_child(child, parent->index ? parent->name : "?", call, number);
}

void pmp_comm_made(int rc, unsigned call, MPI_Comm parent, const MPI_Comm *made)
{
	if (!pmp_tracking)
		return;

	struct pmp_comm_entry from = count_child(parent, is_counted_by_members(call) ? 0 : 1);

	if (rc != MPI_SUCCESS || *made == MPI_COMM_NULL)
		return;
	struct pmp_comm_entry child = {.key = pmp_key(*made), .comm = *made};
	describe(&child, &from, call);
	identify(&child, &from, call);
	enter(&child, from.index, call);
}

/* What leads from a spawned world to the one that spawned it. Nobody makes it: it is there from the start. */
static void enter_parents(void)
{
	static const char name[] = "parents";
	struct pmp_comm_entry entry = {.uid = pmp_hash_bytes(0, name, sizeof(name))};

	PMPI_Comm_get_parent(&entry.comm);
	if (entry.comm == MPI_COMM_NULL)
		return;
	entry.key = pmp_key(entry.comm);
	describe(&entry, NULL, PMP_CALL_MPI_Comm_get_parent);
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	enter(&entry, 0, PMP_CALL_MPI_Comm_get_parent);
}

void pmp_comm_start(void)
{
	static const char world[] = "MPI_COMM_WORLD", self[] = "MPI_COMM_SELF";
	int rank = 0;

	pmp_members_start();
	PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
	enter_predefined(MPI_COMM_WORLD, pmp_hash_bytes(0, world, sizeof(world)), world);
	enter_predefined(MPI_COMM_SELF,
			 pmp_hash_combine(pmp_hash_bytes(0, self, sizeof(self)), (uint64_t)rank),
			 self);
	enter_parents();
}

void pmp_comm_stop(void)
{
	pmp_members_stop();
}

void pmp_comm_learn_slow(MPI_Comm comm)
{
	if (pmp_tracking && comm != MPI_COMM_NULL && !walk_locked(pmp_key(comm)))
		pmp_comm_made(MPI_SUCCESS, PMP_CALL_NONE, MPI_COMM_NULL, &comm);
}

void pmp_handle_made(int rc, const struct pmp_comm_entry *from, uint64_t key)
{
	struct pmp_comm_entry entry = *from;

	if (!pmp_tracking || rc != MPI_SUCCESS)
		return;
	entry.key = key;
	entry.comm = MPI_COMM_NULL;
	entry.neighbors = NULL;
	add(&entry);
}

void pmp_comm_named(int rc, const struct pmp_comm_entry *on, const char *name)
{
	if (pmp_tracking && rc == MPI_SUCCESS && on->index && name)
		pmp_record_comm_name(on->index, name);
}

static MPI_Comm comm_of_index(uint32_t index)
{
	MPI_Comm found = MPI_COMM_NULL;

	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < BUCKETS && found == MPI_COMM_NULL; i++)
		for (struct pmp_comm_entry *e = buckets[i]; e; e = e->next)
			if (e->index == index && e->comm != MPI_COMM_NULL)
				found = e->comm;
	pthread_mutex_unlock(&lock);
	return found;
}

int32_t pmp_comm_world_rank(uint32_t index, int32_t rank)
{
	MPI_Comm comm = index ? comm_of_index(index) : MPI_COMM_NULL;

	if (comm == MPI_COMM_WORLD)
		return rank;
	return comm == MPI_COMM_NULL ? -1 : pmp_members_world(comm, rank);
}

const struct pmp_neighbors *pmp_comm_neighbors(const struct pmp_comm_entry *on)
{
	static const struct pmp_neighbors none;
	const struct pmp_neighbors *found = __atomic_load_n(&on->neighbors, __ATOMIC_ACQUIRE);

	if (found || on->comm == MPI_COMM_NULL)
		return found ? found : &none;
	pthread_mutex_lock(&lock);
	struct pmp_comm_entry *entry = walk(on->key);
	if (entry && !entry->neighbors)
		__atomic_store_n(&entry->neighbors, pmp_members_neighbors(entry->comm),
				 __ATOMIC_RELEASE);
	found = entry ? entry->neighbors : NULL;
	pthread_mutex_unlock(&lock);
	return found ? found : &none;
}
