/* modules.h - which loaded object an address belongs to */
#ifndef PMP_MODULES_H
#define PMP_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "record/rank.h"

/* The object that was asked for last, so that the next address in it costs no lock. Of one thread; zero at first. */
struct pmp_module_memo {
	uint64_t start, end;
	const char *name;
	uint32_t index;
	bool is_program; /* never unloaded: nothing has to be looked up */
};

/*
 * pmp_module_of - index of the module that contains a code address, 0 when none does
 *
 * Called for each new node, outside of all locks. An object that is seen for the first time is entered with its path and
 * build-id; where another object has been loaded at the same place since, it is entered as a new one. Cost: a look-up of the
 * dynamic linker's own (lock-free from glibc 2.35), a few comparisons.
 */
uint32_t pmp_module_of(struct pmp_rank *rank, struct pmp_module_memo *memo, uint64_t address);

/* pmp_module_try - the same in a handler of fatal signals: no lock is waited for, 0 where one would have to be */
uint32_t pmp_module_try(struct pmp_rank *rank, uint64_t address);

/* pmp_module_named - index of the entry for code that is in no loaded object, as an interpreter's; 0 when there is no room */
uint32_t pmp_module_named(struct pmp_rank *rank, const char *name);

#endif
