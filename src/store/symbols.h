/* symbols.h - addresses inside ELF files to functions, files and lines, inlined ones included; elfutils behind it */
#ifndef PMP_SYMBOLS_H
#define PMP_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/model.h"
#include "model/pool.h"

struct pmp_symbol_frame {
	const char *function; /* demangled, "" unknown */
	const char *file;     /* as in the debug data, "" unknown */
	uint32_t line;        /* 0 unknown */
};

struct pmp_symbol {
	uint64_t
		offset; /* in: return address inside the ELF file; looked up is the byte before it */
	size_t first;   /* out: into frames */
	size_t count;   /* out: 0 when nothing is known */
};

struct pmp_symbol_frames {
	struct pmp_symbol_frame *frames;
	size_t count, capacity;
};

/*
 * pmp_symbols_resolve - the frames of some addresses of one module, innermost first, appended to @frames
 * @path:     of the ELF file on this machine
 * @build_id: hex; a file with another one is left alone. "" skips the comparison
 * @symbols:  sorted by offset
 * @pool:     owns the texts
 *
 * DWARF of the file itself or of its debug file (by build-id where debug_files.h looks, or .gnu_debuglink), else its symbol table; if
 * the file is gone or of another build, its debug file alone. No network: debuginfod is not asked. What is missing, replaced or damaged
 * leaves its addresses unresolved, which is no error.
 * Cost: one pass over the compilation units that contain an address. Return: 0 or -PMP_ENOMEM.
 */
int pmp_symbols_resolve(const char *path, const char *build_id, struct pmp_symbol *symbols,
			size_t count, struct pmp_symbol_frames *frames, struct pmp_pool *pool);

/*
 * pmp_symbolize_model - look once more for what was not resolved when the file was written (debug files found later)
 *
 * Return: 0, also when nothing more was found; -PMP_ENOMEM.
 */
int pmp_symbolize_model(struct pmp_model *model, struct pmp_diag *diag);

#endif
