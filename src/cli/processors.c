/*
 * processors.c - counts processors before anything has run, so that a user is told of oversubscription before hours have passed.
 * What the ranks really had is in their files. Used by `pmprof scale`.
 */
#include "cli/processors.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROCESSORS (1u << 24)

uint32_t pmp_processors_slurm(const char *text)
{
	uint64_t sum = 0;

	while (*text) {
		char *end;
		uint64_t each = strtoul(text, &end, 10), nodes = 1;

		if (end == text)
			return 0;
		if (end[0] == '(' && end[1] == 'x') {
			nodes = strtoul(end + 2, &end, 10);
			if (*end++ != ')')
				return 0;
		}
		if (each > MAX_PROCESSORS || nodes > MAX_PROCESSORS || (*end && *end != ','))
			return 0;
		sum += each * nodes;
		text = end + (*end == ',');
	}
	return sum <= MAX_PROCESSORS ? (uint32_t)sum : 0;
}

/* PBS: a line per slot. */
static uint32_t lines_of(const char *path)
{
	FILE *file = fopen(path, "re");
	uint32_t lines = 0;
	int c;

	while (file && (c = getc(file)) != EOF)
		lines += c == '\n';
	if (file)
		fclose(file);
	return lines;
}

static uint32_t here(void)
{
	cpu_set_t *set;
	uint32_t count = 0;

	for (int size = 1024; !count && size <= 1 << 20; size *= 4) {
		set = CPU_ALLOC((size_t)size);
		if (set && sched_getaffinity(0, CPU_ALLOC_SIZE((size_t)size), set) == 0)
			count = (uint32_t)CPU_COUNT_S(CPU_ALLOC_SIZE((size_t)size), set);
		CPU_FREE(set);
	}
	return count;
}

uint32_t pmp_processors(const struct pmp_launched *launched)
{
	const char *slurm = getenv("SLURM_JOB_CPUS_PER_NODE");
	const char *pbs = getenv("PBS_NODEFILE"), *lsf = getenv("LSB_DJOB_NUMPROC");

	if (slurm && *slurm)
		return pmp_processors_slurm(slurm);
	if (pbs && *pbs)
		return lines_of(pbs);
	if (lsf && *lsf)
		return pmp_processors_slurm(lsf);
	return pmp_launched_has_nodes(launched) ? 0 : here();
}
