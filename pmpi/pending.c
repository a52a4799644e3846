/*
 * pending.c - room for what is found in lists of requests, and what becomes of it
 *
 * Each thread owns one block, grown to the longest list it has seen and freed when the thread ends. A callback of the program
 * inside a completing call may complete requests itself; it finds the block in use and gets one for itself.
 */
#include "pending.h"

#include <pthread.h>
#include <stdlib.h>

struct pmp_followed {
	struct pmp_found found;
	int position;
};

struct room {
	bool is_used;
	int capacity;
	struct pmp_followed *followed; /* [capacity] */
	MPI_Status *statuses;          /* [capacity] */
};

static PMP_THREAD struct room *mine;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void room_free(void *memory)
{
	struct room *room = memory;

	mine = NULL;
	if (room) {
		free(room->followed);
		free(room->statuses);
		free(room);
	}
}

static void make_key(void)
{
	pthread_key_create(&key, room_free);
}

static struct room *room_new(int capacity)
{
	struct room *room = calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->capacity = capacity;
	room->followed = malloc((size_t)capacity * sizeof(*room->followed));
	room->statuses = malloc((size_t)capacity * sizeof(*room->statuses));
	if (room->followed && room->statuses)
		return room;
	free(room->followed);
	free(room->statuses);
	free(room);
	return NULL;
}

/* The thread's room if it is large enough and not in use; else a larger one takes its place, or one for this call is made. */
static struct room *take_room(int count)
{
	struct room *room = mine;

	if (room && !room->is_used && room->capacity >= count)
		return room;
	if (room && room->is_used)
		return room_new(count);
	pthread_once(&once, make_key);
	room = room_new(count < 64 ? 64 : 2 * count);
	if (room) {
		room_free(mine);
		mine = room;
		pthread_setspecific(key, room);
	}
	return room;
}

static void give_back(struct pmp_pending *pending)
{
	struct room *room = pending->room;

	if (!room)
		return;
	if (room == mine) {
		room->is_used = false;
		return;
	}
	free(room->followed);
	free(room->statuses);
	free(room);
}

static bool find_at(const struct pmp_pending *pending, int i, struct pmp_found *found)
{
	MPI_Request request = pmp_request_at(pending->requests, i);

	return pmp_request_find(&request, found);
}

/* count: none */
static int first_followed(const struct pmp_pending *pending, int count, struct pmp_found *found)
{
	int i = 0;

	while (i < count && !find_at(pending, i, found))
		i++;
	return i;
}

bool pmp_pending_find(struct pmp_pending *pending, int count, struct pmp_requests requests)
{
	struct pmp_found found;
	int i;

	*pending = (struct pmp_pending){.requests = requests};
	if (!pmp_tracking || (!requests.c && !requests.fortran))
		return false;
	i = first_followed(pending, count, &found);
	if (i >= count)
		return false;

	struct room *room = take_room(count);

	if (!room) {
		pmp_record_warn(PMP_WARN_REQUESTS);
		return false;
	}
	room->is_used = true;
	pending->room = room;
	pending->followed = room->followed;
	pending->followed[pending->count++] = (struct pmp_followed){found, i};
	while (++i < count)
		if (find_at(pending, i, &found))
			pending->followed[pending->count++] = (struct pmp_followed){found, i};
	return true;
}

MPI_Status *pmp_pending_statuses(const struct pmp_pending *pending)
{
	return pending->room->statuses;
}

static const MPI_Status *status_at(struct pmp_statuses statuses, int i, MPI_Status *room)
{
	if (statuses.c)
		return &statuses.c[i];
	return pmp_fortran_converted(&statuses.fortran[(size_t)i * PMP_FORTRAN_STATUS], room);
}

/* One request of several: with MPI_ERR_IN_STATUS each status says for itself. */
static void settle(const struct pmp_pending *pending, const struct pmp_followed *followed, int rc,
		   const MPI_Status *status)
{
	bool is_good =
		rc == MPI_SUCCESS || (rc == MPI_ERR_IN_STATUS && status->MPI_ERROR == MPI_SUCCESS);

	if (is_good)
		pmp_request_completed(&followed->found, status);
	else if (pmp_request_at(pending->requests, followed->position) == MPI_REQUEST_NULL)
		pmp_request_drop(&followed->found);
}

void pmp_pending_all(struct pmp_pending *pending, int rc, struct pmp_statuses statuses)
{
	MPI_Status room;

	for (int i = 0; i < pending->count; i++)
		settle(pending, &pending->followed[i], rc,
		       status_at(statuses, pending->followed[i].position, &room));
	give_back(pending);
}

static const struct pmp_followed *followed_at(const struct pmp_pending *pending, int position)
{
	int low = 0, high = pending->count;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (pending->followed[middle].position < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pending->count && pending->followed[low].position == position
		       ? &pending->followed[low]
		       : NULL;
}

void pmp_pending_some(struct pmp_pending *pending, int rc, int outcount, const int indices[],
		      struct pmp_statuses statuses)
{
	int first = pending->requests.fortran ? 1 : 0;
	MPI_Status room;

	for (int i = 0; pending->count && i < outcount; i++) {
		const struct pmp_followed *followed =
			indices[i] < first ? NULL : followed_at(pending, indices[i] - first);

		if (followed)
			settle(pending, followed, rc, status_at(statuses, i, &room));
	}
	give_back(pending);
}

void pmp_pending_none(struct pmp_pending *pending)
{
	give_back(pending);
}
