/* progress.h - what a sweep says while it runs: one line that is redrawn on a terminal, one line per run elsewhere */
#ifndef PMP_PROGRESS_H
#define PMP_PROGRESS_H

#include <stdbool.h>

struct pmp_plan;

struct pmp_progress {
	bool is_terminal, is_quiet;
	const struct pmp_plan *plan;
	char what[160];    /* "4 ranks, repeat 2", "" between runs */
	double begun_s;    /* of this run */
	bool shows_output; /* of this run */
	int output;        /* file whose growth is copied to stderr; -1 none */
	bool has_line;     /* the terminal's last line is ours */
};

void pmp_progress_init(struct pmp_progress *progress, const struct pmp_plan *plan, bool is_quiet);

/* pmp_progress_begin - a run begins. @output: descriptor of what it prints, to be shown; -1: not. */
void pmp_progress_begin(struct pmp_progress *progress, const char *what, int output);

/* pmp_progress_tick - time has passed; @data is the struct */
void pmp_progress_tick(void *data);

/* pmp_progress_needs_ticks - is there anything to do between beginning and end of a run? */
bool pmp_progress_needs_ticks(const struct pmp_progress *progress);

/* pmp_progress_stop - the run has ended: show the rest of its output, wipe the line */
void pmp_progress_stop(struct pmp_progress *progress);

/* pmp_progress_result - how it ended, in words */
void pmp_progress_result(struct pmp_progress *progress, const char *result);

/* pmp_progress_say - a line that stays; also with --quiet when it @is_important */
void pmp_progress_say(struct pmp_progress *progress, bool is_important, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
