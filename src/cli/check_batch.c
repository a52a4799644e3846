/*
 * check_batch.c - doctor: which batch job this is, and when it ends. Asks the scheduler's command when the environment does not say.
 */
#include <stdio.h>

#include "base/batch.h"
#include "base/fmt.h"
#include "cli/checks.h"
#include "cli/time_limit.h"

void pmp_check_batch(const struct pmp_patient *patient, struct pmp_finding *finding)
{
	char lines[768], scheduler[32], id[128], name[128];
	struct pmp_diag diag = {""};
	char limit[64];
	int64_t left = 0;
	int rc;

	(void)patient;
	pmp_batch_read(lines, sizeof(lines));
	if (!pmp_batch_value(lines, "scheduler", scheduler, sizeof(scheduler))) {
		pmp_finding_set(finding, PMP_HEALTH_OK, "none");
		return;
	}
	pmp_batch_value(lines, "id", id, sizeof(id));
	pmp_batch_value(lines, "name", name, sizeof(name));
	rc = pmp_time_limit_left(true, &left, &diag);
	snprintf(limit, sizeof(limit), "its time limit is in %s",
		 pmp_fmt_age(left > 0 ? left : 0).text);
	pmp_finding_set(finding, rc == 0 || rc == -PMP_ENOTFOUND ? PMP_HEALTH_OK : PMP_HEALTH_NOTE,
			"%s job %s%s%s%s; %s", scheduler, id, *name ? " (" : "", name,
			*name ? ")" : "", rc ? diag.text : limit);
	if (rc && rc != -PMP_ENOTFOUND)
		pmp_finding_remedy(finding, "no file is written before the time limit");
}
