// regions - a rank that works three times as long in a region, in C++: regions SCENE
#include <chrono>
#include <cstring>
#include <mpi.h>
#include <thread>

#include <pmprof/pmprof.h>

namespace
{

void work(int rank)
{
	double mine = 1, all;

	std::this_thread::sleep_for(std::chrono::milliseconds(rank == 1 ? 30 : 10));
	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

template <typename Number> void block(Number rank)
{
	PMPROF_REGION("block") // WITNESS(block)
	{
		work(rank);
	}
}

void pair(int rank)
{
	pmprof_region_begin("pair"); // WITNESS(pair)
	work(rank);
	pmprof_region_end("pair");
}

} // namespace

int main(int argc, char **argv)
{
	int rank;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	for (int step = 0; step < 12; step++) {
		if (argc > 1 && std::strcmp(argv[1], "block") == 0)
			block<int>(rank);
		else
			pair(rank);
	}
	MPI_Finalize();
	return 0;
}
