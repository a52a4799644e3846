/*
 * history.c - appends measurements to the history of a machine and says how the newest compare. Called by cmd_baseline.c and
 * cmd_diff.c. What is read may come from anybody.
 */
#include "cli/history.h"

#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fmt.h"
#include "base/hash.h"
#include "cli/keep.h"
#include "metrics/stats.h"
#include "render/utf8.h"

#define LAST       10 /* what the newest are compared with */
#define SPARKS     20
#define MOST_BYTES (1L << 28)
#define VERSION    1

/* The model name of this machine's processor, if the run was made on this machine; "" otherwise. */
static const char *processor_name(struct pmp_pool *pool, const struct pmp_digest *run)
{
	char host[256] = "", line[512];
	const char *name = "";
	FILE *info;

	gethostname(host, sizeof(host) - 1);
	if (strncmp(host, run->host, strcspn(host, ".")) != 0 ||
	    !(info = fopen("/proc/cpuinfo", "re")))
		return "";
	while (!name[0] && fgets(line, sizeof(line), info)) {
		char *colon = strchr(line, ':');

		if (colon &&
		    (strncmp(line, "model name", 10) == 0 || strncmp(line, "CPU part", 8) == 0))
			name = pmp_pool_text(pool, colon + 2, strcspn(colon + 2, "\n"));
	}
	fclose(info);
	return name ? name : "";
}

/* "node017" and "node018" are of one kind; a container's name says nothing. */
static const char *host_kind(struct pmp_pool *pool, const char *host)
{
	size_t length = strcspn(host, ".");
	char *kind = pmp_pool_text(pool, host, length), *to = kind;

	if (!kind || (length == 12 && strspn(host, "0123456789abcdef") == 12))
		return "";
	for (const char *from = kind; *from; from++)
		if (!isdigit((unsigned char)*from))
			*to++ = *from;
	*to = '\0';
	return kind;
}

/* Letters and digits, everything between as one dash, at most @most of it. */
static const char *slug(struct pmp_pool *pool, const char *text, size_t most)
{
	char *out = pmp_pool_text(pool, text, strlen(text)), *to = out;

	for (const char *from = out; from && *from && (size_t)(to - out) < most; from++) {
		if (isalnum((unsigned char)*from))
			*to++ = (char)tolower((unsigned char)*from);
		else if (to > out && to[-1] != '-')
			*to++ = '-';
	}
	while (to > out && to[-1] == '-')
		to--;
	if (out)
		*to = '\0';
	return out && out[0] ? out : "unknown";
}

const char *pmp_history_path(struct pmp_pool *pool, const struct pmp_digest *run)
{
	const char *cpu = processor_name(pool, run), *kind = host_kind(pool, run->host);
	const char *all =
		pmp_pool_printf(pool, "%s|%u|%s|%s", cpu, run->processors, run->mpi, kind);

	return pmp_pool_printf(pool, "%s/%s-%up-%s-%08x.jsonl", pmp_keep_folder(pool, "history"),
			       slug(pool, cpu, 32), run->processors, slug(pool, run->mpi, 20),
			       (unsigned)pmp_hash_bytes(1, all, strlen(all)));
}

/* "./a/heat 1000 300" and "/b/heat 1000 300" are the same measurement. */
static const char *without_folder(const char *command)
{
	const char *start = command;

	for (const char *c = command; *c && *c != ' '; c++)
		if (*c == '/')
			start = c + 1;
	return start;
}

/* One line of the file. */
struct entry {
	double time_s;
	const char *created, *job;
};

struct history {
	struct entry *entries; /* of the same command and ranks, as appended */
	size_t count;
	bool is_torn; /* the last line has no end */
};

static void take_line(struct history *history, struct pmp_pool *pool, const char *line,
		      size_t length, const struct pmp_digest *like)
{
	json_t *json = json_loadb(line, length, 0, NULL);
	const char *command = json_string_value(json_object_get(json, "command"));
	const char *created = json_string_value(json_object_get(json, "created"));
	const char *job = json_string_value(json_object_get(json, "job"));
	double time_s = json_number_value(json_object_get(json, "time_s"));
	json_int_t ranks = json_integer_value(json_object_get(json, "ranks"));

	if (command && created && job && time_s > 0 && isfinite(time_s) && ranks == like->ranks &&
	    strcmp(without_folder(command), without_folder(like->command)) == 0)
		history->entries[history->count++] =
			(struct entry){time_s, pmp_pool_printf(pool, "%s", created),
				       pmp_pool_printf(pool, "%s", job)};
	json_decref(json);
}

/* What there is; nothing when the file is missing or absurdly large. */
static int read_history(const char *path, struct pmp_pool *pool, const struct pmp_digest *like,
			struct history *history)
{
	FILE *in = fopen(path, "re");
	struct stat status;
	char *text = NULL;
	size_t size = 0, lines = 1;

