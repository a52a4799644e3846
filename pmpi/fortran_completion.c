/*
 * fortran_completion.c - completion.c for the Fortran bindings: the calls that complete, start, cancel and free requests
 *
 * The same body serves mpif.h and mpi_f08. Requests are read and converted before the call, which clears them. Called by the
 * program, on any thread. Allocates only when a list of requests is longer than any before on this thread.
 */
#include "fortran.h"
#include "pending.h"
#include "starting.h"

#define CALL(name) PMP_CALL_##name, 0, PMP_NO_PEER, PMP_NO_TAG, 0

typedef void two_fn(MPI_Fint *, MPI_Fint *);
typedef void three_fn(MPI_Fint *, MPI_Fint *, MPI_Fint *);
typedef void four_fn(MPI_Fint *, MPI_Fint *, MPI_Fint *, MPI_Fint *);
typedef void five_fn(MPI_Fint *, MPI_Fint *, MPI_Fint *, MPI_Fint *, MPI_Fint *);
typedef void six_fn(MPI_Fint *, MPI_Fint *, MPI_Fint *, MPI_Fint *, MPI_Fint *, MPI_Fint *);

/* One request and what is known of it. */
struct one {
	struct pmp_found found;
	bool is_followed;
	MPI_Fint own[PMP_FORTRAN_STATUS];
	MPI_Fint *status; /* to hand to MPI */
};

static inline void find_one(struct one *one, MPI_Fint *request, MPI_Fint *status)
{
	MPI_Request before = pmp_fortran_request(*request);

	one->is_followed = pmp_request_find(&before, &one->found);
	one->status = one->is_followed ? pmp_fortran_status(status, one->own) : status;
}

static inline void settle_one(const struct one *one, int rc, bool is_complete, MPI_Fint *request)
{
	MPI_Status converted;

	if (!one->is_followed)
		return;
	pmp_settle(&one->found, rc, is_complete, pmp_fortran_request(*request),
		   pmp_fortran_converted(one->status, &converted));
}

PMP_INLINE void fortran_wait(three_fn *real, void *frame, MPI_Fint *request, MPI_Fint *status,
			     MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_probe probe;
	struct one one;
	bool is_recorded = pmp_enter(&probe, frame);

	find_one(&one, request, status);
	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Wait));
	real(request, one.status, error);
	if (is_recorded)
		pmp_stop(&probe);
	settle_one(&one, *error, true, request);
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void fortran_test(four_fn *real, void *frame, MPI_Fint *request, MPI_Fint *flag,
			     MPI_Fint *status, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_probe probe;
	struct one one;
	bool is_recorded = pmp_enter(&probe, frame);

	find_one(&one, request, status);
	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Test));
	real(request, flag, one.status, error);
	if (is_recorded)
		pmp_stop(&probe);
	settle_one(&one, *error, *error == MPI_SUCCESS && *flag, request);
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

/* The statuses to hand to MPI: the program's, or ours when it wants none and requests that we follow are among them. */
static MPI_Fint *find_all(struct pmp_pending *pending, int count, const MPI_Fint *requests,
			  MPI_Fint *statuses)
{
	bool is_followed =
		pmp_pending_find(pending, count, (struct pmp_requests){.fortran = requests});

	if (!is_followed || statuses != pmp_fortran_sentinels.statuses_ignore)
		return statuses;
	return (MPI_Fint *)pmp_pending_statuses(pending);
}

PMP_INLINE void fortran_waitall(four_fn *real, void *frame, MPI_Fint *count, MPI_Fint *requests,
				MPI_Fint *statuses, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, frame);
	MPI_Fint *seen = find_all(&pending, *count, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Waitall));
	real(count, requests, seen, error);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_all(&pending, *error, (struct pmp_statuses){.fortran = seen});
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void fortran_testall(five_fn *real, void *frame, MPI_Fint *count, MPI_Fint *requests,
				MPI_Fint *flag, MPI_Fint *statuses, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, frame);
	MPI_Fint *seen = find_all(&pending, *count, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Testall));
	real(count, requests, flag, seen, error);
	if (is_recorded)
		pmp_stop(&probe);
	if (*error == MPI_SUCCESS && !*flag)
		pmp_pending_none(&pending);
	else
		pmp_pending_all(&pending, *error, (struct pmp_statuses){.fortran = seen});
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

