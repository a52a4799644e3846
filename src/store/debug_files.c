/*
 * debug_files.c - looks for separate debug files and makes sure that they are of the same build. Called by symbols.c, one thread. What
 * it finds may be anything: only ordinary files are opened, and elfutils checks what it reads of them.
 */
#include "store/debug_files.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/environment.h"
#include "store/text.h"

#define SYSTEM_FOLDER "/usr/lib/debug"
#define BUILD_ID_MIN  6 /* hexadecimal digits */

static bool is_build(Elf *elf, const char *wanted)
{
	const void *bits;
	ssize_t len = dwelf_elf_gnu_build_id(elf, &bits);
	char build_id[PMP_BUILD_ID_SIZE];

	pmp_text_hex(bits, len > 0 ? (size_t)len : 0, build_id, sizeof(build_id));
	return build_id[0] && strcmp(build_id, wanted) == 0;
}

/* A stripped program has the right build-id, and nothing to tell. */
static bool has_symbols(Elf *elf)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		if (header.sh_type == SHT_SYMTAB)
			return true;
	}
	return false;
}

bool pmp_debug_file_fits(int fd, const char *build_id)
{
	Elf *elf;
	bool fits;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	fits = elf && is_build(elf, build_id) && has_symbols(elf);
	elf_end(elf);
	return fits;
}

static int open_fitting(const char *path, const char *build_id)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && pmp_debug_file_fits(fd, build_id))
		return fd;
	close(fd);
	return -1;
}

/* As distributions, debuginfod's cache and users lay them out. */
enum middle {
	SPLIT,
	WHOLE,
	NAME
}; /* of the build-id: ab/cdef... or as it is; the program's name */
static const struct {
	const char *before;
	enum middle middle;
	const char *after;
} forms[] = {
	{"/.build-id/", SPLIT, ".debug"},
	{"/", SPLIT, ".debug"},
	{"/", WHOLE, "/debuginfo"},
	{"/", NAME, ".debug"},
	{"/", NAME, ""},
};

static int look_in(const char *folder, const char *build_id, const char *name, char **path)
{
	const char *slash = strrchr(name, '/');
	char split[64];
	const char *const middles[] = {split, build_id, slash ? slash + 1 : name};

	snprintf(split, sizeof(split), "%.2s/%s", build_id, build_id + 2);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && *folder; i++) {
		char *candidate;
		int fd;

		if (asprintf(&candidate, "%s%s%s%s", folder, forms[i].before,
			     middles[forms[i].middle], forms[i].after) < 0)
			return -1;
		fd = open_fitting(candidate, build_id);
		if (fd >= 0) {
			*path = candidate;
			return fd;
		}
		free(candidate);
	}
	return -1;
}

static int look_in_list(const char *folders, const char *build_id, const char *name, char **path)
{
	char *copy = strdup(folders), *rest = copy, *folder;
	int fd = -1;

	while (fd < 0 && rest && (folder = strsep(&rest, ":")))
		fd = look_in(folder, build_id, name, path);
	free(copy);
	return fd;
}

/* Where debuginfod's client keeps what it has fetched, debuginfod_find_debuginfo(3). */
static int look_in_cache(const char *build_id, const char *name, char **path)
{
	static const struct {
		const char *variable, *below;
	} places[] = {
		{"DEBUGINFOD_CACHE_PATH", ""},
		{"XDG_CACHE_HOME", "/debuginfod_client"},
		{"HOME", "/.cache/debuginfod_client"},
	};
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *value = getenv(places[i].variable);
		char *folder;

		if (!value || !*value)
			continue;
		if (asprintf(&folder, "%s%s", value, places[i].below) < 0)
			return -1;
		fd = look_in(folder, build_id, name, path);
		free(folder);
	}
	return fd;
}

int pmp_debug_file_open(const char *build_id, const char *name, char **path)
{
	int fd = -1;

	if (strlen(build_id) < BUILD_ID_MIN ||
	    strspn(build_id, "0123456789abcdef") != strlen(build_id))
		return -1;
	fd = look_in_list(pmp_env_text(PMP_ENV_PMPROF_DEBUG_DIR), build_id, name, path);
	if (fd < 0)
		fd = look_in_cache(build_id, name, path);
	return fd < 0 ? look_in(SYSTEM_FOLDER, build_id, name, path) : fd;
}
