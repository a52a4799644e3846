/*
 * junit.c - verdicts on expectations in the form that CI systems read. Called by the command line. The elements, their order and
 * the required attributes are those on which the schemas of Ant and of Jenkins agree; tests/expect/junit.xsd checks them.
 */
#include "render/junit.h"

#include <libxml/tree.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "metrics/stats.h"
#include "render/utf8.h"

struct writer {
	const struct pmp_series *series;
	const struct pmp_findings *findings;
	struct pmp_pool *pool;
	bool has_failed; /* out of memory inside libxml2 */
};

/* XML knows no control characters but these two, and not the last two code points of the basic plane. */
static const xmlChar *clean(struct writer *w, const char *text)
{
	char *copy;

	text = pmp_utf8_clean(w->pool, text, true);
	copy = pmp_pool_text(w->pool, text, strlen(text));
	if (!copy)
		return (const xmlChar *)"";
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t')
			*c = '?';
	for (char *c = copy; (c = strstr(c, "\xEF\xBF")); c++)
		if ((unsigned char)c[2] >= 0xBE)
			memcpy(c, "???", 3);
	return (const xmlChar *)copy;
}

static xmlNodePtr add_node(struct writer *w, xmlNodePtr parent, const char *name)
{
	xmlNodePtr node = xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);

	if (!node)
		w->has_failed = true;
	return node;
}

__attribute__((format(printf, 4, 5))) static void set(struct writer *w, xmlNodePtr node,
						      const char *name, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!node || !xmlNewProp(node, (const xmlChar *)name, clean(w, text)))
		w->has_failed = true;
}

static void add_text(struct writer *w, xmlNodePtr node, const char *text)
{
	xmlNodePtr child = xmlNewText(clean(w, text));

	if (!node || !child || !xmlAddChild(node, child))
		w->has_failed = true;
}

static void add_property(struct writer *w, xmlNodePtr properties, const char *name,
			 const char *value)
{
	xmlNodePtr node;

	if (!value || !value[0])
		return;
	node = add_node(w, properties, "property");
	set(w, node, "name", "%s", name);
	set(w, node, "value", "%s", value);
}

