/*
 * symbols.c - finds and opens the ELF file of a module and its debug file, and falls back to the symbol table. Used by the writer on
 * rank 0 and by the report; one thread. Files may be damaged or other than they were: that leaves addresses unresolved.
 */
#include "store/symbols_internal.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/debug_files.h"
#include "store/demangle.h"
#include "store/keymap.h"
#include "store/text.h"

size_t pmp_symbols_lower(const struct pmp_symbol_job *job, uint64_t address)
{
	size_t low = 0, high = job->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (pmp_symbol_key(&job->symbols[mid]) < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int pmp_symbols_add(struct pmp_symbol_job *job, struct pmp_symbol *symbol, const char *function,
		    const char *file, uint32_t line)
{
	struct pmp_symbol_frames *frames = job->frames;
	const char *copy = pmp_pool_text(job->pool, file, strlen(file));

	if (!copy ||
	    pmp_grow(&frames->frames, &frames->capacity, frames->count, sizeof(*frames->frames)))
		return -PMP_ENOMEM;
	if (symbol->count == 0)
		symbol->first = frames->count;
	symbol->count++;
	frames->frames[frames->count++] = (struct pmp_symbol_frame){function, copy, line};
	return 0;
}

/* "" when it has none */
static void read_build_id(Dwfl_Module *module, char hex[PMP_BUILD_ID_SIZE])
{
	const unsigned char *bits = NULL;
	GElf_Addr address;
	int len = dwfl_module_build_id(module, &bits, &address);

	pmp_text_hex(bits, len > 0 ? (size_t)len : 0, hex, PMP_BUILD_ID_SIZE);
}

/* By name, beside the file, in .debug, and below /usr/lib/debug; of another build, it is none of this file's. */
static int find_linked(const char *build_id, const char *file, const char *link, char **found)
{
	static const char *const forms[][2] = {
		{"", "/"}, {"", "/.debug/"}, {"/usr/lib/debug", "/"}};
	const char *slash = file ? strrchr(file, '/') : NULL;
	int folder = slash ? (int)(slash - file) : 0;
	int fd = -1;

	for (int i = 0; fd < 0 && link && slash && i < 3; i++) {
		char *path = NULL;

		if (asprintf(&path, "%s%.*s%s%s", forms[i][0], folder, file, forms[i][1], link) < 0)
			return -1;
		fd = strcmp(path, file) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
		if (fd >= 0 && build_id[0] && !pmp_debug_file_fits(fd, build_id)) {
			close(fd);
			fd = -1;
		}
		if (fd >= 0)
			*found = path;
		else
			free(path);
	}
	return fd;
}

/* dwfl_standard_find_debuginfo would ask debuginfod servers when DEBUGINFOD_URLS is set; this only looks at files. */
static int find_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **found)
{
	char build_id[PMP_BUILD_ID_SIZE];
	int fd;

	(void)data, (void)base, (void)crc;
	read_build_id(module, build_id);
	fd = pmp_debug_file_open(build_id, name, found);
	return fd < 0 ? find_linked(build_id, file, link, found) : fd;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debug_file,
	.section_address = dwfl_offline_section_address,
};

static bool has_build_id(Dwfl_Module *module, const char *wanted)
{
	char build_id[PMP_BUILD_ID_SIZE];

	read_build_id(module, build_id);
	return wanted[0] == '\0' || strcmp(build_id, wanted) == 0;
}

static int from_symbol_table(struct pmp_symbol_job *job, Dwfl_Module *module, uint64_t bias)
{
	int rc = 0;

	for (size_t i = 0; i < job->count && rc == 0; i++) {
		struct pmp_symbol *symbol = &job->symbols[i];
		GElf_Sym elf;
		GElf_Off into;
		const char *name;

		if (symbol->count)
			continue;
		name = dwfl_module_addrinfo(module, pmp_symbol_key(symbol) + bias, &into, &elf,
					    NULL, NULL, NULL);
		/* the nearest symbol below may be another function: one that ended before */
		if (!name || (elf.st_size && into >= elf.st_size))
			continue;
		rc = pmp_symbols_add(job, symbol, pmp_demangle(job->pool, name), "", 0);
	}
	return rc;
}

static int resolve_module(struct pmp_symbol_job *job, Dwfl_Module *module)
{
	GElf_Addr elf_bias = 0;
	Dwarf_Addr dwarf_bias = 0;
	Dwarf *dwarf;
	int rc = 0;

	if (!dwfl_module_getelf(module, &elf_bias))
		return 0;
	dwarf = dwfl_module_getdwarf(module, &dwarf_bias);
	/* the debug file may be prelinked to another base than the program: DWARF + dwarf_bias == offset + elf_bias */
	if (dwarf)
		rc = pmp_symbols_dwarf(job, dwarf, elf_bias - dwarf_bias);
	return rc ? rc : from_symbol_table(job, module, elf_bias);
}

/* One file, the program or only its debug file. Return: as pmp_symbols_resolve; @is_used when it was of the build wanted. */
static int resolve_file(struct pmp_symbol_job *job, const char *path, int fd, const char *build_id,
			bool *is_used)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module;
	int rc = 0;

	if (!dwfl)
		return -PMP_ENOMEM;
	dwfl_report_begin(dwfl);
	module = dwfl_report_offline(dwfl, path, path, fd);
	dwfl_report_end(dwfl, NULL, NULL);
	*is_used = module && has_build_id(module, build_id);
	if (*is_used)
		rc = resolve_module(job, module);
	dwfl_end(dwfl);
	return rc;
}

int pmp_symbols_resolve(const char *path, const char *build_id, struct pmp_symbol *symbols,
			size_t count, struct pmp_symbol_frames *frames, struct pmp_pool *pool)
{
	struct pmp_symbol_job job = {symbols, count, frames, pool};
	char *debug_path = NULL;
	bool is_used = false;
	struct stat st;
	int rc = 0, fd;

	for (size_t i = 0; i < count; i++)
		symbols[i].count = symbols[i].first = 0;
	if (path[0] != '/')
		return 0;
	/* a name from a file: no device, no pipe */
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		rc = resolve_file(&job, path, -1, build_id, &is_used);
	if (rc || is_used)
		return rc;
	/* gone, or built anew since: its debug file alone says as much */
	fd = pmp_debug_file_open(build_id, path, &debug_path);
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) == 0)
		rc = resolve_file(&job, debug_path, fd, build_id, &is_used);
	free(debug_path);
	return rc;
}
