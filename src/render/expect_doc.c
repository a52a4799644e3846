/*
 * expect_doc.c - verdicts on expectations for people and machines: a section of a document, an array of JSON. Called by the
 * commands that take --expect.
 */
#include "render/expect_doc.h"

#include <math.h>
#include <string.h>

#include "render/utf8.h"

#define LONGEST_APART   34 /* columns of a condition beside which there is room for what was found */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const relation_names[] = {
	[PMP_AT_LEAST] = ">=", [PMP_ABOVE] = ">",  [PMP_AT_MOST] = "<=",
	[PMP_BELOW] = "<",     [PMP_EQUAL] = "==", [PMP_UNEQUAL] = "!=",
};

static enum pmp_style style_of(enum pmp_verdict verdict)
{
	static const enum pmp_style styles[] = {[PMP_PASS] = PMP_STYLE_GOOD,
						[PMP_FAIL] = PMP_STYLE_BAD,
						[PMP_INCONCLUSIVE] = PMP_STYLE_WARN};

	return styles[verdict];
}

const char *pmp_expect_summary(const struct pmp_findings *findings, struct pmp_pool *pool)
{
	static const struct {
		enum pmp_verdict verdict;
		const char *word;
	} words[] = {
		{PMP_FAIL, "failed"}, {PMP_INCONCLUSIVE, "inconclusive"}, {PMP_PASS, "passed"}};
	const char *text = "";

	if (findings->verdicts[PMP_PASS] == findings->count)
		return findings->count == 1
			       ? "passed"
			       : pmp_pool_printf(pool, "all %zu passed", findings->count);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (findings->verdicts[words[i].verdict])
			text = pmp_pool_printf(pool, "%s%s%zu %s", text, text[0] ? ", " : "",
					       findings->verdicts[words[i].verdict], words[i].word);
	return text;
}

static const char *found_text(const struct pmp_finding *f, struct pmp_pool *pool)
{
	if (!f->why)
		return f->found;
	return f->found[0] ? pmp_pool_printf(pool, "%s; %s", f->found, f->why) : f->why;
}

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

static void add_finding(struct pmp_doc *doc, struct pmp_doc_table *table,
			const struct pmp_finding *f)
{
	const struct pmp_expectation *e = f->expectation;
	const char *found = found_text(f, doc->pool);
	const char *texts[] = {pmp_expect_info(e->id)->name, or_nothing(e->region),
			       or_nothing(e->argument), relation_names[e->relation]};
	const double numbers[] = {e->bound, f->value.value, f->value.low, f->value.high};
	const char *more[] = {or_nothing(f->why), or_nothing(f->cause), or_nothing(e->reason),
			      or_nothing(e->source)};

	pmp_doc_row(doc, table);
	pmp_cell_text(table, style_of(f->verdict), pmp_verdict_name(f->verdict));
	pmp_cell_text(table, PMP_STYLE_NONE, e->text);
	pmp_cell_text(table, PMP_STYLE_NONE, found);
	pmp_cell_text(table, PMP_STYLE_NONE, pmp_pool_printf(doc->pool, "%s: %s", e->text, found));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		pmp_cell_text(table, PMP_STYLE_NONE, texts[i]);
	pmp_cell_integer(table, PMP_STYLE_NONE, f->ranks, "");
	pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)f->runs, "");
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		pmp_cell_real(table, PMP_STYLE_NONE, numbers[i], "");
	for (size_t i = 0; i < COUNT_OF(more); i++)
		pmp_cell_text(table, PMP_STYLE_NONE, more[i]);
	pmp_cell_integer(table, PMP_STYLE_NONE, e->line, "");
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_failure(const struct pmp_finding *a, const struct pmp_finding *b)
{
	return a->verdict == PMP_FAIL && b->verdict == PMP_FAIL &&
	       is_same_text(a->cause, b->cause) &&
	       is_same_text(a->expectation->reason, b->expectation->reason);
}

static const char *name_text(const struct pmp_expectation *e, struct pmp_pool *pool)
{
	return e->source ? pmp_pool_printf(pool, "%s (%s:%u)", e->text, e->source, e->line)
			 : e->text;
}

