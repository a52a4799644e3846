/*
 * runs.c - files and folders of runs to one series. Called by the verbs that compare runs; one file is in memory at a time.
 */
#include "cli/runs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/manifest.h"
#include "metrics/summary.h"
#include "store/reader.h"
#include "store/symbols.h"

#define SUFFIX ".pmprof.h5"

/* What has been read so far. */
struct loader {
	const struct pmp_runs_options *options;
	struct pmp_pool *pool;
	struct pmp_digest **runs, **copies;
	uint32_t *copy_numbers;
	double *serial_s;
	size_t run_count, copies_count, serial_count;
	const char *serial_command;
	enum pmp_scaling scaling;
	struct pmp_diag *diag;
};

int pmp_runs_digest(const char *path, struct pmp_digest **digest, struct pmp_diag *diag)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_model *model = NULL;
	struct pmp_summary *summary;
	int rc = pool ? 0 : -PMP_ENOMEM;

	if (rc == 0)
		rc = pmp_read(path, &model, diag);
	if (rc == 0)
		rc = pmp_symbolize_model(model, diag);
	if (rc == 0)
		rc = pmp_model_merge_paths(model);
	if (rc == 0)
		rc = pmp_summarize(model, pool, &summary);
	if (rc == 0)
		rc = pmp_digest_make(summary, path, digest);
	pmp_pool_free(pool);
	pmp_model_free(model);
	return rc;
}

/* Room for one more element. Arrays double, at powers of two. */
static void *grow(void *array, size_t count, size_t size)
{
	return count & (count - 1) ? array : reallocarray(array, count ? 2 * count : 1, size);
}

static int add_run(struct loader *l, const char *path)
{
	void *more = grow(l->runs, l->run_count, sizeof(*l->runs));

	if (!more)
		return -PMP_ENOMEM;
	l->runs = more;
	int rc = pmp_runs_digest(path, &l->runs[l->run_count], l->diag);

	l->run_count += rc == 0;
	return rc;
}

static int add_copy(struct loader *l, const char *path, uint32_t copies)
{
	void *numbers = grow(l->copy_numbers, l->copies_count, sizeof(*l->copy_numbers));

	if (!numbers)
		return -PMP_ENOMEM;
	l->copy_numbers = numbers;
	void *more = grow(l->copies, l->copies_count, sizeof(*l->copies));

	if (!more)
		return -PMP_ENOMEM;
	l->copies = more;
	l->copy_numbers[l->copies_count] = copies;
	int rc = pmp_runs_digest(path, &l->copies[l->copies_count], l->diag);

	l->copies_count += rc == 0;
	return rc;
}

static int add_serial(struct loader *l, double wall_s)
{
	void *more = grow(l->serial_s, l->serial_count, sizeof(*l->serial_s));

	if (!more)
		return -PMP_ENOMEM;
	l->serial_s = more;
	l->serial_s[l->serial_count++] = wall_s;
	return 0;
}

static const char *join_words(struct pmp_pool *pool, char *const *words)
{
	const char *text = "";

	for (; words && *words; words++)
		text = pmp_pool_printf(pool, "%s%s%s", text, text[0] ? " " : "", *words);
	return text;
}

static int add_manifest_run(struct loader *l, const struct pmp_manifest *manifest, const char *dir,
			    const struct pmp_manifest_run *run)
{
	const char *path = pmp_manifest_path(manifest, dir, run);

	if (run->status != 0 || run->kind == PMP_RUN_WARMUP)
		return 0;
	if (run->kind == PMP_RUN_SERIAL)
		return add_serial(l, run->wall_s);
	if (!path)
		return 0;
	return run->kind == PMP_RUN_COPIES ? add_copy(l, path, run->copies) : add_run(l, path);
}

static int add_set(struct loader *l, const char *dir)
{
	struct pmp_manifest *manifest;
	int rc = pmp_manifest_read(dir, &manifest, l->diag);

	if (rc)
		return rc;
	if (l->scaling == PMP_SCALING_AUTO)
		l->scaling = manifest->scaling;
	if (manifest->serial_command)
		l->serial_command = join_words(l->pool, manifest->serial_command);
	for (size_t i = 0; rc == 0 && i < manifest->run_count; i++)
		rc = add_manifest_run(l, manifest, dir, &manifest->runs[i]);
	pmp_manifest_free(manifest);
	return rc;
}

static int is_run(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(SUFFIX) &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* A folder of files that somebody put together. */
static int add_folder(struct loader *l, const char *dir)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_run, versionsort), rc = 0;

	if (count < 0)
		return pmp_fail(l->diag, PMP_EIO, "cannot read the folder '%s': %m", dir);
	if (count == 0)
		rc = pmp_fail(l->diag, PMP_ENOTFOUND,
			      "'%s' is no set of 'pmprof scale' and has no *" SUFFIX " in it", dir);
	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = add_run(l, pmp_pool_printf(l->pool, "%s/%s", dir, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int add_path(struct loader *l, const char *path)
{
	struct stat status;

	if (stat(path, &status) || !S_ISDIR(status.st_mode))
		return add_run(l, path); /* which says what is wrong with it */
	const char *manifest = pmp_pool_printf(l->pool, "%s/" PMP_MANIFEST_NAME, path);

	return stat(manifest, &status) ? add_folder(l, path) : add_set(l, path);
}

static int make(struct loader *l, struct pmp_series **series)
{
	const struct pmp_series_source source = {
		.runs = l->runs,
		.run_count = l->run_count,
		.copies = l->copies,
		.copy_numbers = l->copy_numbers,
		.copies_count = l->copies_count,
		.serial_s = l->serial_s,
		.serial_count = l->serial_count,
		.serial_command = l->serial_command,
		.scaling = l->scaling,
		.is_mixed_allowed = l->options->is_mixed_allowed,
		.is_unfinished_allowed = l->options->is_unfinished_allowed,
	};

	return pmp_series_make(&source, series, l->diag);
}

static void release(struct loader *l, bool has_digests)
{
	for (size_t i = 0; has_digests && i < l->run_count; i++)
		pmp_digest_free(l->runs[i]);
	for (size_t i = 0; has_digests && i < l->copies_count; i++)
		pmp_digest_free(l->copies[i]);
	free(l->runs);
	free(l->copies);
	free(l->copy_numbers);
	free(l->serial_s);
	pmp_pool_free(l->pool);
}

int pmp_runs_load(char *const *paths, size_t count, const struct pmp_runs_options *options,
		  struct pmp_series **series, struct pmp_diag *diag)
{
	struct loader l = {
		.options = options,
		.scaling = options->scaling,
		.diag = diag,
		.pool = pmp_pool_new(),
	};
	int rc = l.pool ? 0 : -PMP_ENOMEM;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_path(&l, paths[i]);
	if (rc == 0)
		rc = make(&l, series);
	release(&l, rc != 0);
	return rc;
}
