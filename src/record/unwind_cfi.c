/*
 * unwind_cfi.c - interpreter of call frame information, as far as x86-64 programs need it
 *
 * Owns nothing. Called by unwind_rule.c, once per code address, on the thread that unwinds, also
 * from signal handlers: it must not lock, allocate or call anything. Whatever the bytes say, it
 * reads only inside the extent that it is given.
 */
#include "record/unwind_cfi.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "record/unwind_dwarf.h"

#define STATES_MAX 8 /* depth of remember_state; compilers use one */

enum place_kind { AT_SAME, AT_UNDEFINED, AT_CFA, AT_VALUE, AT_UNKNOWN };

/* Where a register of the caller is: value rules are kept for the CFA only. */
struct place {
	enum place_kind kind;
	struct pmp_dwarf_value value;
};

struct state {
	uint64_t cfa_reg;
	int64_t cfa_offset;
	bool cfa_is_value;
	bool cfa_is_known;
	struct pmp_dwarf_value cfa;
	struct place base;
	struct place sp;
	struct place ra;
};

struct cie {
	uint64_t code_align;
	int64_t data_align;
	uint64_t ra_reg;
	uint64_t program;
	uint64_t program_end;
	uint8_t encoding;
	bool has_augmentation;
	bool is_signal;
};

struct machine {
	struct cie cie;
	struct state now;
	struct state initial;
	struct state saved[STATES_MAX];
	unsigned saved_count;
	uint64_t location;
	uint64_t at; /* address asked for */
};

static struct place *place_of(struct machine *m, struct state *state, uint64_t reg)
{
	if (reg == m->cie.ra_reg)
		return &state->ra;
	if (reg == PMP_REG_BASE)
		return &state->base;
	return reg == PMP_REG_SP ? &state->sp : NULL;
}

static void set_place(struct machine *m, uint64_t reg, enum place_kind kind, int64_t offset)
{
	struct place *place = place_of(m, &m->now, reg);

	if (place) {
		memset(place, 0, sizeof(*place));
		place->kind = kind;
		place->value.offset = offset;
	}
}

static void set_expression(struct machine *m, struct pmp_dwarf_reader *r)
{
	uint64_t reg = pmp_dwarf_uleb(r);
	struct pmp_dwarf_value value;
	bool is_known = pmp_dwarf_evaluate(r, m->at, &value);
	struct place *place = place_of(m, &m->now, reg);

	if (!place)
		return;
	place->kind = is_known && value.reg && !value.is_memory ? AT_VALUE : AT_UNKNOWN;
	if (is_known)
		place->value = value;
}

static void restore_place(struct machine *m, uint64_t reg)
{
	struct place *place = place_of(m, &m->now, reg);

	if (place)
		*place = *place_of(m, &m->initial, reg);
}

static void set_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
	m->now.cfa_reg = reg;
	m->now.cfa_offset = offset;
	m->now.cfa_is_value = false;
}

static void remember(struct machine *m, struct pmp_dwarf_reader *r)
{
	if (m->saved_count == STATES_MAX)
		r->failed = true;
	else
		m->saved[m->saved_count++] = m->now;
}

static void recall(struct machine *m, struct pmp_dwarf_reader *r)
{
	if (!m->saved_count)
		r->failed = true;
	else
		m->now = m->saved[--m->saved_count];
}

static void advance(struct machine *m, uint64_t delta)
{
	m->location += delta * m->cie.code_align;
}

/* Instructions that define the CFA. False: not one of them. */
static bool execute_cfa(struct machine *m, struct pmp_dwarf_reader *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case 0x0c: /* DW_CFA_def_cfa */
		reg = pmp_dwarf_uleb(r);
		set_cfa(m, reg, (int64_t)pmp_dwarf_uleb(r));
		return true;
	case 0x12: /* DW_CFA_def_cfa_sf */
		reg = pmp_dwarf_uleb(r);
		set_cfa(m, reg, pmp_dwarf_sleb(r) * m->cie.data_align);
		return true;
	case 0x0d: /* DW_CFA_def_cfa_register */
		set_cfa(m, pmp_dwarf_uleb(r), m->now.cfa_offset);
		return true;
	case 0x0e: /* DW_CFA_def_cfa_offset */
		m->now.cfa_offset = (int64_t)pmp_dwarf_uleb(r);
		return true;
	case 0x13: /* DW_CFA_def_cfa_offset_sf */
		m->now.cfa_offset = pmp_dwarf_sleb(r) * m->cie.data_align;
		return true;
	case 0x0f: /* DW_CFA_def_cfa_expression */
		m->now.cfa_is_value = true;
		m->now.cfa_is_known = pmp_dwarf_evaluate(r, m->at, &m->now.cfa);
		return true;
	default:
		return false;
	}
}