/* Why it failed, and why it was expected; once for all of which the same can be said. */
static void add_failure(struct pmp_doc *doc, const struct pmp_findings *findings, size_t index)
{
	const struct pmp_finding *f = &findings->items[index];
	const char *names = "";

	for (size_t i = 0; i < findings->count; i++) {
		if (!is_same_failure(f, &findings->items[i]))
			continue;
		if (i < index)
			return;
		names = pmp_pool_printf(doc->pool, "%s%s%s", names, names[0] ? ", " : "",
					name_text(findings->items[i].expectation, doc->pool));
	}
	pmp_doc_text(doc, PMP_STYLE_NONE,
		     pmp_pool_printf(doc->pool, "%s%s%s", names, f->cause ? ": " : "",
				     or_nothing(f->cause)));
	if (f->expectation->reason)
		pmp_doc_text(doc, PMP_STYLE_NONE,
			     pmp_pool_printf(doc->pool, "  expected because: %s",
					     f->expectation->reason));
}

static void add_failures(struct pmp_doc *doc, const struct pmp_findings *findings)
{
	bool has_heading = false;

	for (size_t i = 0; i < findings->count; i++) {
		const struct pmp_finding *f = &findings->items[i];

		if (f->verdict != PMP_FAIL || (!f->cause && !f->expectation->reason))
			continue;
		if (!has_heading)
			pmp_doc_heading(doc, "What is behind it", NULL);
		has_heading = true;
		add_failure(doc, findings, i);
	}
}

/* A long condition and what was found share a column, lest the terminal be too narrow for two. */
static bool has_long_text(const struct pmp_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (pmp_utf8_width(findings->items[i].expectation->text) > LONGEST_APART)
			return true;
	return false;
}

static void add_table(struct pmp_doc *doc, const struct pmp_findings *findings)
{
	static const struct pmp_column columns[] = {
		{"verdict", "verdict", PMP_COLUMN_NAME},
		{"expectation", "expectation", PMP_COLUMN_NAME},
		{"found", "found", PMP_COLUMN_WRAP},
		{NULL, NULL, PMP_COLUMN_WRAP},
		{"metric", NULL, PMP_COLUMN_LEFT},
		{"region", NULL, PMP_COLUMN_LEFT},
		{"argument", NULL, PMP_COLUMN_LEFT},
		{"relation", NULL, PMP_COLUMN_LEFT},
		{"ranks", NULL, PMP_COLUMN_RIGHT},
		{"runs", NULL, PMP_COLUMN_RIGHT},
		{"bound", NULL, PMP_COLUMN_RIGHT},
		{"value", NULL, PMP_COLUMN_RIGHT},
		{"low", NULL, PMP_COLUMN_RIGHT},
		{"high", NULL, PMP_COLUMN_RIGHT},
		{"why", NULL, PMP_COLUMN_LEFT},
		{"cause", NULL, PMP_COLUMN_LEFT},
		{"reason", NULL, PMP_COLUMN_LEFT},
		{"source", NULL, PMP_COLUMN_LEFT},
		{"line", NULL, PMP_COLUMN_RIGHT},
	};
	struct pmp_column *shown = pmp_pool_alloc(doc->pool, COUNT_OF(columns), sizeof(*shown));
	struct pmp_doc_table *table;

	if (!shown)
		return;
	memcpy(shown, columns, sizeof(columns));
	if (has_long_text(findings)) {
		shown[1].title = shown[2].title = NULL;
		shown[3].title = "expectation and what was found";
	}
	table = pmp_doc_table(doc, "expectations", shown, COUNT_OF(columns));
	for (size_t i = 0; i < findings->count; i++)
		add_finding(doc, table, &findings->items[i]);
}

void pmp_expect_doc(const struct pmp_findings *findings, struct pmp_doc *doc)
{
	if (findings->count == 0)
		return;
	pmp_doc_heading(doc, "Expectations", pmp_expect_summary(findings, doc->pool));
	add_table(doc, findings);
	add_failures(doc, findings);
}

