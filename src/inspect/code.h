/* code.h - addresses of code in running processes to functions, files and lines */
#ifndef PMP_CODE_H
#define PMP_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "model/place.h"
#include "model/pool.h"
#include "schema/arena.h"

/* Where the code of a process lies. */
struct pmp_code_map {
	struct pmp_code_module {
		uint64_t start, end; /* of all that is mapped of it */
		uint64_t bias;       /* address - address inside the ELF file */
		const char *path;
	} * modules;
	size_t count;
};

/* pmp_code_map_live - of a running process, from /proc. Return: 0, -PMP_ENOTFOUND when it cannot be read, -PMP_ENOMEM */
int pmp_code_map_live(int pid, struct pmp_pool *pool, struct pmp_code_map *map);

/* pmp_code_module - the one that an address lies in; NULL: none */
const struct pmp_code_module *pmp_code_module(const struct pmp_code_map *map, uint64_t address);

/* One address and what it stands for: several places when functions were inlined, innermost first. */
struct pmp_code {
	const struct pmp_code_module *module; /* NULL: unknown code */
	uint64_t address;               /* as return addresses are: one behind what is meant */
	const struct pmp_place *places; /* never NULL after pmp_code_resolve, at least one */
	size_t place_count;
};

/*
 * pmp_code_resolve - look up many addresses, of several processes, at once
 *
 * Each file is read once. What is not known has a place with module and offset only. Return: 0 or -PMP_ENOMEM.
 */
int pmp_code_resolve(struct pmp_code **codes, size_t count, struct pmp_pool *pool);

#endif
