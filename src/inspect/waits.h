/* waits.h - what each call may have to wait for; expanded from waits.def */
#ifndef PMP_WAITS_H
#define PMP_WAITS_H

#include <stdbool.h>

enum pmp_wait {
	PMP_WAIT_NONE,
	PMP_WAIT_SEND,
	PMP_WAIT_RECEIVE,
	PMP_WAIT_EXCHANGE, /* a send and a receive */
	PMP_WAIT_PROBE,
	PMP_WAIT_REQUESTS_ALL,
	PMP_WAIT_REQUESTS_ANY,
	PMP_WAIT_POLL,       /* asks requests and returns */
	PMP_WAIT_POLL_PROBE, /* asks for messages and returns */
	PMP_WAIT_START_SEND,
	PMP_WAIT_START_RECEIVE,
	PMP_WAIT_START_COLLECTIVE,
	PMP_WAIT_ALL,
	PMP_WAIT_SOME,
	PMP_WAIT_ROOT_OUT,
	PMP_WAIT_ROOT_IN
};

/* pmp_wait_of - of a call (enum pmp_call_id) */
enum pmp_wait pmp_wait_of(unsigned call);

/* pmp_wait_is_collective - members of a communicator call such calls in the same order, blocking or not */
bool pmp_wait_is_collective(enum pmp_wait wait);

/* pmp_wait_is_poll - the call returns at once whether or not there is something */
bool pmp_wait_is_poll(enum pmp_wait wait);

#endif
