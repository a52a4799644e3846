/*
 * record_annotated.c - a program that uses pmprof.h and nothing else of ours; compiled as C and as C++. Runs with and without the
 * library. Returns 0 when its control flow went as it should.
 */
#include <pmprof/pmprof.h>

#include <stdio.h>

static int leave_by_return(int i)
{
	PMPROF_REGION("return")
	{
		if (i)
			return i;
	}
	return 0;
}

static int leave_by_goto(void)
{
	PMPROF_REGION("goto")
	{
		goto out;
	}
	return 1;
out:
	return 0;
}

static int leave_by_break(void)
{
	int after = 0;

	for (int i = 0; i < 3; i++) {
		PMPROF_REGION("break")
		{
			if (i)
				break;
			PMPROF_REGION("inner") after += 100;
		}
		after++;
	}
	return after - 103;
}

#ifdef __cplusplus
static int leave_by_exception(void)
{
	try {
		PMPROF_REGION("exception") throw 1;
	} catch (int) {
		return 0;
	}
	return 1;
}
#else
static int leave_by_exception(void)
{
	PMPROF_REGION("exception")
	{
	}
	return 0;
}
#endif

int main(void)
{
	int bad = 0;

	for (int i = 0; i < 10; i++) {
		pmprof_region_begin("outer");
		bad += leave_by_return(i) != i;
		bad += leave_by_goto();
		bad += leave_by_break();
		bad += leave_by_exception();
		pmprof_region_end("outer");
	}
	pmprof_pause();
	pmprof_region_begin("unseen");
	pmprof_region_end(0);
	pmprof_resume();
	pmprof_region_end("not open");
	return bad;
}