/* Calls with one status for any of several requests. */
static MPI_Fint *find_any(struct pmp_pending *pending, int count, const MPI_Fint *requests,
			  MPI_Fint *status, MPI_Fint *own)
{
	bool is_followed =
		pmp_pending_find(pending, count, (struct pmp_requests){.fortran = requests});

	return is_followed ? pmp_fortran_status(status, own) : status;
}

PMP_INLINE void fortran_waitany(five_fn *real, void *frame, MPI_Fint *count, MPI_Fint *requests,
				MPI_Fint *index, MPI_Fint *status, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	MPI_Fint own[PMP_FORTRAN_STATUS];
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, frame);
	MPI_Fint *seen = find_any(&pending, *count, requests, status, own);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Waitany));
	real(count, requests, index, seen, error);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_some(&pending, *error, 1, index, (struct pmp_statuses){.fortran = seen});
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void fortran_testany(six_fn *real, void *frame, MPI_Fint *count, MPI_Fint *requests,
				MPI_Fint *index, MPI_Fint *flag, MPI_Fint *status, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	MPI_Fint own[PMP_FORTRAN_STATUS];
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, frame);
	MPI_Fint *seen = find_any(&pending, *count, requests, status, own);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Testany));
	real(count, requests, index, flag, seen, error);
	if (is_recorded)
		pmp_stop(&probe);
	if (*error == MPI_SUCCESS && !*flag)
		pmp_pending_none(&pending);
	else
		pmp_pending_some(&pending, *error, 1, index,
				 (struct pmp_statuses){.fortran = seen});
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void some(six_fn *real, void *frame, unsigned call, MPI_Fint *incount,
		     MPI_Fint *requests, MPI_Fint *outcount, MPI_Fint *indices, MPI_Fint *statuses,
		     MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_probe probe;
	struct pmp_pending pending;
	bool is_recorded = pmp_enter(&probe, frame);
	MPI_Fint *seen = find_all(&pending, *incount, requests, statuses);

	if (is_recorded)
		pmp_begin(&probe, call, 0, PMP_NO_PEER, PMP_NO_TAG, 0);
	real(incount, requests, outcount, indices, seen, error);
	if (is_recorded)
		pmp_stop(&probe);
	pmp_pending_some(&pending, *error, pmp_pending_outcount(*error, outcount), indices,
			 (struct pmp_statuses){.fortran = seen});
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void fortran_cancel(two_fn *real, void *frame, MPI_Fint *request, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	MPI_Request before = pmp_fortran_request(*request);
	struct pmp_probe probe;
	struct pmp_found found;
	bool is_recorded = pmp_enter(&probe, frame);

	if (pmp_request_find(&before, &found))
		pmp_request_cancel(&found);
	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Cancel));
	real(request, error);
	if (!is_recorded)
		return;
	pmp_stop(&probe);
	pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void fortran_request_free(two_fn *real, void *frame, MPI_Fint *request, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	MPI_Request before = pmp_fortran_request(*request);
	struct pmp_probe probe;
	struct pmp_found found;
	bool is_recorded = pmp_enter(&probe, frame);
	bool is_followed = pmp_request_find(&before, &found);

	if (is_recorded)
		pmp_begin(&probe, CALL(MPI_Request_free));
	real(request, error);
	if (is_recorded)
		pmp_stop(&probe);
	if (is_followed && *error == MPI_SUCCESS)
		pmp_request_drop(&found);
	if (is_recorded)
		pmp_leave(&probe, *error, 0, 0);
}

PMP_INLINE void fortran_start(two_fn *real, void *frame, MPI_Fint *request, MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_probe probe;

	if (!pmp_enter(&probe, frame)) {
		real(request, ierror);
		return;
	}

	struct pmp_starting what = pmp_starting_one(pmp_fortran_request(*request));

	pmp_begin(&probe, PMP_CALL_MPI_Start, what.comm, what.peer, what.tag, what.size);
	real(request, error);
	pmp_stop(&probe);
	struct pmp_stat *stat = pmp_leave(&probe, *error, what.bytes.out, what.bytes.in);
	if (what.kept && *error == MPI_SUCCESS)
		pmp_kept_started(what.kept, stat);
}

