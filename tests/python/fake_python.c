/*
 * fake_python - a program that looks as if it had a Python interpreter in it, and has none: of another version, or one whose memory is
 * not as that version's is. usage: fake_python newer|older|none|unmapped|unaligned|zeros|types|loop
 *
 * Its calls are recorded under its functions of C; nothing is called or read that is not there.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT unsigned long Py_Version = 0x030b02f0;
EXPORT char PyCode_Type[400], PyUnicode_Type[400], PyBytes_Type[400];

static void *words[64]; /* thread state, then what it points to */
static void *state;
static int is_forbidden;

EXPORT void *PyGILState_GetThisThreadState(void)
{
	if (is_forbidden)
		abort();
	return state;
}

/* As in 3.11: a frame, the code object it runs, one after another in memory. */
static void build(void *code_type, void *text_type)
{
	void **cframe = words + 10, **frame = words + 16, **code = words + 32;

	words[7] = cframe;
	cframe[1] = frame;
	frame[4] = code;
	frame[6] = frame; /* a ring: is its own caller */
	frame[7] = code;
	code[1] = code_type;
	code[14] = code[16] = words + 60;
	words[61] = text_type;
	code[17] = words + 60;
	state = words;
}

static void choose(const char *mode)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(page + 4096, 4096);
	if (!strcmp(mode, "newer") || !strcmp(mode, "older")) {
		Py_Version = mode[0] == 'n' ? 0x030c01f0 : 0x030b00a7; /* an alpha was otherwise */
		is_forbidden = 1;
	} else if (!strcmp(mode, "unmapped")) {
		state = page + 4096 - 16;
	} else if (!strcmp(mode, "unaligned")) {
		state = (char *)words + 3;
	} else if (!strcmp(mode, "zeros")) {
		state = page;
	} else if (!strcmp(mode, "types")) {
		build(PyCode_Type, PyBytes_Type);
	} else if (!strcmp(mode, "loop")) {
		build(PyBytes_Type, PyUnicode_Type);
	}
}

__attribute__((noinline)) static void work(void)
{
	for (int i = 0; i < 10; i++)
		MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
	choose(argc > 1 ? argv[1] : "none");
	MPI_Init(&argc, &argv);
	work();
	MPI_Finalize();
	puts("done");
	return 0;
}
