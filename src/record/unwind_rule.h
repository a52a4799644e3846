/*
 * unwind_rule.h - one thread's table of unwind rules by code address
 *
 * A rule is read from .eh_frame once and kept. When a rule is not yet known, or a walk ends oddly,
 * the modules seen so far are checked: if one was closed, or something else lies there now, all
 * rules are dropped and the caller is told to drop what it derived from them. What this cannot see:
 * a module replaced by one whose return addresses are the same numbers.
 */
#ifndef PMP_UNWIND_RULE_H
#define PMP_UNWIND_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/unwind_cfi.h"

#define PMP_RULE_SLOTS   4096 /* 128 KiB, touched as needed */
#define PMP_RULE_MAX     (PMP_RULE_SLOTS / 4 * 3)
#define PMP_RULE_MODULES 64

/* A loaded object whose rules are in the table. */
struct pmp_rule_module {
	uint64_t start;
	uint64_t end;
	uint64_t header; /* .eh_frame_hdr */
	uint64_t identity;
	struct pmp_extent extent; /* readable bytes around header */
};

struct pmp_rules {
	struct pmp_rule slot[PMP_RULE_SLOTS];
	struct pmp_rule_module module[PMP_RULE_MODULES];
	uint32_t count;
	uint32_t modules;
	uint32_t next_module;
	bool is_stale; /* modules changed, everything was dropped */
	bool is_alone; /* libgcc, which may lock, is never asked */
};

/* pmp_rules_learn - the slow half of pmp_rules_find. Never NULL. Safe in signal handlers if the rules are alone. */
const struct pmp_rule *pmp_rules_learn(struct pmp_rules *rules, uint64_t at);

/* pmp_rules_verify - a walk ended oddly: sets is_stale and drops everything if a module changed */
void pmp_rules_verify(struct pmp_rules *rules);

/* pmp_rules_clear - forget rules and modules */
void pmp_rules_clear(struct pmp_rules *rules);

static inline uint32_t pmp_rule_slot(uint64_t at)
{
	return (uint32_t)(at * UINT64_C(0x9e3779b97f4a7c15) >> 52);
}
_Static_assert(PMP_RULE_SLOTS == 1 << (64 - 52), "pmp_rule_slot shifts by the size of the table");

/*
 * pmp_rules_find - the rule of an address inside a call instruction (return address - 1) or of an
 * interrupted instruction
 *
 * Return: never NULL; valid until the next call. The caller must look at rules->is_stale when it
 * has finished its walk. Cost: 1 ns when known, about 1 us when not.
 */
static inline const struct pmp_rule *pmp_rules_find(struct pmp_rules *rules, uint64_t at)
{
	const struct pmp_rule *rule = &rules->slot[pmp_rule_slot(at)];

	if (__builtin_expect(rule->at == at, 1))
		return rule;
	return pmp_rules_learn(rules, at);
}

#endif
