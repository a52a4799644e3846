/*
 * progress.c - the lines of a sweep on stderr. On a terminal the present run is one line that is redrawn four times a second; in a
 * log (no terminal) each run is one plain line when it has ended. Nothing is drawn while nobody looks: a tick would disturb the
 * measurement.
 */
#include "cli/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/fmt.h"
#include "cli/cli.h"
#include "cli/sweep_plan.h"

#define DEFAULT_COLUMNS 80

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* "45 s", "3 min 20 s", "2 h 05 min": to be read at a glance, so no decimals. */
static const char *duration(double seconds, char *text, size_t size)
{
	long s = lround(seconds);

	if (s < 60)
		snprintf(text, size, "%ld s", s);
	else if (s < 3600)
		snprintf(text, size, "%ld min %02ld s", s / 60, s % 60);
	else
		snprintf(text, size, "%ld h %02ld min", s / 3600, s % 3600 / 60);
	return text;
}

void pmp_progress_init(struct pmp_progress *p, const struct pmp_plan *plan, bool is_quiet)
{
	*p = (struct pmp_progress){.is_terminal = isatty(STDERR_FILENO),
				   .is_quiet = is_quiet,
				   .plan = plan,
				   .output = -1};
}

static void wipe(struct pmp_progress *p)
{
	if (p->has_line)
		fputs("\r\033[K", stderr);
	p->has_line = false;
}

/* "; at most 40 s left", "" when that is not known or nothing is left. */
static void left_text(const struct pmp_progress *p, double elapsed_s, char *text, size_t size)
{
	char left[32];
	double seconds;
	size_t runs = pmp_plan_left(p->plan, &seconds);

	text[0] = '\0';
	if (runs && !isnan(seconds))
		snprintf(text, size, "; at most %s left",
			 duration(fmax(0.0, seconds - elapsed_s), left, sizeof(left)));
}

static void draw(struct pmp_progress *p)
{
	struct winsize window;
	char line[512], left[64], elapsed[32];
	double elapsed_s = now_s() - p->begun_s;
	int columns = DEFAULT_COLUMNS;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
		columns = window.ws_col;
	left_text(p, elapsed_s, left, sizeof(left));
	snprintf(line, sizeof(line), "%s, %s%s", p->what,
		 duration(elapsed_s, elapsed, sizeof(elapsed)), left);
	fprintf(stderr, "\r\033[K%.*s", columns - 1, line);
	fflush(stderr);
	p->has_line = true;
}

static void show_output(struct pmp_progress *p)
{
	char text[4096];
	ssize_t n;

	while ((n = read(p->output, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)n, stderr);
	fflush(stderr);
}

bool pmp_progress_needs_ticks(const struct pmp_progress *p)
{
	return p->output >= 0 || (p->is_terminal && !p->is_quiet);
}

void pmp_progress_begin(struct pmp_progress *p, const char *what, int output)
{
	snprintf(p->what, sizeof(p->what), "%s", what);
	p->begun_s = now_s();
	p->output = output;
	p->shows_output = output >= 0;
	pmp_progress_tick(p);
}

void pmp_progress_tick(void *data)
{
	struct pmp_progress *p = data;

	if (p->output >= 0)
		show_output(p);
	else if (p->is_terminal && !p->is_quiet)
		draw(p);
}

void pmp_progress_stop(struct pmp_progress *p)
{
	if (p->output >= 0)
		show_output(p);
	p->output = -1;
	wipe(p);
}

/* On a terminal the next line takes its place at once. */
void pmp_progress_result(struct pmp_progress *p, const char *result)
{
	char left[64];

	left_text(p, 0.0, left, sizeof(left));
	if (!p->is_quiet && (!p->is_terminal || p->shows_output))
		pmp_cli_say("%s: %s%s", p->what, result, left);
}

void pmp_progress_say(struct pmp_progress *p, bool is_important, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (p->is_quiet && !is_important)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wipe(p);
	pmp_cli_say("%s", text);
}
