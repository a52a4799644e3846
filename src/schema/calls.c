/*
 * calls.c - names and classes of the recorded calls. Tools and runtime; no state.
 */
#include "schema/calls.h"

#include <string.h>

#include "base/hash.h"

static const struct pmp_call_info table[] = {
	{"?", PMP_CLASS_MARK},
#define PMP_CALL(name, class, attributes) {#name, PMP_CLASS_##class},
#include "schema/calls.def"
#undef PMP_CALL
};

static const char *const class_names[] = {
	[PMP_CLASS_MARK] = "mark",
	[PMP_CLASS_P2P] = "point-to-point",
	[PMP_CLASS_COMPLETION] = "completion",
	[PMP_CLASS_COLLECTIVE] = "collective",
	[PMP_CLASS_RMA] = "one-sided",
	[PMP_CLASS_IO] = "I/O",
	[PMP_CLASS_SETUP] = "setup and enquiry",
	[PMP_CLASS_LIFECYCLE] = "lifecycle",
};

const struct pmp_call_info *pmp_call_info(unsigned id)
{
	return &table[id < PMP_CALL_COUNT ? id : 0];
}

unsigned pmp_call_find(const char *name)
{
	for (unsigned id = 1; id < PMP_CALL_COUNT; id++)
		if (strcmp(table[id].name, name) == 0)
			return id;
	return PMP_CALL_NONE;
}

const char *pmp_class_name(unsigned class)
{
	return class < PMP_CLASS_COUNT ? class_names[class] : "?";
}

uint64_t pmp_calls_hash(void)
{
	uint64_t hash = 0;

	for (unsigned id = 0; id < PMP_CALL_COUNT; id++)
		hash = pmp_hash_bytes(hash, table[id].name, strlen(table[id].name) + 1);
	return hash;
}
