/*
 * manifest_read.c - scale.json as untrusted input: every type, range and name is checked here, so that nobody behind this file
 * has to. Errors name the file, the entry and what it must be.
 */
#include "cli/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/manifest_names.h"
#include "model/pool.h"

#define MAX_BYTES (64 << 20) /* of the file */
#define MAX_RANKS (1 << 24)
#define MAX_COUNT 1000000 /* repeats, copies, entries */
#define MAX_REAL  1e10    /* seconds: 300 years */

/* Where the reader stands. After the first mistake nothing more is taken in. */
struct reading {
	const char *path;
	struct pmp_manifest *m;
	struct pmp_diag *diag;
	char place[64]; /* "runs[3]." */
	int rc;
};

__attribute__((format(printf, 4, 5))) static void wrong(struct reading *r, enum pmp_err err,
							const char *key, const char *fmt, ...)
{
	char what[256];
	va_list args;

	if (r->rc)
		return;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	r->rc = pmp_fail(r->diag, err, "'%s': %s%s %s", r->path, r->place, key, what);
}

static const char *text(struct reading *r, const json_t *object, const char *key, bool may_be_null)
{
	const json_t *json = json_object_get(object, key);
	const char *value = json_string_value(json);

	if (may_be_null && (!json || json_is_null(json)))
		return NULL;
	if (!value)
		wrong(r, PMP_EFORMAT, key, "must be a text");
	return value ? pmp_pool_text(r->m->pool, value, strlen(value)) : NULL;
}

static int64_t integer(struct reading *r, const json_t *json, const char *key, int64_t min,
		       int64_t max)
{
	int64_t value = json_integer_value(json);

	if (json_is_integer(json) && value >= min && value <= max)
		return value;
	wrong(r, PMP_EFORMAT, key, "must be a whole number from %" PRId64 " to %" PRId64, min, max);
	return min;
}

static int64_t member(struct reading *r, const json_t *object, const char *key, int64_t min,
		      int64_t max)
{
	return integer(r, json_object_get(object, key), key, min, max);
}

static double real(struct reading *r, const json_t *object, const char *key)
{
	const json_t *json = json_object_get(object, key);
	double value = json_number_value(json);

	if (!json_is_number(json) || !(value >= 0 && value <= MAX_REAL))
		wrong(r, PMP_EFORMAT, key, "must be a number of at least 0");
	return value;
}

static size_t choice(struct reading *r, const json_t *object, const char *key,
		     const char *const *names)
{
	const char *word = json_string_value(json_object_get(object, key));

	for (size_t i = 0; word && names[i]; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	if (word)
		wrong(r, PMP_EFORMAT, key, "is '%s', which is none that is known", word);
	else
		wrong(r, PMP_EFORMAT, key, "must be a word");
	return 0;
}

static uint64_t hash(struct reading *r, const json_t *object, const char *key)
{
	const char *digits = text(r, object, key, true);
	char *end = NULL;
	uint64_t value = digits ? strtoull(digits, &end, 16) : 0;

	if (digits && (strlen(digits) != 16 || *end))
		wrong(r, PMP_EFORMAT, key, "must be 16 hexadecimal digits");
	return value;
}

static char *const *words(struct reading *r, const json_t *object, const char *key,
			  bool may_be_null)
{
	const json_t *array = json_object_get(object, key);
	size_t count = json_array_size(array);
	char **list;

	if (may_be_null && (!array || json_is_null(array)))
		return NULL;
	if (count == 0 || count > MAX_COUNT) {
		wrong(r, PMP_EFORMAT, key, "must be a list of words");
		return NULL;
	}
	list = pmp_pool_alloc(r->m->pool, count + 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++) {
		const char *word = json_string_value(json_array_get(array, i));

		if (!word)
			wrong(r, PMP_EFORMAT, key, "must be a list of words");
		list[i] = pmp_pool_text(r->m->pool, word ? word : "", word ? strlen(word) : 0);
	}
	return list;
}

static void read_ranks(struct reading *r, const json_t *object)
{
	const json_t *array = json_object_get(object, "ranks");
	size_t count = json_array_size(array);
	uint32_t *ranks = pmp_pool_alloc(r->m->pool, count, sizeof(*ranks));

	if (count == 0 || count > MAX_COUNT)
		wrong(r, PMP_EFORMAT, "ranks", "must be a list of numbers");
	for (size_t i = 0; ranks && i < count && !r->rc; i++) {
		ranks[i] = (uint32_t)integer(r, json_array_get(array, i), "ranks", 1, MAX_RANKS);
		if (i > 0 && ranks[i] <= ranks[i - 1])
			wrong(r, PMP_EFORMAT, "ranks", "must be rising");
	}
	r->m->ranks = ranks;
	r->m->rank_count = count;
}

/* A file lies in the folder itself, so that a manifest from elsewhere cannot make us read something else. */
static bool is_plain_name(const char *name)
{
	if (!*name || *name == '.' || strlen(name) > NAME_MAX)
		return false;
	for (; *name; name++)
		if (*name == '/' || (unsigned char)*name < ' ')
			return false;
	return true;
}

static void read_run(struct reading *r, const json_t *object)
{
	struct pmp_manifest_run run = {
		.kind = (enum pmp_run_kind)choice(r, object, "kind", pmp_run_kind_names),
		.ranks = (uint32_t)member(r, object, "ranks", 1, MAX_RANKS),
		.repeat = (uint32_t)member(r, object, "repeat", 1, MAX_COUNT),
		.copies = (uint32_t)member(r, object, "copies", 0, MAX_RANKS),
		.file = text(r, object, "file", true),
		.wall_s = real(r, object, "wall_s"),
		.cpu_s = real(r, object, "cpu_s"),
		.status = (int32_t)member(r, object, "status", 0, INT32_MAX),
		.started = text(r, object, "started", false),
	};
	bool has_file = run.kind == PMP_RUN_MEASURED || run.kind == PMP_RUN_COPIES;

	if (run.file && !is_plain_name(run.file))
		wrong(r, PMP_EFORMAT, "file", "must be the name of a file in the folder");
	if (has_file && run.status == 0 && !run.file)
		wrong(r, PMP_EFORMAT, "file", "is missing");
	if (run.kind == PMP_RUN_COPIES && run.copies == 0)
		wrong(r, PMP_EFORMAT, "copies", "must be at least 1");
	if (r->rc == 0 && pmp_manifest_add(r->m, &run))
		wrong(r, PMP_ENOMEM, "", "is too large");
}

static void read_runs(struct reading *r, const json_t *object)
{
	const json_t *array = json_object_get(object, "runs");
	const json_t *run;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) > MAX_COUNT)
		wrong(r, PMP_EFORMAT, "runs", "must be a list");
	json_array_foreach(array, i, run)
	{
		snprintf(r->place, sizeof(r->place), "runs[%zu].", i);
		if (r->rc == 0)
			read_run(r, run);
	}
	r->place[0] = '\0';
}