/* What was measured, and where. */
static void add_properties(struct writer *w, xmlNodePtr suite)
{
	const struct pmp_series *s = w->series;
	const struct pmp_digest *run = s->points[s->point_count - 1].runs[0];
	xmlNodePtr properties = add_node(w, suite, "properties");
	const struct {
		const char *name, *value;
	} facts[] = {
		{"command", run->command},
		{"host", run->host},
		{"mpi", run->mpi},
		{"job", run->job},
		{"pmprof", run->version},
		{"nodes", pmp_pool_printf(w->pool, "%u", run->nodes)},
		{"processors",
		 run->processors ? pmp_pool_printf(w->pool, "%u", run->processors) : ""},
		{"scaling", s->scaling == PMP_SCALING_WEAK ? "weak" : "strong"},
		{"serial_command", s->serial_command},
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		add_property(w, properties, facts[i].name, facts[i].value);
	for (size_t i = 0; i < s->point_count; i++) {
		const struct pmp_point *point = &s->points[i];

		add_property(w, properties, pmp_pool_printf(w->pool, "runs(%u)", point->ranks),
			     pmp_pool_printf(w->pool, "%zu", point->count));
		add_property(
			w, properties, pmp_pool_printf(w->pool, "time_s(%u)", point->ranks),
			pmp_pool_printf(w->pool, "%.6g", pmp_median(point->times_s, point->count)));
	}
}

static double case_seconds(const struct writer *w, const struct pmp_finding *f)
{
	const struct pmp_point *point = f->ranks ? pmp_series_point(w->series, f->ranks) : NULL;

	return point ? pmp_median(point->times_s, point->count) : 0;
}

static double suite_seconds(const struct writer *w)
{
	double seconds = 0;

	for (size_t i = 0; i < w->series->point_count; i++)
		for (size_t r = 0; r < w->series->points[i].count; r++)
			seconds += w->series->points[i].times_s[r];
	return seconds;
}

/* Everything that is known, for the page of the test case. */
static const char *details_text(struct writer *w, const struct pmp_finding *f)
{
	const struct pmp_expectation *e = f->expectation;
	const char *text = pmp_pool_printf(w->pool, "%s: %s", e->text, f->found);

	if (f->why)
		text = pmp_pool_printf(w->pool, "%s\n%s", text, f->why);
	if (f->cause)
		text = pmp_pool_printf(w->pool, "%s\n%s", text, f->cause);
	if (e->reason)
		text = pmp_pool_printf(w->pool, "%s\nexpected because: %s", text, e->reason);
	if (e->source)
		text = pmp_pool_printf(w->pool, "%s\n%s:%u", text, e->source, e->line);
	return text;
}

static void add_case(struct writer *w, xmlNodePtr suite, const struct pmp_finding *f)
{
	xmlNodePtr node = add_node(w, suite, "testcase"), outcome;

	set(w, node, "name", "%s", f->expectation->text);
	set(w, node, "classname", "pmprof.%s", w->series->program);
	set(w, node, "time", "%.6f", case_seconds(w, f));
	if (f->verdict == PMP_PASS)
		return;
	outcome = add_node(w, node, f->verdict == PMP_FAIL ? "failure" : "skipped");
	set(w, outcome, "message", "%s", f->why ? f->why : f->found);
	if (f->verdict == PMP_FAIL)
		set(w, outcome, "type", "expectation");
	add_text(w, outcome, details_text(w, f));
}

static void set_counts(struct writer *w, xmlNodePtr node)
{
	set(w, node, "tests", "%zu", w->findings->count);
	set(w, node, "failures", "%zu", w->findings->verdicts[PMP_FAIL]);
	set(w, node, "errors", "0");
	set(w, node, "skipped", "%zu", w->findings->verdicts[PMP_INCONCLUSIVE]);
	set(w, node, "time", "%.6f", suite_seconds(w));
}

static void add_suite(struct writer *w, xmlNodePtr root, int64_t when)
{
	const struct pmp_point *last = &w->series->points[w->series->point_count - 1];
	xmlNodePtr suite = add_node(w, root, "testsuite");
	time_t seconds = (time_t)when;
	char timestamp[32] = "1970-01-01T00:00:00";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		strftime(timestamp, sizeof(timestamp), "%Y-%m-%dT%H:%M:%S", &utc);
	set(w, suite, "name", "%s", w->series->program[0] ? w->series->program : "program");
	set(w, suite, "package", "pmprof");
	set(w, suite, "id", "0");
	set_counts(w, suite);
	set(w, suite, "timestamp", "%s", timestamp);
	set(w, suite, "hostname", "%s", last->runs[0]->host[0] ? last->runs[0]->host : "localhost");
	add_properties(w, suite);
	for (size_t i = 0; i < w->findings->count; i++)
		add_case(w, suite, &w->findings->items[i]);
	add_node(w, suite, "system-out");
	add_node(w, suite, "system-err");
}

static int print_tree(xmlDocPtr tree, FILE *out)
{
	xmlChar *text = NULL;
	int length = 0, rc = 0;

	xmlDocDumpFormatMemoryEnc(tree, &text, &length, "UTF-8", 1);
	if (!text)
		return -PMP_ENOMEM;
	if (fwrite(text, 1, (size_t)length, out) != (size_t)length || fflush(out))
		rc = -PMP_EIO;
	xmlFree(text);
	return rc;
}

int pmp_junit_print(const struct pmp_series *series, const struct pmp_findings *findings,
		    int64_t when, FILE *out)
{
	struct writer w = {.series = series, .findings = findings, .pool = pmp_pool_new()};
	xmlDocPtr tree = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr root = xmlNewNode(NULL, (const xmlChar *)"testsuites");
	int rc = -PMP_ENOMEM;

	if (!tree || !root || !w.pool) {
		xmlFreeNode(root);
		goto done;
	}
	xmlDocSetRootElement(tree, root);
	add_suite(&w, root, when);
	if (!w.has_failed && !pmp_pool_failed(w.pool))
		rc = print_tree(tree, out);
done:
	xmlFreeDoc(tree);
	pmp_pool_free(w.pool);
	return rc;
}
