/*
 * writer.h - arenas to one HDF5 file, by one process (`pmprof collect`) or by many (MPI_Finalize, collect under mpirun)
 */
#ifndef PMP_WRITER_H
#define PMP_WRITER_H

#include "base/err.h"
#include "store/arena_view.h"
#include "store/group.h"

struct pmp_write_options {
	const char *path;     /* of the file; written as path.part, verified, renamed */
	const char *launcher; /* its name in texts, "mpirun"; NULL: "the launcher" */
	int launcher_status; /* as from waitpid, valid if has_launcher_status: says how ranks without an end on record ended */
	int has_launcher_status;
	int expected_ranks; /* world size if known, else 0: ranks without an arena are listed as missing */
	int symbols;        /* 0: leave addresses unresolved */
};

/* What rank 0 needs for its one line. */
struct pmp_write_summary {
	int ranks;
	int complete; /* all ranks reached MPI_Finalize */
	double wall_s;
	double parallel_efficiency; /* negative: undefined */
	int64_t file_bytes;
	int crashes; /* ranks with a fatal signal on record */
	char remark[400]; /* what is missing in the file, or went another way; "" nothing */
	int left_out; /* arenas that claim the rank of another one, or an impossible one: not in the file */
};

/*
 * pmp_write - collective over the group; each process brings zero or more arenas
 *
 * Arenas are put in order of their ranks; two that claim the same rank are a failure of whoever chose them: the second is left out,
 * with a warning in the file. Space is checked first, data are written to path.part with checksums, closed, re-opened, read back and compared, then renamed.
 * Any failure on any process: all return a negative value, path.part is gone, an existing file at path is untouched.
 */
int pmp_write(const struct pmp_group *group, const struct pmp_arena_view *arenas,
	      size_t arena_count, const struct pmp_write_options *options,
	      struct pmp_write_summary *summary, struct pmp_diag *diag);

#endif
