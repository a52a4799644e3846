/*
 * baseline.c - saving, reading and listing baselines. Called by cmd_baseline.c and cmd_diff.c. What is read may come from anybody.
 */
#include "cli/baseline.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/suggest.h"
#include "cli/keep.h"
#include "render/digest_json.h"

#define FORMAT     "pmprof-baseline"
#define VERSION    1
#define SUFFIX     ".json"
#define MOST_BYTES (1L << 30)
#define MOST_RUNS  10000

const char *pmp_baseline_path(struct pmp_pool *pool, const char *name)
{
	return pmp_pool_printf(pool, "%s/%s" SUFFIX, pmp_keep_folder(pool, "baselines"), name);
}

struct saved {
	const char *name;
	const struct pmp_series *series;
};

/* A text as JSON, quotes included. */
static void print_text(FILE *out, const char *text)
{
	json_t *string = json_string(text);

	if (!string || json_dumpf(string, out, JSON_ENCODE_ANY))
		fputs("\"\"", out);
	json_decref(string);
}

static int print_baseline(FILE *out, const void *what)
{
	const struct saved *saved = what;
	const char *between = "";
	time_t now = time(NULL);
	struct tm utc;
	char date[32] = "";

	if (gmtime_r(&now, &utc))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	fprintf(out, "{\"format\":\"" FORMAT "\",\"version\":%d,\"name\":", VERSION);
	print_text(out, saved->name);
	fprintf(out, ",\"saved\":\"%s\",\"program\":", date);
	print_text(out, saved->series->program);
	fputs(",\n\"runs\":[\n", out);
	for (size_t i = 0; i < saved->series->point_count; i++) {
		const struct pmp_point *point = &saved->series->points[i];

		for (size_t k = 0; k < point->count; k++, between = ",\n") {
			fputs(between, out);
			if (pmp_digest_print(point->runs[k], out))
				return -PMP_EIO;
		}
	}
	fputs("]}\n", out);
	return ferror(out) ? -PMP_EIO : 0;
}

int pmp_baseline_save(const char *name, const struct pmp_series *series, struct pmp_diag *diag)
{
	const struct saved saved = {name, series};
	struct pmp_pool *pool = pmp_pool_new();
	int rc = pool ? pmp_keep_make(pmp_keep_folder(pool, "baselines"), diag) : -PMP_ENOMEM;

	if (rc == 0)
		rc = pmp_keep_replace(pmp_baseline_path(pool, name), print_baseline, &saved, diag);
	pmp_pool_free(pool);
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **pmp_baseline_names(struct pmp_pool *pool, size_t *count)
{
	DIR *folder = opendir(pmp_keep_folder(pool, "baselines"));
	const char **names = pmp_pool_alloc(pool, 1, sizeof(*names));
	size_t room = 1;

	*count = 0;
	for (struct dirent *entry; folder && names && (entry = readdir(folder));) {
		size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);

		if (length <= suffix || strcmp(entry->d_name + length - suffix, SUFFIX) != 0)
			continue;
		if (*count + 1 == room) {
			const char **more = pmp_pool_alloc(pool, 2 * room, sizeof(*more));

			if (more)
				memcpy(more, names, *count * sizeof(*names));
			names = more;
			room *= 2;
		}
		if (names)
			names[(*count)++] = pmp_pool_text(pool, entry->d_name, length - suffix);
	}
	if (folder)
		closedir(folder);
	if (!names || pmp_pool_failed(pool))
		return NULL;
	qsort(names, *count, sizeof(*names), by_text);
	names[*count] = NULL;
	return names;
}

static int not_found(const char *name, struct pmp_pool *pool, struct pmp_diag *diag)
{
	size_t count = 0;
	const char **names = pmp_baseline_names(pool, &count);
	const char *nearest = names ? pmp_suggest(name, names, count, sizeof(*names)) : NULL;

	if (nearest)
		return pmp_fail(diag, PMP_ENOTFOUND,
				"there is no baseline '%s', did you mean '%s'?", name, nearest);
	return pmp_fail(diag, PMP_ENOTFOUND,
			"there is no baseline '%s', save one: pmprof baseline save %s FILE...",
			name, name);
}

static int read_json(const char *name, struct pmp_pool *pool, json_t **json, struct pmp_diag *diag)
{
	const char *path = pmp_baseline_path(pool, name);
	struct stat status;
	json_error_t error;

	if (!pmp_keep_is_name(name) || (stat(path, &status) && errno == ENOENT))
		return not_found(name, pool, diag);
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return pmp_fail(diag, PMP_EIO, "cannot read the baseline '%s': no file", path);
	if (status.st_size > MOST_BYTES)
		return pmp_fail(diag, PMP_EFORMAT, "'%s' is too large for a baseline", path);
	*json = json_load_file(path, 0, &error);
	if (!*json && errno == EACCES)
		return pmp_fail(diag, PMP_EIO, "cannot open '%s': %m", path);
	if (!*json)
		return pmp_fail(diag, PMP_EFORMAT, "'%s' is no JSON: line %d: %s", path, error.line,
				error.text);
	return 0;
}

static int check_format(const json_t *json, const char *name, struct pmp_diag *diag)
{
	const char *format = json_string_value(json_object_get(json, "format"));
	const json_t *runs = json_object_get(json, "runs");

	if (!format || strcmp(format, FORMAT) != 0)
		return pmp_fail(diag, PMP_EFORMAT, "the baseline '%s' is not one of pmprof's",
				name);
	if (json_integer_value(json_object_get(json, "version")) != VERSION)
		return pmp_fail(diag, PMP_EVERSION,
				"the baseline '%s' was saved by another version of pmprof; save it "
				"again",
				name);
	if (!json_is_array(runs) || json_array_size(runs) == 0 || json_array_size(runs) > MOST_RUNS)
		return pmp_fail(diag, PMP_EFORMAT, "the baseline '%s' has no runs", name);
	return 0;
}

static int parse_runs(const json_t *runs, const char *name, struct pmp_digest **digests,
		      size_t *count, struct pmp_diag *diag)
{
	char where[200];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(runs); i++) {
		snprintf(where, sizeof(where), "baseline '%s', run %zu,", name, i + 1);
		rc = pmp_digest_parse(json_array_get(runs, i), where, &digests[i], diag);
		*count += rc == 0;
	}
	return rc;
}

int pmp_baseline_load(const char *name, bool is_mixed_allowed, struct pmp_series **series,
		      struct pmp_diag *diag)
{
	struct pmp_series_source source = {.is_mixed_allowed = is_mixed_allowed,
					   .is_unfinished_allowed = true};
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_digest **digests = NULL;
	json_t *json = NULL;
	int rc = pool ? read_json(name, pool, &json, diag) : -PMP_ENOMEM;

	if (rc == 0)
		rc = check_format(json, name, diag);
	if (rc == 0) {
		const json_t *runs = json_object_get(json, "runs");

		digests = pmp_pool_alloc(pool, json_array_size(runs), sizeof(*digests));
		rc = digests ? parse_runs(runs, name, digests, &source.run_count, diag)
			     : -PMP_ENOMEM;
	}
	source.runs = digests;
	if (rc == 0)
		rc = pmp_series_make(&source, series, diag);
	for (size_t i = 0; rc && i < source.run_count; i++)
		pmp_digest_free(digests[i]);
	json_decref(json);
	pmp_pool_free(pool);
	return rc;
}
