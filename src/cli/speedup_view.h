/* speedup_view.h - files of runs to a speedup on standard output: what `pmprof speedup` and `pmprof scale` share */
#ifndef PMP_SPEEDUP_VIEW_H
#define PMP_SPEEDUP_VIEW_H

#include "cli/expect_options.h"
#include "cli/output.h"
#include "cli/runs.h"
#include "render/speedup_doc.h"

struct pmp_speedup_view {
	struct pmp_output output;
	struct pmp_expect_options expect; /* loaded; its findings are filled in */
	struct pmp_runs_options runs;
	struct pmp_speedup_options doc;
	char **paths; /* as for pmp_runs_load */
	size_t count;
};

/* pmp_speedup_show - read, compute, judge, print. Return: an exit code, by the worst verdict; failures are said. */
int pmp_speedup_show(struct pmp_speedup_view *view);

#endif