static void read_all(struct reading *r, const json_t *object)
{
	const char *format = json_string_value(json_object_get(object, "format"));

	if (!format || strcmp(format, PMP_MANIFEST_FORMAT) != 0)
		wrong(r, PMP_EFORMAT, "format", "must be \"%s\"", PMP_MANIFEST_FORMAT);
	if (member(r, object, "version", 1, INT32_MAX) > PMP_MANIFEST_VERSION)
		wrong(r, PMP_EVERSION, "version", "is newer than this pmprof knows");
	r->m->command = words(r, object, "command", false);
	r->m->launch = text(r, object, "launch", false);
	r->m->scaling = (enum pmp_scaling)choice(r, object, "scaling", pmp_scaling_names);
	r->m->serial_command = words(r, object, "serial_command", true);
	r->m->program_hash = hash(r, object, "program_hash");
	r->m->serial_hash = hash(r, object, "serial_hash");
	read_ranks(r, object);
	r->m->mode = text(r, object, "mode", true);
	r->m->repeat = (uint32_t)member(r, object, "repeat", 1, MAX_COUNT);
	r->m->warm_up = (uint32_t)member(r, object, "warm_up", 0, MAX_COUNT);
	r->m->precision = real(r, object, "precision");
	r->m->copies = (enum pmp_copies_choice)choice(r, object, "copies", pmp_copies_names);
	r->m->seed = (uint64_t)member(r, object, "seed", 0, INT64_MAX);
	r->m->processors = (uint32_t)member(r, object, "processors", 0, MAX_RANKS);
	read_runs(r, object);
}

static int load(const char *path, json_t **json, struct pmp_diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	json_error_t error;
	int rc = 0;

	if (fd < 0)
		return pmp_fail(diag, errno == ENOENT || errno == ENOTDIR ? PMP_ENOTFOUND : PMP_EIO,
				"cannot open '%s': %m", path);
	if (size < 0 || size > MAX_BYTES || lseek(fd, 0, SEEK_SET))
		rc = pmp_fail(diag, PMP_EFORMAT, "'%s' is no manifest of a sweep", path);
	*json = rc ? NULL : json_loadfd(fd, JSON_REJECT_DUPLICATES, &error);
	if (rc == 0 && !*json)
		rc = pmp_fail(diag, PMP_EFORMAT, "'%s' is not valid JSON: %s in line %d", path,
			      error.text, error.line);
	close(fd);
	return rc;
}

int pmp_manifest_read(const char *dir, struct pmp_manifest **manifest, struct pmp_diag *diag)
{
	char path[PATH_MAX];
	struct reading r = {.path = path, .diag = diag};
	json_t *json = NULL;

	if (snprintf(path, sizeof(path), "%s/%s", dir, PMP_MANIFEST_NAME) >= (int)sizeof(path))
		return pmp_fail(diag, PMP_EIO, "the name of the folder is too long");
	r.rc = load(path, &json, diag);
	if (r.rc)
		return r.rc;
	r.m = pmp_manifest_new();
	if (!r.m)
		r.rc = -PMP_ENOMEM;
	else
		read_all(&r, json);
	if (r.rc == 0 && pmp_pool_failed(r.m->pool))
		r.rc = pmp_fail(diag, PMP_ENOMEM, "out of memory");
	json_decref(json);
	if (r.rc)
		pmp_manifest_free(r.m);
	else
		*manifest = r.m;
	return r.rc;
}
