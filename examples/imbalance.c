/*
 * imbalance - one rank works longer than the others, by a known factor
 *
 * usage: imbalance [--slow RANK] [--factor K] [--balanced] [--no-regions] [--ms N] [--steps N] [--spin]
 *
 *   --slow RANK    the slow rank, default 1 (0 when there is only one)
 *   --factor K     how many times longer it works in solve(), default 3
 *   --balanced     nobody is slow
 *   --no-regions   without annotations: the report has to find the stretch of code by the MPI calls around it
 *   --ms N         work of a normal rank per step, default 10 milliseconds
 *   --steps N      default 30
 *   --spin         work by computing for that much CPU time; otherwise work is sleeping, which lasts as long as it should
 *                  even when ranks share processors
 */
#include <getopt.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <pmprof/pmprof.h>

struct options {
	int slow;
	double factor;
	int balanced, no_regions, spin;
	double ms;
	int steps;
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void work(const struct options *o, double duration_s)
{
	double end = seconds(o->spin ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC) + duration_s;
	struct timespec until = {(time_t)end, (long)((end - (double)(time_t)end) * 1e9)};

	if (!o->spin)
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
			;
	while (o->spin && seconds(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

/* Equal on all ranks. */
static double assemble(const struct options *o)
{
	double mine = 1.0, all = 0.0;

	work(o, 1e-3 * o->ms);
	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	return all;
}

/* Here one rank is slow. */
static double solve(const struct options *o, int is_slow)
{
	double mine = 1.0, all = 0.0;

	work(o, 1e-3 * o->ms * (is_slow ? o->factor : 1.0));
	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	return all;
}

static double step(const struct options *o, int is_slow)
{
	double sum = 0.0;

	if (o->no_regions)
		return assemble(o) + solve(o, is_slow);
	PMPROF_REGION("assemble")
	sum += assemble(o);
	PMPROF_REGION("solve")
	sum += solve(o, is_slow);
	return sum;
}

static int parse(int argc, char **argv, struct options *o)
{
	const struct option names[] = {
		{"slow", required_argument, NULL, 's'},
		{"factor", required_argument, NULL, 'f'},
		{"ms", required_argument, NULL, 'm'},
		{"steps", required_argument, NULL, 'n'},
		{"balanced", no_argument, &o->balanced, 1},
		{"no-regions", no_argument, &o->no_regions, 1},
		{"spin", no_argument, &o->spin, 1},
		{NULL, 0, NULL, 0},
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (key == 's')
			o->slow = atoi(optarg);
		else if (key == 'f')
			o->factor = atof(optarg);
		else if (key == 'm')
			o->ms = atof(optarg);
		else if (key == 'n')
			o->steps = atoi(optarg);
		else if (key != 0)
			return 1;
	}
	return optind != argc || o->factor <= 0 || o->ms <= 0 || o->steps < 1;
}

int main(int argc, char **argv)
{
	struct options o = {.slow = 1, .factor = 3.0, .ms = 10.0, .steps = 30};
	double sum = 0.0;
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (parse(argc, argv, &o)) {
		fprintf(stderr, "imbalance: wrong arguments, the top of imbalance.c lists them\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	if (o.slow >= ranks)
		o.slow = 0;
	for (int i = 0; i < o.steps; i++)
		sum += step(&o, !o.balanced && rank == o.slow);
	if (rank == 0 && o.balanced)
		printf("%d ranks, %d steps, balanced, sum %g\n", ranks, o.steps, sum);
	else if (rank == 0)
		printf("%d ranks, %d steps, rank %d works %g times longer in solve, sum %g\n",
		       ranks, o.steps, o.slow, o.factor, sum);
	MPI_Finalize();
	return 0;
}
