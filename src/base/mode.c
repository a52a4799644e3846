/*
 * mode.c - parser of the PMPROF string. Runtime and tools, at start; no state, no allocation.
 */
#include "base/mode.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

#define WORD_MAX 64

static const struct {
	const char *name;
	bool profile;
} modes[] = {
	{"profile", true},
	{"off", false},
};

#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

static int unknown_mode(const char *word, struct pmp_diag *diag)
{
	const char *near = pmp_suggest(word, modes, MODE_COUNT, sizeof(modes[0]));

	if (near)
		return pmp_fail(diag, PMP_EINVALID,
				"unknown mode '%s' in PMPROF; did you mean '%s'?", word, near);
	return pmp_fail(diag, PMP_EINVALID, "unknown mode '%s' in PMPROF; use 'profile' or 'off'",
			word);
}

static int apply(const char *word, struct pmp_mode *mode, struct pmp_diag *diag)
{
	for (size_t i = 0; i < MODE_COUNT; i++)
		if (strcmp(word, modes[i].name) == 0) {
			mode->profile = modes[i].profile;
			return 0;
		}
	return unknown_mode(word, diag);
}

/* Options stand in parentheses behind their mode; no mode of this version has any, "()" is none. */
static int skip_options(const char **cursor, const char *mode, struct pmp_diag *diag)
{
	const char *open = *cursor;
	const char *close;

	if (*open != '(')
		return 0;
	close = strchr(open, ')');
	if (!close)
		return pmp_fail(diag, PMP_EINVALID, "no ')' behind '%s' in PMPROF", open);
	if (close != open + 1)
		return pmp_fail(diag, PMP_EINVALID,
				"unknown option '%.*s' of mode '%s' in PMPROF; it takes none",
				(int)(close - open - 1), open + 1, mode);
	*cursor = close + 1;
	return 0;
}

static int parse(const char *cursor, struct pmp_mode *mode, struct pmp_diag *diag)
{
	for (;;) {
		char word[WORD_MAX];
		size_t len;
		int rc;

		cursor += strspn(cursor, " \t");
		len = strcspn(cursor, ",( \t");
		snprintf(word, sizeof(word), "%.*s", (int)(len < WORD_MAX ? len : WORD_MAX - 1),
			 cursor);
		rc = apply(word, mode, diag);
		cursor += len;
		if (rc == 0)
			rc = skip_options(&cursor, word, diag);
		if (rc)
			return rc;
		cursor += strspn(cursor, " \t");
		if (*cursor == '\0')
			return 0;
		if (*cursor++ != ',')
			return pmp_fail(diag, PMP_EINVALID, "expected ',' before '%s' in PMPROF",
					cursor - 1);
	}
}

int pmp_mode_parse(const char *text, struct pmp_mode *mode, struct pmp_diag *diag)
{
	struct pmp_mode parsed = {false, ""};
	int rc;

	if (!text || !*text)
		text = "profile";
	rc = parse(text, &parsed, diag);
	if (rc)
		parsed.profile = false;
	snprintf(parsed.text, sizeof(parsed.text), "%s", text);
	*mode = parsed;
	return rc;
}
