/*
 * fortran.c - finds out whether the program calls MPI from Fortran, so that the report can say what it does not see. Called once,
 * from MPI_Init, on the main thread. Reads the relocations that the dynamic linker has in memory; opens no file.
 */
#include "record/fortran.h"

#include <fnmatch.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#if __ELF_NATIVE_CLASS == 64
#define SYMBOL_OF(info) ELF64_R_SYM(info)
#else
#define SYMBOL_OF(info) ELF32_R_SYM(info)
#endif

/* The constants of mpif.h (mpi_fortran_bottom_) are data and say nothing about calls. */
#define CALL     "mpi_*_"
#define CONSTANT "mpi_fortran_*"

struct relocations {
	const ElfW(Rela) * first;
	size_t bytes;
};

struct dynamic {
	const ElfW(Sym) * symbols;
	const char *strings;
	struct relocations plain, lazy;
	bool is_rela;
};

/* Some linkers leave addresses in the section as they were in the file. */
static const void *at(const struct dl_phdr_info *info, ElfW(Addr) address)
{
	return (const void *)(uintptr_t)(address < info->dlpi_addr ? info->dlpi_addr + address
								   : address);
}

static void read_dynamic(const struct dl_phdr_info *info, const ElfW(Dyn) * entry,
			 struct dynamic *dynamic)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_SYMTAB)
			dynamic->symbols = at(info, entry->d_un.d_ptr);
		else if (entry->d_tag == DT_STRTAB)
			dynamic->strings = at(info, entry->d_un.d_ptr);
		else if (entry->d_tag == DT_RELA)
			dynamic->plain.first = at(info, entry->d_un.d_ptr);
		else if (entry->d_tag == DT_RELASZ)
			dynamic->plain.bytes = entry->d_un.d_val;
		else if (entry->d_tag == DT_JMPREL)
			dynamic->lazy.first = at(info, entry->d_un.d_ptr);
		else if (entry->d_tag == DT_PLTRELSZ)
			dynamic->lazy.bytes = entry->d_un.d_val;
		else if (entry->d_tag == DT_PLTREL)
			dynamic->is_rela = entry->d_un.d_val == DT_RELA;
	}
}

static bool has_call(const struct dynamic *dynamic, const struct relocations *relocations)
{
	if (!relocations->first)
		return false;
	for (size_t i = 0; i < relocations->bytes / sizeof(*relocations->first); i++) {
		const ElfW(Sym) *symbol =
			&dynamic->symbols[SYMBOL_OF(relocations->first[i].r_info)];
		const char *name = dynamic->strings + symbol->st_name;

		if (symbol->st_shndx == SHN_UNDEF && fnmatch(CALL, name, 0) == 0 &&
		    fnmatch(CONSTANT, name, 0) != 0)
			return true;
	}
	return false;
}

/* Only for the first object, the program itself. */
static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	struct dynamic dynamic = {.is_rela = true};
	bool *is_called = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			read_dynamic(info,
				     (const void *)(uintptr_t)(info->dlpi_addr +
							       info->dlpi_phdr[i].p_vaddr),
				     &dynamic);
	if (dynamic.symbols && dynamic.strings && dynamic.is_rela)
		*is_called =
			has_call(&dynamic, &dynamic.lazy) || has_call(&dynamic, &dynamic.plain);
	return 1;
}

bool pmp_fortran_is_called(void)
{
	bool is_called = false;

	dl_iterate_phdr(visit, &is_called);
	return is_called;
}
