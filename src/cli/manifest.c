/*
 * manifest.c - scale.json in memory, and its writing. Used by `pmprof scale`, and by whoever reads a folder of runs. Reading, with
 * its checks, is manifest_read.c.
 */
#include "cli/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/manifest_names.h"
#include "model/pool.h"

const char *const pmp_run_kind_names[PMP_RUN_KIND_COUNT + 1] = {
	[PMP_RUN_MEASURED] = "run",
	[PMP_RUN_WARMUP] = "warmup",
	[PMP_RUN_SERIAL] = "serial",
	[PMP_RUN_COPIES] = "copies",
};

const char *const pmp_scaling_names[] = {"strong", "weak", NULL};
const char *const pmp_copies_names[] = {"auto", "yes", "no", NULL};

/* Not in its own pool: nothing but pointers into the middle of blocks would lead there, which leak checkers take for lost. */
struct pmp_manifest *pmp_manifest_new(void)
{
	struct pmp_manifest *manifest = calloc(1, sizeof(*manifest));

	if (manifest)
		manifest->pool = pmp_pool_new();
	if (manifest && manifest->pool)
		return manifest;
	free(manifest);
	return NULL;
}

void pmp_manifest_free(struct pmp_manifest *manifest)
{
	if (!manifest)
		return;
	pmp_pool_free(manifest->pool);
	free(manifest);
}

static const char *copy(struct pmp_pool *pool, const char *text)
{
	return text ? pmp_pool_text(pool, text, strlen(text)) : NULL;
}

/* Arrays of a pool cannot grow: each power of two is a new one, so that all of them together are twice the last. */
static bool make_room(struct pmp_manifest *m)
{
	struct pmp_manifest_run *runs;

	if (m->run_count & (m->run_count - 1))
		return true;
	runs = pmp_pool_alloc(m->pool, m->run_count ? 2 * m->run_count : 1, sizeof(*runs));
	if (runs && m->run_count)
		memcpy(runs, m->runs, m->run_count * sizeof(*runs));
	if (runs)
		m->runs = runs;
	return runs;
}

int pmp_manifest_add(struct pmp_manifest *m, const struct pmp_manifest_run *run)
{
	struct pmp_manifest_run added = *run;

	added.file = copy(m->pool, run->file);
	added.started = copy(m->pool, run->started ? run->started : "");
	if (!added.started || (run->file && !added.file) || !make_room(m))
		return -PMP_ENOMEM;
	m->runs[m->run_count++] = added;
	return 0;
}

const char *pmp_manifest_path(const struct pmp_manifest *manifest, const char *dir,
			      const struct pmp_manifest_run *run)
{
	return run->file ? pmp_pool_printf(manifest->pool, "%s/%s", dir, run->file) : NULL;
}

/* Words that are not UTF-8 cannot stand in JSON as they are; such bytes become U+FFFD. */
static json_t *text_json(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	if (json)
		return json;
	char clean[4 * PATH_MAX];
	size_t used = 0;

	for (const char *c = text; *c && used + 4 < sizeof(clean); c++) {
		bool is_ascii = (unsigned char)*c < 0x80;

		memcpy(clean + used, is_ascii ? c : "\xef\xbf\xbd", is_ascii ? 1 : 3);
		used += is_ascii ? 1 : 3;
	}
	clean[used] = '\0';
	return json_string(clean);
}

static json_t *words_json(char *const *words)
{
	json_t *array = words ? json_array() : json_null();

	for (; array && words && *words; words++)
		json_array_append_new(array, text_json(*words));
	return array;
}

/* As they come back from a file, where bytes that are not UTF-8 have been replaced. */
static bool is_same_words(char *const *a, char *const *b)
{
	json_t *one = words_json(a), *two = words_json(b);
	bool is_same = json_equal(one, two);

	json_decref(one);
	json_decref(two);
	return is_same;
}

