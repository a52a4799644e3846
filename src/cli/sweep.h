/*
 * sweep.h - `pmprof scale`: one program on several numbers of ranks, again and again, one file per run, into one folder
 *
 * cmd_scale.c reads the command line, sweep_open.c the folder, sweep.c goes through the plan, sweep_run.c does one run,
 * sweep_copies.c the runs of copies, progress.c tells.
 */
#ifndef PMP_SWEEP_H
#define PMP_SWEEP_H

#include <limits.h>

#include "cli/line.h"
#include "cli/manifest.h"
#include "cli/measure.h"
#include "cli/progress.h"
#include "cli/relay.h"
#include "cli/sweep_plan.h"

/* The command line. */
struct pmp_sweep_options {
	struct pmp_manifest *asked; /* what to run, and how often */
	const char *dir;            /* NULL: PROGRAM.scale */
	bool is_resumed; /* everything is as the manifest in dir says, but for what was given, too */
	bool is_fresh;   /* remove what the folder has */
	bool goes_on;    /* after a failed run */
	bool shows_output; /* of the programs, on stderr */
	bool is_quiet;
	bool has_copies; /* asked->copies was given */
	bool has_launch; /* the launcher is the user's choice */
};

#define PMP_WARM_UP_UNSET UINT32_MAX /* in asked->warm_up: as it was */
#define PMP_STATUS_LOST   INT32_MAX  /* of a run whose file is gone */

struct pmp_sweep {
	const struct pmp_sweep_options *options;
	struct pmp_manifest *manifest; /* = options->asked */
	struct pmp_manifest *former;   /* as it was found; NULL none */
	const char *dir;               /* as the user calls it */
	char place[PATH_MAX];          /* the same, absolute */
	char self[PATH_MAX];           /* this executable */
	const char *program;           /* first part of the files' names */
	char **launch;                 /* words of the template */
	struct pmp_plan plan;
	double *computes_s;      /* per point: sum of computation over its good runs */
	double single_rss_bytes; /* of a one-rank run; 0 unknown */
	struct pmp_relay relay;
	struct pmp_progress progress;
	char what[128]; /* the present run, in words */
	int lock;       /* on the folder, held while this process and its runs live */
	int input; /* our standard input, when each run can have it from its beginning; else /dev/null */
	bool is_local;   /* all ranks are on this machine */
	int signal;      /* we were told to end; 0 not */
	size_t failures; /* of this session */
};

/*
 * pmp_sweep_open - make or enter the folder, lock it, read or begin its manifest, take in what is there
 *
 * Return: 0; -PMP_EINVALID when the folder has runs of something else, or is in use; -PMP_ENOTFOUND when there is no such program
 * or nothing to resume; the failures of reading and writing, always with one line in @diag.
 */
int pmp_sweep_open(struct pmp_sweep *sweep, const struct pmp_sweep_options *options,
		   struct pmp_diag *diag);
void pmp_sweep_close(struct pmp_sweep *sweep);

/*
 * pmp_sweep_go - run what is missing
 *
 * Return: 0 also when a run failed (sweep->failures) or a signal ended it (sweep->signal); else a failure of ours.
 */
int pmp_sweep_go(struct pmp_sweep *sweep, struct pmp_diag *diag);

/* pmp_sweep_point - where runs of that kind and number of ranks count; NULL: nowhere */
struct pmp_plan_point *pmp_sweep_point(struct pmp_sweep *sweep, enum pmp_run_kind kind,
				       uint32_t ranks);

/* pmp_sweep_count - a good run of a point */
void pmp_sweep_count(struct pmp_sweep *sweep, struct pmp_plan_point *point,
		     const struct pmp_measure *measure, double wall_s);

/* One run to be done. */
struct pmp_job_plan {
	enum pmp_run_kind kind;
	uint32_t ranks, repeat, copies;
};

#define PMP_RUN_SUFFIX ".pmprof.h5" /* of the files of runs */

/* How it went. */
struct pmp_outcome {
	bool is_good;
	struct pmp_measure
		measure; /* of a good run with a file; of copies: time_s and compute_s are means over them */
	double wall_s;
	struct pmp_diag why;   /* it is not good */
	char output[NAME_MAX]; /* file with what it printed, in the folder */
};

/*
 * pmp_sweep_run - do one run and take it into the manifest (unless a signal ended it: then nothing of it stays)
 *
 * Return: 0 and @outcome, sweep->signal; else a failure of ours, with @diag.
 */
int pmp_sweep_run(struct pmp_sweep *sweep, const struct pmp_job_plan *job,
		  struct pmp_outcome *outcome, struct pmp_diag *diag);

/* pmp_sweep_explain - say why a run is not good, with the last lines that it printed */
void pmp_sweep_explain(struct pmp_sweep *sweep, const struct pmp_job_plan *job,
		       const struct pmp_outcome *outcome);

/* pmp_sweep_copies - the runs of copies, where they are asked for or would explain something; as pmp_sweep_go */
int pmp_sweep_copies(struct pmp_sweep *sweep, struct pmp_diag *diag);

/* For sweep_run.c: the command line of a run of copies, and the judgement of its files. */
int pmp_copies_line(const struct pmp_sweep *sweep, const struct pmp_job_plan *job, const char *stem,
		    struct pmp_line *line, struct pmp_diag *diag);
void pmp_copies_judge(const struct pmp_sweep *sweep, const struct pmp_job_plan *job,
		      const char *stem, struct pmp_outcome *outcome);

/* pmp_sweep_is_over - is that more ranks than processors? */
bool pmp_sweep_is_over(const struct pmp_sweep *sweep, uint32_t ranks);

/* pmp_copy_main - in place of a rank of the launcher: become copy number rank of the one-rank run. Does not return. */
_Noreturn void pmp_copy_main(const char *stem, const char *mode, char **command);

#endif