/* Instructions that say where registers are saved. False: not one of them. */
static bool execute_place(struct machine *m, struct pmp_dwarf_reader *r, uint8_t op)
{
	uint64_t reg;
	struct pmp_dwarf_value ignored;

	switch (op) {
	case 0x05: /* DW_CFA_offset_extended */
		reg = pmp_dwarf_uleb(r);
		set_place(m, reg, AT_CFA, (int64_t)pmp_dwarf_uleb(r) * m->cie.data_align);
		return true;
	case 0x11: /* DW_CFA_offset_extended_sf */
		reg = pmp_dwarf_uleb(r);
		set_place(m, reg, AT_CFA, pmp_dwarf_sleb(r) * m->cie.data_align);
		return true;
	case 0x2f: /* DW_CFA_GNU_negative_offset_extended */
		reg = pmp_dwarf_uleb(r);
		set_place(m, reg, AT_CFA, -(int64_t)pmp_dwarf_uleb(r) * m->cie.data_align);
		return true;
	case 0x06: /* DW_CFA_restore_extended */
		restore_place(m, pmp_dwarf_uleb(r));
		return true;
	case 0x07: /* DW_CFA_undefined */
		set_place(m, pmp_dwarf_uleb(r), AT_UNDEFINED, 0);
		return true;
	case 0x08: /* DW_CFA_same_value */
		set_place(m, pmp_dwarf_uleb(r), AT_SAME, 0);
		return true;
	case 0x09: /* DW_CFA_register */
	case 0x14: /* DW_CFA_val_offset */
		reg = pmp_dwarf_uleb(r);
		(void)pmp_dwarf_uleb(r);
		set_place(m, reg, AT_UNKNOWN, 0);
		return true;
	case 0x15: /* DW_CFA_val_offset_sf */
		reg = pmp_dwarf_uleb(r);
		(void)pmp_dwarf_sleb(r);
		set_place(m, reg, AT_UNKNOWN, 0);
		return true;
	case 0x10: /* DW_CFA_expression */
		set_expression(m, r);
		return true;
	case 0x16: /* DW_CFA_val_expression */
		reg = pmp_dwarf_uleb(r);
		(void)pmp_dwarf_evaluate(r, m->at, &ignored);
		set_place(m, reg, AT_UNKNOWN, 0);
		return true;
	default:
		return false;
	}
}

static void execute_other(struct machine *m, struct pmp_dwarf_reader *r, uint8_t op)
{
	switch (op) {
	case 0x00: /* DW_CFA_nop */
		return;
	case 0x01: /* DW_CFA_set_loc */
		m->location = pmp_dwarf_pointer(r, m->cie.encoding, 0);
		return;
	case 0x02: /* DW_CFA_advance_loc1 */
		advance(m, pmp_dwarf_u8(r));
		return;
	case 0x03: /* DW_CFA_advance_loc2 */
		advance(m, pmp_dwarf_bytes(r, 2));
		return;
	case 0x04: /* DW_CFA_advance_loc4 */
		advance(m, pmp_dwarf_u32(r));
		return;
	case 0x0a: /* DW_CFA_remember_state */
		remember(m, r);
		return;
	case 0x0b: /* DW_CFA_restore_state */
		recall(m, r);
		return;
	case 0x2e: /* DW_CFA_GNU_args_size */
		(void)pmp_dwarf_uleb(r);
		return;
	default:
		r->failed = true;
	}
}

/* Runs instructions until the one that belongs to code behind the address asked for. */
static bool run(struct machine *m, uint64_t start, uint64_t end)
{
	struct pmp_dwarf_reader r = {start, end, false};

	while (r.at < r.end && !r.failed && m->location <= m->at) {
		uint8_t op = pmp_dwarf_u8(&r);
		uint8_t low = op & 0x3f;

		switch (op & 0xc0) {
		case 0x40: /* DW_CFA_advance_loc */
			advance(m, low);
			break;
		case 0x80: /* DW_CFA_offset */
			set_place(m, low, AT_CFA, (int64_t)pmp_dwarf_uleb(&r) * m->cie.data_align);
			break;
		case 0xc0: /* DW_CFA_restore */
			restore_place(m, low);
			break;
		default:
			if (!execute_cfa(m, &r, op) && !execute_place(m, &r, op))
				execute_other(m, &r, op);
		}
	}
	return !r.failed;
}

