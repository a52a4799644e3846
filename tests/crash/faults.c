/*
 * faults - each kind of fault in a function of its own: faults KIND RANK|all
 *
 * Lines marked "at NAME" are where it happens; crash_stacks.py looks them up. The fault comes after a message around the ring.
 */
#include <assert.h>
#include <fcntl.h>
#include <mpi.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct item {
	char name[16];
	int value;
};

static volatile int zero, never;
static struct item *volatile no_item;
static void (*volatile no_function)(void);

static void null_member(void)
{
	no_item->value = 1; /* at null_member */
}

static void wild(void)
{
	*(volatile int *)(uintptr_t)0x123456789000 = 1; /* at wild */
}

static void freed_pointer(void)
{
	*(volatile int *)(uintptr_t)0xdeadbeefdeadbeef = 1; /* at freed_pointer */
}

static void call_null(void)
{
	no_function(); /* at call_null */
	zero = 0;
}

static void data_as_code(void)
{
	static char data[64];

	no_function = (void (*)(void))(uintptr_t)data;
	no_function(); /* at data_as_code */
	zero = 0;
}

static void divide(void)
{
	zero = never / zero; /* at divide */
}

static void abort_it(void)
{
	abort(); /* at abort_it */
}

static void assert_it(void)
{
	assert(never == 1); /* at assert_it */
}

static void free_twice(void)
{
	char *volatile memory = malloc(100);

	free(memory);
	free(memory); /* at free_twice */
}

static void short_file(void)
{
	char name[] = "/tmp/pmprof-faults.XXXXXX";
	int fd = mkstemp(name);
	volatile char *map;

	unlink(name);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	zero = map[0]; /* at short_file */
}

static int deep(int level)
{
	volatile char frame[1024];

	frame[0] = (char)level;
	return level == never - 1 ? 0 : deep(level + 1) + frame[0]; /* at overflow */
}

static void overflow(void)
{
	deep(0);
}

static void *in_thread(void *unused)
{
	(void)unused;
	null_member();
	return NULL;
}

static void second_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_join(thread, NULL);
}

static sigjmp_buf back;

static void jump_back(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

/* A program that can live with its faults. */
static void survives(void)
{
	signal(SIGSEGV, jump_back);
	if (sigsetjmp(back, 1) == 0)
		null_member();
	signal(SIGSEGV, SIG_DFL);
}

/* Ended by the MPI library's error handler. */
static void wrong_rank(void)
{
	int value = 0;

	MPI_Send(&value, 1, MPI_INT, 1000, 0, MPI_COMM_WORLD);
}

static void nothing(void)
{
}

static const struct {
	const char *name;
	void (*fault)(void);
} kinds[] = {
	{"null_member", null_member},
	{"wild", wild},
	{"freed_pointer", freed_pointer},
	{"call_null", call_null},
	{"data_as_code", data_as_code},
	{"divide", divide},
	{"abort_it", abort_it},
	{"assert_it", assert_it},
	{"free_twice", free_twice},
	{"short_file", short_file},
	{"overflow", overflow},
	{"second_thread", second_thread},
	{"survives", survives},
	{"wrong_rank", wrong_rank},
	{"nothing", nothing},
};

static void work(const char *kind, int is_victim, int rank, int size)
{
	int value = rank;

	MPI_Sendrecv_replace(&value, 1, MPI_INT, (rank + 1) % size, 7, (rank + size - 1) % size, 7,
			     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	for (size_t i = 0; is_victim && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			kinds[i].fault();
	MPI_Barrier(MPI_COMM_WORLD); /* at wait */
}

int main(int argc, char **argv)
{
	int rank, size, provided;

	MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	work(argv[1], strcmp(argv[2], "all") == 0 || atoi(argv[2]) == rank, rank, size);
	MPI_Finalize();
	return 0;
}
