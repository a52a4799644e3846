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

#include "store/demangle.h"
#include "store/keymap.h"

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

/*
 * dwfl_standard_find_debuginfo would ask debuginfod servers when DEBUGINFOD_URLS is set; these two only look at files: by build-id in
 * /usr/lib/debug/.build-id, then by .gnu_debuglink beside the file, in .debug, and below /usr/lib/debug.
 */
static int find_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **found)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	int folder = slash ? (int)(slash - file) : 0;
	int fd = dwfl_build_id_find_debuginfo(module, data, name, base, file, link, crc, found);

	(void)crc;
	for (int i = 0; fd < 0 && link && slash && i < 3; i++) {
		static const char *const forms[][2] = {
			{"", "/"}, {"", "/.debug/"}, {"/usr/lib/debug", "/"}};
		char *path = NULL;

		if (asprintf(&path, "%s%.*s%s%s", forms[i][0], folder, file, forms[i][1], link) < 0)
			return -1;
		fd = strcmp(path, file) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0)
			*found = path;
		else
			free(path);
	}
	return fd;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debug_file,
	.section_address = dwfl_offline_section_address,
};

static bool has_build_id(Dwfl_Module *module, const char *wanted)
{
	const unsigned char *bits;
	GElf_Addr address;
	int len = dwfl_module_build_id(module, &bits, &address);

	if (wanted[0] == '\0')
		return true;
	if (len <= 0 || strlen(wanted) != (size_t)len * 2)
		return false;
	for (int i = 0; i < len; i++) {
		char hex[3];

		snprintf(hex, sizeof(hex), "%02x", bits[i]);
		if (memcmp(hex, wanted + 2 * i, 2) != 0)
			return false;
	}
	return true;
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

static int resolve_module(struct pmp_symbol_job *job, Dwfl_Module *module, const char *build_id)
{
	GElf_Addr elf_bias = 0;
	Dwarf_Addr dwarf_bias = 0;
	Dwarf *dwarf;
	int rc = 0;

	if (!dwfl_module_getelf(module, &elf_bias) || !has_build_id(module, build_id))
		return 0;
	dwarf = dwfl_module_getdwarf(module, &dwarf_bias);
	/* the debug file may be prelinked to another base than the program: DWARF + dwarf_bias == offset + elf_bias */
	if (dwarf)
		rc = pmp_symbols_dwarf(job, dwarf, elf_bias - dwarf_bias);
	return rc ? rc : from_symbol_table(job, module, elf_bias);
}

int pmp_symbols_resolve(const char *path, const char *build_id, struct pmp_symbol *symbols,
			size_t count, struct pmp_symbol_frames *frames, struct pmp_pool *pool)
{
	struct pmp_symbol_job job = {symbols, count, frames, pool};
	Dwfl_Module *module = NULL;
	struct stat st;
	Dwfl *dwfl;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		symbols[i].count = symbols[i].first = 0;
	/* a name from a file: no device, no pipe */
	if (path[0] != '/' || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	dwfl = dwfl_begin(&callbacks);
	if (!dwfl)
		return -PMP_ENOMEM;
	dwfl_report_begin(dwfl);
	module = dwfl_report_offline(dwfl, path, path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	if (module)
		rc = resolve_module(&job, module, build_id);
	dwfl_end(dwfl);
	return rc;
}
