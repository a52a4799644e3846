/* elf_facts.h - what an executable or library says about how it gets its MPI, without running it */
#ifndef PMP_ELF_FACTS_H
#define PMP_ELF_FACTS_H

#include <stdbool.h>

#include "base/err.h"

struct pmp_elf_facts {
	bool is_dynamic;       /* has a program interpreter or is a shared object */
	bool defines_mpi_init; /* contains MPI_Init itself: MPI is linked statically */
	bool is_profiled;      /* libpmprof.so is among its libraries */
	bool is_behind_mpi;    /* ... but comes after the MPI library, so that it is never called */
	char mpi[64];          /* soname of the MPI library it needs itself, "" none */
};

/* pmp_elf_facts_read - Return: 0, -PMP_ENOTFOUND, or -PMP_EFORMAT when it is no ELF file (a script, say) */
int pmp_elf_facts_read(const char *path, struct pmp_elf_facts *facts);

/* pmp_elf_is_mpi - is that the soname of an MPI library? */
bool pmp_elf_is_mpi(const char *soname);

/* pmp_elf_mpi_name - "Open MPI" for "libmpi.so.40"; "an unknown MPI" */
const char *pmp_elf_mpi_name(const char *soname);

/* pmp_elf_mpi_folder - "openmpi" for "libmpi.so.40": where our libraries for that MPI are; "" when that is not known */
const char *pmp_elf_mpi_folder(const char *soname);

#endif