/* Length field of a CIE or FDE; the body lies in [at, end). */
static bool open_entry(uint64_t entry, struct pmp_extent extent, struct pmp_dwarf_reader *body)
{
	struct pmp_dwarf_reader r = {entry, extent.end,
				     entry < extent.start || entry >= extent.end};
	uint32_t length = pmp_dwarf_u32(&r);

	if (r.failed || length < 4 || length == UINT32_MAX || length > r.end - r.at)
		return false;
	body->at = r.at;
	body->end = r.at + length;
	body->failed = false;
	return true;
}

static bool read_augmentation(struct pmp_dwarf_reader *r, const char *letters, size_t count,
			      struct cie *cie)
{
	uint64_t size = pmp_dwarf_uleb(r);
	uint64_t after = r->at + size;

	if (r->failed || size > r->end - r->at)
		return false;
	for (size_t i = 1; i < count; i++) {
		uint8_t encoding;

		switch (letters[i]) {
		case 'L':
			(void)pmp_dwarf_u8(r);
			break;
		case 'P':
			encoding = pmp_dwarf_u8(r);
			(void)pmp_dwarf_pointer(r, encoding & 0x0f, 0);
			break;
		case 'R':
			cie->encoding = pmp_dwarf_u8(r);
			break;
		case 'S':
			cie->is_signal = true;
			break;
		case 'B':
			break;
		default: /* its data may be of any size, but the letters so far are known */
			i = count;
		}
	}
	r->at = after;
	return !r->failed;
}

static bool read_cie(uint64_t entry, struct pmp_extent extent, struct cie *cie)
{
	struct pmp_dwarf_reader r;
	char letters[8] = {0};
	size_t count = 0;
	uint8_t version;

	memset(cie, 0, sizeof(*cie));
	if (!open_entry(entry, extent, &r) || pmp_dwarf_u32(&r) != 0)
		return false;
	version = pmp_dwarf_u8(&r);
	if (version != 1 && version != 3)
		return false;
	for (char c; (c = (char)pmp_dwarf_u8(&r)) && !r.failed;) {
		if (count == sizeof(letters))
			return false;
		letters[count++] = c;
	}
	cie->code_align = pmp_dwarf_uleb(&r);
	cie->data_align = pmp_dwarf_sleb(&r);
	cie->ra_reg = version == 1 ? pmp_dwarf_u8(&r) : pmp_dwarf_uleb(&r);
	cie->has_augmentation = count && letters[0] == 'z';
	if (count && !cie->has_augmentation)
		return false;
	if (cie->has_augmentation && !read_augmentation(&r, letters, count, cie))
		return false;
	cie->program = r.at;
	cie->program_end = r.end;
	return !r.failed;
}

static bool fits(int64_t offset)
{
	return offset >= INT32_MIN && offset <= INT32_MAX;
}

static void cfa_rule(const struct state *s, struct pmp_rule *rule)
{
	struct pmp_dwarf_value v = s->cfa;

	rule->cfa = PMP_FROM_NOWHERE;
	if (!s->cfa_is_value)
		v = (struct pmp_dwarf_value){s->cfa_offset,
					     (uint8_t)(s->cfa_reg < 32 ? s->cfa_reg : 0), false};
	else if (!s->cfa_is_known)
		return;
	if (!fits(v.offset) || (v.reg != PMP_REG_SP && v.reg != PMP_REG_BASE))
		return;
	rule->cfa_offset = (int32_t)v.offset;
	if (v.reg == PMP_REG_SP)
		rule->cfa = v.is_memory ? PMP_FROM_SP_LINK : PMP_FROM_SP;
	else
		rule->cfa = v.is_memory ? PMP_FROM_BASE_LINK : PMP_FROM_BASE;
}

/* False: the place is not expressible. */
static bool place_rule(const struct place *p, uint8_t *source, int32_t *offset)
{
	if (!fits(p->value.offset))
		return false;
	*offset = (int32_t)p->value.offset;
	switch (p->kind) {
	case AT_SAME:
		*source = PMP_FROM_SAME;
		return true;
	case AT_UNDEFINED:
		*source = PMP_FROM_NOWHERE;
		return true;
	case AT_CFA:
		*source = PMP_FROM_CFA;
		return true;
	case AT_VALUE:
		*source = p->value.reg == PMP_REG_SP ? PMP_FROM_SP : PMP_FROM_BASE;
		return true;
	default:
		return false;
	}
}

