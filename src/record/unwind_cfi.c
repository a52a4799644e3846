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

#define STATES_MAX 8 /* depth of remember_state; compilers use one */
#define STACK_MAX  8 /* of DWARF expressions */

/* DWARF numbers of the registers that matter */
enum { REG_BASE = 6, REG_SP = 7, REG_RA = 16 };

enum { /* pointer encodings, DW_EH_PE_* */
       ENC_ABSPTR = 0x00,
       ENC_ULEB128 = 0x01,
       ENC_UDATA2 = 0x02,
       ENC_UDATA4 = 0x03,
       ENC_UDATA8 = 0x04,
       ENC_SLEB128 = 0x09,
       ENC_SDATA2 = 0x0a,
       ENC_SDATA4 = 0x0b,
       ENC_SDATA8 = 0x0c,
       ENC_FORMAT = 0x0f,
       ENC_PCREL = 0x10,
       ENC_DATAREL = 0x30,
       ENC_APPLICATION = 0x70,
       ENC_OMIT = 0xff
};

/* A cursor over bytes; a read past the end gives zeros and sets failed. */
struct reader {
	uint64_t at;
	uint64_t end;
	bool failed;
};

static uint64_t read_bytes(struct reader *r, unsigned size)
{
	uint64_t value = 0;

	if (r->failed || r->end - r->at < size) {
		r->failed = true;
		return 0;
	}
	memcpy(&value, (const void *)(uintptr_t)r->at, size);
	r->at += size;
	return value;
}

static uint8_t read_u8(struct reader *r)
{
	return (uint8_t)read_bytes(r, 1);
}

static uint32_t read_u32(struct reader *r)
{
	return (uint32_t)read_bytes(r, 4);
}

static uint64_t read_leb(struct reader *r, bool is_signed)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = read_u8(r);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !r->failed);
	if (is_signed && (byte & 0x40) && shift < 64)
		value |= ~UINT64_C(0) << shift;
	return value;
}

static uint64_t read_uleb(struct reader *r)
{
	return read_leb(r, false);
}

static int64_t read_sleb(struct reader *r)
{
	return (int64_t)read_leb(r, true);
}

static void skip(struct reader *r, uint64_t size)
{
	if (r->failed || r->end - r->at < size)
		r->failed = true;
	else
		r->at += size;
}

/* Indirect pointers (personality routines) are only skipped, never followed. */
static uint64_t read_pointer(struct reader *r, uint8_t encoding, uint64_t data_base)
{
	uint64_t place = r->at;
	uint64_t value;

	switch (encoding & ENC_FORMAT) {
	case ENC_ABSPTR:
	case ENC_UDATA8:
	case ENC_SDATA8:
		value = read_bytes(r, 8);
		break;
	case ENC_ULEB128:
		value = read_uleb(r);
		break;
	case ENC_SLEB128:
		value = (uint64_t)read_sleb(r);
		break;
	case ENC_UDATA2:
		value = read_bytes(r, 2);
		break;
	case ENC_UDATA4:
		value = read_u32(r);
		break;
	case ENC_SDATA2:
		value = (uint64_t)(int64_t)(int16_t)read_bytes(r, 2);
		break;
	case ENC_SDATA4:
		value = (uint64_t)(int64_t)(int32_t)read_u32(r);
		break;
	default:
		r->failed = true;
		return 0;
	}
	switch (encoding & ENC_APPLICATION) {
	case 0:
		return value;
	case ENC_PCREL:
		return place + value;
	case ENC_DATAREL:
		return data_base + value;
	default:
		r->failed = true;
		return 0;
	}
}

/*
 * The value of a DWARF expression while only the code address is known: a constant, or
 * sp/rbp plus a constant, or what lies in memory there.
 */
struct value {
	int64_t offset;
	uint8_t reg; /* 0: a constant */
	bool is_memory;
};

enum place_kind { AT_SAME, AT_UNDEFINED, AT_CFA, AT_VALUE, AT_UNKNOWN };

/* Where a register of the caller is: value rules are kept for the CFA only. */
struct place {
	enum place_kind kind;
	struct value value;
};

