/* errors.c - error handlers of all objects, classes, codes and texts of its own; handlers that are replaced inside handlers */
#include <string.h>

#include "say.h"

static int comm_calls, win_calls, file_calls;

static void comm_handler(MPI_Comm *comm, int *code, ...)
{
	int class;

	MPI_Error_class(*code, &class);
	say("handler of %s: class %d", *comm == MPI_COMM_WORLD ? "the world" : "another", class);
	comm_calls++;
}

static void win_handler(MPI_Win *win, int *code, ...)
{
	(void)win;
	(void)code;
	win_calls++;
}

static void file_handler(MPI_File *file, int *code, ...)
{
	(void)file;
	(void)code;
	file_calls++;
}

static void of_communicators(void)
{
	MPI_Errhandler own, found, former;
	MPI_Comm comm;

	MPI_Comm_get_errhandler(MPI_COMM_WORLD, &former);
	SAY(MPI_Comm_create_errhandler(comm_handler, &own));
	SAY(MPI_Comm_set_errhandler(MPI_COMM_WORLD, own));
	SAY(MPI_Send(NULL, 1, MPI_INT, all, 0, MPI_COMM_WORLD));
	SAY(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
	SAY(MPI_Bcast(NULL, -1, MPI_INT, 0, comm));
	SAY(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN));
	SAY(MPI_Bcast(NULL, -1, MPI_INT, 0, comm));
	SAY(MPI_Comm_get_errhandler(comm, &found));
	say("handler is %s", found == MPI_ERRORS_RETURN ? "the one that returns" : "another");
	SAY(MPI_Comm_call_errhandler(MPI_COMM_WORLD, MPI_ERR_OTHER));
	SAY(MPI_Comm_call_errhandler(comm, MPI_ERR_ARG));
	SAY(MPI_Comm_free(&comm));
	SAY(MPI_Errhandler_free(&own));
	say("handler is %s, %d calls", own == MPI_ERRHANDLER_NULL ? "null" : "left", comm_calls);
	SAY(MPI_Comm_set_errhandler(MPI_COMM_WORLD, former));
	MPI_Errhandler_free(&former);
}

static void of_windows(void)
{
	MPI_Errhandler own, found;
	MPI_Win win;

	if (MPI_Win_create(NULL, 0, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win))
		return; /* Open MPI 4.1 has no windows for one rank */
	SAY(MPI_Win_create_errhandler(win_handler, &own));
	SAY(MPI_Win_set_errhandler(win, own));
	SAY(MPI_Win_get_errhandler(win, &found));
	say("handler is %s", found == own ? "ours" : "another");
	SAY(MPI_Put(&me, -1, MPI_INT, 0, 0, 1, MPI_INT, win));
	SAY(MPI_Win_call_errhandler(win, MPI_ERR_OTHER));
	say("%d calls", win_calls);
	MPI_Errhandler_free(&found);
	MPI_Errhandler_free(&own);
	MPI_Win_free(&win);
}

static void of_files(void)
{
	MPI_Errhandler own, found, former;
	MPI_File file;

	MPI_File_get_errhandler(MPI_FILE_NULL, &former);
	SAY(MPI_File_create_errhandler(file_handler, &own));
	SAY(MPI_File_set_errhandler(MPI_FILE_NULL, own));
	SAY(MPI_File_open(MPI_COMM_WORLD, "/nonexistent/file", MPI_MODE_RDONLY, MPI_INFO_NULL,
			  &file));
	SAY(MPI_File_get_errhandler(MPI_FILE_NULL, &found));
	say("handler is %s, %d calls", found == own ? "ours" : "another", file_calls);
	SAY(MPI_File_set_errhandler(MPI_FILE_NULL, former));
	MPI_Errhandler_free(&found);
	MPI_Errhandler_free(&own);
}

static void own_classes(void)
{
	int class = -1, code = -1, found = -1, length = -1, flag = -1;
	int *last = NULL;
	char text[MPI_MAX_ERROR_STRING] = "";

	SAY(MPI_Add_error_class(&class));
	SAY(MPI_Add_error_code(class, &code));
	SAY(MPI_Add_error_string(code, "the moon is full"));
	SAY(MPI_Error_string(code, text, &length));
	SAY(MPI_Error_class(code, &found));
	say("'%s' %d, class %s", text, length, found == class ? "ours" : "another");
	MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
	say("last code: %d", flag && *last == code);
	for (int i = 0; i < 20; i++) {
		SAY(MPI_Error_string(i, text, &length));
		say("'%s' %d", text, length);
	}
	SAY(MPI_Error_class(-99, &class));
	SAY(MPI_Add_error_string(MPI_ERR_ARG, "not allowed"));
}

void chapter_errors(void)
{
	of_communicators();
	of_windows();
	of_files();
	own_classes();
}
