/*
 * foreign.c - finds out whether the program calls MPI from Fortran by entry points that we do not have, so that the report can say
 * what it does not see. Called once, from MPI_Init, on the main thread. Reads the relocations that the dynamic linker has in
 * memory; opens no file.
 */
#include "record/foreign.h"

#include <dlfcn.h>
#include <fnmatch.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#if __ELF_NATIVE_CLASS == 64
#define SYMBOL_OF(info) ELF64_R_SYM(info)
#else
#define SYMBOL_OF(info) ELF32_R_SYM(info)
#endif

#define CALL "mpi_*_"

/* No calls of MPI: constants of mpif.h, predefined callbacks, and what is not recorded in C either (schema/calls.def). */
static const char *const others[] = {
	"mpi_fortran_*", "mpi_*_fn_",  "mpi_conversion_fn_null*", "mpi_sizeof*", "mpi_wtime_",
	"mpi_wtick_",    "mpi_aint_*", "mpi_f_sync_reg_*",
};

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

static bool is_call(const char *name)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (fnmatch(others[i], name, 0) == 0)
			return false;
	return fnmatch(CALL, name, 0) == 0;
}

static bool has_foreign_call(const struct dynamic *dynamic, const struct relocations *relocations,
			     void *ours)
{
	if (!relocations->first)
		return false;
	for (size_t i = 0; i < relocations->bytes / sizeof(*relocations->first); i++) {
		const ElfW(Sym) *symbol =
			&dynamic->symbols[SYMBOL_OF(relocations->first[i].r_info)];
		const char *name = dynamic->strings + symbol->st_name;

		if (symbol->st_shndx == SHN_UNDEF && is_call(name) && !dlsym(ours, name))
			return true;
	}
	return false;
}

/* What we export: found by the file that this code is in. */
static void *open_ourselves(void)
{
	Dl_info self;

	if (!dladdr((void *)(uintptr_t)pmp_fortran_is_foreign, &self) || !self.dli_fname)
		return NULL;
	return dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

/* Only of the first object, the program itself. Nothing is looked up in here: that would take the linker's locks crosswise. */
static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			read_dynamic(info,
				     (const void *)(uintptr_t)(info->dlpi_addr +
							       info->dlpi_phdr[i].p_vaddr),
				     data);
	return 1;
}

/* With PMP_FORTRAN_IN_C (MPICH) an entry point that we do not have calls MPI in C, where it is seen. */
bool pmp_fortran_is_foreign(void)
{
#ifdef PMP_FORTRAN_IN_C
	return false;
#endif
	struct dynamic dynamic = {.is_rela = true};
	bool is_foreign = false;
	void *ours = open_ourselves();

	if (!ours)
		return false;
	dl_iterate_phdr(visit, &dynamic);
	if (dynamic.symbols && dynamic.strings && dynamic.is_rela)
		is_foreign = has_foreign_call(&dynamic, &dynamic.lazy, ours) ||
			     has_foreign_call(&dynamic, &dynamic.plain, ours);
	dlclose(ours);
	return is_foreign;
}
