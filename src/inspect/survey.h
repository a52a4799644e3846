/*
 * survey.h - the jobs of this user on this machine, running or left over, by what the headers of their arenas say
 *
 * A job is a name: its arenas may lie in several scratch places. Nothing in an arena is trusted; a process is believed to run only
 * while it has its arena mapped.
 */
#ifndef PMP_SURVEY_H
#define PMP_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/pool.h"
#include "schema/arena.h"

struct pmp_surveyed_rank {
	const char *path;
	struct pmp_arena_header header; /* all zero when it cannot be read */
	bool is_readable;
	bool is_alive;
	const char **parts; /* its further files, in other scratch places */
	size_t part_count;
	uint64_t bytes;    /* that all its files occupy */
	int64_t written_s; /* when it was last written, seconds since 1970 */
};

struct pmp_survey {
	const char *name;        /* of the job */
	const char *const *dirs; /* where its arenas are */
	size_t dir_count;
	struct pmp_surveyed_rank *ranks; /* by rank; those that cannot be read come last */
	size_t count;
	size_t alive;
	size_t unreadable;
	int32_t size;        /* of MPI_COMM_WORLD, 0 unknown */
	uint64_t bytes;      /* of all */
	const char *program; /* without folder, "" unknown */
	const char *host;
	int64_t begin_s;   /* start of the first rank, seconds since 1970; 0 unknown */
	int64_t written_s; /* of the last arena written */
};

/*
 * pmp_survey_all - every job with arenas in the scratch places of this machine: running ones first, then the youngest
 * @pool: owns all that is found
 *
 * Cost: one small read for each arena, and /proc/PID/maps of each living process. Return: 0 or -PMP_ENOMEM.
 */
int pmp_survey_all(struct pmp_pool *pool, struct pmp_survey **jobs, size_t *count);

/*
 * pmp_survey_find - the job that a user means
 * @what: name of a job, folder with arenas, process id of a rank or of what started the ranks; NULL: the only one there is
 * @kind: for NULL: which ones count
 *
 * Return: 0, -PMP_ENOTFOUND (with what to do in @diag), -PMP_ENOMEM.
 */
enum pmp_survey_kind { PMP_SURVEY_RUNNING, PMP_SURVEY_LEFT_OVER };
int pmp_survey_find(struct pmp_pool *pool, const char *what, enum pmp_survey_kind kind,
		    struct pmp_survey *job, struct pmp_diag *diag);

/* pmp_survey_is_left_over - no rank runs, and none may be just starting */
bool pmp_survey_is_left_over(const struct pmp_survey *job);

/*
 * pmp_survey_remove - remove the arenas of a job that is left over, and its folders when they are empty then
 * @removed, @freed: arenas and bytes; also set when it fails half way
 *
 * An arena that another process is collecting stays. Return: 0; -PMP_EINVALID when the job runs (nothing is removed); -PMP_EIO.
 */
int pmp_survey_remove(const struct pmp_survey *job, size_t *removed, uint64_t *freed,
		      struct pmp_diag *diag);

#endif