static bool is_of_base(uint8_t source)
{
	return source == PMP_FROM_BASE || source == PMP_FROM_BASE_LINK;
}

/* The caller's stack pointer must be the CFA: by default, or said in the words of signal frames. */
static bool sp_is_cfa(const struct state *s)
{
	if (s->sp.kind == AT_SAME)
		return true;
	return s->sp.kind == AT_VALUE && s->cfa_is_value && s->cfa.is_memory &&
	       s->sp.value.reg == s->cfa.reg && s->sp.value.offset == s->cfa.offset;
}

static void to_rule(const struct machine *m, struct pmp_rule *rule)
{
	const struct state *s = &m->now;

	rule->is_signal = m->cie.is_signal;
	if (s->ra.kind == AT_UNDEFINED) {
		rule->cfa = PMP_FROM_SP;
		rule->ra = PMP_FROM_NOWHERE;
		return;
	}
	cfa_rule(s, rule);
	if (!place_rule(&s->base, &rule->base, &rule->base_offset) ||
	    !place_rule(&s->ra, &rule->ra, &rule->ra_offset) || rule->ra == PMP_FROM_SAME ||
	    !sp_is_cfa(s))
		rule->cfa = PMP_FROM_NOWHERE;
	if (rule->base == PMP_FROM_NOWHERE) /* lost: nobody further out can need it */
		rule->base = PMP_FROM_SAME;
	rule->is_plain = (rule->cfa == PMP_FROM_SP || rule->cfa == PMP_FROM_BASE) &&
			 rule->ra == PMP_FROM_CFA && rule->ra_offset == -8 && !rule->is_signal;
	rule->keeps_base = rule->base == PMP_FROM_SAME;
	rule->uses_base = is_of_base(rule->cfa) || is_of_base(rule->base) || is_of_base(rule->ra);
}

bool pmp_cfi_rule(uint64_t fde, struct pmp_extent extent, uint64_t at, struct pmp_rule *rule)
{
	struct machine m;
	struct pmp_dwarf_reader r;
	uint64_t place, start, size;

	memset(&m, 0, sizeof(m));
	memset(rule, 0, sizeof(*rule));
	if (!open_entry(fde, extent, &r))
		return false;
	place = r.at;
	if (!read_cie(place - pmp_dwarf_u32(&r), extent, &m.cie))
		return false;
	start = pmp_dwarf_pointer(&r, m.cie.encoding, 0);
	size = pmp_dwarf_pointer(&r, m.cie.encoding & PMP_ENC_FORMAT, 0);
	if (m.cie.has_augmentation)
		pmp_dwarf_skip(&r, pmp_dwarf_uleb(&r));
	if (r.failed || at < start || at - start >= size)
		return false;
	m.at = at;
	m.location = start;
	if (!run(&m, m.cie.program, m.cie.program_end))
		return false;
	m.initial = m.now;
	m.location = start;
	if (!run(&m, r.at, r.end))
		return false;
	to_rule(&m, rule);
	return true;
}

uint64_t pmp_cfi_search(uint64_t header, struct pmp_extent extent, uint64_t at)
{
	struct pmp_dwarf_reader r = {header, extent.end,
				     header < extent.start || header >= extent.end};
	uint8_t version = pmp_dwarf_u8(&r);
	uint8_t frame_encoding = pmp_dwarf_u8(&r);
	uint8_t count_encoding = pmp_dwarf_u8(&r);
	uint8_t table_encoding = pmp_dwarf_u8(&r);
	uint64_t count;
	int32_t entry[2];
	uint64_t low = 0;

	if (version != 1 || count_encoding == PMP_ENC_OMIT ||
	    table_encoding != (PMP_ENC_DATAREL | PMP_ENC_SDATA4))
		return 0;
	(void)pmp_dwarf_pointer(&r, frame_encoding, header);
	count = pmp_dwarf_pointer(&r, count_encoding, header);
	if (r.failed || !count || count > (r.end - r.at) / sizeof(entry))
		return 0;
	for (uint64_t high = count; high - low > 1;) {
		uint64_t middle = low + (high - low) / 2;

		memcpy(entry, (const void *)(uintptr_t)(r.at + middle * sizeof(entry)),
		       sizeof(entry));
		if (header + (uint64_t)(int64_t)entry[0] <= at)
			low = middle;
		else
			high = middle;
	}
	memcpy(entry, (const void *)(uintptr_t)(r.at + low * sizeof(entry)), sizeof(entry));
	return header + (uint64_t)(int64_t)entry[1];
}
