/*
 * expect_condition.c - owns the grammar of expectations: words to struct pmp_expectation, or one line that says what is wrong
 * where. Called by expect_parse.c, which knows comments and files. Judges nothing.
 *
 *	line      = condition { "and" condition }
 *	condition = [ "region" "(" name ")" "." ] metric [ "(" [ argument "," ] ranks | argument ")" ] relation number [ unit ]
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "metrics/expect_internal.h"
#include "schema/calls.h"

#define WORD_MAX    64
#define MOST_RANKS  100000000UL
#define SHOWN_INPUT 200 /* bytes of a line that a message repeats */

struct parser {
	struct pmp_expectations *list;
	const struct pmp_expect_origin *origin;
	struct pmp_diag *diag;
	const char *begin, *at; /* of the line */
};

static const struct {
	const char *name;
	enum pmp_relation relation;
} relations[] = {
	{">=", PMP_AT_LEAST}, {"<=", PMP_AT_MOST}, {"==", PMP_EQUAL},
	{"!=", PMP_UNEQUAL},  {">", PMP_ABOVE},    {"<", PMP_BELOW},
};

static const struct unit {
	const char *name;
	enum pmp_expect_unit unit;
	double factor;
} units[] = {
	{"%", PMP_UNIT_RATIO, 0.01},
	{"ns", PMP_UNIT_SECONDS, 1e-9},
	{"us", PMP_UNIT_SECONDS, 1e-6},
	{"µs", PMP_UNIT_SECONDS, 1e-6},
	{"ms", PMP_UNIT_SECONDS, 1e-3},
	{"s", PMP_UNIT_SECONDS, 1},
	{"min", PMP_UNIT_SECONDS, 60},
	{"h", PMP_UNIT_SECONDS, 3600},
	{"B", PMP_UNIT_BYTES, 1},
	{"kB", PMP_UNIT_BYTES, 1e3},
	{"MB", PMP_UNIT_BYTES, 1e6},
	{"GB", PMP_UNIT_BYTES, 1e9},
	{"TB", PMP_UNIT_BYTES, 1e12},
	{"KiB", PMP_UNIT_BYTES, 1024.},
	{"MiB", PMP_UNIT_BYTES, 1024. * 1024},
	{"GiB", PMP_UNIT_BYTES, 1024. * 1024 * 1024},
	{"TiB", PMP_UNIT_BYTES, 1024. * 1024 * 1024 * 1024},
};

/* What a bound of each unit may be written as. */
static const char *const unit_help[] = {
	[PMP_UNIT_RATIO] = "a plain number or %",
	[PMP_UNIT_SECONDS] = "ns, us, ms, s, min or h",
	[PMP_UNIT_BYTES] = "B, kB, MB, GB, KiB, MiB or GiB",
	[PMP_UNIT_COUNT] = "a plain number",
};

/* In characters, as editors count. */
static unsigned column_of(const struct parser *p, const char *at)
{
	unsigned column = 1;

	for (const char *c = p->begin; c < at; c++)
		column += ((unsigned char)*c & 0xC0) != 0x80;
	return column;
}

__attribute__((format(printf, 3, 4))) static int fail_at(struct parser *p, const char *at,
							 const char *fmt, ...)
{
	char what[PMP_DIAG_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (p->origin->source)
		return pmp_fail(p->diag, PMP_EFORMAT, "%s:%u:%u: %s", p->origin->source,
				p->origin->line, column_of(p, at), what);
	return pmp_fail(p->diag, PMP_EINVALID, "--expect '%.*s', column %u: %s", SHOWN_INPUT,
			p->begin, column_of(p, at), what);
}

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static bool accept(struct parser *p, const char *token)
{
	skip_blanks(p);
	if (strncmp(p->at, token, strlen(token)) != 0)
		return false;
	p->at += strlen(token);
	return true;
}

static bool is_word_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '*' || c == '%' ||
	       ((unsigned char)c & 0x80);
}

