/* datatypes.c - derived datatypes, what they say of themselves, packing, the external representation, Fortran's parametrized types */
#include <stdlib.h>
#include <string.h>

#include "say.h"

static int out[256], in[256];

static void say_envelope(MPI_Datatype type)
{
	int integers, addresses, types, combiner;
	int some_integers[64] = {0};
	MPI_Aint some_addresses[16] = {0};
	MPI_Datatype some_types[16];

	SAY(MPI_Type_get_envelope(type, &integers, &addresses, &types, &combiner));
	say("envelope: %d %d %d", integers, addresses, types);
	if (combiner == MPI_COMBINER_NAMED || integers > 64 || addresses > 16 || types > 16)
		return;
	SAY(MPI_Type_get_contents(type, integers, addresses, types, some_integers, some_addresses,
				  some_types));
	say_ints("integers", some_integers, combiner == MPI_COMBINER_DARRAY ? 8 : integers);
	for (int i = 0; i < addresses; i++)
		say("address: %ld", (long)some_addresses[i]);
}

/* Everything that can be asked of @type, and a message of it. Frees it. */
static void see(const char *what, MPI_Datatype type)
{
	int size = -1, count = -1;
	MPI_Count size_x = -1, low_x, extent_x;
	MPI_Aint low = -1, extent = -1;
	MPI_Status status = unfilled();

	say("%s", what);
	SAY(MPI_Type_commit(&type));
	SAY(MPI_Type_size(type, &size));
	SAY(MPI_Type_size_x(type, &size_x));
	SAY(MPI_Type_get_extent(type, &low, &extent));
	say("size %d %lld, from %ld, extent %ld", size, (long long)size_x, (long)low, (long)extent);
	SAY(MPI_Type_get_true_extent(type, &low, &extent));
	SAY(MPI_Type_get_extent_x(type, &low_x, &extent_x));
	SAY(MPI_Type_get_true_extent_x(type, &low_x, &extent_x));
	say("true: from %ld, extent %ld; %lld %lld", (long)low, (long)extent, (long long)low_x,
	    (long long)extent_x);
	say_envelope(type);
	memset(in, 0, sizeof(in));
	SAY(MPI_Sendrecv(out, 1, type, next, 1, in, 1, type, before, 1, MPI_COMM_WORLD, &status));
	SAY(MPI_Get_count(&status, type, &count));
	say("%d of them arrived", count);
	say_status("as ints", &status);
	say_ints("in", in, 24);
	SAY(MPI_Type_free(&type));
	say("type is %s", type == MPI_DATATYPE_NULL ? "null" : "left");
}

static void regular(void)
{
	MPI_Datatype type, longer;

	SAY(MPI_Type_contiguous(3, MPI_INT, &type));
	see("contiguous", type);
	SAY(MPI_Type_vector(3, 2, 4, MPI_INT, &type));
	SAY(MPI_Type_create_resized(type, 0, 64, &longer));
	see("vector", type);
	see("resized", longer);
	SAY(MPI_Type_create_hvector(3, 2, 24, MPI_INT, &type));
	SAY(MPI_Type_dup(type, &longer));
	see("hvector", type);
	see("dup", longer);
}

static void irregular(void)
{
	int lengths[3] = {1, 2, 3}, places[3] = {0, 3, 8};
	MPI_Aint bytes[3] = {0, 12, 32};
	MPI_Datatype types[3] = {MPI_INT, MPI_FLOAT, MPI_CHAR}, type;

	SAY(MPI_Type_indexed(3, lengths, places, MPI_INT, &type));
	see("indexed", type);
	SAY(MPI_Type_create_hindexed(3, lengths, bytes, MPI_INT, &type));
	see("hindexed", type);
	SAY(MPI_Type_create_indexed_block(3, 2, places, MPI_INT, &type));
	see("indexed_block", type);
	SAY(MPI_Type_create_hindexed_block(3, 2, bytes, MPI_INT, &type));
	see("hindexed_block", type);
	SAY(MPI_Type_create_struct(3, lengths, bytes, types, &type));
	see("struct", type);
}

