/*
 * group_single.c - one process on its own, and the agreement of several. Any thread; no MPI here.
 */
#include "store/group.h"

#include <stdlib.h>

static int keep_i(const struct pmp_group *group, enum pmp_reduce op, int64_t *values, size_t count)
{
	(void)group, (void)op, (void)values, (void)count;
	return 0;
}

static int broadcast(const struct pmp_group *group, void *data, size_t bytes)
{
	(void)group, (void)data, (void)bytes;
	return 0;
}

/* Nobody is there to send to or receive from. */
static int send(const struct pmp_group *group, int to, const void *data, size_t bytes)
{
	(void)group, (void)to, (void)data, (void)bytes;
	return -PMP_EINTERNAL;
}

static int receive(const struct pmp_group *group, int from, void *data, size_t bytes)
{
	(void)group, (void)from, (void)data, (void)bytes;
	return -PMP_EINTERNAL;
}

const struct pmp_group pmp_group_single = {
	.rank = 0,
	.size = 1,
	.reduce = keep_i,
	.broadcast = broadcast,
	.send = send,
	.receive = receive,
};

int pmp_group_send(const struct pmp_group *group, int to, const void *data, size_t bytes)
{
	uint64_t length = bytes;
	int rc = group->send(group, to, &length, sizeof(length));

	return rc ? rc : group->send(group, to, data, bytes);
}

int pmp_group_receive(const struct pmp_group *group, int from, void **data, size_t *bytes)
{
	uint64_t length = 0;
	int rc = group->receive(group, from, &length, sizeof(length));
	void *room;

	if (rc)
		return rc;
	room = malloc(length ? length : 1);
	rc = group->receive(group, from, room, length);
	if (rc || !room) {
		free(room);
		return rc ? rc : -PMP_ENOMEM;
	}
	*data = room;
	*bytes = length;
	return 0;
}

int pmp_agree(const struct pmp_group *group, int rc)
{
	int64_t worst = rc;
	int own;

	own = group->reduce(group, PMP_REDUCE_MIN, &worst, 1);
	if (own)
		return own;
	return rc == 0 && worst != 0 ? -PMP_EPEER : rc;
}

void pmp_agree_reason(const struct pmp_group *group, int rc, struct pmp_diag *diag)
{
	int64_t first = diag->text[0] ? group->rank : INT64_MAX;

	if (rc == 0 || group->size == 1 || group->reduce(group, PMP_REDUCE_MIN, &first, 1))
		return;
	if (first == 0 || first == INT64_MAX)
		return;
	if (group->rank == first) {
		group->send(group, 0, diag->text, sizeof(diag->text));
	} else if (group->rank == 0) {
		struct pmp_diag theirs;

		if (group->receive(group, (int)first, theirs.text, sizeof(theirs.text)) == 0)
			*diag = theirs;
	}
}