/* What stands at the cursor, for messages: a word, or one character. */
static const char *word_at(struct parser *p, char word[WORD_MAX])
{
	size_t length = 0;

	skip_blanks(p);
	while (is_word_character(p->at[length]) && length < WORD_MAX - 1)
		length++;
	if (length == 0 && p->at[0])
		length = 1;
	memcpy(word, p->at, length);
	word[length] = '\0';
	return word;
}

static int expected(struct parser *p, const char *what)
{
	char word[WORD_MAX];

	if (word_at(p, word)[0] == '\0')
		return fail_at(p, p->at, "%s is missing here", what);
	return fail_at(p, p->at, "'%s' where %s should stand", word, what);
}

static int find_metric(struct parser *p, struct pmp_expectation *e)
{
	const char *names[PMP_EXPECT_COUNT_OF_IDS + 1] = {"region"};
	const char *at;
	char word[WORD_MAX];

	word_at(p, word);
	at = p->at;
	if (!isalpha((unsigned char)word[0]))
		return expected(p, "a metric");
	p->at += strlen(word);
	for (int id = 0; id < PMP_EXPECT_COUNT_OF_IDS; id++) {
		e->id = (enum pmp_expect_id)id;
		names[id + 1] = pmp_expect_info(e->id)->name;
		if (strcmp(names[id + 1], word) == 0)
			return 0;
	}
	const char *nearest = pmp_suggest(word, names, PMP_COUNT_OF(names), sizeof(names[0]));

	if (nearest)
		return fail_at(p, at, "unknown metric '%s', did you mean '%s'?", word, nearest);
	return fail_at(p, at, "unknown metric '%s', 'pmprof assert --list' shows all", word);
}

/* region(solve/halo). or region("any name"). */
static int parse_region(struct parser *p, struct pmp_expectation *e)
{
	skip_blanks(p);
	if (strncmp(p->at, "region", 6) != 0 || is_word_character(p->at[6]))
		return 0;
	p->at += 6;
	if (!accept(p, "("))
		return expected(p, "'(' and the name of a region");
	const char *end = accept(p, "\"") ? "\"" : ")";

	skip_blanks(p);
	size_t length = strcspn(p->at, end);
	const char *name = p->at;

	if (p->at[length] == '\0')
		return fail_at(p, p->at, "no %s behind the name of the region",
			       end[0] == ')' ? "')'" : "'\"'");
	p->at += length + 1;
	while (length > 0 && isspace((unsigned char)name[length - 1]))
		length--;
	if (length == 0)
		return fail_at(p, name, "the name of a region is missing here");
	e->region = pmp_pool_text(p->list->pool, name, length);
	if (end[0] == '"' && !accept(p, ")"))
		return expected(p, "')'");
	if (!accept(p, "."))
		return expected(p, "'.' and a metric of the region");
	return e->region ? 0 : -PMP_ENOMEM;
}

static const char *const kinds[] = {"compute", "MPI", "IO", "tool", "init", "idle"};

static bool is_known_call(const char *pattern)
{
	for (unsigned id = 1; id < PMP_CALL_COUNT; id++)
		if (fnmatch(pattern, pmp_call_info(id)->name, 0) == 0)
			return true;
	return false;
}

static int check_argument(struct parser *p, const struct pmp_expectation *e, const char *at)
{
	const struct pmp_expect_info *info = pmp_expect_info(e->id);
	const char *names[PMP_COUNT_OF(kinds) + PMP_CALL_COUNT];
	size_t count = 0;

	if (info->argument == PMP_ARGUMENT_NOTHING)
		return fail_at(p, at, "'%s' takes a number of ranks, not '%s'", info->name,
			       e->argument);
	for (size_t i = 0; info->argument == PMP_ARGUMENT_KIND && i < PMP_COUNT_OF(kinds); i++) {
		names[count++] = kinds[i];
		if (strcmp(kinds[i], e->argument) == 0)
			return 0;
	}
	if (is_known_call(e->argument))
		return 0;
	for (unsigned id = 1; id < PMP_CALL_COUNT; id++)
		names[count++] = pmp_call_info(id)->name;
	const char *what = info->argument == PMP_ARGUMENT_KIND ? "kind of time" : "call";
	const char *nearest = pmp_suggest(e->argument, names, count, sizeof(names[0]));

	if (nearest)
		return fail_at(p, at, "unknown %s '%s', did you mean '%s'?", what, e->argument,
			       nearest);
	return fail_at(p, at, "unknown %s '%s'", what, e->argument);
}

