/* modules.h - which loaded object an address belongs to */
#ifndef PMP_MODULES_H
#define PMP_MODULES_H

#include <stdint.h>

#include "record/rank.h"

/*
 * pmp_module_of - index of the module that contains a code address, 0 when none does
 *
 * Called for each new node, outside of all locks. An object that is seen for the first time is entered with its path and
 * build-id; where another object has been loaded at the same place since, it is entered as a new one. Cost: a look-up of the
 * dynamic linker's own (lock-free from glibc 2.35), a few comparisons.
 */
uint32_t pmp_module_of(struct pmp_rank *rank, uint64_t address);

#endif
