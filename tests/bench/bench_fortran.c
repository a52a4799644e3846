/*
 * bench_fortran.c - what a recorded call from Fortran costs more than the same call from C
 *
 * Run under the profiler, one rank. Batches of the same call are made from C, through the entry points of mpif.h and through those
 * of mpi_f08, bare (P in front) and recorded in turns; the fastest batch of each counts. Prints one line of JSON per call and
 * binding. It is written in C, as the entry points are the same and nothing else differs then.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH    1024
#define NOINLINE __attribute__((noinline))
#define KEEP()   __asm__ volatile("" ::: "memory")

typedef MPI_Fint f;

#define DECLARE(p, e)                                                                              \
	void p##mpi_comm_rank##e(f *, f *, f *);                                                   \
	void p##mpi_iprobe##e(f *, f *, f *, f *, f *, f *);                                       \
	void p##mpi_isend##e(void *, f *, f *, f *, f *, f *, f *, f *);                           \
	void p##mpi_irecv##e(void *, f *, f *, f *, f *, f *, f *, f *);                           \
	void p##mpi_waitall##e(f *, f *, f *, f *);                                                \
	void p##mpi_allreduce##e(void *, void *, f *, f *, f *, f *, f *);
DECLARE(, _)
DECLARE(p, _)
DECLARE(, _f08_)
DECLARE(p, _f08_)

extern f mpi_fortran_status_ignore_[], mpi_fortran_statuses_ignore_[];

static f world, self, real8, sum, rank, flag, error;
static f zero = 0, one = 1, two = 2, seven = 7;
static int sink;

#define FORTRAN(p, e)                                                                              \
	static NOINLINE void p##rank##e(void)                                                      \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			p##mpi_comm_rank##e(&world, &rank, &error);                                \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void p##iprobe##e(void)                                                    \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			p##mpi_iprobe##e(&zero, &seven, &world, &flag, mpi_fortran_status_ignore_, \
					 &error);                                                  \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void p##messages##e(void)                                                  \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++) {                                                  \
			f r[2];                                                                    \
			double a = i, b;                                                           \
                                                                                                   \
			p##mpi_isend##e(&a, &one, &real8, &zero, &seven, &self, &r[0], &error);    \
			p##mpi_irecv##e(&b, &one, &real8, &zero, &seven, &self, &r[1], &error);    \
			p##mpi_waitall##e(&two, r, mpi_fortran_statuses_ignore_, &error);          \
		}                                                                                  \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void p##allreduce##e(void)                                                 \
	{                                                                                          \
		double a = 1, b;                                                                   \
                                                                                                   \
		for (int i = 0; i < BATCH; i++)                                                    \
			p##mpi_allreduce##e(&a, &b, &one, &real8, &sum, &self, &error);            \
		KEEP();                                                                            \
	}
FORTRAN(, _)
FORTRAN(p, _)
FORTRAN(, _f08_)
FORTRAN(p, _f08_)

#define C(P)                                                                                       \
	static NOINLINE void P##rank(void)                                                         \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Comm_rank(MPI_COMM_WORLD, &sink);                                       \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##iprobe(void)                                                       \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Iprobe(0, 7, MPI_COMM_WORLD, &sink, MPI_STATUS_IGNORE);                 \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##messages(void)                                                     \
	{                                                                                          \
		for (int i = 0; i < BATCH; i++) {                                                  \
			MPI_Request r[2];                                                          \
			double a = i, b;                                                           \
                                                                                                   \
			P##Isend(&a, 1, MPI_DOUBLE, 0, 7, MPI_COMM_SELF, &r[0]);                   \
			P##Irecv(&b, 1, MPI_DOUBLE, 0, 7, MPI_COMM_SELF, &r[1]);                   \
			P##Waitall(2, r, MPI_STATUSES_IGNORE);                                     \
		}                                                                                  \
		KEEP();                                                                            \
	}                                                                                          \
	static NOINLINE void P##allreduce(void)                                                    \
	{                                                                                          \
		double a = 1, b;                                                                   \
                                                                                                   \
		for (int i = 0; i < BATCH; i++)                                                    \
			P##Allreduce(&a, &b, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_SELF);               \
		KEEP();                                                                            \
	}
C(MPI_)
C(PMPI_)

static const struct {
	const char *name;
	int calls;
	void (*batch[3][2])(void); /* [binding][bare, recorded] */
} cases[] = {
#define CASE(name, what, calls)                                                                    \
	{                                                                                          \
		name, calls,                                                                       \
		{                                                                                  \
			{PMPI_##what, MPI_##what}, {p##what##_, what##_},                          \
			{                                                                          \
				p##what##_f08_, what##_f08_                                        \
			}                                                                          \
		}                                                                                  \
	}
	CASE("Comm_rank", rank, 1),
	CASE("Iprobe", iprobe, 1),
	CASE("Isend+Irecv+Waitall", messages, 3),
	CASE("Allreduce", allreduce, 1),
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void measure(size_t which, int batches)
{
	static const char *const bindings[] = {"C", "mpif.h", "mpi_f08"};
	uint64_t best[3][2];

	for (int k = 0; k < 6; k++)
		best[k / 2][k % 2] = UINT64_MAX;
	for (int i = 0; i < batches; i++)
		for (int k = 0; k < 6; k++) {
			uint64_t begin = now_ns();

			cases[which].batch[k / 2][k % 2]();
			uint64_t ns = now_ns() - begin;

			if (ns < best[k / 2][k % 2])
				best[k / 2][k % 2] = ns;
		}
	for (int k = 0; k < 3; k++)
		printf("{\"case\": \"%s\", \"binding\": \"%s\", \"bare_ns\": %.2f, "
		       "\"profiled_ns\": "
		       "%.2f}\n",
		       cases[which].name, bindings[k],
		       (double)best[k][0] / BATCH / cases[which].calls,
		       (double)best[k][1] / BATCH / cases[which].calls);
}

int main(int argc, char **argv)
{
	int batches = argc > 1 ? atoi(argv[1]) : 200;

	MPI_Init(&argc, &argv);
	world = MPI_Comm_c2f(MPI_COMM_WORLD);
	self = MPI_Comm_c2f(MPI_COMM_SELF);
	real8 = MPI_Type_c2f(MPI_DOUBLE_PRECISION);
	sum = MPI_Op_c2f(MPI_SUM);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		measure(i, batches);
	MPI_Finalize();
	return 0;
}
