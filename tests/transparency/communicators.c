/* communicators.c - communicators made in all ways, their names and hints, intercommunicators */
#include <stdio.h>
#include <string.h>

#include "say.h"

/* What can be asked of @comm, a sum over it, and its end. */
static void see(const char *what, MPI_Comm comm)
{
	int size = -1, rank = -1, is_inter = -1, result = -1, sum = -1, length = -1;
	char name[MPI_MAX_OBJECT_NAME] = "";

	if (comm == MPI_COMM_NULL) {
		say("%s: not mine", what);
		return;
	}
	SAY(MPI_Comm_size(comm, &size));
	SAY(MPI_Comm_rank(comm, &rank));
	SAY(MPI_Comm_test_inter(comm, &is_inter));
	SAY(MPI_Comm_compare(comm, MPI_COMM_WORLD, &result));
	SAY(MPI_Comm_set_name(comm, what));
	SAY(MPI_Comm_get_name(comm, name, &length));
	SAY(MPI_Allreduce(&me, &sum, 1, MPI_INT, MPI_SUM, comm));
	say("'%s' %d: rank %d of %d, inter %d, sum %d, congruent %d, unequal %d", name, length,
	    rank, size, is_inter, sum, result == MPI_CONGRUENT, result == MPI_UNEQUAL);
	SAY(MPI_Send(NULL, 0, MPI_INT, size, 0, comm)); /* the error handler is the parent's */
	SAY(MPI_Comm_free(&comm));
	say("%s: is %s", what, comm == MPI_COMM_NULL ? "null" : "left");
}

static void duplicates(void)
{
	MPI_Comm comm;
	MPI_Info info;
	MPI_Request request;

	SAY(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
	see("dup", comm);
	MPI_Info_create(&info);
	MPI_Info_set(info, "mpi_assert_no_any_tag", "true");
	SAY(MPI_Comm_dup_with_info(MPI_COMM_WORLD, info, &comm));
	see("dup_with_info", comm);
	SAY(MPI_Comm_idup(MPI_COMM_WORLD, &comm, &request));
	SAY(MPI_Wait(&request, MPI_STATUS_IGNORE));
	see("idup", comm);
	SAY(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
	SAY(MPI_Comm_set_info(comm, info));
	SAY(MPI_Info_free(&info));
	SAY(MPI_Comm_get_info(comm, &info));
	SAY(MPI_Info_free(&info));
	see("with hints", comm);
}

static void parts(void)
{
	MPI_Comm comm;
	MPI_Group world, some;
	int first = 0;

	SAY(MPI_Comm_split(MPI_COMM_WORLD, me % 2, -me, &comm));
	see("split", comm);
	SAY(MPI_Comm_split(MPI_COMM_WORLD, me ? 1 : MPI_UNDEFINED, me, &comm));
	see("split without 0", comm);
	SAY(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, me, MPI_INFO_NULL, &comm));
	see("split_type", comm);
	MPI_Comm_group(MPI_COMM_WORLD, &world);
	MPI_Group_incl(world, 1, &first, &some);
	SAY(MPI_Comm_create(MPI_COMM_WORLD, some, &comm));
	see("create", comm);
	if (me == 0) {
		SAY(MPI_Comm_create_group(MPI_COMM_WORLD, some, 7, &comm));
		see("create_group", comm);
	}
	MPI_Group_free(&some);
	MPI_Group_free(&world);
}

static void between(void)
{
	MPI_Comm half, inter, merged;
	MPI_Group others;
	int size = -1;

	if (all < 2)
		return;
	MPI_Comm_split(MPI_COMM_WORLD, me % 2, me, &half);
	SAY(MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - me % 2, 9, &inter));
	SAY(MPI_Comm_remote_size(inter, &size));
	say("remote: %d", size);
	SAY(MPI_Comm_remote_group(inter, &others));
	SAY(MPI_Group_size(others, &size));
	say("in their group: %d", size);
	MPI_Group_free(&others);
	SAY(MPI_Intercomm_merge(inter, me % 2, &merged));
	see("merged", merged);
	SAY(MPI_Comm_dup(inter, &merged));
	SAY(MPI_Comm_test_inter(merged, &size));
	say("inter %d", size);
	MPI_Comm_free(&merged);
	SAY(MPI_Comm_disconnect(&inter));
	MPI_Comm_free(&half);
}

static void wrong(void)
{
	MPI_Comm comm = MPI_COMM_NULL;
	int value;

	SAY(MPI_Comm_size(MPI_COMM_NULL, &value));
	SAY(MPI_Comm_rank(MPI_COMM_NULL, &value));
	SAY(MPI_Comm_free(&comm));
	SAY(MPI_Comm_dup(MPI_COMM_NULL, &comm));
	SAY(MPI_Comm_split(MPI_COMM_WORLD, -5, 0, &comm));
	SAY(MPI_Comm_create(MPI_COMM_WORLD, MPI_GROUP_NULL, &comm));
	SAY(MPI_Comm_remote_size(MPI_COMM_WORLD, &value));
	SAY(MPI_Intercomm_merge(MPI_COMM_WORLD, 0, &comm));
	SAY(MPI_Comm_compare(MPI_COMM_WORLD, MPI_COMM_NULL, &value));
	SAY(MPI_Comm_set_name(MPI_COMM_NULL, "none"));
}

/* More of them than any table expects */
static void many(void)
{
	MPI_Comm comms[100];
	int sum = 0, rank;

	for (int i = 0; i < 100; i++)
		MPI_Comm_dup(i ? comms[i - 1] : MPI_COMM_SELF, &comms[i]);
	for (int i = 0; i < 100; i++) {
		MPI_Comm_rank(comms[i], &rank);
		sum += rank;
		MPI_Comm_free(&comms[i]);
	}
	say("sum %d", sum);
}

void chapter_communicators(void)
{
	MPI_Fint number = MPI_Comm_c2f(MPI_COMM_WORLD);

	duplicates();
	parts();
	between();
	wrong();
	many();
	say("conversion: %s", MPI_Comm_f2c(number) == MPI_COMM_WORLD ? "back" : "lost");
}
