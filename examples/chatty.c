/*
 * chatty - neighbours in a ring send each other many small messages
 *
 * usage: chatty [--messages N] [--bytes N] [--work N]
 *
 *   --messages N   that each rank sends, default 500000; as many on any number of ranks, none on one
 *   --bytes N      of each, default 8
 *   --work N       million stripes of computation in all, divided among the ranks, default 1200
 *
 * The computation is the area under 4 / (1 + x^2), cut into as many pieces as there are messages. What is sent is the sum so far,
 * so that a result shows whether all messages came.
 */
#include <getopt.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include <pmprof/pmprof.h>

struct options {
	long long stripes;
	int messages;
	int bytes;
};

struct ring {
	int rank, ranks, left, right;
	double *out, *in;
	int count; /* doubles in a message */
};

static double integrate(long long first, long long last, long long all)
{
	double width = 1.0 / (double)all, sum = 0.0;

	for (long long i = first; i < last; i++) {
		double x = width * ((double)i + 0.5);

		sum += 4.0 / (1.0 + x * x);
	}
	return sum * width;
}

/* To the right, from the left. */
static double pass_on(struct ring *ring, double value)
{
	ring->out[0] = value;
	if (ring->ranks == 1)
		return value;
	MPI_Sendrecv(ring->out, ring->count, MPI_DOUBLE, ring->right, 0, ring->in, ring->count,
		     MPI_DOUBLE, ring->left, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	return ring->in[0];
}

/* Return: the area; @heard: the sum of what the left neighbour said, which is the left's own sum of sums. */
static double run(const struct options *o, struct ring *ring, double *heard)
{
	long long first = o->stripes * ring->rank / ring->ranks;
	long long count = o->stripes * (ring->rank + 1) / ring->ranks - first;
	double mine = 0.0, area = 0.0;

	for (int i = 0; i < o->messages; i++) {
		mine += integrate(first + count * i / o->messages,
				  first + count * (i + 1) / o->messages, o->stripes);
		*heard += pass_on(ring, mine);
	}
	MPI_Allreduce(&mine, &area, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	return area;
}

static int parse(int argc, char **argv, struct options *o)
{
	const struct option names[] = {
		{"messages", required_argument, NULL, 'm'},
		{"bytes", required_argument, NULL, 'b'},
		{"work", required_argument, NULL, 'w'},
		{NULL, 0, NULL, 0},
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (key == 'm')
			o->messages = atoi(optarg);
		else if (key == 'b')
			o->bytes = atoi(optarg);
		else if (key == 'w')
			o->stripes = (long long)(1e6 * atof(optarg));
		else
			return 1;
	}
	return optind != argc || o->messages < 1 || o->bytes < 8 || o->stripes < 1;
}

int main(int argc, char **argv)
{
	struct options o = {.stripes = 1200000000, .messages = 500000, .bytes = 8};
	struct ring ring;
	double heard = 0.0, area, all = 0.0;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &ring.rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ring.ranks);
	if (parse(argc, argv, &o)) {
		fprintf(stderr, "chatty: wrong arguments, the top of chatty.c lists them\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	ring.left = (ring.rank + ring.ranks - 1) % ring.ranks;
	ring.right = (ring.rank + 1) % ring.ranks;
	ring.count = o.bytes / 8;
	ring.out = calloc((size_t)ring.count, sizeof(double));
	ring.in = calloc((size_t)ring.count, sizeof(double));
	if (!ring.out || !ring.in)
		MPI_Abort(MPI_COMM_WORLD, 1);
	PMPROF_REGION("talk")
	area = run(&o, &ring, &heard);
	MPI_Allreduce(&heard, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	if (ring.rank == 0)
		printf("%d ranks, %d messages of %d bytes each: pi is about %.9f, heard %.6g\n",
		       ring.ranks, ring.ranks > 1 ? o.messages : 0, o.bytes, area, all);
	free(ring.out);
	free(ring.in);
	MPI_Finalize();
	return 0;
}
