/*
 * unwind_rule.c - finds call frame information in the loaded objects and keeps the rules read from it
 *
 * Owned by one unwinder, used by its thread only, also inside signal handlers and under the
 * dynamic linker's lock: _dl_find_object is lock-free. Only code that belongs to no loaded object
 * (registered by a just-in-time compiler), or a C library before glibc 2.35, is looked up through
 * libgcc, which may lock.
 */
#include "record/unwind_rule.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

#include "base/hash.h"

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
#define HAVE_FIND_OBJECT 1
#else
#define HAVE_FIND_OBJECT 0
#endif

#define IDENTITY_WORDS 128 /* of the first page: ELF header, program headers, build-id */

struct dwarf_bases {
	void *text;
	void *data;
	void *function;
};

/* Exported by libgcc since 3.0, declared in none of its installed headers. */
extern const void *_Unwind_Find_FDE(void *at, struct dwarf_bases *bases);

void pmp_rules_clear(struct pmp_rules *rules)
{
	memset(rules->slot, 0, sizeof(rules->slot));
	rules->count = 0;
	rules->modules = 0;
	rules->next_module = 0;
}

#if HAVE_FIND_OBJECT
/* The loaded segment that holds the header, from the object's own program headers; else the whole object. */
static struct pmp_extent readable_around(const struct dl_find_object *object)
{
	uint64_t start = (uintptr_t)object->dlfo_map_start;
	uint64_t header = (uintptr_t)object->dlfo_eh_frame;
	struct pmp_extent extent = {start, (uintptr_t)object->dlfo_map_end};
	const ElfW(Ehdr) *elf = object->dlfo_map_start;
	const ElfW(Phdr) * segment;
	uint64_t bias = object->dlfo_link_map->l_addr;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_phentsize != sizeof(*segment) ||
	    elf->e_phoff > 4096)
		return extent;
	segment = (const void *)(uintptr_t)(start + elf->e_phoff);
	for (unsigned i = 0; i < elf->e_phnum; i++) {
		uint64_t low = bias + segment[i].p_vaddr;

		if (segment[i].p_type == PT_LOAD && header - low < segment[i].p_filesz)
			return (struct pmp_extent){low, low + segment[i].p_filesz};
	}
	return extent;
}

/* Two objects differ in this even when the allocator gave their link maps the same address. */
static uint64_t identity_of(const struct dl_find_object *object)
{
	const uint64_t *word = object->dlfo_map_start;
	const struct link_map *map = object->dlfo_link_map;
	uint64_t hash = pmp_hash_combine((uintptr_t)map, map->l_addr);

	for (unsigned i = 0; i < IDENTITY_WORDS; i++)
		hash = (hash ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return pmp_hash_bytes(hash, map->l_name, strlen(map->l_name));
}

static bool module_at(uint64_t at, struct pmp_rule_module *module)
{
	struct dl_find_object object;

	if (_dl_find_object((void *)(uintptr_t)at, &object) != 0 || !object.dlfo_eh_frame)
		return false;
	module->start = (uintptr_t)object.dlfo_map_start;
	module->end = (uintptr_t)object.dlfo_map_end;
	module->header = (uintptr_t)object.dlfo_eh_frame;
	module->extent = readable_around(&object);
	module->identity = identity_of(&object);
	return true;
}
#else
static bool module_at(uint64_t at, struct pmp_rule_module *module)
{
	(void)at, (void)module;
	return false;
}
#endif

/* Was one of the known modules closed, or replaced by another one at the same place? */
static bool modules_changed(const struct pmp_rules *rules)
{
	for (uint32_t i = 0; i < rules->modules; i++) {
		const struct pmp_rule_module *known = &rules->module[i];
		struct pmp_rule_module now;

		if (!module_at(known->start, &now) || now.identity != known->identity)
			return true;
	}
	return false;
}

static const struct pmp_rule_module *module_of(struct pmp_rules *rules, uint64_t at)
{
	struct pmp_rule_module *module;

	for (uint32_t i = 0; i < rules->modules; i++) {
		module = &rules->module[i];
		if (at >= module->start && at < module->end)
			return module;
	}
	module = &rules->module[rules->next_module];
	if (!module_at(at, module))
		return NULL;
	if (rules->modules <= rules->next_module)
		rules->modules = rules->next_module + 1;
	rules->next_module = (rules->next_module + 1) % PMP_RULE_MODULES;
	return module;
}

static bool rule_from_module(const struct pmp_rule_module *module, uint64_t at,
			     struct pmp_rule *rule)
{
	uint64_t fde = pmp_cfi_search(module->header, module->extent, at);

	return fde && pmp_cfi_rule(fde, module->extent, at, rule);
}

/* libgcc knows what just-in-time compilers registered, and tables of other kinds than ours. */
static bool rule_from_libgcc(uint64_t at, struct pmp_rule *rule)
{
	struct dwarf_bases bases;
	uint64_t fde = (uintptr_t)_Unwind_Find_FDE((void *)(uintptr_t)at, &bases);

	return fde && pmp_cfi_rule(fde, (struct pmp_extent){1, UINT64_MAX}, at, rule);
}

static bool try_rule(struct pmp_rules *rules, uint64_t at, struct pmp_rule *rule)
{
	const struct pmp_rule_module *module = module_of(rules, at);

	return (module && rule_from_module(module, at, rule)) ||
	       (!rules->is_alone && rule_from_libgcc(at, rule));
}

static struct pmp_rule read_rule(struct pmp_rules *rules, uint64_t at)
{
	struct pmp_rule rule;

	/*
	 * A return address that is the first byte of a function was put there by hand, below the
	 * outermost frame (makecontext does): an end like any other.
	 */
	if (!try_rule(rules, at, &rule)) {
		bool is_entry = try_rule(rules, at + 1, &rule);

		memset(&rule, 0, sizeof(rule));
		rule.cfa = PMP_FROM_SP;
		rule.is_missing = !is_entry;
	}
	rule.at = at;
	return rule;
}

void pmp_rules_verify(struct pmp_rules *rules)
{
	if (!modules_changed(rules))
		return;
	pmp_rules_clear(rules);
	rules->is_stale = true;
}

const struct pmp_rule *pmp_rules_learn(struct pmp_rules *rules, uint64_t at)
{
	uint32_t i = pmp_rule_slot(at);

	for (; rules->slot[i].at; i = (i + 1) % PMP_RULE_SLOTS)
		if (rules->slot[i].at == at)
			return &rules->slot[i];
	pmp_rules_verify(rules);
	if (rules->count == PMP_RULE_MAX) {
		memset(rules->slot, 0, sizeof(rules->slot));
		rules->count = 0;
	}
	if (!rules->count)
		i = pmp_rule_slot(at);
	rules->slot[i] = read_rule(rules, at);
	rules->count++;
	return &rules->slot[i];
}
