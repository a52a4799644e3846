/* collect.h - arenas left behind in a job directory to one file: `pmprof collect`, and `pmprof run` after any end but a normal one */
#ifndef PMP_COLLECT_H
#define PMP_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/group.h"
#include "store/writer.h"

struct pmp_collect_options {
	struct pmp_write_options write;
	bool allow_alive; /* read also what running processes have recorded so far; their arenas are kept */
	bool keep; /* do not remove the arenas afterwards */
};

/*
 * pmp_collect - write the arenas of a job directory to one file and remove them
 * @dir: <scratch>/pmprof-<uid>/<job>; on several nodes the same name on each
 *
 * Collective. Under mpirun each process takes arenas of its own node (one process per node is enough), none is taken twice.
 * Return: 0; -PMP_ENOTFOUND when no process found an arena, -PMP_EINVALID when ranks are still running (and allow_alive is
 * not set), else what pmp_write returns. After a failure all arenas are still there.
 */
int pmp_collect(const char *dir, const struct pmp_collect_options *options,
		const struct pmp_group *group, struct pmp_write_summary *summary,
		struct pmp_diag *diag);

struct pmp_job {
	char *dir;
	size_t arenas;
	bool is_alive; /* at least one of its processes still runs */
	int64_t age_s; /* since the youngest arena was last written */
};

/*
 * pmp_jobs_list - job directories of this user with arenas in them, in all scratch places of this machine, youngest first
 *
 * Return: 0 (also when there are none) or -PMP_ENOMEM. The caller frees with pmp_jobs_free.
 */
int pmp_jobs_list(struct pmp_job **jobs, size_t *count);
void pmp_jobs_free(struct pmp_job *jobs, size_t count);

#endif
