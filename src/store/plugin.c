/*
 * plugin.c - the entry of libpmprof-hdf5.so, which libpmprof.so loads in MPI_Finalize. Called by all ranks that write:
 * every one, or one of each node.
 *
 * Its job besides calling the writer: to make sure that the HDF5 it would call is the library it was linked with. An application
 * with an HDF5 of its own in the global scope captures our calls, and its library may be of another version or only in part there.
 */
#include "store/plugin.h"

#include <dlfcn.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern pmp_plugin_write_fn pmprof_hdf5_write __attribute__((visibility("default")));

static const char *file_of(const void *symbol)
{
	Dl_info info;

	return dladdr(symbol, &info) && info.dli_fname ? info.dli_fname : "?";
}

/*
 * Addresses of functions only: nothing of HDF5 may run before this. Both must come from one shared object whose name says that it
 * is HDF5 (the executable's own would be named by its path).
 */
static int check_symbols(struct pmp_diag *diag)
{
	const char *open = file_of((const void *)(uintptr_t)H5open);
	const char *write = file_of((const void *)(uintptr_t)H5Dwrite);
	const char *name = strrchr(open, '/');

	name = name ? name + 1 : open;
	if (strncmp(name, "libhdf5", strlen("libhdf5")) == 0 && strstr(name, ".so") &&
	    strcmp(open, write) == 0)
		return 0;
	return pmp_fail(diag, PMP_ECLASH, "the program's own HDF5 ('%s') stands in the way of ours",
			open);
}

/* The library of the header we were compiled with: only now may HDF5 be called. */
static int check_version(struct pmp_diag *diag)
{
	unsigned major, minor, release;

	if (H5get_libversion(&major, &minor, &release) < 0)
		return pmp_fail(diag, PMP_ECLASH, "the HDF5 library does not start");
	if (major == H5_VERS_MAJOR && minor == H5_VERS_MINOR)
		return 0;
	return pmp_fail(diag, PMP_ECLASH, "HDF5 %u.%u.%u was loaded, %d.%d is needed", major, minor,
			release, H5_VERS_MAJOR, H5_VERS_MINOR);
}

static int write_arenas(const struct pmp_plugin_args *args, const struct pmp_group *group,
			struct pmp_write_summary *summary, struct pmp_diag *diag)
{
	struct pmp_arena_view *arenas = calloc(args->arena_count + 1, sizeof(*arenas));
	size_t opened = 0;
	int rc = arenas ? 0 : -PMP_ENOMEM;

	while (rc == 0 && opened < args->arena_count) {
		rc = pmp_arena_view_open(args->arena_paths[opened], &arenas[opened], diag);
		if (rc == 0)
			arenas[opened++].is_alive = false; /* recording has ended */
	}
	/* a record that cannot be read: leave all of them for `pmprof collect`, which takes what there is */
	rc = pmp_agree(group, rc);
	if (rc == 0)
		rc = pmp_write(group, arenas, opened, &args->options, summary, diag);
	for (size_t i = 0; i < opened; i++)
		pmp_arena_view_close(&arenas[i]);
	free(arenas);
	return rc;
}

int pmprof_hdf5_write(const struct pmp_plugin_args *args, struct pmp_write_summary *summary,
		      struct pmp_diag *diag)
{
	struct pmp_diag own = {""};
	struct pmp_group group;
	int rc;

	if (args->version != PMP_PLUGIN_VERSION)
		return pmp_fail(diag, PMP_EVERSION,
				"libpmprof.so and libpmprof-hdf5.so are of different versions");
	rc = pmp_group_mpi(&group, args->comm);
	if (rc)
		return pmp_fail(diag, PMP_EINVALID, "cannot use the communicator");
	rc = pmp_agree(&group, check_symbols(&own));
	rc = rc ? rc : pmp_agree(&group, check_version(&own));
	rc = rc ? rc : write_arenas(args, &group, summary, &own);
	if (rc) {
		pmp_agree_reason(&group, rc, &own);
		if (own.text[0])
			pmp_fail(diag, (enum pmp_err) - rc, "%s", own.text);
	}
	return rc;
}
