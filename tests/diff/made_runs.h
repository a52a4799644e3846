/*
 * made_runs.h - digests of a made-up program with noise as machines have it, for tests of diff
 *
 * The program: start-up; region "setup"; region "solve", which computes and waits in MPI_Allreduce; region "solve/halo" with MPI_Send
 * and MPI_Recv; outside of regions an MPI_Reduce and a loop that polls with MPI_Test.
 */
#ifndef MADE_RUNS_H
#define MADE_RUNS_H

#include <stdint.h>

#include "metrics/digest.h"

enum made_region { MADE_ALL, MADE_SETUP, MADE_SOLVE, MADE_HALO, MADE_REGIONS };
enum made_site { MADE_SEND, MADE_RECV, MADE_ALLREDUCE, MADE_REDUCE, MADE_TEST, MADE_SITES };

/* What a build does, per rank; made_program() fills in the usual. */
struct made_program {
	uint32_t ranks;
	double computes_s[MADE_REGIONS]; /* of the region itself */
	double calls_s[MADE_SITES];
	double waits_s[MADE_SITES]; /* more, waiting for others */
	int64_t counts[MADE_SITES]; /* over all ranks; 0: the site is not there */
	int64_t bytes[MADE_SITES];
	const char *functions[MADE_SITES]; /* that make the calls */
	int first_line;
};

/* Noise of the machine. */
struct made_noise {
	double each;     /* sigma of ln of every time */
	double whole;    /* of ln of all times of a run together */
	double skew;     /* mean of an exponential addition to every time, as a share */
	double outliers; /* share of runs that somebody disturbs by 10 to 40 % */
};

struct made_program made_program(void);
struct pmp_digest *made_run(const struct made_program *program, const struct made_noise *noise);

/* made_seed - the next runs depend on it alone */
void made_seed(uint64_t seed);
double made_uniform(void);

#endif