const char *pmp_manifest_difference(const struct pmp_manifest *m, const struct pmp_manifest *other)
{
	bool is_known = m->program_hash && other->program_hash;
	bool is_serial_known = m->serial_hash && other->serial_hash;
	const struct {
		const char *what;
		bool is_same;
	} parts[] = {
		{"another program or other arguments", is_same_words(m->command, other->command)},
		{"another launcher", strcmp(m->launch, other->launch) == 0},
		{"another mode",
		 strcmp(m->mode ? m->mode : "", other->mode ? other->mode : "") == 0},
		{"another kind of scaling", m->scaling == other->scaling},
		{"another serial program", is_same_words(m->serial_command, other->serial_command)},
		{"another build of the program",
		 !is_known || m->program_hash == other->program_hash},
		{"another build of the serial program",
		 !is_serial_known || m->serial_hash == other->serial_hash},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!parts[i].is_same)
			return parts[i].what;
	return NULL;
}

static json_t *ranks_json(const struct pmp_manifest *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->rank_count; i++)
		json_array_append_new(array, json_integer(m->ranks[i]));
	return array;
}

static json_t *run_json(const struct pmp_manifest_run *r)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:f, s:f, s:i, s:o}", "kind",
			 pmp_run_kind_names[r->kind], "ranks", (json_int_t)r->ranks, "repeat",
			 (json_int_t)r->repeat, "copies", (json_int_t)r->copies, "file",
			 text_json(r->file), "wall_s", r->wall_s, "cpu_s", r->cpu_s, "status",
			 r->status, "started", text_json(r->started));
}

static json_t *runs_json(const struct pmp_manifest *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->run_count; i++)
		if (json_array_append_new(array, run_json(&m->runs[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *hash_json(uint64_t hash)
{
	return hash ? json_sprintf("%016" PRIx64, hash) : json_null();
}

static json_t *manifest_json(const struct pmp_manifest *m)
{
	return json_pack("{s:s, s:i, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:f, s:s, "
			 "s:I, s:I, s:o}",
			 "format", PMP_MANIFEST_FORMAT, "version", PMP_MANIFEST_VERSION, "command",
			 words_json(m->command), "launch", m->launch, "mode", text_json(m->mode),
			 "scaling", pmp_scaling_names[m->scaling], "serial_command",
			 words_json(m->serial_command), "program_hash", hash_json(m->program_hash),
			 "serial_hash", hash_json(m->serial_hash), "ranks", ranks_json(m), "repeat",
			 (json_int_t)m->repeat, "warm_up", (json_int_t)m->warm_up, "precision",
			 m->precision, "copies", pmp_copies_names[m->copies], "seed",
			 (json_int_t)m->seed, "processors", (json_int_t)m->processors, "runs",
			 runs_json(m));
}

static int write_json(const json_t *json, const char *path, struct pmp_diag *diag)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	int rc = 0;

	if (fd < 0)
		return pmp_fail(diag, PMP_EIO, "cannot write '%s': %m", path);
	if (json_dumpfd(json, fd, JSON_INDENT(1)) || write(fd, "\n", 1) != 1 || fsync(fd))
		rc = pmp_fail(diag, errno == ENOSPC ? PMP_EFULL : PMP_EIO, "cannot write '%s': %m",
			      path);
	if (close(fd) && rc == 0)
		rc = pmp_fail(diag, PMP_EIO, "cannot write '%s': %m", path);
	return rc;
}

int pmp_manifest_write(const char *dir, const struct pmp_manifest *m, struct pmp_diag *diag)
{
	json_t *json = manifest_json(m);
	char fresh[PATH_MAX], path[PATH_MAX];
	int rc = json ? 0 : pmp_fail(diag, PMP_ENOMEM, "out of memory");

	snprintf(fresh, sizeof(fresh), "%s/.%s.%ld", dir, PMP_MANIFEST_NAME, (long)getpid());
	snprintf(path, sizeof(path), "%s/%s", dir, PMP_MANIFEST_NAME);
	if (rc == 0)
		rc = write_json(json, fresh, diag);
	if (rc == 0 && rename(fresh, path))
		rc = pmp_fail(diag, PMP_EIO, "cannot replace '%s': %m", path);
	if (rc)
		unlink(fresh);
	json_decref(json);
	return rc;
}
