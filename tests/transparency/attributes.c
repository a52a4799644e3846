/* attributes.c - attributes of communicators, datatypes and windows; the callbacks that copy and delete them; info objects */
#include <string.h>

#include "say.h"

static int copied, deleted;

/* One pair of callbacks for each kind of handle, all alike */
#define CALLBACKS(kind, Handle)                                                                    \
	static int kind##_copy(Handle old, int key, void *extra, void *value, void *copy,          \
			       int *flag)                                                          \
	{                                                                                          \
		(void)old;                                                                         \
		(void)key;                                                                         \
		say(#kind " copy: extra %d, value %d", *(int *)extra, *(int *)value);              \
		copied++;                                                                          \
		*(void **)copy = value;                                                            \
		*flag = 1;                                                                         \
		return MPI_SUCCESS;                                                                \
	}                                                                                          \
	static int kind##_delete(Handle old, int key, void *value, void *extra)                    \
	{                                                                                          \
		(void)old;                                                                         \
		(void)key;                                                                         \
		say(#kind " delete: extra %d, value %d", *(int *)extra, *(int *)value);            \
		deleted++;                                                                         \
		return MPI_SUCCESS;                                                                \
	}

CALLBACKS(comm, MPI_Comm)
CALLBACKS(type, MPI_Datatype)
CALLBACKS(win, MPI_Win)

static int extra = 5, one = 1, two = 2;

static void say_value(const char *what, int flag, const void *value)
{
	say("%s: flag %d, value %d", what, flag, flag ? *(const int *)value : 0);
}

static void of_communicators(void)
{
	int key = MPI_KEYVAL_INVALID, flag = -1;
	void *value = NULL;
	MPI_Comm comm, copy;

	SAY(MPI_Comm_create_keyval(comm_copy, comm_delete, &key, &extra));
	MPI_Comm_dup(MPI_COMM_WORLD, &comm);
	SAY(MPI_Comm_get_attr(comm, key, &value, &flag));
	say("flag %d", flag);
	SAY(MPI_Comm_set_attr(comm, key, &one));
	SAY(MPI_Comm_set_attr(comm, key, &two));
	SAY(MPI_Comm_dup(comm, &copy));
	SAY(MPI_Comm_get_attr(copy, key, &value, &flag));
	say_value("copy", flag, value);
	SAY(MPI_Comm_delete_attr(comm, key));
	SAY(MPI_Comm_delete_attr(comm, key));
	SAY(MPI_Comm_free(&copy));
	SAY(MPI_Comm_free(&comm));
	SAY(MPI_Comm_free_keyval(&key));
	say("key is %s", key == MPI_KEYVAL_INVALID ? "invalid" : "left");
	SAY(MPI_Comm_set_attr(MPI_COMM_WORLD, MPI_TAG_UB, &one));
	SAY(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_KEYVAL_INVALID, &value, &flag));
}

/* The names of MPI-1 */
static void of_old(void)
{
	int key = MPI_KEYVAL_INVALID, flag = -1;
	void *value = NULL;
	MPI_Comm comm, copy;

	SAY(MPI_Keyval_create(comm_copy, comm_delete, &key, &extra));
	MPI_Comm_dup(MPI_COMM_SELF, &comm);
	SAY(MPI_Attr_put(comm, key, &two));
	SAY(MPI_Comm_dup(comm, &copy));
	SAY(MPI_Attr_get(copy, key, &value, &flag));
	say_value("copy", flag, value);
	SAY(MPI_Attr_delete(copy, key));
	MPI_Comm_free(&copy);
	MPI_Comm_free(&comm);
	SAY(MPI_Keyval_free(&key));
}

static void of_types(void)
{
	int key = MPI_KEYVAL_INVALID, flag = -1;
	void *value = NULL;
	MPI_Datatype type, copy;

	SAY(MPI_Type_create_keyval(type_copy, type_delete, &key, &extra));
	MPI_Type_contiguous(2, MPI_INT, &type);
	SAY(MPI_Type_set_attr(type, key, &one));
	SAY(MPI_Type_dup(type, &copy));
	SAY(MPI_Type_get_attr(copy, key, &value, &flag));
	say_value("copy", flag, value);
	SAY(MPI_Type_delete_attr(copy, key));
	SAY(MPI_Type_free(&copy));
	SAY(MPI_Type_free(&type));
	SAY(MPI_Type_free_keyval(&key));
}

static void of_windows(void)
{
	int key = MPI_KEYVAL_INVALID, flag = -1;
	void *value = NULL;
	MPI_Win win;

	if (MPI_Win_create(&extra, sizeof(extra), 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win))
		return; /* Open MPI 4.1 has no windows for one rank */
	SAY(MPI_Win_create_keyval(win_copy, win_delete, &key, &extra));
	SAY(MPI_Win_set_attr(win, key, &one));
	SAY(MPI_Win_get_attr(win, key, &value, &flag));
	say_value("window", flag, value);
	SAY(MPI_Win_delete_attr(win, key));
	SAY(MPI_Win_set_attr(win, key, &two));
	SAY(MPI_Win_free(&win));
	SAY(MPI_Win_free_keyval(&key));
}

/* What MPI itself attached */
static void predefined(void)
{
	static const int keys[] = {MPI_TAG_UB,        MPI_IO,     MPI_WTIME_IS_GLOBAL,
				   MPI_UNIVERSE_SIZE, MPI_APPNUM, MPI_LASTUSEDCODE};

	for (int i = 0; i < (int)(sizeof(keys) / sizeof(keys[0])); i++) {
		int flag = -1;
		void *value = NULL;

		SAY(MPI_Comm_get_attr(MPI_COMM_WORLD, keys[i], &value, &flag));
		say_value("predefined", flag, value);
	}
}

static void hints(void)
{
	MPI_Info info, copy;
	char text[MPI_MAX_INFO_VAL + 1] = "";
	int count = -1, length = -1, flag = -1;

	SAY(MPI_Info_create(&info));
	SAY(MPI_Info_set(info, "one", "first"));
	SAY(MPI_Info_set(info, "two", "second"));
	SAY(MPI_Info_get_nkeys(info, &count));
	SAY(MPI_Info_get(info, "one", 64, text, &flag));
	SAY(MPI_Info_get_valuelen(info, "two", &length, &flag));
	say("%d keys, '%s', %d, %d", count, text, length, flag);
	SAY(MPI_Info_get_nthkey(info, 1, text));
	SAY(MPI_Info_dup(info, &copy));
	SAY(MPI_Info_delete(copy, "one"));
	SAY(MPI_Info_delete(copy, "one"));
	SAY(MPI_Info_get(copy, "one", 64, text, &flag));
	say("'%s' %d", text, flag);
	SAY(MPI_Info_get_nthkey(copy, 9, text));
	SAY(MPI_Info_set(copy, "", "nothing"));
	SAY(MPI_Info_free(&copy));
	SAY(MPI_Info_free(&info));
	SAY(MPI_Info_free(&info));
}

void chapter_attributes(void)
{
	copied = deleted = 0;
	of_communicators();
	of_old();
	of_types();
	of_windows();
	predefined();
	hints();
	say("callbacks: %d copies, %d deletions", copied, deleted);
}
