/*
 * ring - a token goes round: each rank waits for its left neighbour, so only one works at a time
 *
 * usage: ring [laps [bytes]]     default 1000 laps, a token of 1024 bytes
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

/* Each rank adds one to the token's first byte. */
static void pass_on(unsigned char *token, int bytes, int left, int right)
{
	MPI_Recv(token, bytes, MPI_BYTE, left, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	token[0]++;
	MPI_Send(token, bytes, MPI_BYTE, right, 0, MPI_COMM_WORLD);
}

/* Rank 0 sends the token off and waits for it to come back. */
static void start_lap(unsigned char *token, int bytes, int left, int right)
{
	MPI_Send(token, bytes, MPI_BYTE, right, 0, MPI_COMM_WORLD);
	MPI_Recv(token, bytes, MPI_BYTE, left, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	token[0]++;
}

int main(int argc, char **argv)
{
	int laps = argc > 1 ? atoi(argv[1]) : 1000;
	int bytes = argc > 2 ? atoi(argv[2]) : 1024;
	unsigned char *token;
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	token = bytes > 0 ? calloc(1, (size_t)bytes) : NULL;
	if (!token || laps < 0 || ranks < 2) {
		fprintf(stderr, "ring: needs 2 or more ranks, laps and bytes\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	for (int lap = 0; lap < laps; lap++) {
		int left = (rank + ranks - 1) % ranks, right = (rank + 1) % ranks;

		if (rank == 0)
			start_lap(token, bytes, left, right);
		else
			pass_on(token, bytes, left, right);
	}
	if (rank == 0)
		printf("%d ranks, %d laps of %d bytes: the token says %d\n", ranks, laps, bytes,
		       token[0]);
	free(token);
	MPI_Finalize();
	return 0;
}
