/* unwind_dwarf.h - reading DWARF: numbers, encoded pointers, expressions */
#ifndef PMP_UNWIND_DWARF_H
#define PMP_UNWIND_DWARF_H

#include <stdbool.h>
#include <stdint.h>

/* DWARF numbers of the registers that matter */
enum { PMP_REG_BASE = 6, PMP_REG_SP = 7, PMP_REG_RA = 16 };

enum { /* pointer encodings, DW_EH_PE_* */
       PMP_ENC_ABSPTR = 0x00,
       PMP_ENC_ULEB128 = 0x01,
       PMP_ENC_UDATA2 = 0x02,
       PMP_ENC_UDATA4 = 0x03,
       PMP_ENC_UDATA8 = 0x04,
       PMP_ENC_SLEB128 = 0x09,
       PMP_ENC_SDATA2 = 0x0a,
       PMP_ENC_SDATA4 = 0x0b,
       PMP_ENC_SDATA8 = 0x0c,
       PMP_ENC_FORMAT = 0x0f,
       PMP_ENC_PCREL = 0x10,
       PMP_ENC_DATAREL = 0x30,
       PMP_ENC_APPLICATION = 0x70,
       PMP_ENC_OMIT = 0xff
};

/* A cursor over bytes; a read past the end gives zeros and sets failed. */
struct pmp_dwarf_reader {
	uint64_t at;
	uint64_t end;
	bool failed;
};

/* Numbers at the cursor; 0 when they do not fit. */
uint64_t pmp_dwarf_bytes(struct pmp_dwarf_reader *r, unsigned size); /* little endian, at most 8 */
uint8_t pmp_dwarf_u8(struct pmp_dwarf_reader *r);
uint32_t pmp_dwarf_u32(struct pmp_dwarf_reader *r);
uint64_t pmp_dwarf_uleb(struct pmp_dwarf_reader *r);
int64_t pmp_dwarf_sleb(struct pmp_dwarf_reader *r);
void pmp_dwarf_skip(struct pmp_dwarf_reader *r, uint64_t size);

/* pmp_dwarf_pointer - never followed, if it is an indirect one. @data_base: of PMP_ENC_DATAREL */
uint64_t pmp_dwarf_pointer(struct pmp_dwarf_reader *r, uint8_t encoding, uint64_t data_base);

/*
 * The value of a DWARF expression while only the code address is known: a constant, or
 * sp/rbp plus a constant, or what lies in memory there.
 */
struct pmp_dwarf_value {
	int64_t offset;
	uint8_t reg; /* 0: a constant */
	bool is_memory;
};

/*
 * pmp_dwarf_evaluate - the expression block at the cursor, which moves behind it
 * @at: the code address that stands for the instruction pointer
 *
 * Return: false when the value is not of the above kind; it is then not set.
 */
bool pmp_dwarf_evaluate(struct pmp_dwarf_reader *r, uint64_t at, struct pmp_dwarf_value *out);

#endif
