/*
 * comm_map.h - what we know of each communicator, window, file and matched message, found by its handle
 *
 * Communicators get a number (uid) that is the same on all members without any communication: a hash of the parent's uid, of how
 * many communicators came from that parent before, of the call, and of the world rank of the new communicator's rank 0. Where
 * not all members of the parent take part (MPI_Comm_create_group, MPI_Intercomm_create), a hash of the members counts instead.
 *
 * A window, file or message stands for the communicator it was made from.
 */
#ifndef PMP_COMM_MAP_H
#define PMP_COMM_MAP_H

#include "pmpi.h"

/* The neighbours of a communicator with a topology; those that are MPI_PROC_NULL send and get nothing. */
struct pmp_neighbors {
	int in, out;           /* length of the lists, as counts arrays have it */
	int real_in, real_out; /* without MPI_PROC_NULL */
	const bool *is_real;   /* [in + out]: sources, then destinations */
};

struct pmp_comm_entry {
	struct pmp_comm_entry *next; /* of the bucket, or of the free list */
	uint64_t key;                /* pmp_key() of the handle */
	uint32_t index;              /* of the record; 0: not known, or the table was full */
	int32_t size;
	int32_t remote_size; /* 0: intracommunicator */
	int32_t rank;
	uint64_t uid;
	uint32_t children; /* made from it so far */
	MPI_Comm comm;     /* MPI_COMM_NULL when it is a window, file or message */
	struct pmp_neighbors *neighbors;
	char name[64];
};

/* Stands for every handle that is null or was never seen: index 0, no members. */
extern const struct pmp_comm_entry pmp_comm_unknown;

/* The last handles a thread used; a change of the map makes all of them stale. */
#define PMP_COMM_WAYS 4
struct pmp_comm_cache {
	uint64_t generation;
	uint64_t key[PMP_COMM_WAYS];
	const struct pmp_comm_entry *entry[PMP_COMM_WAYS];
};
extern PMP_THREAD struct pmp_comm_cache pmp_comm_cache;
extern uint64_t pmp_comm_generation;

const struct pmp_comm_entry *pmp_comm_lookup(uint64_t key);

/* pmp_comm_find - the entry of a key; never NULL. Any thread; lock-free unless the handle is new to the thread and to the map. */
static inline const struct pmp_comm_entry *pmp_comm_find(uint64_t key)
{
	const struct pmp_comm_cache *cache = &pmp_comm_cache;
	unsigned way = (unsigned)((key >> 6 ^ key) % PMP_COMM_WAYS);

	if (cache->key[way] == key &&
	    cache->generation == __atomic_load_n(&pmp_comm_generation, __ATOMIC_ACQUIRE) && key)
		return cache->entry[way];
	return pmp_comm_lookup(key);
}

#define pmp_comm_get(handle) pmp_comm_find(pmp_key(handle))

/* pmp_comm_start - enter MPI_COMM_WORLD, MPI_COMM_SELF and the way to the parents of a spawned world; MPI_Init has returned */
void pmp_comm_start(void);

/* pmp_comm_stop - MPI_Finalize was entered */
void pmp_comm_stop(void);

/*
 * pmp_comm_learn - a call on an unknown communicator succeeded, so the handle is valid: enter it
 *
 * Unknown handles are not asked about before the call: MPI would call the program's error handler for a wrong one.
 */
void pmp_comm_learn_slow(MPI_Comm comm);
static inline void pmp_comm_learn(const struct pmp_comm_entry *on, MPI_Comm comm, int rc)
{
	if (__builtin_expect(on == &pmp_comm_unknown, 0) && rc == MPI_SUCCESS)
		pmp_comm_learn_slow(comm);
}

/*
 * pmp_comm_made - a creating call returned
 * @call:   enum pmp_call_id of it
 * @parent: MPI_COMM_NULL when there is none
 * @made:   what it made; MPI_COMM_NULL on ranks that are left out (they count it all the same)
 */
void pmp_comm_made(int rc, unsigned call, MPI_Comm parent, const MPI_Comm *made);
void pmp_handle_made(int rc, const struct pmp_comm_entry *from, uint64_t key);

/* pmp_handle_freeing, pmp_handle_freed - around a call that ends a handle: gone from the map before, back if the call failed */
struct pmp_comm_entry *pmp_handle_freeing(uint64_t key);
void pmp_handle_freed(int rc, struct pmp_comm_entry *entry);

/* pmp_comm_named - MPI_Comm_set_name succeeded */
void pmp_comm_named(int rc, const struct pmp_comm_entry *on, const char *name);

/* pmp_comm_world_rank - of a rank in a communicator (its remote group, if it has one); -1: not in MPI_COMM_WORLD, or unknown */
int32_t pmp_comm_world_rank(uint32_t index, int32_t rank);

/* pmp_comm_neighbors - asked of MPI once for each communicator; all zero without a topology */
const struct pmp_neighbors *pmp_comm_neighbors(const struct pmp_comm_entry *on);

#endif
