/*
 * mkmodel.h - models of made-up runs whose every number is known, without MPI and without files
 *
 * Add ranks' computation and calls in any order, then mk_finish. Anything impossible ends the test program with a message.
 */
#ifndef MKMODEL_H
#define MKMODEL_H

#include "model/model.h"
#include "schema/calls.h"

struct mk;

struct mk *mk_new(const char *command, uint32_t ranks, uint32_t nodes);

/* mk_frame - a new node of the tree of call paths: a frame called by @parent (0: the outermost); returns its path */
uint32_t mk_frame(struct mk *mk, uint32_t parent, const char *function, const char *file,
		  uint32_t line);
uint32_t mk_region(struct mk *mk, uint32_t parent, const char *name);

/* One end of a stretch of computation. */
struct mk_end {
	uint32_t path;
	uint16_t call;
};

/* mk_compute - @count passes of a rank from one call to the next, @seconds in all */
void mk_compute(struct mk *mk, uint32_t rank, uint32_t region, struct mk_end from, struct mk_end to,
		int64_t count, double seconds, double max);

/* mk_call - @count calls of a rank, @seconds in all; bytes are of one call */
void mk_call(struct mk *mk, uint32_t rank, uint32_t region, struct mk_end at, int64_t count,
	     double seconds, int64_t bytes_out, int64_t bytes_in);

/* mk_message - rank sends @count messages of @bytes each to peer, and peer gets them */
void mk_message(struct mk *mk, uint32_t rank, uint32_t peer, int64_t count, int64_t bytes);

/* mk_rank - to set what is special about a rank; mk_finish fills the sums */
struct pmp_model_rank *mk_rank(struct mk *mk, uint32_t rank);
struct pmp_model *mk_model(struct mk *mk);

/* mk_finish - sorted tables, sums per rank, wall time; frees @mk */
struct pmp_model *mk_finish(struct mk *mk);

/* mk_scene - a model by name ("balanced", "slow-region", ...), NULL if there is none of that name; the list is in scenes.c */
struct pmp_model *mk_scene(const char *name);

#endif
