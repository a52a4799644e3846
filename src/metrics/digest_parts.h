/* digest_parts.h - between the digest*.c; not for others */
#ifndef PMP_DIGEST_PARTS_H
#define PMP_DIGEST_PARTS_H

#include "metrics/digest.h"
#include "metrics/losses.h"

#define PMP_REAL_PART 0.05 /* of the slowest rank's time: who has less has no part in it */

/* Sums of a time per rank, fed in order of ranks, twice: the largest has to be known before the others are compared with it. */
struct pmp_spreader {
	double sum, max, mine; /* mine: of the rank being fed */
	uint32_t rank, rank_of_max, ranks;
	bool is_open, is_second;
};

void pmp_spread_feed(struct pmp_spreader *spreader, uint32_t rank, double seconds);
void pmp_spread_turn(struct pmp_spreader *spreader); /* the first pass is over */
struct pmp_spread pmp_spread_end(struct pmp_spreader *spreader);

/* pmp_spread_of - of one value per world rank, over the ranks with data */
struct pmp_spread pmp_spread_of(const struct pmp_summary *summary, const double *by_rank);

/* pmp_digest_hash_text - the hash that all keys are made of */
uint64_t pmp_digest_hash_text(uint64_t seed, const char *text);

/* pmp_digest_split - the sums by cause, and scale: what a second of pmp_split_costs is worth in them. Needs the raw sums. */
int pmp_digest_split(struct pmp_digest *digest, const struct pmp_summary *summary,
		     const struct pmp_cost **costs, size_t *count, double *scale);

/*
 * pmp_digest_fill_sites - sites and stretches; needs the regions' keys
 * @regions: number in the digest of each region of the model
 * @costs, @count, @scale: of pmp_digest_split
 */
int pmp_digest_fill_sites(struct pmp_digest *digest, const struct pmp_summary *summary,
			  const uint32_t *regions, const struct pmp_cost *costs, size_t count,
			  double scale);

/* pmp_digest_idents - the identity of each place from which a call was made, see digest_idents.c */
struct pmp_ident {
	struct pmp_tally_key pair;      /* path, call */
	uint64_t key;                   /* holds across runs and builds */
	uint64_t chain;                 /* of the functions */
	const struct pmp_place *frames; /* innermost first, from main on */
	size_t frame_count;
};

/* Return: 0 or -PMP_ENOMEM; @idents is for pmp_tally_find(path, call), and to be released. */
int pmp_digest_idents(const struct pmp_model *model, struct pmp_pool *pool,
		      struct pmp_tally *idents);

#endif
