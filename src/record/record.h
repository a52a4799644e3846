/*
 * record.h - what the interposition layer (pmpi/) may call. The hot functions are inline in hot.h.
 *
 * Life of a process:   pmp_record_start  ->  pmp_record_running  ->  calls  ->  pmp_record_finalizing  ->  pmp_record_close
 * Life of a call:      pmp_enter -> pmp_begin -> PMPI_xxx -> pmp_end (-> pmp_sent / pmp_received / pmp_credit)
 *
 * No function here exits, aborts, prints, throws, or fails towards the caller: when something is impossible the recorder goes
 * off or counts a loss, and the program goes on. mpi.h is not known here: handles arrive as uint64_t, ranks as int32_t.
 */
#ifndef PMP_RECORD_H
#define PMP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "schema/arena.h"
#include "schema/calls.h"

/* What the interposition layer knows when MPI_Init is entered. */
struct pmp_start {
	const char *mpi_library; /* "Open MPI 4.1.4" */
};

/*
 * pmp_record_start - make the arena and attach the calling thread; called on entry to MPI_Init before PMPI_Init
 *
 * Rank, size, node rank and job come from the launcher's environment (base/launch.h) and may be unknown (singleton).
 * Does nothing when PMPROF=off, when running setuid (AT_SECURE), in a forked child, or when it ran before.
 * Return: 0, or a negative pmp_err with recording off; @diag says why (the caller may print it on rank 0). With 0, @diag may hold
 * a remark: a variable of the environment that is not understood.
 */
int pmp_record_start(const struct pmp_start *start, struct pmp_diag *diag);

/* pmp_record_running - MPI_Init returned: true rank and size; the measured interval begins now. @thread_level: 0..3 */
void pmp_record_running(int32_t rank, int32_t size, int thread_level);

/*
 * pmp_record_finalizing - MPI_Finalize was entered: the interval ends, end, CPU time and memory are noted, the calling thread's
 * lane gets a last gap (those of ended threads have theirs; what other threads did since their last event is not known),
 * recording stops for good. Return: true if there is something to write.
 */
bool pmp_record_finalizing(void);

/* pmp_record_abort - MPI_Abort(code) was called */
void pmp_record_abort(int code);

/* pmp_record_path - file name of this process's arena, NULL when recording never began */
const char *pmp_record_path(void);

/* pmp_record_bytes - what is used of it, 0 when recording never began */
uint64_t pmp_record_bytes(void);

/*
 * pmp_record_close - unmap, unless several threads have recorded; remove: also delete the arena and, if then empty, its folder
 */
void pmp_record_close(bool remove);

/* pmp_record_pause, pmp_record_resume - MPI_Pcontrol(0/1), pmprof_pause/resume: of the whole process, any thread; not counted */
void pmp_record_pause(void);
void pmp_record_resume(void);

/* pmp_record_warn - set a bit of enum pmp_warning */
void pmp_record_warn(enum pmp_warning bit);

/*
 * pmp_record_comm - enter a communicator (window, file) and get its index
 * @record: uid, size, remote_size, my_rank, parent, origin; name is ignored
 * @name:   may be NULL
 *
 * Takes a lock (cold). Return: index, or 0 when there is no room (a warning bit says so) or recording is off.
 */
uint32_t pmp_record_comm(const struct pmp_comm *record, const char *name);

/* pmp_record_comm_name - the program named it (MPI_Comm_set_name) */
void pmp_record_comm_name(uint32_t comm, const char *name);

/*
 * Regions. Nest per thread; begin costs one recorded call. Name pointers are looked up by address first, then by content.
 * An end without begin is ignored; with another name than the innermost it closes up to that name if it is open.
 */
void pmp_region_begin(const char *name, void *frame);
void pmp_region_end(const char *name, void *frame);

/* pmp_region_begin_at - the same with a name that was copied from `where`, by which it is looked up first */
void pmp_region_begin_at(const char *where, const char *name, void *frame);

#endif
