/* groups.c - groups of processes, and what can be computed with them */
#include "say.h"

static void see(const char *what, MPI_Group group)
{
	int size = -1, rank = -1, mine[64], world[64];
	MPI_Group all_group;

	SAY(MPI_Group_size(group, &size));
	SAY(MPI_Group_rank(group, &rank));
	say("%s: %d members, I am %s%d", what, size, rank == MPI_UNDEFINED ? "none of them " : "",
	    rank == MPI_UNDEFINED ? 0 : rank);
	MPI_Comm_group(MPI_COMM_WORLD, &all_group);
	for (int i = 0; i < size; i++)
		mine[i] = i;
	SAY(MPI_Group_translate_ranks(group, size, mine, all_group, world));
	say_ints(what, world, size);
	MPI_Group_free(&all_group);
}

static void say_comparison(MPI_Group a, MPI_Group b)
{
	int result = -1;

	SAY(MPI_Group_compare(a, b, &result));
	say("groups are %s", result == MPI_IDENT     ? "identical"
			     : result == MPI_SIMILAR ? "similar"
						     : "unequal");
}

static void made_by_lists(MPI_Group world)
{
	int first = 0, range[1][3] = {{all - 1, 0, -1}}, even[1][3] = {{0, all - 1, 2}};
	MPI_Group some, others;

	SAY(MPI_Group_incl(world, 1, &first, &some));
	see("incl", some);
	SAY(MPI_Group_excl(world, 1, &first, &others));
	see("excl", others);
	say_comparison(some, others);
	MPI_Group_free(&others);
	MPI_Group_free(&some);
	SAY(MPI_Group_range_incl(world, 1, range, &some));
	see("range_incl", some);
	say_comparison(some, world);
	SAY(MPI_Group_range_excl(world, 1, even, &others));
	see("range_excl", others);
	MPI_Group_free(&others);
	SAY(MPI_Group_free(&some));
	say("group is %s", some == MPI_GROUP_NULL ? "null" : "left");
}

static void made_of_two(MPI_Group world)
{
	int last = all - 1;
	MPI_Group one, result;

	MPI_Group_incl(world, 1, &last, &one);
	SAY(MPI_Group_union(one, world, &result));
	see("union", result);
	MPI_Group_free(&result);
	SAY(MPI_Group_intersection(world, one, &result));
	see("intersection", result);
	say_comparison(result, one);
	MPI_Group_free(&result);
	SAY(MPI_Group_difference(one, world, &result));
	say("difference is %s", result == MPI_GROUP_EMPTY ? "empty" : "another");
	MPI_Group_free(&one);
}

static void wrong(MPI_Group world)
{
	int rank = all;
	MPI_Group group = MPI_GROUP_NULL;

	SAY(MPI_Group_size(MPI_GROUP_NULL, &rank));
	SAY(MPI_Group_rank(MPI_GROUP_NULL, &rank));
	rank = all;
	SAY(MPI_Group_incl(world, 1, &rank, &group));
	SAY(MPI_Group_excl(world, 1, &rank, &group));
	SAY(MPI_Group_union(world, MPI_GROUP_NULL, &group));
	group = MPI_GROUP_NULL;
	SAY(MPI_Group_free(&group));
	SAY(MPI_Group_translate_ranks(world, -1, &rank, world, &rank));
	SAY(MPI_Comm_group(MPI_COMM_NULL, &group));
}

void chapter_groups(void)
{
	MPI_Group world;

	SAY(MPI_Comm_group(MPI_COMM_WORLD, &world));
	see("world", world);
	see("empty", MPI_GROUP_EMPTY);
	made_by_lists(world);
	made_of_two(world);
	wrong(world);
	say("conversion: %s", MPI_Group_f2c(MPI_Group_c2f(world)) == world ? "back" : "lost");
	SAY(MPI_Group_free(&world));
}
