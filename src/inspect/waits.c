/* waits.c - the table of waits.def. Tools only, any thread. */
#include "inspect/waits.h"

#include "schema/calls.h"

static const unsigned char waits[PMP_CALL_COUNT] = {
#define PMP_WAITS(call, kind) [PMP_CALL_##call] = PMP_WAIT_##kind,
#include "inspect/waits.def"
#undef PMP_WAITS
};

enum pmp_wait pmp_wait_of(unsigned call)
{
	return call < PMP_CALL_COUNT ? (enum pmp_wait)waits[call] : PMP_WAIT_NONE;
}

bool pmp_wait_is_collective(enum pmp_wait wait)
{
	return wait >= PMP_WAIT_START_COLLECTIVE;
}

bool pmp_wait_is_poll(enum pmp_wait wait)
{
	return wait == PMP_WAIT_POLL || wait == PMP_WAIT_POLL_PROBE;
}
