/*
 * expect_parse.c - expectations from the command line and from files, where comments give the reasons. Called by the command line
 * before any file of measurements is read. The grammar of a line is expect_condition.c's.
 */
#include <string.h>

#include "metrics/expect_internal.h"

int pmp_expect_parse(struct pmp_expectations *list, const char *text, struct pmp_diag *diag)
{
	static const struct pmp_expect_origin command_line;

	if (text[strspn(text, " \t\r\n")] == '\0')
		return pmp_fail(diag, PMP_EINVALID,
				"--expect is empty, write for example 'speedup(4) >= 3.2'");
	return pmp_expect_conditions(list, &command_line, text, diag);
}

/* Behind '#', without the blanks around; NULL when there is nothing. */
static const char *comment_text(struct pmp_pool *pool, const char *text)
{
	text += strspn(text, "# \t");
	const char *clean = pmp_expect_squeeze(pool, text, text + strlen(text));

	return clean[0] ? clean : NULL;
}

/* Where the comment of a line begins: a '#' that is not part of a quoted name. */
static char *find_comment(char *line)
{
	bool is_quoted = false;

	for (; *line; line++) {
		if (*line == '"')
			is_quoted = !is_quoted;
		if (*line == '#' && !is_quoted)
			return line;
	}
	return NULL;
}

/*
 * The comment in force: lines of comment that follow each other are one text. It explains the expectations below, up to an empty
 * line or the next comment.
 */
struct comment {
	const char *text;
	bool is_open; /* the line before was of this comment */
};

static void extend_comment(struct pmp_pool *pool, struct comment *comment, const char *more)
{
	if (!comment->is_open)
		comment->text = NULL;
	comment->is_open = true;
	if (more)
		comment->text =
			comment->text ? pmp_pool_printf(pool, "%s %s", comment->text, more) : more;
}

static int parse_file_line(struct pmp_expectations *list, struct pmp_expect_origin *origin,
			   char *line, struct comment *comment, struct pmp_diag *diag)
{
	char *mark = find_comment(line);
	const char *beside = mark ? comment_text(list->pool, mark) : NULL;

	if (mark)
		*mark = '\0';
	if (line[strspn(line, " \t\r\v\f")] == '\0') {
		if (mark)
			extend_comment(list->pool, comment, beside);
		else
			*comment = (struct comment){0};
		return 0;
	}
	comment->is_open = false;
	origin->reason = beside ? beside : comment->text;
	return pmp_expect_conditions(list, origin, line, diag);
}

int pmp_expect_parse_file(struct pmp_expectations *list, const char *path, const char *text,
			  struct pmp_diag *diag)
{
	struct pmp_expect_origin origin = {.source = pmp_pool_printf(list->pool, "%s", path)};
	struct comment comment = {0};
	size_t before = list->count;

	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3; /* some editors begin a file of UTF-8 with this */
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = pmp_pool_text(list->pool, text, length);
		int rc;

		origin.line++;
		rc = line ? parse_file_line(list, &origin, line, &comment, diag) : -PMP_ENOMEM;
		if (rc)
			return rc;
		text += length + (text[length] == '\n');
	}
	if (list->count == before)
		return pmp_fail(
			diag, PMP_EFORMAT,
			"'%s' has no expectation in it, write for example 'speedup(4) >= 3.2'",
			path);
	return pmp_pool_failed(list->pool) ? -PMP_ENOMEM : 0;
}
