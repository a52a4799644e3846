/*
 * group_single.c - one process on its own, and the agreement of several. Any thread; no MPI here.
 */
#include "store/group.h"

#include <stdlib.h>
#include <string.h>

static int keep_i(const struct pmp_group *group, enum pmp_reduce op, int64_t *values, size_t count)
{
	(void)group, (void)op, (void)values, (void)count;
	return 0;
}

static int keep_f(const struct pmp_group *group, enum pmp_reduce op, double *values, size_t count)
{
	(void)group, (void)op, (void)values, (void)count;
	return 0;
}

static int scan(const struct pmp_group *group, const int64_t *values, int64_t *before, size_t count)
{
	(void)group, (void)values;
	memset(before, 0, count * sizeof(*before));
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

static int receive(const struct pmp_group *group, int from, void **data, size_t *bytes)
{
	(void)group, (void)from, (void)data, (void)bytes;
	return -PMP_EINTERNAL;
}

static int open_file(const struct pmp_group *group, int64_t *fapl)
{
	(void)group, (void)fapl;
	return 0;
}

static void divert(const struct pmp_group *group, void *handle)
{
	(void)group, (void)handle;
}

const struct pmp_group pmp_group_single = {
	.rank = 0,
	.size = 1,
	.reduce = keep_i,
	.reduce_f = keep_f,
	.scan = scan,
	.broadcast = broadcast,
	.send = send,
	.receive = receive,
	.open_file = open_file,
	.divert = divert,
};

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
		void *text = NULL;
		size_t bytes;

		if (group->receive(group, (int)first, &text, &bytes) == 0 &&
		    bytes == sizeof(diag->text))
			memcpy(diag->text, text, bytes);
		free(text);
	}
}
