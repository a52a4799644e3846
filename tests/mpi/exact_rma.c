/* exact_rma.c - one-sided: put, get, accumulate and the atomic ones, with requests, every kind of epoch, MPI_PROC_NULL */
#include "expect.h"

#include <stddef.h>

static int next;

static void moves(MPI_Win win)
{
	double mine[100] = {0}, got[100];

	DO(MPI_Put(mine, 10, MPI_DOUBLE, next, 0, 10, MPI_DOUBLE, win), 80, 0);
	DO(MPI_Put(mine, 10, MPI_DOUBLE, MPI_PROC_NULL, 0, 10, MPI_DOUBLE, win), 0, 0);
	DO(MPI_Accumulate(mine, 5, MPI_DOUBLE, next, 50, 5, MPI_DOUBLE, MPI_SUM, win), 40, 0);
	DO(MPI_Get(got, 7, MPI_DOUBLE, next, 20, 7, MPI_DOUBLE, win), 0, 56);
	DO(MPI_Get(got, 7, MPI_DOUBLE, MPI_PROC_NULL, 20, 7, MPI_DOUBLE, win), 0, 0);
}

static void fenced(MPI_Comm comm)
{
	double *memory;
	MPI_Win win;

	DO(MPI_Win_allocate(100 * sizeof(double), sizeof(double), MPI_INFO_NULL, comm, &memory,
			    &win),
	   0, 0);
	DO(MPI_Win_fence(0, win), 0, 0);
	for (int i = 0; i < 8; i++)
		moves(win);
	DO(MPI_Win_fence(0, win), 0, 0);
	DO(MPI_Win_free(&win), 0, 0);
}

/* Open MPI 4.1 cannot make a window of given memory in a job of one rank. */
static MPI_Win window(void *memory, MPI_Aint bytes, int unit)
{
	MPI_Win win;

	if (all > 1)
		DO(MPI_Win_create(memory, bytes, unit, MPI_INFO_NULL, MPI_COMM_WORLD, &win), 0, 0);
	else
		DO(MPI_Win_allocate(bytes, unit, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &win), 0,
		   0);
	return win;
}

static void locked(void)
{
	double memory[100] = {0}, mine[100] = {0}, got[100];
	long one = 1, two = 2, old;
	MPI_Request requests[4];
	MPI_Win win = window(memory, sizeof(memory), sizeof(double));

	DO(MPI_Win_lock(MPI_LOCK_SHARED, next, 0, win), 0, 0);
	DO(MPI_Put(mine, 3, MPI_DOUBLE, next, 0, 3, MPI_DOUBLE, win), 24, 0);
	DO(MPI_Win_flush(next, win), 0, 0);
	DO(MPI_Win_unlock(next, win), 0, 0);
	DO(MPI_Win_lock_all(0, win), 0, 0);
	DO(MPI_Rput(mine, 3, MPI_DOUBLE, next, 0, 3, MPI_DOUBLE, win, &requests[0]), 24, 0);
	DO(MPI_Rget(got, 4, MPI_DOUBLE, next, 10, 4, MPI_DOUBLE, win, &requests[1]), 0, 32);
	DO(MPI_Raccumulate(mine, 5, MPI_DOUBLE, next, 30, 5, MPI_DOUBLE, MPI_SUM, win,
			   &requests[2]),
	   40, 0);
	DO(MPI_Rget_accumulate(mine, 6, MPI_DOUBLE, got + 10, 6, MPI_DOUBLE, next, 40, 6,
			       MPI_DOUBLE, MPI_SUM, win, &requests[3]),
	   48, 48);
	DO(MPI_Waitall(4, requests, MPI_STATUSES_IGNORE), 0, 0);
	DO(MPI_Get_accumulate(mine, 2, MPI_DOUBLE, got, 2, MPI_DOUBLE, next, 60, 2, MPI_DOUBLE,
			      MPI_SUM, win),
	   16, 16);
	DO(MPI_Get_accumulate(NULL, 0, MPI_DOUBLE, got, 2, MPI_DOUBLE, next, 60, 2, MPI_DOUBLE,
			      MPI_NO_OP, win),
	   0, 16);
	DO(MPI_Fetch_and_op(&one, &old, MPI_LONG, next, 70, MPI_SUM, win), 8, 8);
	DO(MPI_Fetch_and_op(&one, &old, MPI_LONG, next, 70, MPI_NO_OP, win), 0, 8);
	DO(MPI_Compare_and_swap(&one, &two, &old, MPI_LONG, next, 71, win), 8, 8);
	DO(MPI_Win_flush_all(win), 0, 0);
	DO(MPI_Win_flush_local(next, win), 0, 0);
	DO(MPI_Win_flush_local_all(win), 0, 0);
	DO(MPI_Win_sync(win), 0, 0);
	DO(MPI_Win_unlock_all(win), 0, 0);
	DO(MPI_Win_free(&win), 0, 0);
}

static void posted(void)
{
	int before = (me + all - 1) % all, memory[10] = {0}, mine[10] = {0};
	MPI_Group group, origin, target;
	MPI_Win win = window(memory, sizeof(memory), sizeof(int));

	DO(MPI_Win_get_group(win, &group), 0, 0);
	DO(MPI_Group_incl(group, 1, &before, &origin), 0, 0);
	DO(MPI_Group_incl(group, 1, &next, &target), 0, 0);
	DO(MPI_Win_post(origin, 0, win), 0, 0);
	DO(MPI_Win_start(target, 0, win), 0, 0);
	DO(MPI_Put(mine, 10, MPI_INT, next, 0, 10, MPI_INT, win), 40, 0);
	DO(MPI_Win_complete(win), 0, 0);
	DO(MPI_Win_wait(win), 0, 0);
	DO(MPI_Group_free(&origin), 0, 0);
	DO(MPI_Group_free(&target), 0, 0);
	DO(MPI_Group_free(&group), 0, 0);
	DO(MPI_Win_free(&win), 0, 0);
}

int main(int argc, char **argv)
{
	MPI_Comm copy;

	expect_start(argc, argv, MPI_THREAD_SINGLE);
	next = (me + 1) % all;
	fenced(MPI_COMM_WORLD);
	DO(MPI_Comm_dup(MPI_COMM_WORLD, &copy), 0, 0);
	fenced(copy);
	DO(MPI_Comm_free(&copy), 0, 0);
	locked();
	posted();
	expect_finish();
	return 0;
}
