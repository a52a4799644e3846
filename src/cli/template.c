/*
 * template.c - splits a line into words without a shell, and fills the number of ranks into words. Used by `pmprof scale`; no
 * state, no I/O.
 */
#include "cli/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A word under construction: never longer than the text it is taken from. */
struct splitter {
	const char *at;
	char *word;
	size_t len;
	bool has_word; /* '' is a word, too */
};

static const char *only_in_shell(char c, bool is_quoted)
{
	static const char name[][2] = {"$", "`", "|", ";", "&", "<", ">", "(", ")"};
	size_t count = is_quoted ? 2 : sizeof(name) / sizeof(name[0]);

	for (size_t i = 0; i < count; i++)
		if (c == name[i][0])
			return name[i];
	return NULL;
}

static void take(struct splitter *s, char c)
{
	s->word[s->len++] = c;
	s->has_word = true;
}

/* Behind an opening quote, up to and including the closing one. Return: what is wrong, NULL nothing. */
static const char *take_quoted(struct splitter *s, char quote)
{
	s->has_word = true;
	for (; *s->at && *s->at != quote; s->at++) {
		bool is_escape =
			quote == '"' && *s->at == '\\' && s->at[1] && strchr("\"\\$`", s->at[1]);

		if (quote == '"' && !is_escape && only_in_shell(*s->at, true))
			return only_in_shell(*s->at, true);
		s->at += is_escape;
		take(s, *s->at);
	}
	if (!*s->at)
		return quote == '"' ? "\"" : "'";
	s->at++;
	return NULL;
}

/* One word, and the blanks before it. Return: as take_quoted. */
static const char *take_word(struct splitter *s)
{
	const char *wrong = NULL;

	s->len = 0;
	s->has_word = false;
	s->at += strspn(s->at, " \t\n");
	while (!wrong && *s->at && !strchr(" \t\n", *s->at)) {
		char c = *s->at++;

		if (c == '\'' || c == '"')
			wrong = take_quoted(s, c);
		else if (c == '\\' && *s->at)
			take(s, *s->at++);
		else if (!(wrong = only_in_shell(c, false)))
			take(s, c);
	}
	s->word[s->len] = '\0';
	return wrong;
}

static int explain(const char *text, const char *what, const char *wrong, struct pmp_diag *diag)
{
	if (*wrong == '\'' || *wrong == '"')
		return pmp_fail(diag, PMP_EINVALID, "%s '%s': a quote (%s) is not closed", what,
				text, wrong);
	return pmp_fail(diag, PMP_EINVALID,
			"%s '%s': no shell reads this, so '%s' has to be quoted, or use sh -c",
			what, text, wrong);
}

int pmp_words_split(const char *text, const char *what, char ***words, struct pmp_diag *diag)
{
	struct splitter s = {.at = text, .word = malloc(strlen(text) + 1)};
	struct pmp_line line = {0};
	const char *wrong = NULL;
	int rc = 0;

	while (s.word && !(wrong = take_word(&s)) && s.has_word)
		pmp_line_add(&line, s.word);
	if (!s.word || line.failed)
		rc = -PMP_ENOMEM;
	else if (wrong)
		rc = explain(text, what, wrong, diag);
	else if (line.count == 0)
		rc = pmp_fail(diag, PMP_EINVALID, "%s is empty", what);
	free(s.word);
	if (rc)
		pmp_line_free(line.words);
	else
		*words = line.words;
	return rc;
}

/* A hole at @text: its length, 0 if there is none, and the number behind the '*', as text ("" none). */
static size_t hole(const char *text, const char **factor)
{
	size_t digits;

	*factor = "";
	if (strncmp(text, "{n}", 3) == 0)
		return 3;
	if (strncmp(text, "{n*", 3) != 0)
		return 0;
	digits = strspn(text + 3, "0123456789");
	if (digits == 0 || text[3 + digits] != '}')
		return 0;
	*factor = text + 3;
	return digits + 4;
}

bool pmp_template_has_ranks(char *const *words)
{
	const char *factor;

	for (; *words; words++)
		for (const char *c = *words; *c; c++)
			if (hole(c, &factor))
				return true;
	return false;
}

static int fill_word(const char *word, uint32_t ranks, char *filled, size_t size,
		     struct pmp_diag *diag)
{
	const char *factor;
	size_t used = 0;

	for (const char *c = word; *c;) {
		size_t len = hole(c, &factor);
		uint64_t value = ranks;

		if (!len) {
			filled[used++] = *c++;
			continue;
		}
		if (*factor && (strtoull(factor, NULL, 10) > INT64_MAX ||
				__builtin_mul_overflow(value, strtoull(factor, NULL, 10), &value) ||
				value > INT64_MAX))
			return pmp_fail(diag, PMP_EINVALID, "'%s': the product is too large", word);
		used += (size_t)snprintf(filled + used, size - used, "%" PRIu64, value);
		c += len;
	}
	filled[used] = '\0';
	return 0;
}

int pmp_template_fill(struct pmp_line *line, char *const *words, uint32_t ranks,
		      struct pmp_diag *diag)
{
	for (; *words; words++) {
		size_t size = strlen(*words) * 7 + 1; /* "{n}" to at most 20 digits */
		char *filled = malloc(size);
		int rc = filled ? fill_word(*words, ranks, filled, size, diag) : 0;

		if (filled && rc == 0)
			pmp_line_add(line, filled);
		line->failed |= !filled;
		free(filled);
		if (rc)
			return rc;
	}
	return 0;
}