static int parse_ranks(struct parser *p, struct pmp_expectation *e)
{
	char *end;
	unsigned long ranks;

	errno = 0;
	ranks = strtoul(p->at, &end, 10);
	if (errno || ranks == 0 || ranks > MOST_RANKS || is_word_character(*end) || *end == '.')
		return fail_at(p, p->at, "'%.*s' is no number of ranks",
			       (int)strcspn(p->at, "), \t"), p->at);
	e->ranks = (uint32_t)ranks;
	p->at = end;
	return 0;
}

/* [ "(" [ argument [ "," ranks ] | ranks ] ")" ] */
static int parse_arguments(struct parser *p, struct pmp_expectation *e)
{
	char word[WORD_MAX];
	int rc = 0;

	if (!accept(p, "("))
		return 0;
	word_at(p, word);
	if (!isdigit((unsigned char)word[0]) && is_word_character(word[0])) {
		const char *at = p->at;

		p->at += strlen(word);
		e->argument = pmp_pool_printf(p->list->pool, "%s", word);
		rc = check_argument(p, e, at);
		if (rc || accept(p, ")"))
			return rc;
		if (!accept(p, ","))
			return expected(p, "',' or ')'");
		skip_blanks(p);
	}
	if (!isdigit((unsigned char)*p->at))
		return expected(p, "a number of ranks");
	rc = parse_ranks(p, e);
	if (rc == 0 && !accept(p, ")"))
		return expected(p, "')'");
	return rc;
}

/* What only shows when place and arguments are both known. */
static int check_metric(struct parser *p, const struct pmp_expectation *e, const char *at)
{
	const struct pmp_expect_info *info = pmp_expect_info(e->id);

	if (e->region && info->place == PMP_PLACE_RUN)
		return fail_at(p, at, "'%s' is known of the whole run only, not of a region",
			       info->name);
	if (!e->region && info->place == PMP_PLACE_REGION)
		return fail_at(p, at, "'%s' is known of a region only: region(NAME).%s", info->name,
			       info->name);
	if (!e->argument && !e->region && info->argument == PMP_ARGUMENT_CALL)
		return fail_at(p, at, "'%s' needs a call: %s(MPI_Send)", info->name, info->name);
	if (!e->argument && !e->region && info->argument == PMP_ARGUMENT_KIND)
		return fail_at(p, at, "'%s' needs to know of what: %s(MPI)", info->name,
			       info->name);
	return 0;
}

static int parse_relation(struct parser *p, struct pmp_expectation *e)
{
	const struct pmp_expect_info *info = pmp_expect_info(e->id);

	skip_blanks(p);
	for (size_t i = 0; i < PMP_COUNT_OF(relations); i++) {
		const char *at = p->at;

		if (!accept(p, relations[i].name))
			continue;
		e->relation = relations[i].relation;
		if (info->nature == PMP_NATURE_NOISY &&
		    (e->relation == PMP_EQUAL || e->relation == PMP_UNEQUAL))
			return fail_at(p, at, "'%s' differs from run to run: use >= or <=, not %s",
				       info->name, relations[i].name);
		return 0;
	}
	if (*p->at == '=')
		return fail_at(p, p->at, "'=' is no comparison, did you mean '=='?");
	return expected(p, "a comparison (>=, >, <=, <, == or !=)");
}

