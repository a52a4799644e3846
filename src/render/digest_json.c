/*
 * digest_json.c - digests as JSON and back. One table of fields per struct serves both directions. Called by cli/baseline*.c.
 *
 * Reading trusts nothing: every key is checked for its type and range, arrays are sorted again, indices stay within them.
 */
#include "render/digest_json.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model/pool.h"
#include "render/utf8.h"

#define MOST_TEXT 65536
#define MOST_ROWS 10000000

enum kind { TEXT, REAL, U32, I64, FLAG, KEY };

struct field {
	const char *key;
	enum kind kind;
	size_t offset;
};

#define FIELD(type, kind, member)                                                                  \
	{                                                                                          \
#member, kind, offsetof(struct type, member)                                       \
	}
#define NAMED(type, kind, key, member)                                                             \
	{                                                                                          \
		key, kind, offsetof(struct type, member)                                           \
	}
#define SPREAD(type, name)                                                                         \
	NAMED(type, REAL, #name "_sum_s", name.sum_s),                                             \
		NAMED(type, REAL, #name "_max_s", name.max_s),                                     \
		NAMED(type, U32, #name "_rank_of_max", name.rank_of_max),                          \
		NAMED(type, U32, #name "_ranks", name.ranks)
#define PLACE(type, prefix, name)                                                                  \
	NAMED(type, TEXT, prefix "function", name.function),                                       \
		NAMED(type, TEXT, prefix "file", name.file),                                       \
		NAMED(type, U32, prefix "line", name.line)

static const struct field digest_fields[] = {
	FIELD(pmp_digest, TEXT, path),
	FIELD(pmp_digest, TEXT, command),
	FIELD(pmp_digest, TEXT, mpi),
	FIELD(pmp_digest, TEXT, job),
	FIELD(pmp_digest, TEXT, created),
	FIELD(pmp_digest, TEXT, host),
	FIELD(pmp_digest, TEXT, version),
	FIELD(pmp_digest, U32, ranks),
	FIELD(pmp_digest, U32, nodes),
	FIELD(pmp_digest, U32, data_ranks),
	FIELD(pmp_digest, U32, finished_ranks),
	FIELD(pmp_digest, U32, processors),
	FIELD(pmp_digest, FLAG, is_complete),
	FIELD(pmp_digest, FLAG, is_oversubscribed),
	FIELD(pmp_digest, I64, lost_calls),
	FIELD(pmp_digest, REAL, time_s),
	FIELD(pmp_digest, REAL, init_s),
	FIELD(pmp_digest, REAL, core_s),
	FIELD(pmp_digest, REAL, compute_s),
	FIELD(pmp_digest, REAL, mpi_s),
	FIELD(pmp_digest, REAL, io_s),
	FIELD(pmp_digest, REAL, paused_s),
	FIELD(pmp_digest, REAL, tool_s),
	FIELD(pmp_digest, REAL, tool_hidden_s),
	FIELD(pmp_digest, REAL, init_sum_s),
	FIELD(pmp_digest, REAL, idle_s),
	FIELD(pmp_digest, REAL, cpu_s),
	FIELD(pmp_digest, REAL, max_rss_bytes),
	NAMED(pmp_digest, REAL, "parallel_efficiency", pop.parallel),
};

static const struct field region_fields[] = {
	FIELD(pmp_digest_region, KEY, key),      FIELD(pmp_digest_region, TEXT, name),
	FIELD(pmp_digest_region, I64, count),    SPREAD(pmp_digest_region, compute),
	SPREAD(pmp_digest_region, self_compute), SPREAD(pmp_digest_region, mpi),
	SPREAD(pmp_digest_region, io),           PLACE(pmp_digest_region, "", place),
};

static const struct field stretch_fields[] = {
	FIELD(pmp_digest_stretch, KEY, key),      FIELD(pmp_digest_stretch, KEY, to_key),
	FIELD(pmp_digest_stretch, U32, region),   FIELD(pmp_digest_stretch, TEXT, from_call),
	FIELD(pmp_digest_stretch, TEXT, to_call), PLACE(pmp_digest_stretch, "from_", from),
	PLACE(pmp_digest_stretch, "to_", to),     FIELD(pmp_digest_stretch, I64, count),
	SPREAD(pmp_digest_stretch, compute),
};

static const struct field site_fields[] = {
	FIELD(pmp_digest_site, KEY, key),        FIELD(pmp_digest_site, TEXT, call),
	FIELD(pmp_digest_site, U32, region),     PLACE(pmp_digest_site, "", place),
	FIELD(pmp_digest_site, TEXT, path),      FIELD(pmp_digest_site, I64, count),
	FIELD(pmp_digest_site, I64, bytes_out),  FIELD(pmp_digest_site, I64, bytes_in),
	FIELD(pmp_digest_site, REAL, waiting_s), SPREAD(pmp_digest_site, time),
};

static const struct field call_fields[] = {
	FIELD(pmp_digest_call, TEXT, call),     FIELD(pmp_digest_call, I64, count),
	FIELD(pmp_digest_call, I64, bytes_out), FIELD(pmp_digest_call, I64, bytes_in),
	FIELD(pmp_digest_call, REAL, time_s),   FIELD(pmp_digest_call, REAL, max_s),
};

/* The arrays of a digest. */
struct table {
	const char *key;
	const struct field *fields;
	size_t field_count, size; /* of one element */
	size_t rows, count;       /* offsets in the digest */
	size_t region;            /* offset of the index of a region in an element; SIZE_MAX none */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TABLE(name, one, region)                                                                   \
	{                                                                                          \
#name, one##_fields, COUNT(one##_fields), sizeof(struct pmp_digest_##one),         \
			offsetof(struct pmp_digest, name),                                         \
			offsetof(struct pmp_digest, one##_count), region                           \
	}

static const struct table tables[] = {
	TABLE(regions, region, SIZE_MAX),
	TABLE(stretches, stretch, offsetof(struct pmp_digest_stretch, region)),
	TABLE(sites, site, offsetof(struct pmp_digest_site, region)),
	TABLE(calls, call, SIZE_MAX),
};

static json_t *value_of(const char *at, enum kind kind, struct pmp_pool *pool)
{
	char hex[20];

	switch (kind) {
	case TEXT:
		return json_string_nocheck(pmp_utf8_clean(pool, *(const char *const *)at, true));
	case REAL:
		return isfinite(*(const double *)at) ? json_real(*(const double *)at) : NULL;
	case U32:
		return json_integer(*(const uint32_t *)at);
	case I64:
		return json_integer(*(const int64_t *)at);
	case FLAG:
		return json_boolean(*(const bool *)at);
	case KEY:
		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)*(const uint64_t *)at);
		return json_string(hex);
	}
	return NULL;
}

/* 0, "" and false are what a missing key means. */
static bool is_default(const json_t *value)
{
	return !value || json_is_false(value) ||
	       (json_is_number(value) && json_number_value(value) == 0) ||
	       (json_is_string(value) && json_string_length(value) == 0);
}

static json_t *object_of(const void *data, const struct field *fields, size_t count,
			 struct pmp_pool *pool)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++) {
		json_t *value =
			value_of((const char *)data + fields[i].offset, fields[i].kind, pool);

		if (is_default(value))
			json_decref(value);
		else
			json_object_set_new_nocheck(object, fields[i].key, value);
	}
	return object;
}

#define DUMP (JSON_COMPACT | JSON_REAL_PRECISION(12))

static void print_table(const struct pmp_digest *d, const struct table *table, FILE *out,
			struct pmp_pool *pool)
{
	const char *rows = *(const char *const *)((const char *)d + table->rows);
	size_t count = *(const size_t *)((const char *)d + table->count);

	fprintf(out, ",\n\"%s\":[", table->key);
	for (size_t i = 0; i < count; i++) {
		json_t *row =
			object_of(rows + i * table->size, table->fields, table->field_count, pool);

		fputs(i ? ",\n" : "\n", out);
		json_dumpf(row, out, DUMP);
		json_decref(row);
	}
	fputs("]", out);
}

int pmp_digest_print(const struct pmp_digest *digest, FILE *out)
{
	struct pmp_pool *pool = pmp_pool_new();
	json_t *head;

	if (!pool)
		return -PMP_ENOMEM;
	head = object_of(digest, digest_fields, COUNT(digest_fields), pool);
	fputs("{\"run\":", out);
	json_dumpf(head, out, DUMP);
	json_decref(head);
	for (size_t i = 0; i < COUNT(tables); i++)
		print_table(digest, &tables[i], out, pool);
	fputs("}", out);
	pmp_pool_free(pool);
	return ferror(out) ? -PMP_EIO : 0;
}

struct parser {
	struct pmp_digest *digest;
	const char *where;
	struct pmp_diag *diag;
};

static int bad_field(const struct parser *p, const char *key, const char *what)
{
	return pmp_fail(p->diag, PMP_EFORMAT, "%s is damaged: '%s' is no %s; save it again",
			p->where, key, what);
}

static int parse_text(const struct parser *p, const json_t *value, const struct field *field,
		      const char **out)
{
	if (value && (!json_is_string(value) || json_string_length(value) > MOST_TEXT))
		return bad_field(p, field->key, "text");
	*out = value ? pmp_pool_text(p->digest->pool, json_string_value(value),
				     strlen(json_string_value(value)))
		     : "";
	return *out ? 0 : -PMP_ENOMEM;
}

static int parse_key(const struct parser *p, const json_t *value, const struct field *field,
		     uint64_t *out)
{
	const char *text = value ? json_string_value(value) : "0";

	if (!text || strlen(text) > 16 || text[strspn(text, "0123456789abcdef")])
		return bad_field(p, field->key, "key");
	*out = strtoull(text, NULL, 16);
	return 0;
}

static int parse_number(const struct parser *p, const json_t *value, const struct field *field,
			char *at)
{
	json_int_t integer = json_integer_value(value);
	double real = json_number_value(value);

	if (field->kind == REAL) {
		if (value && (!json_is_number(value) || !(real >= 0) || real > 1e18))
			return bad_field(p, field->key, "positive number");
		*(double *)at = real;
		return 0;
	}
	if (value && (!json_is_integer(value) || integer < 0 ||
		      (field->kind == U32 && integer > UINT32_MAX)))
		return bad_field(p, field->key, "positive integer");
	if (field->kind == U32)
		*(uint32_t *)at = (uint32_t)integer;
	else
		*(int64_t *)at = integer;
	return 0;
}

static int parse_field(const struct parser *p, const json_t *object, const struct field *field,
		       char *at)
{
	const json_t *value = json_object_get(object, field->key);

	if (field->kind == TEXT)
		return parse_text(p, value, field, (const char **)at);
	if (field->kind == KEY)
		return parse_key(p, value, field, (uint64_t *)at);
	if (field->kind != FLAG)
		return parse_number(p, value, field, at);
	if (value && !json_is_boolean(value))
		return bad_field(p, field->key, "true or false");
	*(bool *)at = json_is_true(value);
	return 0;
}

static int parse_object(const struct parser *p, const json_t *object, const struct field *fields,
			size_t count, void *data)
{
	if (!json_is_object(object))
		return bad_field(p, "row", "object");
	for (size_t i = 0; i < count; i++) {
		int rc = parse_field(p, object, &fields[i], (char *)data + fields[i].offset);

		if (rc)
			return rc;
	}
	return 0;
}

static int parse_row(const struct parser *p, const struct table *table, const json_t *row,
		     char *data)
{
	int rc = parse_object(p, row, table->fields, table->field_count, data);

	if (rc || table->region == SIZE_MAX)
		return rc;
	if (*(uint32_t *)(data + table->region) >= p->digest->region_count)
		return bad_field(p, "region", "number of a region");
	return 0;
}

static int parse_table(const struct parser *p, const json_t *object, const struct table *table)
{
	const json_t *list = json_object_get(object, table->key);
	size_t count = json_array_size(list);
	char *rows;

	if (!json_is_array(list) || count > MOST_ROWS)
		return bad_field(p, table->key, "list");
	rows = pmp_pool_alloc(p->digest->pool, count, table->size);
	if (!rows)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int rc = parse_row(p, table, json_array_get(list, i), rows + i * table->size);

		if (rc)
			return rc;
	}
	*(char **)((char *)p->digest + table->rows) = rows;
	*(size_t *)((char *)p->digest + table->count) = count;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pmp_digest_call *)a)->call,
		      ((const struct pmp_digest_call *)b)->call);
}

