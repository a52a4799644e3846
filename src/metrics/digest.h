/*
 * digest.h - one run reduced to what comparisons between runs need: small, self-contained, addressed by keys that mean the same in
 * every run of a program
 *
 * Made from a model and its summary, after which both may be freed. Its size grows with call sites and regions, not with ranks or
 * run time. Speedup, expectations, diffs and histories work on digests only.
 */
#ifndef PMP_DIGEST_H
#define PMP_DIGEST_H

#include "metrics/summary.h"

/*
 * The time of a run: T = (latest end - earliest begin of the measured intervals) + (longest MPI_Init), that is, from the entry of
 * MPI_Init to the entry of MPI_Finalize; start-up counts, for the user waits for it.
 */

/*
 * Keys: pmp_hash of the identity in words, so that they hold across runs, rank counts and builds. Identities leave out line
 * numbers, which move with every edit: a site is its function chain and call plus its ordinal among equals, in order of lines.
 */
struct pmp_digest_place {
	const char *function, *file; /* base name; "" unknown */
	uint32_t line;               /* 0 unknown */
};

/* A time spread over ranks. */
struct pmp_spread {
	double sum_s, max_s;  /* over ranks; of the slowest rank */
	uint32_t rank_of_max; /* world rank */
	uint32_t ranks;       /* ranks that have a real part in it: at least 5 % of max_s */
};

struct pmp_digest_region { /* 0 is the whole program, name "" */
	uint64_t key;
	const char *name; /* "solve/halo" */
	int64_t count;    /* times entered, over ranks */
	struct pmp_spread compute, self_compute, mpi,
		io;         /* main threads; inclusive but self_compute */
	double self_lost_s; /* load imbalance in it, without the regions inside: see imbalance_s */
	struct pmp_spread time; /* computation, MPI and I/O together: how long each rank is in it */
	struct pmp_imbalance balance;  /* of inclusive computation */
	struct pmp_digest_place place; /* of the longest stretch of computation in it */
};

struct pmp_digest_stretch { /* computation between two calls */
	uint64_t key;
	uint64_t
		to_key; /* the same for all stretches of a region that end at the same call: branches that come together */
	uint32_t region;
	const char *from_call, *to_call; /* "" start or end */
	struct pmp_digest_place from, to;
	int64_t count;
	struct pmp_spread compute;
	double lost_s; /* load imbalance in it: (ranks * mean of the busiest) - sum; below 0 where others compute longer */
	bool is_alone; /* one rank computes there, and in no other stretch to the same call does another */
};

struct pmp_digest_site { /* a call path, without region marks */
	uint64_t key;
	const char *call;
	uint32_t region;
	struct pmp_digest_place place;
	const char *path; /* "main > solve > exchange", outermost first */
	int64_t count, bytes_out, bytes_in;
	double lost_s; /* communication or I/O in it (core-seconds), as losses.h splits it: sums up to communication_s + io_lost_s */
	double waiting_s;       /* the rest of time: waiting for busier ranks; at least 0 */
	struct pmp_spread time; /* of all threads */
};

struct pmp_digest_call { /* over all sites */
	const char *call;
	int64_t count, bytes_out, bytes_in;
	double time_s; /* over ranks */
	double max_s;  /* longest single call */
};

struct pmp_digest {
	struct pmp_pool *pool; /* owner of everything in here */
	/* where it comes from */
	const char *path, *command, *mpi, *job, *created, *host, *version;
	uint32_t ranks, nodes;   /* world size */
	uint32_t data_ranks;     /* of which something is known */
	uint32_t finished_ranks; /* that reached MPI_Finalize */
	uint32_t processors;     /* usable by the ranks, over nodes; 0 unknown */
	bool is_complete, is_oversubscribed;
	const char *const *notes;
	size_t note_count;
	int64_t lost_calls;
	/* times; sums are over ranks and of main threads */
	double time_s; /* T, see above */
	double init_s; /* longest MPI_Init: the part of T before the interval */
	double core_s; /* ranks * T: everything below sums up to it, idle_s is the remainder */
	double compute_s, mpi_s, io_s, paused_s, tool_s, tool_hidden_s;
	double init_sum_s; /* in MPI_Init, over ranks */
	double idle_s;     /* ranks that began later or ended earlier than others */
	/* the same core-seconds by cause: compute + imbalance + io_lost + communication + tool_lost + uneven + paused + init_sum */
	double imbalance_s;     /* ranks * computation of the busiest ranks, less all computation */
	double io_lost_s;       /* I/O of the busiest ranks, times the ranks */
	double communication_s; /* in MPI, beyond waiting for the busiest */
	double tool_lost_s;     /* the profiler, beyond what only makes others wait less */
	double uneven_s;        /* began later, ended earlier */
	double away_s; /* part of compute: at least so long the ranks had no processor, by their CPU time */
	double cpu_s;         /* user and system time of the processes */
	double max_rss_bytes; /* of the largest rank */
	struct pmp_pop pop;
	struct pmp_imbalance balance;
	/* what it consists of; arrays sorted by key, but the whole program is region 0 */
	struct pmp_digest_region *regions;
	struct pmp_digest_stretch *stretches;
	struct pmp_digest_site *sites;
	struct pmp_digest_call *calls; /* sorted by name */
	size_t region_count, stretch_count, site_count, call_count;
};

/*
 * pmp_digest_make - @path: of the file, as the user gave it; copied
 *
 * Return: 0 and a digest that pmp_digest_free takes; -PMP_ENOMEM.
 */
int pmp_digest_make(const struct pmp_summary *summary, const char *path,
		    struct pmp_digest **digest);
void pmp_digest_free(struct pmp_digest *digest);

/* The row of that key or name; NULL if there is none. A region is found by its whole name or by its last part if that is unique. */
const struct pmp_digest_region *pmp_digest_region(const struct pmp_digest *digest,
						  const char *name);
const struct pmp_digest_call *pmp_digest_call(const struct pmp_digest *digest, const char *name);

#endif
