/* checks.h - what `pmprof doctor` looks at; rows in checks.def, one function each in check_*.c */
#ifndef PMP_CHECKS_H
#define PMP_CHECKS_H

#include "cli/launchers.h"

enum pmp_health { PMP_HEALTH_OK, PMP_HEALTH_NOTE, PMP_HEALTH_PROBLEM, PMP_HEALTH_SKIPPED };

struct pmp_finding {
	enum pmp_health health;
	char text[512];
	char remedy[256]; /* what to do; "" when there is nothing */
};

struct pmp_patient {
	struct pmp_launched
		launched;   /* the command line to check, argv empty when none was given */
	char program[4096]; /* the program in it, "" unknown */
	char library[4096]; /* libpmprof.so, "" not found */
};

/* Note the outcome of a check; the last call counts. */
void pmp_finding_set(struct pmp_finding *finding, enum pmp_health health, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void pmp_finding_remedy(struct pmp_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define PMP_CHECK(name, function, doc)                                                             \
	void function(const struct pmp_patient *patient, struct pmp_finding *finding);
#include "cli/checks.def"
#undef PMP_CHECK

#endif
