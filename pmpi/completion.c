/*
 * completion.c - wrappers of the calls that complete, start, cancel and free requests
 *
 * Requests are found before the MPI call, which clears them. Statuses are taken from the program's, or from our own when it
 * wants none and a request that we follow is among them. Also while recording is paused: what was started before is credited.
 * Called by the program, on any thread. Allocates only when a list of requests is longer than any before on this thread.
 */
#include "pending.h"
#include "starting.h"
#include "wrapper.h"

#define CALL(name) PMP_CALL_##name, 0, PMP_NO_PEER, PMP_NO_TAG, 0

uint64_t pmp_status_bytes(const MPI_Status *status)
{
	MPI_Count bytes = 0;

	if (PMPI_Get_elements_x(status, MPI_BYTE, &bytes) != MPI_SUCCESS || bytes < 0)
		return 0;
	return (uint64_t)bytes;
}

PMP_EXPORT int MPI_Wait(MPI_Request *request, MPI_Status *status)
{
	struct pmp_probe probe;
	struct pmp_found found;
	MPI_Status own;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	bool is_followed = pmp_request_find(request, &found);
	MPI_Status *seen = is_followed ? pmp_status(status, &own) : status;

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Wait));
	int rc = PMPI_Wait(request, seen);
	if (is_recorded)
		pmp_stop(&probe);
	if (is_followed)
		pmp_settle(&found, rc, true, *request, seen);
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Test(MPI_Request *request, int *flag, MPI_Status *status)
{
	struct pmp_probe probe;
	struct pmp_found found;
	MPI_Status own;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	bool is_followed = pmp_request_find(request, &found);
	MPI_Status *seen = is_followed ? pmp_status(status, &own) : status;

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Test));
	int rc = PMPI_Test(request, flag, seen);
	if (is_recorded)
		pmp_stop(&probe);
	if (is_followed)
		pmp_settle(&found, rc, rc == MPI_SUCCESS && *flag, *request, seen);
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

/* The statuses to hand to MPI: the program's, or ours when it wants none and requests that we follow are among them. */
static MPI_Status *find_all(struct pmp_pending *pending, int count, const MPI_Request requests[],
			    MPI_Status *statuses)
{
	bool is_followed = pmp_pending_find(pending, count, (struct pmp_requests){.c = requests});

	return is_followed && statuses == MPI_STATUSES_IGNORE ? pmp_pending_statuses(pending)
							      : statuses;
}

