/* process_cxx.cc - C++ exceptions, thrown past MPI calls and out of MPI's callbacks: process_cxx FOLDER CASE; see process_cases.c */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

extern "C" {
#include "expect.h"
}

namespace
{

void talk(int times)
{
	for (int i = 0; i < times; i++) {
		int in = 1, out = 0;

		DO(MPI_Allreduce(&in, &out, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD), 4, 4);
	}
}

/* Whoever is passed on the way out talks, as destructors of real programs do that free communicators. */
struct Guest {
	~Guest()
	{
		int rank;

		DO(MPI_Comm_rank(MPI_COMM_WORLD, &rank), 0, 0);
	}
};

__attribute__((noinline)) void dive(int depth)
{
	Guest guest;

	talk(1);
	if (depth == 0)
		throw std::runtime_error("bottom");
	dive(depth - 1);
}

void case_throw()
{
	int caught = 0;

	for (int i = 0; i < 20; i++) {
		try {
			dive(i % 6);
		} catch (const std::runtime_error &) {
			caught++;
		}
		talk(1);
	}
	std::printf("caught %d\n", caught);
}

void throwing(MPI_Comm *, int *code, ...)
{
	throw *code;
}

/* Out of the middle of an MPI call: that one never completes, all others count. */
void case_throw_callback()
{
	MPI_Errhandler handler;
	int caught = 0, data = 0;

	DO(MPI_Comm_create_errhandler(throwing, &handler), 0, 0);
	DO(MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler), 0, 0);
	for (int i = 0; i < 10; i++) {
		try {
			Guest guest;

			MPI_Send(&data, 1, MPI_INT, all + 7, 0, MPI_COMM_WORLD);
		} catch (int) {
			caught++;
		}
		talk(1);
	}
	DO(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL), 0, 0);
	DO(MPI_Errhandler_free(&handler), 0, 0);
	std::printf("caught %d\n", caught);
}

} // namespace

int main(int argc, char **argv)
{
	expect_start(argc, argv, MPI_THREAD_SINGLE);
	if (argc == 3 && std::strcmp(argv[2], "throw") == 0)
		case_throw();
	else if (argc == 3 && std::strcmp(argv[2], "throw_callback") == 0)
		case_throw_callback();
	else
		std::abort();
	expect_finish();
	return 0;
}
