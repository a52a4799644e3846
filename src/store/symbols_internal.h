/* symbols_internal.h - between symbols.c (files) and symbols_dwarf.c (debug data) */
#ifndef PMP_SYMBOLS_INTERNAL_H
#define PMP_SYMBOLS_INTERNAL_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "store/symbols.h"

/* The addresses of one module while they are resolved. */
struct pmp_symbol_job {
	struct pmp_symbol *symbols; /* sorted by offset */
	size_t count;
	struct pmp_symbol_frames *frames;
	struct pmp_pool *pool;
};

/* pmp_symbol_key - what is looked up: the call instruction, not the one behind it */
static inline uint64_t pmp_symbol_key(const struct pmp_symbol *s)
{
	return s->offset ? s->offset - 1 : 0;
}

/* pmp_symbols_lower - index of the first symbol whose key is at least @address */
size_t pmp_symbols_lower(const struct pmp_symbol_job *job, uint64_t address);

/* pmp_symbols_add - one more frame of a symbol; frames of one symbol are added one behind the other */
int pmp_symbols_add(struct pmp_symbol_job *job, struct pmp_symbol *symbol, const char *function,
		    const char *file, uint32_t line);

/* pmp_symbols_dwarf - resolve what the debug data describe; addresses in it are offsets + @bias. Return: 0 or -PMP_ENOMEM */
int pmp_symbols_dwarf(struct pmp_symbol_job *job, Dwarf *dwarf, uint64_t bias);

#endif