	*history = (struct history){.count = 0};
	if (in && fstat(fileno(in), &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size <= MOST_BYTES && (text = malloc((size_t)status.st_size + 1)))
		size = fread(text, 1, (size_t)status.st_size, in);
	if (in)
		fclose(in);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	history->entries = pmp_pool_alloc(pool, lines, sizeof(*history->entries));
	for (size_t i = 0; history->entries && i < size;) {
		const char *end = memchr(text + i, '\n', size - i);
		size_t length = end ? (size_t)(end - text) - i : size - i;

		take_line(history, pool, text + i, length, like);
		i += length + 1;
	}
	history->is_torn = size > 0 && text[size - 1] != '\n';
	free(text);
	return history->entries ? 0 : -PMP_ENOMEM;
}

static bool is_recorded(const struct history *history, const struct pmp_digest *run)
{
	for (size_t i = 0; i < history->count; i++)
		if (strcmp(history->entries[i].created, run->created) == 0 &&
		    strcmp(history->entries[i].job, run->job) == 0)
			return true;
	return false;
}

static char *line_of(const struct pmp_digest *run, struct pmp_pool *pool)
{
	json_t *json = json_pack("{s:i,s:s,s:s,s:s,s:i,s:i,s:f,s:f,s:f,s:f}", "version", VERSION,
				 "created", pmp_utf8_clean(pool, run->created, true), "command",
				 pmp_utf8_clean(pool, run->command, true), "job",
				 pmp_utf8_clean(pool, run->job, true), "ranks", (int)run->ranks,
				 "nodes", (int)run->nodes, "time_s", run->time_s, "init_s",
				 run->init_s, "compute_s", run->compute_s / run->ranks, "mpi_s",
				 run->mpi_s / run->ranks);
	char *line = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;

	json_decref(json);
	return line;
}

/* One write for each line, so that lines of others do not get between. */
static int append(int fd, bool is_torn, const struct pmp_digest *run, struct pmp_pool *pool)
{
	char *json = line_of(run, pool);
	const char *line = json ? pmp_pool_printf(pool, "%s%s\n", is_torn ? "\n" : "", json) : NULL;
	bool is_written = line && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	free(json);
	return is_written ? 0 : -PMP_EIO;
}

static int add_locked(int fd, const char *path, const struct pmp_point *point, size_t *added,
		      struct pmp_pool *pool)
{
	struct history history;
	int rc = read_history(path, pool, point->runs[0], &history);

	for (size_t i = 0; rc == 0 && i < point->count; i++) {
		if (is_recorded(&history, point->runs[i]))
			continue;
		rc = append(fd, history.is_torn, point->runs[i], pool);
		history.is_torn = false;
		*added += rc == 0;
	}
	return rc;
}

int pmp_history_add(const struct pmp_point *point, size_t *added, struct pmp_diag *diag)
{
	struct pmp_pool *pool = pmp_pool_new();
	const char *path = pool ? pmp_history_path(pool, point->runs[0]) : NULL;
	int rc = path ? pmp_keep_make(pmp_keep_folder(pool, "history"), diag) : -PMP_ENOMEM;
	int fd = rc ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

	*added = 0;
	if (rc == 0 && (fd < 0 || flock(fd, LOCK_EX)))
		rc = pmp_fail(diag, PMP_EFULL, "cannot write the history '%s': %m", path);
	if (rc == 0)
		rc = add_locked(fd, path, point, added, pool);
	if (rc == -PMP_EIO)
		rc = pmp_fail(diag, PMP_EFULL, "cannot write the history '%s': %m", path);
	if (fd >= 0)
		close(fd);
	pmp_pool_free(pool);
	return rc;
}

/* A block for each value, from the lowest to the highest. */
static const char *sparkline(struct pmp_pool *pool, const double *values, size_t count)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double low = INFINITY, high = 0;
	const char *text = "";

	for (size_t i = 0; i < count; i++) {
		low = fmin(low, values[i]);
		high = fmax(high, values[i]);
	}
	for (size_t i = 0; i < count; i++)
		text = pmp_pool_printf(
			pool, "%s%s", text,
			blocks[high > low ? lround(7 * (values[i] - low) / (high - low)) : 0]);
	return text;
}

static bool is_one_of(const struct pmp_point *point, const struct entry *entry)
{
	for (size_t i = 0; i < point->count; i++)
		if (strcmp(point->runs[i]->created, entry->created) == 0 &&
		    strcmp(point->runs[i]->job, entry->job) == 0)
			return true;
	return false;
}

const char *pmp_history_trend(struct pmp_pool *pool, const struct pmp_point *point)
{
	struct history history;
	double *times, now, usual;
	size_t count = 0, last, sparks;

	if (read_history(pmp_history_path(pool, point->runs[0]), pool, point->runs[0], &history))
		return NULL;
	times = pmp_pool_alloc(pool, history.count + 1, sizeof(*times));
	for (size_t i = 0; times && i < history.count; i++)
		if (!is_one_of(point, &history.entries[i]))
			times[count++] = history.entries[i].time_s;
	if (count == 0)
		return NULL;
	last = count < LAST ? count : LAST;
	usual = pmp_median(times + count - last, last);
	now = pmp_median(point->times_s, point->count);
	times[count] = now;
	sparks = count + 1 < SPARKS ? count + 1 : SPARKS;
	return pmp_pool_printf(
		pool,
		"History of this machine: %.1f %% %s than the median of the last %zu of "
		"%zu run%s (%s) %s",
		100 * fabs(now / usual - 1), now < usual ? "faster" : "slower", last, count,
		count == 1 ? "" : "s", pmp_fmt_seconds(usual).text,
		sparkline(pool, times + count + 1 - sparks, sparks));
}