static const struct unit *find_unit(const char *word)
{
	for (size_t i = 0; i < PMP_COUNT_OF(units); i++)
		if (strcmp(units[i].name, word) == 0)
			return &units[i];
	return NULL;
}

static int parse_unit(struct parser *p, struct pmp_expectation *e)
{
	const struct pmp_expect_info *info = pmp_expect_info(e->id);
	const struct unit *unit;
	char word[WORD_MAX];

	word_at(p, word);
	if (word[0] == '\0' || strcmp(word, "and") == 0 || !is_word_character(word[0])) {
		if (info->unit == PMP_UNIT_SECONDS && e->bound != 0)
			return fail_at(p, p->at, "a time needs a unit: %s", unit_help[info->unit]);
		return 0;
	}
	unit = find_unit(word);
	if (!unit)
		return fail_at(p, p->at, "unknown unit '%s', use %s", word, unit_help[info->unit]);
	if (unit->unit != info->unit)
		return fail_at(p, p->at, "'%s' is not measured in '%s': use %s", info->name, word,
			       unit_help[info->unit]);
	p->at += strlen(word);
	e->bound *= unit->factor;
	e->is_percent = unit->unit == PMP_UNIT_RATIO;
	return 0;
}

/* Plain decimal numbers only: strtod would take "inf", "nan" and hexadecimal ones as well. */
static int parse_bound(struct parser *p, struct pmp_expectation *e)
{
	char *end;

	skip_blanks(p);
	const char *digits = p->at + (*p->at == '-' || *p->at == '+');

	digits += *digits == '.';
	if (!isdigit((unsigned char)*digits) || tolower((unsigned char)digits[1]) == 'x')
		return expected(p, "a number");
	errno = 0;
	e->bound = strtod(p->at, &end);
	if (errno == ERANGE)
		return fail_at(p, p->at, "'%.*s' is out of range", (int)(end - p->at), p->at);
	p->at = end;
	return parse_unit(p, e);
}

const char *pmp_expect_squeeze(struct pmp_pool *pool, const char *begin, const char *end)
{
	char *text = pmp_pool_text(pool, begin, (size_t)(end - begin)), *to = text;

	if (!text)
		return "";
	for (const char *from = text; *from; from++)
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	return text;
}

static int add(struct pmp_expectations *list, const struct pmp_expectation *e)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 8;
		struct pmp_expectation *items = pmp_pool_alloc(list->pool, room, sizeof(*items));

		if (!items)
			return -PMP_ENOMEM;
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *e;
	return 0;
}

static int parse_condition(struct parser *p)
{
	struct pmp_expectation e = {
		.reason = p->origin->reason, .source = p->origin->source, .line = p->origin->line};
	const char *begin, *metric;
	int rc;

	skip_blanks(p);
	begin = p->at;
	rc = parse_region(p, &e);
	skip_blanks(p);
	metric = p->at;
	if (rc == 0)
		rc = find_metric(p, &e);
	if (rc == 0)
		rc = parse_arguments(p, &e);
	if (rc == 0)
		rc = check_metric(p, &e, metric);
	if (rc == 0)
		rc = parse_relation(p, &e);
	if (rc == 0)
		rc = parse_bound(p, &e);
	if (rc)
		return rc;
	e.text = pmp_expect_squeeze(p->list->pool, begin, p->at);
	return add(p->list, &e);
}

int pmp_expect_conditions(struct pmp_expectations *list, const struct pmp_expect_origin *origin,
			  const char *text, struct pmp_diag *diag)
{
	struct parser parser = {
		.list = list, .origin = origin, .diag = diag, .begin = text, .at = text};
	struct parser *p = &parser;
	char word[WORD_MAX];

	for (;;) {
		int rc = parse_condition(p);

		if (rc)
			return rc;
		if (word_at(p, word)[0] == '\0')
			return pmp_pool_failed(p->list->pool) ? -PMP_ENOMEM : 0;
		if (strcmp(word, "and") != 0)
			return expected(p, "'and' or the end of the line");
		p->at += strlen("and");
	}
}