struct state {
	uint64_t cfa_reg;
	int64_t cfa_offset;
	bool cfa_is_value;
	bool cfa_is_known;
	struct value cfa;
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

static bool binary_op(uint8_t op, struct value *a, struct value b)
{
	bool both_constant = !a->reg && !b.reg;

	if (a->is_memory || b.is_memory)
		return false;
	switch (op) {
	case 0x22: /* DW_OP_plus */
		if (a->reg && b.reg)
			return false;
		a->reg = a->reg ? a->reg : b.reg;
		a->offset += b.offset;
		return true;
	case 0x1c: /* DW_OP_minus */
		a->offset -= b.offset;
		return !b.reg;
	case 0x1a: /* DW_OP_and */
		a->offset &= b.offset;
		return both_constant;
	case 0x24: /* DW_OP_shl */
		a->offset = b.offset >= 0 && b.offset < 63
				    ? (int64_t)((uint64_t)a->offset << b.offset)
				    : 0;
		return both_constant;
	case 0x2a: /* DW_OP_ge */
		a->offset = a->offset >= b.offset;
		return both_constant;
	default:
		return false;
	}
}

static bool push(struct value *stack, unsigned *depth, struct value value)
{
	if (*depth == STACK_MAX)
		return false;
	stack[(*depth)++] = value;
	return true;
}

/* One operation that pushes; false when it is none of those that occur in frame information. */
static bool push_op(struct reader *r, uint8_t op, uint64_t at, struct value *out)
{
	*out = (struct value){0};
	if (op >= 0x30 && op <= 0x4f) { /* DW_OP_lit0.. */
		out->offset = op - 0x30;
		return true;
	}
	if (op >= 0x70 && op <= 0x8f) { /* DW_OP_breg0.. */
		unsigned reg = op - 0x70u;

		out->offset = read_sleb(r);
		if (reg == REG_RA) /* the code address is known */
			out->offset += (int64_t)at;
		else if (reg == REG_SP || reg == REG_BASE)
			out->reg = (uint8_t)reg;
		else
			return false;
		return true;
	}
	switch (op) {
	case 0x08: /* DW_OP_const1u */
		out->offset = read_u8(r);
		return true;
	case 0x09: /* DW_OP_const1s */
		out->offset = (int8_t)read_u8(r);
		return true;
	case 0x10: /* DW_OP_constu */
		out->offset = (int64_t)read_uleb(r);
		return true;
	case 0x11: /* DW_OP_consts */
		out->offset = read_sleb(r);
		return true;
	default:
		return false;
	}
}

/* Evaluates the block at the cursor and moves behind it. False: not expressible. */
static bool evaluate(struct reader *r, uint64_t at, struct value *out)
{
	struct value stack[STACK_MAX];
	unsigned depth = 0;
	struct reader block = {.at = 0};
	uint64_t size = read_uleb(r);

	block.at = r->at;
	skip(r, size);
	block.end = r->at;
	if (r->failed)
		return false;
	while (block.at < block.end && !block.failed) {
		uint8_t op = read_u8(&block);
		struct value value;

		if (op == 0x06) { /* DW_OP_deref: once, of a register sum */
			if (!depth || stack[depth - 1].is_memory || !stack[depth - 1].reg)
				return false;
			stack[depth - 1].is_memory = true;
		} else if (op == 0x23) { /* DW_OP_plus_uconst */
			if (!depth || stack[depth - 1].is_memory)
				return false;
			stack[depth - 1].offset += (int64_t)read_uleb(&block);
		} else if (push_op(&block, op, at, &value)) {
			if (!push(stack, &depth, value))
				return false;
		} else if (depth >= 2 && binary_op(op, &stack[depth - 2], stack[depth - 1])) {
			depth--;
		} else {
			return false;
		}
	}
	if (block.failed || depth != 1)
		return false;
	*out = stack[0];
	return true;
}

static struct place *place_of(struct machine *m, struct state *state, uint64_t reg)
{
	if (reg == m->cie.ra_reg)
		return &state->ra;
	if (reg == REG_BASE)
		return &state->base;
	return reg == REG_SP ? &state->sp : NULL;
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

static void set_expression(struct machine *m, struct reader *r)
{
	uint64_t reg = read_uleb(r);
	struct value value;
	bool is_known = evaluate(r, m->at, &value);
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

static void remember(struct machine *m, struct reader *r)
{
	if (m->saved_count == STATES_MAX)
		r->failed = true;
	else
		m->saved[m->saved_count++] = m->now;
}

static void recall(struct machine *m, struct reader *r)
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
static bool execute_cfa(struct machine *m, struct reader *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case 0x0c: /* DW_CFA_def_cfa */
		reg = read_uleb(r);
		set_cfa(m, reg, (int64_t)read_uleb(r));
		return true;
	case 0x12: /* DW_CFA_def_cfa_sf */
		reg = read_uleb(r);
		set_cfa(m, reg, read_sleb(r) * m->cie.data_align);
		return true;
	case 0x0d: /* DW_CFA_def_cfa_register */
		set_cfa(m, read_uleb(r), m->now.cfa_offset);
		return true;
	case 0x0e: /* DW_CFA_def_cfa_offset */
		m->now.cfa_offset = (int64_t)read_uleb(r);
		return true;
	case 0x13: /* DW_CFA_def_cfa_offset_sf */
		m->now.cfa_offset = read_sleb(r) * m->cie.data_align;
		return true;
	case 0x0f: /* DW_CFA_def_cfa_expression */
		m->now.cfa_is_value = true;
		m->now.cfa_is_known = evaluate(r, m->at, &m->now.cfa);
		return true;
	default:
		return false;
	}
}

/* Instructions that say where registers are saved. False: not one of them. */
static bool execute_place(struct machine *m, struct reader *r, uint8_t op)
{
	uint64_t reg;
	struct value ignored;

	switch (op) {
	case 0x05: /* DW_CFA_offset_extended */
		reg = read_uleb(r);
		set_place(m, reg, AT_CFA, (int64_t)read_uleb(r) * m->cie.data_align);
		return true;
	case 0x11: /* DW_CFA_offset_extended_sf */
		reg = read_uleb(r);
		set_place(m, reg, AT_CFA, read_sleb(r) * m->cie.data_align);
		return true;
	case 0x2f: /* DW_CFA_GNU_negative_offset_extended */
		reg = read_uleb(r);
		set_place(m, reg, AT_CFA, -(int64_t)read_uleb(r) * m->cie.data_align);
		return true;
	case 0x06: /* DW_CFA_restore_extended */
		restore_place(m, read_uleb(r));
		return true;
	case 0x07: /* DW_CFA_undefined */
		set_place(m, read_uleb(r), AT_UNDEFINED, 0);
		return true;
	case 0x08: /* DW_CFA_same_value */
		set_place(m, read_uleb(r), AT_SAME, 0);
		return true;
	case 0x09: /* DW_CFA_register */
	case 0x14: /* DW_CFA_val_offset */
		reg = read_uleb(r);
		(void)read_uleb(r);
		set_place(m, reg, AT_UNKNOWN, 0);
		return true;
	case 0x15: /* DW_CFA_val_offset_sf */
		reg = read_uleb(r);
		(void)read_sleb(r);
		set_place(m, reg, AT_UNKNOWN, 0);
		return true;
	case 0x10: /* DW_CFA_expression */
		set_expression(m, r);
		return true;
	case 0x16: /* DW_CFA_val_expression */
		reg = read_uleb(r);
		(void)evaluate(r, m->at, &ignored);
		set_place(m, reg, AT_UNKNOWN, 0);
		return true;
	default:
		return false;
	}
}

static void execute_other(struct machine *m, struct reader *r, uint8_t op)
{
	switch (op) {
	case 0x00: /* DW_CFA_nop */
		return;
	case 0x01: /* DW_CFA_set_loc */
		m->location = read_pointer(r, m->cie.encoding, 0);
		return;
	case 0x02: /* DW_CFA_advance_loc1 */
		advance(m, read_u8(r));
		return;
	case 0x03: /* DW_CFA_advance_loc2 */
		advance(m, read_bytes(r, 2));
		return;
	case 0x04: /* DW_CFA_advance_loc4 */
		advance(m, read_u32(r));
		return;
	case 0x0a: /* DW_CFA_remember_state */
		remember(m, r);
		return;
	case 0x0b: /* DW_CFA_restore_state */
		recall(m, r);
		return;
	case 0x2e: /* DW_CFA_GNU_args_size */
		(void)read_uleb(r);
		return;
	default:
		r->failed = true;
	}
}

/* Runs instructions until the one that belongs to code behind the address asked for. */
static bool run(struct machine *m, uint64_t start, uint64_t end)
{
	struct reader r = {start, end, false};

	while (r.at < r.end && !r.failed && m->location <= m->at) {
		uint8_t op = read_u8(&r);
		uint8_t low = op & 0x3f;

		switch (op & 0xc0) {
		case 0x40: /* DW_CFA_advance_loc */
			advance(m, low);
			break;
		case 0x80: /* DW_CFA_offset */
			set_place(m, low, AT_CFA, (int64_t)read_uleb(&r) * m->cie.data_align);
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
static bool open_entry(uint64_t entry, struct pmp_extent extent, struct reader *body)
{
	struct reader r = {entry, extent.end, entry < extent.start || entry >= extent.end};
	uint32_t length = read_u32(&r);

	if (r.failed || length < 4 || length == UINT32_MAX || length > r.end - r.at)
		return false;
	body->at = r.at;
	body->end = r.at + length;
	body->failed = false;
	return true;
}

static bool read_augmentation(struct reader *r, const char *letters, size_t count, struct cie *cie)
{
	uint64_t size = read_uleb(r);
	uint64_t after = r->at + size;

	if (r->failed || size > r->end - r->at)
		return false;
	for (size_t i = 1; i < count; i++) {
		uint8_t encoding;

		switch (letters[i]) {
		case 'L':
			(void)read_u8(r);
			break;
		case 'P':
			encoding = read_u8(r);
			(void)read_pointer(r, encoding & 0x0f, 0);
			break;
		case 'R':
			cie->encoding = read_u8(r);
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
	struct reader r;
	char letters[8] = {0};
	size_t count = 0;
	uint8_t version;

	memset(cie, 0, sizeof(*cie));
	if (!open_entry(entry, extent, &r) || read_u32(&r) != 0)
		return false;
	version = read_u8(&r);
	if (version != 1 && version != 3)
		return false;
	for (char c; (c = (char)read_u8(&r)) && !r.failed;) {
		if (count == sizeof(letters))
			return false;
		letters[count++] = c;
	}
	cie->code_align = read_uleb(&r);
	cie->data_align = read_sleb(&r);
	cie->ra_reg = version == 1 ? read_u8(&r) : read_uleb(&r);
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
	struct value v = s->cfa;

	rule->cfa = PMP_FROM_NOWHERE;
	if (!s->cfa_is_value)
		v = (struct value){s->cfa_offset, (uint8_t)(s->cfa_reg < 32 ? s->cfa_reg : 0),
				   false};
	else if (!s->cfa_is_known)
		return;
	if (!fits(v.offset) || (v.reg != REG_SP && v.reg != REG_BASE))
		return;
	rule->cfa_offset = (int32_t)v.offset;
	if (v.reg == REG_SP)
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
		*source = p->value.reg == REG_SP ? PMP_FROM_SP : PMP_FROM_BASE;
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
	struct reader r;
	uint64_t place, start, size;

	memset(&m, 0, sizeof(m));
	memset(rule, 0, sizeof(*rule));
	if (!open_entry(fde, extent, &r))
		return false;
	place = r.at;
	if (!read_cie(place - read_u32(&r), extent, &m.cie))
		return false;
	start = read_pointer(&r, m.cie.encoding, 0);
	size = read_pointer(&r, m.cie.encoding & ENC_FORMAT, 0);
	if (m.cie.has_augmentation)
		skip(&r, read_uleb(&r));
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
	struct reader r = {header, extent.end, header < extent.start || header >= extent.end};
	uint8_t version = read_u8(&r);
	uint8_t frame_encoding = read_u8(&r);
	uint8_t count_encoding = read_u8(&r);
	uint8_t table_encoding = read_u8(&r);
	uint64_t count;
	int32_t entry[2];
	uint64_t low = 0;

	if (version != 1 || count_encoding == ENC_OMIT ||
	    table_encoding != (ENC_DATAREL | ENC_SDATA4))
		return 0;
	(void)read_pointer(&r, frame_encoding, header);
	count = read_pointer(&r, count_encoding, header);
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
