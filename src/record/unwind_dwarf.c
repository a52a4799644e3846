/*
 * unwind_dwarf.c - bytes of DWARF: numbers, encoded pointers, expressions
 *
 * Owns nothing. Called by unwind_cfi.c on the thread that unwinds, also from signal handlers: no
 * locks, no allocation. Reads only what its reader encloses.
 */
#include "record/unwind_dwarf.h"

#include <string.h>

#define STACK_MAX 8 /* of expressions */

uint64_t pmp_dwarf_bytes(struct pmp_dwarf_reader *r, unsigned size)
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

uint8_t pmp_dwarf_u8(struct pmp_dwarf_reader *r)
{
	return (uint8_t)pmp_dwarf_bytes(r, 1);
}

uint32_t pmp_dwarf_u32(struct pmp_dwarf_reader *r)
{
	return (uint32_t)pmp_dwarf_bytes(r, 4);
}

static uint64_t read_leb(struct pmp_dwarf_reader *r, bool is_signed)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = pmp_dwarf_u8(r);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !r->failed);
	if (is_signed && (byte & 0x40) && shift < 64)
		value |= ~UINT64_C(0) << shift;
	return value;
}

uint64_t pmp_dwarf_uleb(struct pmp_dwarf_reader *r)
{
	return read_leb(r, false);
}

int64_t pmp_dwarf_sleb(struct pmp_dwarf_reader *r)
{
	return (int64_t)read_leb(r, true);
}

void pmp_dwarf_skip(struct pmp_dwarf_reader *r, uint64_t size)
{
	if (r->failed || r->end - r->at < size)
		r->failed = true;
	else
		r->at += size;
}

/* Indirect pointers (personality routines) are only skipped, never followed. */
uint64_t pmp_dwarf_pointer(struct pmp_dwarf_reader *r, uint8_t encoding, uint64_t data_base)
{
	uint64_t place = r->at;
	uint64_t value;

	switch (encoding & PMP_ENC_FORMAT) {
	case PMP_ENC_ABSPTR:
	case PMP_ENC_UDATA8:
	case PMP_ENC_SDATA8:
		value = pmp_dwarf_bytes(r, 8);
		break;
	case PMP_ENC_ULEB128:
		value = pmp_dwarf_uleb(r);
		break;
	case PMP_ENC_SLEB128:
		value = (uint64_t)pmp_dwarf_sleb(r);
		break;
	case PMP_ENC_UDATA2:
		value = pmp_dwarf_bytes(r, 2);
		break;
	case PMP_ENC_UDATA4:
		value = pmp_dwarf_u32(r);
		break;
	case PMP_ENC_SDATA2:
		value = (uint64_t)(int64_t)(int16_t)pmp_dwarf_bytes(r, 2);
		break;
	case PMP_ENC_SDATA4:
		value = (uint64_t)(int64_t)(int32_t)pmp_dwarf_u32(r);
		break;
	default:
		r->failed = true;
		return 0;
	}
	switch (encoding & PMP_ENC_APPLICATION) {
	case 0:
		return value;
	case PMP_ENC_PCREL:
		return place + value;
	case PMP_ENC_DATAREL:
		return data_base + value;
	default:
		r->failed = true;
		return 0;
	}
}

static bool binary_op(uint8_t op, struct pmp_dwarf_value *a, struct pmp_dwarf_value b)
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

static bool push(struct pmp_dwarf_value *stack, unsigned *depth, struct pmp_dwarf_value value)
{
	if (*depth == STACK_MAX)
		return false;
	stack[(*depth)++] = value;
	return true;
}

/* One operation that pushes; false when it is none of those that occur in frame information. */
static bool push_op(struct pmp_dwarf_reader *r, uint8_t op, uint64_t at,
		    struct pmp_dwarf_value *out)
{
	*out = (struct pmp_dwarf_value){0};
	if (op >= 0x30 && op <= 0x4f) { /* DW_OP_lit0.. */
		out->offset = op - 0x30;
		return true;
	}
	if (op >= 0x70 && op <= 0x8f) { /* DW_OP_breg0.. */
		unsigned reg = op - 0x70u;

		out->offset = pmp_dwarf_sleb(r);
		if (reg == PMP_REG_RA) /* the code address is known */
			out->offset += (int64_t)at;
		else if (reg == PMP_REG_SP || reg == PMP_REG_BASE)
			out->reg = (uint8_t)reg;
		else
			return false;
		return true;
	}
	switch (op) {
	case 0x08: /* DW_OP_const1u */
		out->offset = pmp_dwarf_u8(r);
		return true;
	case 0x09: /* DW_OP_const1s */
		out->offset = (int8_t)pmp_dwarf_u8(r);
		return true;
	case 0x10: /* DW_OP_constu */
		out->offset = (int64_t)pmp_dwarf_uleb(r);
		return true;
	case 0x11: /* DW_OP_consts */
		out->offset = pmp_dwarf_sleb(r);
		return true;
	default:
		return false;
	}
}

/* Evaluates the block at the cursor and moves behind it. False: not expressible. */
bool pmp_dwarf_evaluate(struct pmp_dwarf_reader *r, uint64_t at, struct pmp_dwarf_value *out)
{
	struct pmp_dwarf_value stack[STACK_MAX];
	unsigned depth = 0;
	struct pmp_dwarf_reader block = {.at = 0};
	uint64_t size = pmp_dwarf_uleb(r);

	block.at = r->at;
	pmp_dwarf_skip(r, size);
	block.end = r->at;
	if (r->failed)
		return false;
	while (block.at < block.end && !block.failed) {
		uint8_t op = pmp_dwarf_u8(&block);
		struct pmp_dwarf_value value;

		if (op == 0x06) { /* DW_OP_deref: once, of a register sum */
			if (!depth || stack[depth - 1].is_memory || !stack[depth - 1].reg)
				return false;
			stack[depth - 1].is_memory = true;
		} else if (op == 0x23) { /* DW_OP_plus_uconst */
			if (!depth || stack[depth - 1].is_memory)
				return false;
			stack[depth - 1].offset += (int64_t)pmp_dwarf_uleb(&block);
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