static int check_whole(const struct parser *p)
{
	struct pmp_digest *d = p->digest;

	if (d->ranks == 0)
		return bad_field(p, "ranks", "number of ranks");
	if (!(d->time_s > 0))
		return bad_field(p, "time_s", "positive number");
	if (d->region_count == 0)
		return bad_field(p, "regions", "list with the whole program");
	qsort(d->calls, d->call_count, sizeof(*d->calls), by_name);
	return 0;
}

int pmp_digest_parse(const json_t *object, const char *where, struct pmp_digest **digest,
		     struct pmp_diag *diag)
{
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_digest *made = pool ? pmp_pool_alloc(pool, 1, sizeof(*made)) : NULL;
	const struct parser parser = {made, where, diag};
	int rc;

	if (!made) {
		pmp_pool_free(pool);
		return -PMP_ENOMEM;
	}
	made->pool = pool;
	rc = parse_object(&parser, json_object_get(object, "run"), digest_fields,
			  COUNT(digest_fields), made);
	for (size_t i = 0; rc == 0 && i < COUNT(tables); i++)
		rc = parse_table(&parser, object, &tables[i]);
	if (rc == 0)
		rc = check_whole(&parser);
	if (rc == 0)
		*digest = made;
	else
		pmp_digest_free(made);
	return rc;
}
