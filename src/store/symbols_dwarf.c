/*
 * symbols_dwarf.c - functions, inlined functions and lines from DWARF. Called by symbols.c, one thread; no files are opened here.
 *
 * Asking libdw per address walks all entries of a unit each time (133 addresses a second on a C++ program). Instead each unit that
 * contains a wanted address is walked once, and the entries that contain one are kept; then each address is answered from them.
 */
#include "store/symbols_internal.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "store/demangle.h"
#include "store/keymap.h"

#define DEPTH_MAX 200 /* of nested entries; damaged data may nest without end */

/* One function or inlined call that contains wanted addresses. */
struct scope {
	uint64_t low, high;
	unsigned depth;
	Dwarf_Die die;
	bool is_inlined;
};

struct unit {
	struct pmp_symbol_job *job;
	uint64_t bias;
	Dwarf_Die die;
	struct scope *scopes;
	size_t count, capacity;
	Dwarf_Files *files;
	size_t file_count;
};

static bool has_wanted(const struct unit *u, uint64_t low, uint64_t high)
{
	size_t first = pmp_symbols_lower(u->job, low - u->bias);

	return low < high && first < u->job->count &&
	       pmp_symbol_key(&u->job->symbols[first]) + u->bias < high;
}

static int keep_scope(struct unit *u, const Dwarf_Die *die, uint64_t low, uint64_t high,
		      unsigned depth)
{
	if (pmp_grow(&u->scopes, &u->capacity, u->count, sizeof(*u->scopes)))
		return -PMP_ENOMEM;
	u->scopes[u->count++] = (struct scope){
		low, high, depth, *die, dwarf_tag((Dwarf_Die *)die) == DW_TAG_inlined_subroutine};
	return 0;
}

static int keep_scopes(struct unit *u, Dwarf_Die *die, unsigned depth)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	int rc = 0;

	while (rc == 0 && (at = dwarf_ranges(die, at, &base, &low, &high)) > 0)
		if (has_wanted(u, low, high))
			rc = keep_scope(u, die, low, high, depth);
	return rc;
}

/* Entries below which no code can be are not entered. */
static bool can_hold_code(int tag)
{
	static const int tags[] = {
		DW_TAG_subprogram,     DW_TAG_inlined_subroutine,
		DW_TAG_lexical_block,  DW_TAG_namespace,
		DW_TAG_module,         DW_TAG_class_type,
		DW_TAG_structure_type, DW_TAG_union_type,
		DW_TAG_try_block,      DW_TAG_catch_block,
		DW_TAG_entry_point,
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static int walk(struct unit *u, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;
	int rc = 0;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return 0;
	do {
		int tag = dwarf_tag(&die);

		if (!can_hold_code(tag))
			continue;
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			rc = keep_scopes(u, &die, depth);
		if (rc == 0)
			rc = walk(u, &die, depth + 1);
	} while (rc == 0 && dwarf_siblingof(&die, &die) == 0);
	return rc;
}

/* C++ and Fortran module procedures have a linker name; the main program of Fortran is called by its own name, not MAIN__. */
static const char *function_name(struct unit *u, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *linker = NULL, *name;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		linker = dwarf_formstring(&attribute);
	if (linker && (strncmp(linker, "_Z", 2) == 0 || strstr(linker, "_MOD_")))
		return pmp_demangle(u->job->pool, linker);
	name = dwarf_attr_integrate(die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute)
								 : NULL;
	name = name ? name : linker ? linker : "";
	name = pmp_pool_text(u->job->pool, name, strlen(name));
	return name ? name : "";
}

static uint32_t number(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0)
		return 0;
	return value <= INT32_MAX ? (uint32_t)value : 0;
}

static const char *call_file(struct unit *u, Dwarf_Die *die)
{
	uint32_t index = number(die, DW_AT_call_file);
	const char *name =
		index < u->file_count ? dwarf_filesrc(u->files, index, NULL, NULL) : NULL;

	return name ? name : "";
}

static int by_depth(const void *a, const void *b)
{
	const struct scope *x = *(struct scope *const *)a, *y = *(struct scope *const *)b;

	return x->depth > y->depth ? -1 : x->depth < y->depth;
}

/* From the innermost scope outwards: where a scope was inlined is the line of the next one. */
static int answer(struct unit *u, struct pmp_symbol *symbol, struct scope **around, size_t count)
{
	uint64_t address = pmp_symbol_key(symbol) + u->bias;
	Dwarf_Line *row = dwarf_getsrc_die(&u->die, address);
	const char *file = row ? dwarf_linesrc(row, NULL, NULL) : NULL;
	int line = 0, rc = 0;

	if (row)
		dwarf_lineno(row, &line);
	qsort(around, count, sizeof(struct scope *), by_depth);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = pmp_symbols_add(u->job, symbol, function_name(u, &around[i]->die),
				     file ? file : "", line > 0 ? (uint32_t)line : 0);
		if (!around[i]->is_inlined)
			return rc;
		file = call_file(u, &around[i]->die);
		line = (int)number(&around[i]->die, DW_AT_call_line);
	}
	/* a line without a function: hand-written assembly, or a unit with lines only */
	if (count == 0 && row)
		rc = pmp_symbols_add(u->job, symbol, "", file ? file : "",
				     line > 0 ? (uint32_t)line : 0);
	return rc;
}

static int by_low(const void *a, const void *b)
{
	const struct scope *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static int answer_all(struct unit *u, uint64_t low, uint64_t high)
{
	struct scope **around = calloc(u->count + 1, sizeof(struct scope *));
	int rc = around ? 0 : -PMP_ENOMEM;

	for (size_t i = pmp_symbols_lower(u->job, low - u->bias); i < u->job->count && rc == 0;
	     i++) {
		struct pmp_symbol *symbol = &u->job->symbols[i];
		uint64_t address = pmp_symbol_key(symbol) + u->bias;
		size_t count = 0;

		if (address >= high)
			break;
		if (symbol->count)
			continue;
		for (size_t s = 0; s < u->count && u->scopes[s].low <= address; s++)
			if (address < u->scopes[s].high)
				around[count++] = &u->scopes[s];
		rc = answer(u, symbol, around, count);
	}
	free(around);
	return rc;
}

static int resolve_unit(struct unit *u)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	bool is_wanted = false;
	int rc = 0;

	while ((at = dwarf_ranges(&u->die, at, &base, &low, &high)) > 0)
		is_wanted |= has_wanted(u, low, high);
	if (!is_wanted)
		return 0;
	if (dwarf_getsrcfiles(&u->die, &u->files, &u->file_count) != 0)
		u->file_count = 0;
	rc = walk(u, &u->die, 0);
	if (u->count)
		qsort(u->scopes, u->count, sizeof(*u->scopes), by_low);
	at = 0;
	while (rc == 0 && (at = dwarf_ranges(&u->die, at, &base, &low, &high)) > 0)
		if (has_wanted(u, low, high))
			rc = answer_all(u, low, high);
	return rc;
}

int pmp_symbols_dwarf(struct pmp_symbol_job *job, Dwarf *dwarf, uint64_t bias)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	uint8_t type;
	int rc = 0;

	while (rc == 0 && dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, &sub) == 0) {
		struct unit u = {.job = job, .bias = bias};

		/* the code of a split unit stands in its .dwo file, if that is there */
		u.die = type == DW_UT_skeleton && dwarf_tag(&sub) != DW_TAG_invalid ? sub : die;
		if (dwarf_tag(&u.die) == DW_TAG_compile_unit)
			rc = resolve_unit(&u);
		free(u.scopes);
	}
	return rc;
}
