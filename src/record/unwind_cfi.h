/*
 * unwind_cfi.h - what the compiler's call frame information (.eh_frame) says about one code address
 *
 * Pure computation on the bytes of an FDE and its CIE: no locks, no allocation, no system call;
 * safe in signal handlers. x86-64 only: the registers kept are the stack pointer, the frame
 * pointer (rbp) and the return address.
 */
#ifndef PMP_UNWIND_CFI_H
#define PMP_UNWIND_CFI_H

#include <stdbool.h>
#include <stdint.h>

/* Where a value comes from, given sp and base (rbp) in the frame, and its CFA once that is known. */
enum pmp_source {
	PMP_FROM_NOWHERE,  /* CFA: inexpressible, ask libgcc. return address: outermost frame */
	PMP_FROM_SAME,     /* unchanged in the caller */
	PMP_FROM_SP,       /* sp + offset */
	PMP_FROM_BASE,     /* rbp + offset */
	PMP_FROM_CFA,      /* cfa + offset */
	PMP_FROM_SP_LINK,  /* the CFA only: *(sp + offset), signal frames */
	PMP_FROM_BASE_LINK /* the CFA only: *(rbp + offset), realigned stacks */
};

/*
 * struct pmp_rule - how to get from a frame to its caller, for one code address
 * @at:    the address: inside the call instruction, or the interrupted one
 * @cfa:   the value of the CFA itself
 * @base:  PMP_FROM_SAME, or the address where the caller's rbp is saved
 * @ra:    the address where the return address is saved; PMP_FROM_NOWHERE: there is no caller
 */
struct pmp_rule {
	uint64_t at;
	int32_t cfa_offset;
	int32_t base_offset;
	int32_t ra_offset;
	uint8_t cfa;
	uint8_t base;
	uint8_t ra;
	uint8_t is_signal;  /* the caller was interrupted, it did not call */
	uint8_t is_plain;   /* cfa from sp or base, return address at cfa - 8 */
	uint8_t is_missing; /* no call frame information: the walk ends here for want of it */
	uint8_t uses_base;  /* rbp is needed to find the caller */
	uint8_t keeps_base; /* rbp is the same in the caller */
};

/* Bytes that may be read while an FDE is interpreted. */
struct pmp_extent {
	uint64_t start;
	uint64_t end;
};

/*
 * pmp_cfi_rule - interpret an FDE for one address
 * @fde:    address of its length field
 * @extent: nothing outside of it is read
 * @at:     code address
 * @rule:   @at is not set
 *
 * Return: false when the FDE is damaged or does not cover @at. A rule that this format cannot
 * express is a success with rule->cfa == PMP_FROM_NOWHERE.
 */
bool pmp_cfi_rule(uint64_t fde, struct pmp_extent extent, uint64_t at, struct pmp_rule *rule);

/*
 * pmp_cfi_search - find the FDE of an address in the sorted table of .eh_frame_hdr
 * @header: address of .eh_frame_hdr
 *
 * Return: its address, 0 when there is none or the table is of another kind than linkers write.
 */
uint64_t pmp_cfi_search(uint64_t header, struct pmp_extent extent, uint64_t at);

#endif
