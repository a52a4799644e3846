/*
 * ends - ways to fail that need C++, the MPI library, or a moment outside of MPI: ends KIND RANK|all
 *
 * Lines marked "at NAME" are where it happens; crash_ends.py looks them up. As faults.c, which has the plain faults.
 */
#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

static int *volatile nowhere;
static volatile int never;
static int my_rank, ranks;

static void store_null()
{
	*nowhere = 1; /* at store_null */
}

static void throw_it()
{
	throw std::runtime_error("thrown on purpose"); /* at throw_it */
}

/* A reduction that the program defined: called by the library, inside MPI_Allreduce. */
static void add(void *in, void *inout, int *count, MPI_Datatype *)
{
	if (never == 0)
		store_null();
	for (int i = 0; i < *count; i++)
		static_cast<int *>(inout)[i] += static_cast<int *>(in)[i];
}

static void in_callback()
{
	int in[2] = {1, 2}, out[2];
	MPI_Op op;

	MPI_Op_create(add, 1, &op);
	MPI_Reduce_local(in, out, 2, MPI_INT, op); /* at in_callback */
}

static int forget(MPI_Comm, int, void *, void *)
{
	store_null();
	return MPI_SUCCESS;
}

static void in_attribute()
{
	MPI_Comm copy;
	int key;

	MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &key, nullptr);
	MPI_Comm_dup(MPI_COMM_SELF, &copy);
	MPI_Comm_set_attr(copy, key, nullptr);
	MPI_Comm_free(&copy); /* at in_attribute */
}

/* The list of free blocks is overwritten: the next but one malloc follows it, without a lock that would make the MPI library hang. */
static void in_malloc()
{
	uintptr_t *volatile block = static_cast<uintptr_t *>(malloc(100));
	uintptr_t *volatile other = static_cast<uintptr_t *>(malloc(100));

	free(other);
	free(block);
	/* as glibc keeps it; aligned, or that would be noticed */
	block[0] = reinterpret_cast<uintptr_t>(block) >> 12 ^ 0x4141414141414140;
	for (int i = 0; i < 2; i++)
		*static_cast<volatile char *>(malloc(100)) = 1; /* at in_malloc */
}

static void out_of_memory()
{
	struct rlimit limit = {UINT64_C(1) << 30, UINT64_C(1) << 30};
	char *memory;

	setrlimit(RLIMIT_AS, &limit);
	do {
		memory = static_cast<char *>(malloc(64 << 20));
		memory[0] = 1; /* at out_of_memory */
	} while (never == 0);
}

static void bad_alloc()
{
	struct rlimit limit = {UINT64_C(1) << 30, UINT64_C(1) << 30};

	setrlimit(RLIMIT_AS, &limit);
	for (;;)
		*(new volatile char[64 << 20]) = 1; /* at bad_alloc */
}

static void bad_rank()
{
	MPI_Send(&my_rank, 1, MPI_INT, ranks + 7, 11, MPI_COMM_WORLD); /* at bad_rank */
}

static void truncation()
{
	int big[8] = {0}, small = 0;
	MPI_Request request;

	MPI_Isend(big, 8, MPI_INT, my_rank, 13, MPI_COMM_WORLD, &request);
	MPI_Recv(&small, 1, MPI_INT, my_rank, 13, MPI_COMM_WORLD,
		 MPI_STATUS_IGNORE); /* at truncation */
}

static void abort_mpi()
{
	MPI_Abort(MPI_COMM_WORLD, 5); /* at abort_mpi */
}

static void leave()
{
	exit(3); /* at leave */
}

/* Two threads at the same time. */
static void *store_here(void *)
{
	store_null();
	return nullptr;
}

static void two_threads()
{
	pthread_t a, b;

	pthread_create(&a, nullptr, store_here, nullptr);
	pthread_create(&b, nullptr, store_here, nullptr);
	pthread_join(a, nullptr);
	pthread_join(b, nullptr);
}

static void say_and_leave(int)
{
	static const char text[] = "own handler\n";

	if (write(1, text, sizeof(text) - 1) > 0)
		_exit(42);
}

static void own_handler()
{
	signal(SIGSEGV, say_and_leave);
	store_null();
}

static void smash()
{
	volatile uintptr_t *at = static_cast<volatile uintptr_t *>(__builtin_frame_address(0));

	for (int i = 0; i < 64; i++)
		at[i] = 0x4141414141414141;
}

static const struct kind {
	const char *name;
	void (*fail)();
} kinds[] = {
	{"store_null", store_null},     {"throw_it", throw_it},   {"in_callback", in_callback},
	{"in_attribute", in_attribute}, {"in_malloc", in_malloc}, {"out_of_memory", out_of_memory},
	{"bad_alloc", bad_alloc},       {"bad_rank", bad_rank},   {"truncation", truncation},
	{"abort_mpi", abort_mpi},       {"leave", leave},         {"two_threads", two_threads},
	{"own_handler", own_handler},   {"smash", smash},
};

static bool is_victim(const char *who, int rank)
{
	return strcmp(who, "all") == 0 || atoi(who) == rank;
}

int main(int argc, char **argv)
{
	const char *launcher_rank = getenv("OMPI_COMM_WORLD_RANK");
	int provided;

	if (argc < 3)
		return 2;
	if (launcher_rank && strcmp(argv[1], "before") == 0 &&
	    is_victim(argv[2], atoi(launcher_rank)))
		store_null();
	MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
	MPI_Comm_rank(MPI_COMM_WORLD, &my_rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	MPI_Barrier(MPI_COMM_WORLD);
	for (const kind &k : kinds)
		if (strcmp(k.name, argv[1]) == 0 && is_victim(argv[2], my_rank))
			k.fail();
	MPI_Barrier(MPI_COMM_WORLD); /* at wait */
	MPI_Finalize();
	if (strcmp(argv[1], "after") == 0 && is_victim(argv[2], my_rank))
		store_null();
	return 0;
}
