/* plugin.h - what libpmprof.so knows of libpmprof-hdf5.so: one function, looked up with dlsym. No mpi.h, no hdf5.h. */
#ifndef PMP_PLUGIN_H
#define PMP_PLUGIN_H

#include "base/err.h"
#include "store/writer.h"

#define PMP_PLUGIN_VERSION 3
#define PMP_PLUGIN_ENTRY   "pmprof_hdf5_write"

struct pmp_plugin_args {
	uint32_t version; /* PMP_PLUGIN_VERSION */
	void *comm;       /* pointer to an MPI_Comm duplicated for the purpose */
	/* what this process writes: its own, or those of its node */
	const char *const *arena_paths;
	size_t arena_count;
	struct pmp_write_options options;
};

/* Collective. Loads nothing, prints nothing. -PMP_ECLASH before any HDF5 call if another library has captured its symbols. */
typedef int pmp_plugin_write_fn(const struct pmp_plugin_args *args,
				struct pmp_write_summary *summary, struct pmp_diag *diag);

#endif
