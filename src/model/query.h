/*
 * query.h - sums over a model
 *
 * Every query reads the whole table once and writes its answer into the caller's pool. Return: 0 or -PMP_ENOMEM. Unless said
 * otherwise all threads are included; per-rank times that are compared with wall time are of the main thread (lane 0).
 */
#ifndef PMP_QUERY_H
#define PMP_QUERY_H

#include "base/err.h"
#include "model/model.h"
#include "model/place.h"
#include "model/tally.h"
#include "schema/calls.h"

/* What a report is limited to. NULL: everything. Made by selection.c. */
struct pmp_selection {
	const bool *ranks;   /* one per world rank */
	const bool *regions; /* one per region */
};

static inline bool pmp_selects(const struct pmp_selection *selection, uint32_t rank,
			       uint32_t region)
{
	return (!selection->ranks || selection->ranks[rank]) &&
	       (!selection->regions || selection->regions[region]);
}

/*
 * pmp_select_ranks - "0,3-5" to one flag per rank; -PMP_EINVALID with a message for anything else and for ranks beyond the last
 * pmp_select_region - a region by path ("solve/halo") or by name, with all regions inside it; -PMP_EINVALID with the nearest
 */
int pmp_select_ranks(const struct pmp_model *model, const char *list, struct pmp_pool *pool,
		     const bool **ranks, struct pmp_diag *diag);
int pmp_select_region(const struct pmp_model *model, const char *name, struct pmp_pool *pool,
		      const bool **regions, struct pmp_diag *diag);

/* pmp_add - a sum that stays at its largest value instead of overflowing: numbers come from files */
static inline void pmp_add(int64_t *sum, int64_t value)
{
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = INT64_MAX;
}

/* Calls that have something in common, over ranks, threads, communicators and sizes. */
struct pmp_call_sum {
	struct pmp_tally_key key;
	uint32_t path; /* BY_PATH: the path; BY_SITE: one path that ends at the site; BY_CALL: 0 */
	uint32_t region; /* BY_PATH: the region, else 0 */
	uint16_t call;
	int64_t count, time_ns, min_ns, max_ns, bytes_out, bytes_in;
	uint32_t ranks; /* that make the call */
	int64_t rank_max_ns,
		rank_max_count; /* of the rank that spent the longest time in all of them */
	uint32_t rank_of_max;
	int64_t rank_ns, rank_count; /* running sums of the rank being read */
	uint32_t rank;
};

enum pmp_group_by {
	PMP_BY_CALL, /* MPI_Send */
	PMP_BY_SITE, /* MPI_Send at halo.c:52 */
	PMP_BY_PATH, /* MPI_Send at halo.c:52 called by exchange called by main, in region "solve" */
};

/* pmp_query_calls - @by; without region marks; in the order in which they first stand in the file */
int pmp_query_calls(const struct pmp_model *model, const struct pmp_selection *selection,
		    enum pmp_group_by by, struct pmp_pool *pool, struct pmp_call_sum **sums,
		    size_t *count);

/* Of one rank. */
struct pmp_call_rank_sum {
	struct pmp_tally_key key;
	uint32_t rank;
	uint16_t call;
	int64_t count, time_ns, max_ns, bytes_out, bytes_in;
};

/* pmp_query_call_ranks - every call on every rank that makes it, in order of rank */
int pmp_query_call_ranks(const struct pmp_model *model, const struct pmp_selection *selection,
			 struct pmp_pool *pool, struct pmp_call_rank_sum **sums, size_t *count);

/*
 * Regions over ranks, main threads. Arrays are ranks long; self is without, all is with the regions inside.
 */
struct pmp_region_sum {
	uint32_t region;
	int64_t count; /* times it was entered, over ranks */
	const double *self_compute_s;
	const double *compute_s;
	const double *mpi_s; /* with the regions inside, without I/O */
	const double *io_s;
};

/* pmp_query_regions - one for each region of the model, index = region; region 0 includes all */
int pmp_query_regions(const struct pmp_model *model, struct pmp_pool *pool,
		      struct pmp_region_sum **sums);

/* Seconds per class of call, on main threads of the selected ranks. */
void pmp_query_classes(const struct pmp_model *model, const struct pmp_selection *selection,
		       double seconds[PMP_CLASS_COUNT]);

/* Calls that carry data, by size class. */
struct pmp_size_sum {
	int64_t p2p_count, p2p_bytes; /* sends */
	int64_t collective_count, collective_bytes;
	int64_t other_count, other_bytes; /* one-sided and I/O */
};

#define PMP_SIZE_CLASSES 65

/* pmp_query_sizes - bytes are those handed over or, for calls that only get data, those got */
void pmp_query_sizes(const struct pmp_model *model, const struct pmp_selection *selection,
		     struct pmp_size_sum sizes[PMP_SIZE_CLASSES]);

/* Point-to-point messages from one rank to another; a peer outside MPI_COMM_WORLD is PMP_NONE. */
struct pmp_pair_sum {
	struct pmp_tally_key key;
	uint32_t src, dst;
	int64_t count, bytes;
};

/*
 * pmp_query_pairs - as counted by the senders; for senders of which nothing is known, by the receivers. A selected rank selects
 * what it sends and what it receives. Sorted by src, dst.
 */
int pmp_query_pairs(const struct pmp_model *model, const struct pmp_selection *selection,
		    struct pmp_pool *pool, struct pmp_pair_sum **pairs, size_t *count);

/* A stretch of code between two calls, on main threads, over ranks. */
struct pmp_stretch {
	struct pmp_tally_key key;
	uint32_t from_path, to_path, region;
	uint16_t from_call, to_call;
	int64_t count, time_ns;
	int64_t max_ns;                              /* longest single one */
	int64_t focus_count, focus_ns, focus_max_ns; /* of the ranks asked for */
};

/* pmp_query_stretches - with the share of some ranks (@focus, one flag per world rank) beside the sum */
int pmp_query_stretches(const struct pmp_model *model, const bool *focus, struct pmp_pool *pool,
			struct pmp_stretch **stretches, size_t *count);

#endif