void pmp_expect_list_doc(struct pmp_doc *doc)
{
	static const struct pmp_column columns[] = {
		{"usage", "", PMP_COLUMN_NAME},    {"meaning", "", PMP_COLUMN_WRAP},
		{"metric", NULL, PMP_COLUMN_LEFT}, {"unit", NULL, PMP_COLUMN_LEFT},
		{"nature", NULL, PMP_COLUMN_LEFT},
	};
	static const char *const units[] = {[PMP_UNIT_RATIO] = "ratio",
					    [PMP_UNIT_SECONDS] = "seconds",
					    [PMP_UNIT_BYTES] = "bytes",
					    [PMP_UNIT_COUNT] = "count"};
	struct pmp_doc_table *table;

	pmp_doc_title(doc, "What can be expected; parts in [brackets] may be left out");
	table = pmp_doc_table(doc, "metrics", columns, COUNT_OF(columns));
	for (int id = 0; id < PMP_EXPECT_COUNT_OF_IDS; id++) {
		const struct pmp_expect_info *info = pmp_expect_info((enum pmp_expect_id)id);
		bool is_exact = info->nature == PMP_NATURE_EXACT;

		pmp_doc_row(doc, table);
		pmp_cell_text(table, PMP_STYLE_STRONG,
			      pmp_expect_usage((enum pmp_expect_id)id, doc->pool));
		pmp_cell_text(table, PMP_STYLE_NONE,
			      pmp_pool_printf(doc->pool, "%s (%s%s)", info->meaning,
					      units[info->unit], is_exact ? ", exact" : ""));
		pmp_cell_text(table, PMP_STYLE_NONE, info->name);
		pmp_cell_text(table, PMP_STYLE_NONE, units[info->unit]);
		pmp_cell_text(table, PMP_STYLE_NONE, is_exact ? "exact" : "noisy");
	}
}

/* An object under construction; a failure anywhere makes the whole NULL. */
struct builder {
	json_t *object;
	struct pmp_pool *pool;
	bool has_failed;
};

static void set(struct builder *b, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(b->object, key, value))
		b->has_failed = true;
}

static void set_text(struct builder *b, const char *key, const char *text)
{
	set(b, key,
	    text && text[0] ? json_string_nocheck(pmp_utf8_clean(b->pool, text, true))
			    : json_null());
}

static void set_real(struct builder *b, const char *key, double value)
{
	set(b, key, isfinite(value) ? json_real(value) : json_null());
}

static void set_positive(struct builder *b, const char *key, size_t value)
{
	set(b, key, value ? json_integer((json_int_t)value) : json_null());
}

static json_t *finding_object(const struct pmp_finding *f, struct pmp_pool *pool)
{
	const struct pmp_expectation *e = f->expectation;
	struct builder b = {.object = json_object(), .pool = pool};

	set_text(&b, "expectation", e->text);
	set_text(&b, "verdict", pmp_verdict_name(f->verdict));
	set_text(&b, "metric", pmp_expect_info(e->id)->name);
	set_text(&b, "region", e->region);
	set_text(&b, "argument", e->argument);
	set_positive(&b, "ranks", f->ranks);
	set_positive(&b, "runs", f->runs);
	set_text(&b, "relation", relation_names[e->relation]);
	set_real(&b, "bound", e->bound);
	set_real(&b, "value", f->value.value);
	set_real(&b, "low", f->value.low);
	set_real(&b, "high", f->value.high);
	set_text(&b, "found", f->found);
	set_text(&b, "why", f->why);
	set_text(&b, "cause", f->cause);
	set_text(&b, "reason", e->reason);
	set_text(&b, "source", e->source);
	set_positive(&b, "line", e->line);
	if (!b.has_failed)
		return b.object;
	json_decref(b.object);
	return NULL;
}

json_t *pmp_expect_json(const struct pmp_findings *findings, struct pmp_pool *pool)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < findings->count; i++)
		if (json_array_append_new(array, finding_object(&findings->items[i], pool))) {
			json_decref(array);
			array = NULL;
		}
	return array;
}
