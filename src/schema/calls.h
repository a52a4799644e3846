/* calls.h - numbers, names and classes of everything that is recorded; expanded from calls.def */
#ifndef PMP_CALLS_H
#define PMP_CALLS_H

#include <stdint.h>

/* What kind of work a call is; time is summed up under these. */
enum pmp_call_class {
	PMP_CLASS_MARK,       /* our own marks: region begin and end, pause, resume; no MPI time */
	PMP_CLASS_P2P,        /* starts or performs point-to-point communication */
	PMP_CLASS_COMPLETION, /* wait, test, probe */
	PMP_CLASS_COLLECTIVE,
	PMP_CLASS_RMA,
	PMP_CLASS_IO,
	PMP_CLASS_SETUP,     /* communicators, groups, types, attributes, info, errors, enquiry */
	PMP_CLASS_LIFECYCLE, /* MPI_Init, MPI_Finalize, MPI_Abort: outside of the measured interval */
	PMP_CLASS_COUNT
};

enum pmp_call_id {
	PMP_CALL_NONE,
#define PMP_CALL(name, class, attributes) PMP_CALL_##name,
#include "schema/calls.def"
#undef PMP_CALL
	PMP_CALL_COUNT
};

struct pmp_call_info {
	const char *name; /* as the user writes it: "MPI_Send", "pmprof_region_begin" */
	enum pmp_call_class class;
};

/* pmp_call_info - row of an id; ids out of range give row 0, named "?" */
const struct pmp_call_info *pmp_call_info(unsigned id);

/* pmp_call_find - id of a name, PMP_CALL_NONE if unknown. Cost: a linear search; tools only. */
unsigned pmp_call_find(const char *name);

/* pmp_class_name - "point-to-point", "collective", ...; "?" when out of range */
const char *pmp_class_name(unsigned class);

/* pmp_calls_hash - changes when the numbers change their meaning */
uint64_t pmp_calls_hash(void);

#endif
