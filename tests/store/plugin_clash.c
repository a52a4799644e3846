/*
 * plugin_clash.c - linked into plugin_clash with exported symbols: an application with an HDF5 of its own, unversioned and global.
 * None of these may ever be called.
 */
#include <stdio.h>
#include <stdlib.h>

#pragma GCC visibility push(default)
int H5open(void);
int H5Pset_fapl_mpio(void);
int H5get_libversion(void);

static int called(const char *name)
{
	fprintf(stderr, "%s of the application was called\n", name);
	abort();
}

int H5open(void)
{
	return called("H5open");
}

int H5Pset_fapl_mpio(void)
{
	return called("H5Pset_fapl_mpio");
}

int H5get_libversion(void)
{
	return called("H5get_libversion");
}
