/*
 * say.c - say FOLDER PROGRAM [paused] [CHAPTER...]: the chapters named, or all of them
 *
 * PROGRAM is what MPI_Comm_spawn starts. "paused" runs every chapter behind MPI_Pcontrol(0), which means nothing to MPI itself. Before MPI_Init and after MPI_Finalize the process is looked at: what is
 * left of us would show there.
 */
#include "say.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int me, all, next, before, handled;
const char *folder, *program;

static const char *chapter = "start";

static const struct {
	const char *name;
	void (*run)(void);
} chapters[] = {
#define CHAPTER(name) {#name, chapter_##name},
#include "chapters.def"
#undef CHAPTER
};

enum { CHAPTER_COUNT = sizeof(chapters) / sizeof(chapters[0]) };

void say(const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	printf("%s %d: %s\n", chapter, me, line);
}

void say_result(const char *call, int rc)
{
	int class = 0;

	if (rc != MPI_SUCCESS)
		PMPI_Error_class(rc, &class);
	say("%s: class %d, handlers called %d times", call, class, handled);
}

void say_ints(const char *what, const int *values, int count)
{
	char text[512] = "";
	size_t used = 0;

	for (int i = 0; i < count && used < sizeof(text) - 16; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " %d", values[i]);
	say("%s:%s", what, text);
}

MPI_Status unfilled(void)
{
	MPI_Status status;

	memset(&status, 0, sizeof(status));
	status.MPI_SOURCE = 4711;
	status.MPI_TAG = 4712;
	status.MPI_ERROR = 4713;
	return status;
}

void say_status(const char *what, const MPI_Status *status)
{
	int count = -5, elements = -5, cancelled = -5;
	MPI_Count elements_x = -5;

	MPI_Get_count(status, MPI_INT, &count);
	MPI_Get_elements(status, MPI_INT, &elements);
	MPI_Get_elements_x(status, MPI_INT, &elements_x);
	MPI_Test_cancelled(status, &cancelled);
	say("%s: source %d tag %d error %d count %d elements %d %lld cancelled %d", what,
	    status->MPI_SOURCE, status->MPI_TAG, status->MPI_ERROR, count, elements,
	    (long long)elements_x, cancelled);
}

static void handler(MPI_Comm *comm, int *code, ...)
{
	(void)comm;
	(void)code;
	handled++;
}

static int open_files(void)
{
	DIR *open = opendir("/proc/self/fd");
	int count = 0;

	while (open && readdir(open))
		count++;
	if (open)
		closedir(open);
	return count;
}

static int mapped(const char *what)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	int count = 0;

	while (maps && fgets(line, sizeof(line), maps))
		count += strstr(line, what) != NULL;
	if (maps)
		fclose(maps);
	return count;
}

/* Which signals have an action, and which are blocked */
static void say_signals(const char *when)
{
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int number = 1; number < 32; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) == 0 &&
		    (action.sa_handler != SIG_DFL || sigismember(&blocked, number)))
			say("%s: signal %d: flags %x, handler %s, blocked %d", when, number,
			    (unsigned)action.sa_flags & 0xffff,
			    action.sa_handler == SIG_IGN ? "ignores" : "is set",
			    sigismember(&blocked, number));
	}
}

static void say_process(const char *when)
{
	stack_t stack = {0};

	sigaltstack(NULL, &stack);
	say("%s: alternate stack flags %d", when, stack.ss_flags);
	say_signals(when);
	say("%s: %d arenas mapped", when, mapped(".arena"));
}

static int is_wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return count == 0;
}

static void run_chapters(int count, char **names)
{
	MPI_Errhandler own;

	MPI_Comm_create_errhandler(handler, &own);
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, own);
	MPI_Comm_set_errhandler(MPI_COMM_SELF, own);
	MPI_Errhandler_free(&own);
	for (int i = 0; i < CHAPTER_COUNT; i++) {
		if (!is_wanted(chapters[i].name, count, names))
			continue;
		chapter = chapters[i].name;
		handled = 0;
		chapters[i].run();
		MPI_Barrier(MPI_COMM_WORLD);
	}
	chapter = "end";
}

static void run(int count, char **names)
{
	int provided, files = open_files();

	say_process("before MPI_Init");
	SAY(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided));
	MPI_Comm_rank(MPI_COMM_WORLD, &me);
	MPI_Comm_size(MPI_COMM_WORLD, &all);
	next = (me + 1) % all;
	before = (me + all - 1) % all;
	if (count > 0 && strcmp(names[0], "paused") == 0) {
		MPI_Pcontrol(0);
		count--;
		names++;
	}
	run_chapters(count, names);
	SAY(MPI_Finalize());
	say("files open: %d more than before", open_files() - files);
	say_process("after MPI_Finalize");
}

/*
 * The exit code is one that can be told from others. mpirun ends a job at the first process that fails: rank 0 alone does, when
 * the others have said everything.
 */
static int leave(void)
{
	char path[4096];

	fflush(stdout);
	if (me > 0) {
		snprintf(path, sizeof(path), "%s/gone.%d", folder, me);
		return close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	for (int rank = 1; rank < all; rank++) {
		snprintf(path, sizeof(path), "%s/gone.%d", folder, rank);
		for (int i = 0; i < 30000 && unlink(path) != 0; i++)
			usleep(1000);
	}
	return 10;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	folder = argv[1];
	program = argv[2];
	run(argc - 3, argv + 3);
	return leave();
}