static void arrays(void)
{
	int sizes[2] = {6, 4}, parts[2] = {2, 3}, starts[2] = {1, 1};
	int distributions[2] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_NONE};
	int arguments[2] = {MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG}, grid[2] = {1, 1};
	MPI_Datatype type;

	SAY(MPI_Type_create_subarray(2, sizes, parts, starts, MPI_ORDER_C, MPI_INT, &type));
	see("subarray", type);
	SAY(MPI_Type_create_darray(1, 0, 2, sizes, distributions, arguments, grid, MPI_ORDER_C,
				   MPI_INT, &type));
	see("darray", type);
}

static void of_fortran(void)
{
	MPI_Datatype type;
	int size = -1;

	SAY(MPI_Type_create_f90_integer(9, &type));
	SAY(MPI_Type_create_f90_real(6, 37, &type));
	SAY(MPI_Type_create_f90_complex(6, 37, &type));
	SAY(MPI_Type_match_size(MPI_TYPECLASS_REAL, 8, &type));
	SAY(MPI_Type_size(type, &size));
	say("size %d", size);
	SAY(MPI_Type_match_size(MPI_TYPECLASS_INTEGER, 4, &type));
	say("conversion: %s", MPI_Type_f2c(MPI_Type_c2f(MPI_INT)) == MPI_INT ? "back" : "lost");
}

static void names(void)
{
	MPI_Datatype type;
	char name[MPI_MAX_OBJECT_NAME] = "";
	int length = -1;

	SAY(MPI_Type_get_name(MPI_DOUBLE, name, &length));
	say("'%s' %d", name, length);
	MPI_Type_contiguous(2, MPI_DOUBLE, &type);
	SAY(MPI_Type_set_name(type, "pair of doubles"));
	SAY(MPI_Type_get_name(type, name, &length));
	say("'%s' %d", name, length);
	SAY(MPI_Type_free(&type));
}

static void packed(void)
{
	char room[256];
	int size = -1, place = 0;
	MPI_Aint external = -1, at = 0;

	SAY(MPI_Pack_size(4, MPI_INT, MPI_COMM_WORLD, &size));
	SAY(MPI_Pack(out, 4, MPI_INT, room, sizeof(room), &place, MPI_COMM_WORLD));
	say("packed: %d of %d", place, size);
	place = 0;
	SAY(MPI_Unpack(room, sizeof(room), &place, in, 4, MPI_INT, MPI_COMM_WORLD));
	say_ints("unpacked", in, 4);
	SAY(MPI_Pack_external_size("external32", 4, MPI_INT, &external));
	SAY(MPI_Pack_external("external32", out, 4, MPI_INT, room, sizeof(room), &at));
	say("external: %ld of %ld, first bytes %d %d %d %d", (long)at, (long)external, room[0],
	    room[1], room[2], room[3]);
	at = 0;
	SAY(MPI_Unpack_external("external32", room, sizeof(room), &at, in, 4, MPI_INT));
	say_ints("unpacked", in, 4);
	at = 0;
	SAY(MPI_Get_address(in + 3, &at));
	say("address: %s", at == (MPI_Aint)(in + 3) ? "right" : "wrong");
}

static void wrong(void)
{
	MPI_Datatype type = MPI_DATATYPE_NULL;
	int size, place = 0;

	SAY(MPI_Type_contiguous(-1, MPI_INT, &type));
	SAY(MPI_Type_vector(-1, 1, 1, MPI_INT, &type));
	SAY(MPI_Type_contiguous(1, MPI_DATATYPE_NULL, &type));
	SAY(MPI_Type_create_resized(MPI_DATATYPE_NULL, 0, 4, &type));
	SAY(MPI_Type_indexed(-1, NULL, NULL, MPI_INT, &type));
	SAY(MPI_Type_create_struct(-1, NULL, NULL, NULL, &type));
	type = MPI_DATATYPE_NULL;
	SAY(MPI_Type_commit(&type));
	SAY(MPI_Type_free(&type));
	SAY(MPI_Type_size(MPI_DATATYPE_NULL, &size));
	SAY(MPI_Type_match_size(MPI_TYPECLASS_REAL, 3, &type));
	SAY(MPI_Pack(out, 4, MPI_INT, in, 3, &place, MPI_COMM_WORLD));
	SAY(MPI_Pack_size(-1, MPI_INT, MPI_COMM_WORLD, &size));
}

void chapter_datatypes(void)
{
	for (int i = 0; i < 256; i++)
		out[i] = 1000 * me + i;
	regular();
	irregular();
	arrays();
	of_fortran();
	names();
	packed();
	wrong();
}