PMP_EXPORT int MPI_Waitall(int count, MPI_Request requests[], MPI_Status statuses[])
{
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	MPI_Status *seen = find_all(&pending, count, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Waitall));
	int rc = PMPI_Waitall(count, requests, seen);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_all(&pending, rc, (struct pmp_statuses){.c = seen});
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Testall(int count, MPI_Request requests[], int *flag, MPI_Status statuses[])
{
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	MPI_Status *seen = find_all(&pending, count, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Testall));
	int rc = PMPI_Testall(count, requests, flag, seen);
	if (is_recorded)
		pmp_stop(&probe);
	if (rc == MPI_SUCCESS && !*flag)
		pmp_pending_none(&pending);
	else
		pmp_pending_all(&pending, rc, (struct pmp_statuses){.c = seen});
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Waitany(int count, MPI_Request requests[], int *index, MPI_Status *status)
{
	struct pmp_probe probe;
	struct pmp_pending pending;
	MPI_Status own;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	bool is_followed = pmp_pending_find(&pending, count, (struct pmp_requests){.c = requests});
	MPI_Status *seen = is_followed ? pmp_status(status, &own) : status;

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Waitany));
	int rc = PMPI_Waitany(count, requests, index, seen);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_some(&pending, rc, 1, index, (struct pmp_statuses){.c = seen});
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Testany(int count, MPI_Request requests[], int *index, int *flag,
			   MPI_Status *status)
{
	struct pmp_probe probe;
	struct pmp_pending pending;
	MPI_Status own;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	bool is_followed = pmp_pending_find(&pending, count, (struct pmp_requests){.c = requests});
	MPI_Status *seen = is_followed ? pmp_status(status, &own) : status;

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Testany));
	int rc = PMPI_Testany(count, requests, index, flag, seen);
	if (is_recorded)
		pmp_stop(&probe);
	if (rc == MPI_SUCCESS && !*flag)
		pmp_pending_none(&pending);
	else
		pmp_pending_some(&pending, rc, 1, index, (struct pmp_statuses){.c = seen});
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Waitsome(int count, MPI_Request requests[], int *outcount, int indices[],
			    MPI_Status statuses[])
{
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	MPI_Status *seen = find_all(&pending, count, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Waitsome));
	int rc = PMPI_Waitsome(count, requests, outcount, indices, seen);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_some(&pending, rc, pmp_pending_outcount(rc, outcount), indices,
			 (struct pmp_statuses){.c = seen});
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Testsome(int count, MPI_Request requests[], int *outcount, int indices[],
			    MPI_Status statuses[])
{
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	MPI_Status *seen = find_all(&pending, count, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Testsome));
	int rc = PMPI_Testsome(count, requests, outcount, indices, seen);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_some(&pending, rc, pmp_pending_outcount(rc, outcount), indices,
			 (struct pmp_statuses){.c = seen});
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Cancel(MPI_Request *request)
{
	struct pmp_probe probe;
	struct pmp_found found;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));

	if (pmp_request_find(request, &found))
		pmp_request_cancel(&found);
	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Cancel));
	int rc = PMPI_Cancel(request);
	if (!is_recorded)
		return rc;
	pmp_stop(&probe);
	pmp_leave(&probe, rc, 0, 0);
	return rc;
}

/* What a freed receive brings, nobody will ever know: it counts as no message. */
PMP_EXPORT int MPI_Request_free(MPI_Request *request)
{
	struct pmp_probe probe;
	struct pmp_found found;
	bool is_recorded = pmp_enter(&probe, __builtin_frame_address(0));
	bool is_followed = pmp_request_find(request, &found);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Request_free));
	int rc = PMPI_Request_free(request);
	if (is_recorded)
		pmp_stop(&probe);
	if (is_followed && rc == MPI_SUCCESS)
		pmp_request_drop(&found);
	if (is_recorded)
		pmp_leave(&probe, rc, 0, 0);
	return rc;
}

PMP_EXPORT int MPI_Start(MPI_Request *request)
{
	struct pmp_probe probe;

	if (!pmp_enter(&probe, __builtin_frame_address(0)))
		return PMPI_Start(request);

	struct pmp_starting what = pmp_starting_one(request ? *request : MPI_REQUEST_NULL);

	pmp_begin(&probe, PMP_CALL_MPI_Start, what.comm, what.peer, what.tag, what.size);
	int rc = PMPI_Start(request);
	pmp_stop(&probe);
	struct pmp_stat *stat = pmp_leave(&probe, rc, what.bytes.out, what.bytes.in);
	if (what.kept && rc == MPI_SUCCESS)
		pmp_kept_started(what.kept, stat);
	return rc;
}

PMP_EXPORT int MPI_Startall(int count, MPI_Request requests[])
{
	struct pmp_requests list = {.c = requests};
	struct pmp_probe probe;

	if (!pmp_enter(&probe, __builtin_frame_address(0)))
		return PMPI_Startall(count, requests);

	struct pmp_starting what = pmp_starting_all(count, list);

	pmp_begin(&probe, PMP_CALL_MPI_Startall, what.comm, what.peer, what.tag, what.size);
	int rc = PMPI_Startall(count, requests);
	pmp_stop(&probe);
	struct pmp_stat *stat = pmp_leave(&probe, rc, what.bytes.out, what.bytes.in);
	pmp_started_all(rc, count, list, stat);
	return rc;
}
