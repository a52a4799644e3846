/*
 * plugin_caller.c - what libpmprof.so does in MPI_Finalize: loads the plugin, calls it on all ranks
 *
 *   plugin_caller PLUGIN FOLDER OUT      rank r brings FOLDER/rank-r.arena
 */
#include <dlfcn.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>

#include "store/plugin.h"

int main(int argc, char **argv)
{
	struct pmp_plugin_args args = {.version = PMP_PLUGIN_VERSION};
	struct pmp_write_summary summary = {0};
	struct pmp_diag diag = {""};
	pmp_plugin_write_fn *entry;
	char path[4096];
	const char *arena = path;
	void *plugin, *symbol;
	MPI_Comm comm;
	int rank, rc;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_dup(MPI_COMM_WORLD, &comm);
	plugin = dlopen(argv[1], RTLD_LOCAL | RTLD_NOW);
	symbol = plugin ? dlsym(plugin, PMP_PLUGIN_ENTRY) : NULL;
	if (!symbol) {
		fprintf(stderr, "%s\n", dlerror());
		return 100;
	}
	memcpy(&entry, &symbol, sizeof(entry));
	snprintf(path, sizeof(path), "%s/rank-%d.arena", argv[2], rank);
	args.comm = &comm;
	args.arena_paths = &arena;
	args.arena_count = 1;
	args.options.path = argv[3];
	args.options.symbols = 1;
	rc = entry(&args, &summary, &diag);
	if (rank == 0)
		printf("rc %d ranks %d complete %d text '%s'\n", rc, summary.ranks,
		       summary.complete, diag.text);
	MPI_Comm_free(&comm);
	MPI_Finalize();
	return 0;
}
