/* collect.h - arenas left behind by a job to one file: `pmprof collect`, and `pmprof run` after any end but a normal one */
#ifndef PMP_COLLECT_H
#define PMP_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/group.h"
#include "store/writer.h"

struct pmp_collect_options {
	struct pmp_write_options write;
	bool allow_alive; /* read also what running processes have recorded so far; their arenas are kept */
	bool keep; /* do not remove the arenas afterwards */
};

/* What a job has left behind on this node. */
struct pmp_job {
	char *name;
	char **dirs; /* <scratch>/pmprof-<uid>/<name>: one, or several when what had no room in one place went to the next */
	size_t dir_count;
	const char *dir; /* the first of them */
	size_t arenas;   /* in all of them */
	bool is_alive;   /* at least one of its processes still runs */
	int64_t age_s;   /* since the youngest arena was last written */
};

/*
 * pmp_collect - write the arenas of a job to one file and remove them
 * @job: from pmp_job_open, on each process for its own node; one without directories brings nothing
 *
 * Collective. Under mpirun each process takes arenas of its own node (one process per node is enough), none is taken twice.
 * Return: 0; -PMP_ENOTFOUND when no process found an arena, -PMP_EINVALID when ranks are still running (and allow_alive is
 * not set), else what pmp_write returns. After a failure all arenas are still there.
 */
int pmp_collect(const struct pmp_job *job, const struct pmp_collect_options *options,
		const struct pmp_group *group, struct pmp_write_summary *summary,
		struct pmp_diag *diag);

/*
 * pmp_job_open - the directories of one job on this node
 * @given: its name, or one of its directories; brothers of a directory <scratch>/pmprof-<uid>/<name> in other scratch places belong
 *         to it, any other directory stands for itself
 *
 * Return: 0, -PMP_ENOTFOUND when there is none, -PMP_ENOMEM. To be given back with pmp_job_close.
 */
int pmp_job_open(const char *given, struct pmp_job *job);
void pmp_job_close(struct pmp_job *job);

/*
 * pmp_jobs_list - all jobs of this user that have arenas in the scratch places of this machine, youngest first
 *
 * Return: 0 (also when there are none) or -PMP_ENOMEM. The caller frees with pmp_jobs_free.
 */
int pmp_jobs_list(struct pmp_job **jobs, size_t *count);
void pmp_jobs_free(struct pmp_job *jobs, size_t count);

#endif
