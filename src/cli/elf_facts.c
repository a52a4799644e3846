/*
 * elf_facts.c - reads the dynamic section and the symbol table of an ELF file with libelf; the file is untrusted.
 */
#include "cli/elf_facts.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *soname; /* beginning of it */
	const char *name;
	const char *
		folder; /* of our libraries for it, as cmake/PmprofMpi.cmake has it; "" we cannot tell */
} libraries[] = {
	{"libmpi.so.40", "Open MPI", "openmpi"},         {"libmpi.so.20", "Open MPI 2", ""},
	{"libmpi.so.12", "MPICH or Intel MPI", "mpich"}, {"libmpich.so", "MPICH", "mpich"},
	{"libmpi_cray.so", "Cray MPICH", "mpich"},       {"libmpi.so", "MPI", ""},
};

#define LIBRARY_COUNT (sizeof(libraries) / sizeof(libraries[0]))

static size_t find_mpi(const char *soname)
{
	size_t i = 0;

	while (i < LIBRARY_COUNT &&
	       strncmp(soname, libraries[i].soname, strlen(libraries[i].soname)) != 0)
		i++;
	return i;
}

bool pmp_elf_is_mpi(const char *soname)
{
	return find_mpi(soname) < LIBRARY_COUNT;
}

const char *pmp_elf_mpi_name(const char *soname)
{
	size_t i = find_mpi(soname);

	return i < LIBRARY_COUNT ? libraries[i].name : "an unknown MPI";
}

const char *pmp_elf_mpi_folder(const char *soname)
{
	size_t i = find_mpi(soname);

	return i < LIBRARY_COUNT ? libraries[i].folder : "";
}

static void read_needed(Elf *elf, Elf_Data *data, const GElf_Shdr *header,
			struct pmp_elf_facts *facts)
{
	GElf_Dyn entry;

	for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED
					   ? elf_strptr(elf, header->sh_link, entry.d_un.d_val)
					   : NULL;

		if (!name)
			continue;
		if (pmp_elf_is_mpi(name) && !*facts->mpi)
			snprintf(facts->mpi, sizeof(facts->mpi), "%s", name);
		if (strncmp(name, "libpmprof.so", 12) == 0) {
			facts->is_profiled = true;
			facts->is_behind_mpi = *facts->mpi;
		}
	}
}

static void note_symbol(const char *name, bool is_defined, struct pmp_elf_facts *facts)
{
	if (is_defined)
		facts->defines_mpi_init |= strcmp(name, "MPI_Init") == 0;
}

static void read_symbols(Elf *elf, Elf_Data *data, const GElf_Shdr *header,
			 struct pmp_elf_facts *facts)
{
	GElf_Sym symbol;

	for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);

		if (name)
			note_symbol(name, symbol.st_shndx != SHN_UNDEF, facts);
	}
}

static void read_sections(Elf *elf, struct pmp_elf_facts *facts)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data = gelf_getshdr(section, &header) ? elf_getdata(section, NULL) : NULL;

		if (!data)
			continue;
		if (header.sh_type == SHT_DYNAMIC) {
			facts->is_dynamic = true;
			read_needed(elf, data, &header, facts);
		} else if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) {
			read_symbols(elf, data, &header, facts);
		}
	}
}

int pmp_elf_facts_read(const char *path, struct pmp_elf_facts *facts)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	*facts = (struct pmp_elf_facts){.mpi = ""};
	if (fd < 0)
		return -PMP_ENOTFOUND;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);

	if (elf && elf_kind(elf) == ELF_K_ELF)
		read_sections(elf, facts);
	else
		rc = -PMP_EFORMAT;
	elf_end(elf);
	close(fd);
	return rc;
}