PMP_INLINE void fortran_startall(three_fn *real, void *frame, MPI_Fint *count, MPI_Fint *requests,
				 MPI_Fint *ierror)
{
	MPI_Fint unasked, *error = ierror ? ierror : &unasked;
	struct pmp_requests list = {.fortran = requests};
	struct pmp_probe probe;

	if (!pmp_enter(&probe, frame)) {
		real(count, requests, ierror);
		return;
	}

	struct pmp_starting what = pmp_starting_all(*count, list);

	pmp_begin(&probe, PMP_CALL_MPI_Startall, what.comm, what.peer, what.tag, what.size);
	real(count, requests, error);
	pmp_stop(&probe);
	struct pmp_stat *stat = pmp_leave(&probe, *error, what.bytes.out, what.bytes.in);
	pmp_started_all(*error, *count, list, stat);
}

#define fortran_waitsome(real, frame, ...) some(real, frame, PMP_CALL_MPI_Waitsome, __VA_ARGS__)
#define fortran_testsome(real, frame, ...) some(real, frame, PMP_CALL_MPI_Testsome, __VA_ARGS__)

#define ENTRIES(lower, upper, parameters, ...)                                                     \
	PMP_FORTRAN_ENTRIES(fortran_##lower, mpi_##lower, MPI_##upper, parameters,                 \
			    pmp_fortran_fail(ierror), __VA_ARGS__)

ENTRIES(wait, WAIT, (MPI_Fint * request, MPI_Fint *status, MPI_Fint *ierror), request, status,
	ierror)
ENTRIES(test, TEST, (MPI_Fint * request, MPI_Fint *flag, MPI_Fint *status, MPI_Fint *ierror),
	request, flag, status, ierror)
ENTRIES(waitall, WAITALL,
	(MPI_Fint * count, MPI_Fint *requests, MPI_Fint *statuses, MPI_Fint *ierror), count,
	requests, statuses, ierror)
ENTRIES(testall, TESTALL,
	(MPI_Fint * count, MPI_Fint *requests, MPI_Fint *flag, MPI_Fint *statuses,
	 MPI_Fint *ierror),
	count, requests, flag, statuses, ierror)
ENTRIES(waitany, WAITANY,
	(MPI_Fint * count, MPI_Fint *requests, MPI_Fint *index, MPI_Fint *status, MPI_Fint *ierror),
	count, requests, index, status, ierror)
ENTRIES(testany, TESTANY,
	(MPI_Fint * count, MPI_Fint *requests, MPI_Fint *index, MPI_Fint *flag, MPI_Fint *status,
	 MPI_Fint *ierror),
	count, requests, index, flag, status, ierror)
ENTRIES(waitsome, WAITSOME,
	(MPI_Fint * incount, MPI_Fint *requests, MPI_Fint *outcount, MPI_Fint *indices,
	 MPI_Fint *statuses, MPI_Fint *ierror),
	incount, requests, outcount, indices, statuses, ierror)
ENTRIES(testsome, TESTSOME,
	(MPI_Fint * incount, MPI_Fint *requests, MPI_Fint *outcount, MPI_Fint *indices,
	 MPI_Fint *statuses, MPI_Fint *ierror),
	incount, requests, outcount, indices, statuses, ierror)
ENTRIES(cancel, CANCEL, (MPI_Fint * request, MPI_Fint *ierror), request, ierror)
ENTRIES(request_free, REQUEST_FREE, (MPI_Fint * request, MPI_Fint *ierror), request, ierror)
ENTRIES(start, START, (MPI_Fint * request, MPI_Fint *ierror), request, ierror)
ENTRIES(startall, STARTALL, (MPI_Fint * count, MPI_Fint *requests, MPI_Fint *ierror), count,
	requests, ierror)
