/*
 * process_spawn.c - worlds that meet: process_spawn FOLDER spawn|connect. Each world is a run of its own, with its own ranks.
 *
 *	spawn    every rank talks, together they start 2 children, which talk among themselves and with their parents
 *	connect  the two halves of the world meet again as strangers, through a port
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

enum { CHILDREN = 2 };

static void talk(MPI_Comm comm, int times)
{
	for (int i = 0; i < times; i++) {
		int in = 1, out = 0;

		DO(MPI_Allreduce(&in, &out, 1, MPI_INT, MPI_SUM, comm), 4, 4);
	}
}

/* Over the bridge between two worlds: the first of one side tells all of the other. */
static void tell(MPI_Comm bridge, int is_teller)
{
	int word = 42, my_rank;

	PMPI_Comm_rank(bridge, &my_rank);
	DO(MPI_Bcast(&word, 1, MPI_INT,
		     !is_teller     ? 0
		     : my_rank == 0 ? MPI_ROOT
				    : MPI_PROC_NULL,
		     bridge),
	   is_teller && my_rank == 0 ? 4 : 0, is_teller ? 0 : 4);
	if (word != 42)
		abort();
}

static void be_parent(char *program, char *folder)
{
	char word[] = "child", path[4096];
	char *arguments[] = {path, word, NULL};
	MPI_Comm bridge;

	snprintf(path, sizeof(path), "%s/children", folder);
	talk(MPI_COMM_WORLD, 3);
	DO(MPI_Comm_spawn(program, arguments, CHILDREN, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &bridge,
			  MPI_ERRCODES_IGNORE),
	   0, 0);
	tell(bridge, 1);
	DO(MPI_Comm_disconnect(&bridge), 0, 0);
	talk(MPI_COMM_WORLD, 1);
	if (me == 0)
		printf("parents done\n");
}

static void be_child(void)
{
	MPI_Comm parents;

	DO(MPI_Comm_get_parent(&parents), 0, 0);
	talk(MPI_COMM_WORLD, 5);
	tell(parents, 0);
	DO(MPI_Comm_disconnect(&parents), 0, 0);
	if (me == 0)
		printf("children done\n");
}

static void meet(void)
{
	char port[MPI_MAX_PORT_NAME] = "";
	MPI_Comm half, bridge;
	int is_host = me < (all + 1) / 2;

	DO(MPI_Comm_split(MPI_COMM_WORLD, is_host, me, &half), 0, 0);
	if (me == 0)
		DO(MPI_Open_port(MPI_INFO_NULL, port), 0, 0);
	DO(MPI_Bcast(port, MPI_MAX_PORT_NAME, MPI_CHAR, 0, MPI_COMM_WORLD),
	   me == 0 ? MPI_MAX_PORT_NAME : 0, me == 0 ? 0 : MPI_MAX_PORT_NAME);
	if (is_host)
		DO(MPI_Comm_accept(port, MPI_INFO_NULL, 0, half, &bridge), 0, 0);
	else
		DO(MPI_Comm_connect(port, MPI_INFO_NULL, 0, half, &bridge), 0, 0);
	tell(bridge, is_host);
	DO(MPI_Comm_disconnect(&bridge), 0, 0);
	if (me == 0)
		DO(MPI_Close_port(port), 0, 0);
	DO(MPI_Comm_free(&half), 0, 0);
	if (me == 0)
		printf("met\n");
}

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	if (argc < 3)
		return 2;
	if (strcmp(argv[2], "child") == 0)
		be_child();
	else if (strcmp(argv[2], "spawn") == 0)
		be_parent(argv[0], argv[1]);
	else
		meet();
	expect_finish();
	return 0;
}
