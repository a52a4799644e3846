/*
 * modules.c - the map of loaded objects, as far as call paths lead into them. Called by any recording thread for new nodes. Must
 * not take the dynamic linker's lock where glibc offers a way without: a thread may sit in dlopen, in a constructor that waits
 * for this one.
 */
#include "record/modules.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE_ALIGN(n) (((n) + 3u) & ~3u)
#define GNU_NAME      "GNU"

/* A loaded object as the dynamic linker knows it. */
struct object {
	uint64_t start, end, bias;
	const char *name; /* "" for the program itself */
};

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
static bool find_object(uint64_t address, struct object *object)
{
	struct dl_find_object found;

	if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
		return false;
	object->start = (uintptr_t)found.dlfo_map_start;
	object->end = (uintptr_t)found.dlfo_map_end;
	object->bias = found.dlfo_link_map ? found.dlfo_link_map->l_addr : 0;
	object->name = found.dlfo_link_map ? found.dlfo_link_map->l_name : "";
	return true;
}
#else
struct search {
	uint64_t address;
	struct object *object;
};

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;
	uint64_t start = UINT64_MAX, end = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uint64_t at = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		start = at < start ? at & ~UINT64_C(4095) : start;
		end = at + segment->p_memsz > end ? at + segment->p_memsz : end;
	}
	if (search->address < start || search->address >= end)
		return 0;
	*search->object = (struct object){start, end, info->dlpi_addr, info->dlpi_name};
	return 1;
}

static bool find_object(uint64_t address, struct object *object)
{
	struct search search = {address, object};

	return dl_iterate_phdr(visit, &search) == 1;
}
#endif

/* A note section: name and description, each padded to 4 bytes. */
static void read_notes(const unsigned char *note, size_t bytes, struct pmp_module *module)
{
	while (bytes >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) head;
		size_t name, description;

		memcpy(&head, note, sizeof(head));
		name = NOTE_ALIGN((size_t)head.n_namesz);
		description = NOTE_ALIGN((size_t)head.n_descsz);
		if (name > bytes || description > bytes ||
		    sizeof(head) + name + description > bytes)
			return;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof(GNU_NAME) &&
		    memcmp(note + sizeof(head), GNU_NAME, sizeof(GNU_NAME)) == 0) {
			module->build_id_len = head.n_descsz < 20 ? head.n_descsz : 20;
			memcpy(module->build_id, note + sizeof(head) + name, module->build_id_len);
			return;
		}
		note += sizeof(head) + name + description;
		bytes -= sizeof(head) + name + description;
	}
}

/* The first page of an object holds its ELF header and program headers, unless it was linked in an unusual way. */
static void read_build_id(const struct object *object, struct pmp_module *module)
{
	const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)(uintptr_t)object->start;
	const ElfW(Phdr) * segments;

	if (object->end - object->start < sizeof(*elf) ||
	    memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_phentsize != sizeof(*segments) ||
	    elf->e_phoff + (uint64_t)elf->e_phnum * sizeof(*segments) > 4096)
		return;
	segments = (const ElfW(Phdr) *)(uintptr_t)(object->start + elf->e_phoff);
	for (unsigned i = 0; i < elf->e_phnum; i++) {
		uint64_t at = object->bias + segments[i].p_vaddr;

		if (segments[i].p_type == PT_NOTE && at >= object->start &&
		    segments[i].p_memsz <= object->end - at && at < object->end)
			read_notes((const unsigned char *)(uintptr_t)at, segments[i].p_memsz,
				   module);
		if (module->build_id_len)
			return;
	}
}

/* The path that the object can be found under later, by another process. */
static const char *path_of(struct pmp_rank *rank, const char *name, char *buf, size_t size)
{
	const struct pmp_arena_header *header = pmp_arena_header(&rank->arena);

	if (!*name)
		return header->exe;
	if (*name == '/' || !strchr(name, '/'))
		return name;
	snprintf(buf, size, "%s/%s", header->cwd, name);
	return buf;
}

static uint32_t find_module(struct pmp_rank *rank, const struct object *object, const char *path)
{
	for (uint32_t idx = pmp_table_count(&rank->modules); idx-- > 1;) {
		const struct pmp_module *module = pmp_table_at(&rank->modules, idx);

		if (module->start == object->start && module->end == object->end &&
		    strncmp(pmp_rank_text(rank, module->path), path, PMP_TEXT_MAX - 1) == 0)
			return idx;
	}
	return 0;
}

static uint32_t add_module(struct pmp_rank *rank, const struct object *object, const char *path)
{
	struct pmp_module *module = pmp_table_reserve(&rank->modules, 1);

	if (!module)
		return 0;
	module->start = object->start;
	module->end = object->end;
	module->bias = object->bias;
	module->path = pmp_rank_string(rank, path);
	read_build_id(object, module);
	return pmp_table_publish(&rank->modules, 1);
}

static uint32_t look_up(struct pmp_rank *rank, const struct object *object)
{
	char buf[PMP_TEXT_MAX];
	const char *path = path_of(rank, object->name, buf, sizeof(buf));
	uint32_t idx;

	pthread_mutex_lock(&rank->lock);
	idx = find_module(rank, object, path);
	if (!idx)
		idx = add_module(rank, object, path);
	pthread_mutex_unlock(&rank->lock);
	return idx;
}

/* The interrupted thread itself may hold the locks: whatever one of them forbids is left undone. */
uint32_t pmp_module_try(struct pmp_rank *rank, uint64_t address)
{
	char buf[PMP_TEXT_MAX];
	struct object object;
	const char *path;
	uint32_t idx;

	if (!find_object(address, &object) || pthread_mutex_trylock(&rank->lock))
		return 0;
	path = path_of(rank, object.name, buf, sizeof(buf));
	idx = find_module(rank, &object, path);
	if (!idx && pthread_mutex_trylock(&rank->arena.lock) == 0) {
		pthread_mutex_unlock(&rank->arena.lock);
		idx = add_module(rank, &object, path);
	}
	pthread_mutex_unlock(&rank->lock);
	return idx;
}

uint32_t pmp_module_of(struct pmp_rank *rank, struct pmp_module_memo *memo, uint64_t address)
{
	struct object object;
	uint32_t idx;

	if (memo->is_program && address >= memo->start && address < memo->end)
		return memo->index;
	if (!find_object(address, &object))
		return 0;
	if (memo->index && object.start == memo->start && object.end == memo->end &&
	    object.name == memo->name)
		return memo->index;
	idx = look_up(rank, &object);
	*memo = (struct pmp_module_memo){
		.start = object.start,
		.end = object.end,
		.name = object.name,
		.index = idx,
		.is_program = idx && !*object.name,
	};
	return idx;
}

uint32_t pmp_module_named(struct pmp_rank *rank, const char *name)
{
	const struct object none = {0, 0, 0, name};
	struct pmp_module *module;
	uint32_t idx;

	pthread_mutex_lock(&rank->lock);
	idx = find_module(rank, &none, name);
	module = idx ? NULL : pmp_table_reserve(&rank->modules, 1);
	if (module) {
		module->path = pmp_rank_string(rank, name);
		idx = pmp_table_publish(&rank->modules, 1);
	}
	pthread_mutex_unlock(&rank->lock);
	return idx;
}
