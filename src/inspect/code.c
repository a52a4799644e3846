/* code.c - the map of a process's code, and symbols for addresses in it. Called by snapshot.c, one thread. */
#include "inspect/code.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/keymap.h"
#include "store/symbols.h"

#define LINE_MAX_BYTES 4608
#define SEGMENTS_MAX   64

struct maps {
	struct pmp_code_module *modules;
	size_t count, capacity;
};

/* The lowest address that the file wants for itself: 0 for what may lie anywhere. */
static uint64_t lowest_address(const char *path)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	uint64_t lowest = UINT64_MAX;
	Elf64_Ehdr head;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t count = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_phentsize == sizeof(segments[0])) {
		size_t wanted = head.e_phnum < SEGMENTS_MAX ? head.e_phnum : SEGMENTS_MAX;
		ssize_t got =
			pread(fd, segments, wanted * sizeof(segments[0]), (off_t)head.e_phoff);

		count = got > 0 ? (size_t)got / sizeof(segments[0]) : 0;
	}
	close(fd);
	for (size_t i = 0; i < count; i++)
		if (segments[i].p_type == PT_LOAD && segments[i].p_vaddr < lowest)
			lowest = segments[i].p_vaddr;
	return lowest == UINT64_MAX ? 0 : lowest & ~UINT64_C(4095);
}

/* One line of maps: pieces of one file follow each other, and grow together to one module. */
static int add_mapping(struct maps *maps, struct pmp_pool *pool, char *line)
{
	uint64_t start, end, offset;
	int at = 0;
	struct pmp_code_module *last = maps->count ? &maps->modules[maps->count - 1] : NULL;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n", &start, &end,
		   &offset, &at) < 3 ||
	    at == 0 || (line[at] != '/' && strcmp(line + at, "[vdso]") != 0))
		return 0;
	if (last && strcmp(last->path, line + at) == 0 && offset) {
		last->end = end;
		return 0;
	}
	if (pmp_grow(&maps->modules, &maps->capacity, maps->count, sizeof(*maps->modules)))
		return -PMP_ENOMEM;
	maps->modules[maps->count++] = (struct pmp_code_module){
		start, end, start - offset, pmp_pool_printf(pool, "%s", line + at)};
	return 0;
}

int pmp_code_map_live(int pid, struct pmp_pool *pool, struct pmp_code_map *map)
{
	char name[64], line[LINE_MAX_BYTES];
	struct maps maps = {0};
	FILE *file;
	int rc = 0;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	file = fopen(name, "re");
	if (!file)
		return -PMP_ENOTFOUND;
	while (rc == 0 && fgets(line, sizeof(line), file))
		rc = add_mapping(&maps, pool, line);
	fclose(file);
	map->count = 0;
	map->modules = rc ? NULL : pmp_pool_alloc(pool, maps.count, sizeof(*maps.modules));
	if (map->modules && maps.count) {
		memcpy(map->modules, maps.modules, maps.count * sizeof(*maps.modules));
		map->count = maps.count;
	}
	free(maps.modules);
	if (!map->modules)
		return -PMP_ENOMEM;
	return map->count ? 0 : -PMP_ENOTFOUND;
}

const struct pmp_code_module *pmp_code_module(const struct pmp_code_map *map, uint64_t address)
{
	for (size_t i = 0; i < map->count; i++)
		if (address - 1 >= map->modules[i].start && address - 1 < map->modules[i].end)
			return &map->modules[i];
	return NULL;
}

static int by_place(const void *a, const void *b)
{
	const struct pmp_code *x = *(struct pmp_code *const *)a, *y = *(struct pmp_code *const *)b;
	int order;
	uint64_t at, bt;

	if (!x->module || !y->module)
		return !x->module - !y->module;
	order = strcmp(x->module->path, y->module->path);
	at = x->address - x->module->start;
	bt = y->address - y->module->start;
	return order ? order : at < bt ? -1 : at > bt;
}

/* What is known of an address without symbols. */
static int place_without(struct pmp_code *code, struct pmp_pool *pool)
{
	struct pmp_place *place = pmp_pool_alloc(pool, 1, sizeof(*place));

	if (!place)
		return -PMP_ENOMEM;
	*place = (struct pmp_place){"", "", "", 0, code->address};
	if (code->module) {
		place->module = code->module->path;
		place->offset = code->address - code->module->bias;
	}
	code->places = place;
	code->place_count = 1;
	return 0;
}

static int take_places(struct pmp_code *code, const struct pmp_symbol *symbol,
		       const struct pmp_symbol_frames *frames, struct pmp_pool *pool)
{
	struct pmp_place *places;

	if (symbol->count == 0)
		return place_without(code, pool);
	places = pmp_pool_alloc(pool, symbol->count, sizeof(*places));
	for (size_t i = 0; places && i < symbol->count; i++) {
		const struct pmp_symbol_frame *frame = &frames->frames[symbol->first + i];

		places[i] = (struct pmp_place){frame->function, frame->file, code->module->path,
					       frame->line, symbol->offset};
	}
	code->places = places;
	code->place_count = symbol->count;
	return places ? 0 : -PMP_ENOMEM;
}

/* All of one file. */
static int resolve_file(struct pmp_code **codes, size_t count, struct pmp_pool *pool)
{
	uint64_t bias = codes[0]->module->bias - lowest_address(codes[0]->module->path);
	uint64_t start = codes[0]->module->start;
	struct pmp_symbol *symbols = calloc(count, sizeof(*symbols));
	struct pmp_symbol_frames frames = {0};
	int rc = symbols ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; rc == 0 && i < count; i++)
		symbols[i].offset = codes[i]->address - codes[i]->module->start + start - bias;
	if (rc == 0)
		rc = pmp_symbols_resolve(codes[0]->module->path, "", symbols, count, &frames, pool);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = take_places(codes[i], &symbols[i], &frames, pool);
	free(frames.frames);
	free(symbols);
	return rc;
}

int pmp_code_resolve(struct pmp_code **codes, size_t count, struct pmp_pool *pool)
{
	size_t first = 0;
	int rc = 0;

	if (count)
		qsort(codes, count, sizeof(struct pmp_code *), by_place);
	while (rc == 0 && first < count) {
		const struct pmp_code_module *module = codes[first]->module;
		size_t last = first + 1;

		while (module && last < count && codes[last]->module &&
		       strcmp(codes[last]->module->path, module->path) == 0)
			last++;
		rc = module ? resolve_file(codes + first, last - first, pool)
			    : place_without(codes[first], pool);
		first = last;
	}
	return rc;
}
