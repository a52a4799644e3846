/*
 * fmt.c - numbers for people. Called by the tools only, from any thread; no state, no allocation, no locale.
 */
#include "base/fmt.h"

#include <math.h> /* macros only: the runtime is not linked to libm */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three significant digits of a number below 1000. */
static int print_digits(char *buf, size_t size, double value)
{
	int decimals = fabs(value) >= 99.95 ? 0 : fabs(value) >= 9.995 ? 1 : 2;

	return snprintf(buf, size, "%.*f", decimals, value);
}

/* Digits in groups of three; what printf's ' flag does only in some locales. */
static void print_grouped(char *buf, size_t size, int64_t value)
{
	char digits[24];
	size_t len, out = 0;

	snprintf(digits, sizeof(digits), "%lld", (long long)value);
	len = strlen(digits);
	for (size_t i = 0; i < len && out + 2 < size; i++) {
		size_t left = len - i;

		if (i > 0 && left % 3 == 0 && digits[i - 1] != '-')
			buf[out++] = ' ';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
}

struct pmp_fmt pmp_fmt_count(int64_t count)
{
	struct pmp_fmt fmt;

	print_grouped(fmt.text, sizeof(fmt.text), count);
	return fmt;
}

struct pmp_fmt pmp_fmt_seconds(double seconds)
{
	static const struct {
		double factor;
		const char *unit;
	} units[] = {{1, "s"}, {1e3, "ms"}, {1e6, "µs"}, {1e9, "ns"}};
	struct pmp_fmt fmt;
	double size = fabs(seconds);
	size_t unit = 0;
	int len = 0;

	if (!isfinite(seconds)) {
		strcpy(fmt.text, "undefined");
		return fmt;
	}
	if (seconds < 0)
		fmt.text[len++] = '-';
	if (size == 0) {
		strcpy(fmt.text, "0 s");
		return fmt;
	}
	while (unit < 3 && size * units[unit].factor < 0.9995)
		unit++;
	size *= units[unit].factor;
	if (size < 999.5)
		len += print_digits(fmt.text + len, sizeof(fmt.text) - (size_t)len, size);
	else if (size < 1e15)
		print_grouped(fmt.text + len, sizeof(fmt.text) - (size_t)len,
			      (int64_t)(size + 0.5));
	else
		snprintf(fmt.text + len, sizeof(fmt.text) - (size_t)len, "%.2e", size);
	strcat(fmt.text, " ");
	strcat(fmt.text, units[unit].unit);
	return fmt;
}

struct pmp_fmt pmp_fmt_number(double value)
{
	struct pmp_fmt fmt;
	double size = fabs(value);

	if (!isfinite(value))
		strcpy(fmt.text, "undefined");
	else if (size >= 999.5 && size < 1e15)
		print_grouped(fmt.text, sizeof(fmt.text),
			      (int64_t)(value + (value < 0 ? -0.5 : 0.5)));
	else if (size >= 0.9995 && size < 999.5)
		print_digits(fmt.text, sizeof(fmt.text), value);
	else
		snprintf(fmt.text, sizeof(fmt.text), "%.3g", value);
	return fmt;
}

struct pmp_fmt pmp_fmt_bytes(double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct pmp_fmt fmt;
	size_t unit = 0;

	if (!isfinite(bytes)) {
		strcpy(fmt.text, "undefined");
		return fmt;
	}
	while (unit < 6 && fabs(bytes) >= (unit == 0 ? 1024 : 1023.5)) {
		bytes /= 1024;
		unit++;
	}
	int decimals = unit == 0 || fabs(bytes) >= 99.95 ? 0 : fabs(bytes) >= 9.995 ? 1 : 2;

	snprintf(fmt.text, sizeof(fmt.text), "%.*f %s", decimals, bytes, units[unit]);
	return fmt;
}

struct pmp_fmt pmp_fmt_bytes_short(double bytes)
{
	static const char units[] = {'\0', 'k', 'M', 'G', 'T', 'P', 'E', '\0'};
	struct pmp_fmt fmt = {""};
	size_t unit = 0;

	if (!(bytes > 0))
		return fmt;
	while (unit < 6 && bytes >= 999.5) {
		bytes /= 1024;
		unit++;
	}
	int decimals = unit > 0 && bytes < 9.95 ? 1 : 0;

	snprintf(fmt.text, sizeof(fmt.text), "%.*f%.1s", decimals, bytes, &units[unit]);
	return fmt;
}

struct pmp_fmt pmp_fmt_percent(double ratio)
{
	struct pmp_fmt fmt;
	double percent = 100 * ratio, size = fabs(percent);

	if (!isfinite(ratio))
		strcpy(fmt.text, "undefined");
	else if (size == 0)
		strcpy(fmt.text, "0 %");
	else if (size < 0.05)
		strcpy(fmt.text, "<0.1 %");
	else
		snprintf(fmt.text, sizeof(fmt.text), "%.*f %%", size < 9.95 ? 1 : 0, percent);
	return fmt;
}

struct pmp_fmt pmp_fmt_size_class(unsigned size_class)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct pmp_fmt fmt;

	if (size_class == 0 || size_class > 64) {
		strcpy(fmt.text, "none");
		return fmt;
	}
	unsigned power = size_class - 1, unit = power / 10, low = 1U << power % 10;

	if (power == 0)
		strcpy(fmt.text, "1 B");
	else if (power % 10 == 9 && unit < 6)
		snprintf(fmt.text, sizeof(fmt.text), "512 %s-1 %s", units[unit], units[unit + 1]);
	else
		snprintf(fmt.text, sizeof(fmt.text), "%u-%u %s", low, 2 * low, units[unit]);
	return fmt;
}

struct pmp_fmt pmp_fmt_age(int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	struct pmp_fmt fmt;
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(fmt.text, sizeof(fmt.text), "%lld %s", (long long)(seconds / units[i].seconds),
		 units[i].name);
	return fmt;
}

static void append(char *text, size_t size, size_t *len, const char *what)
{
	for (; *what && *len + 1 < size; what++)
		text[(*len)++] = *what;
	text[*len] = '\0';
}

const char *pmp_fmt_shell(const char *word, char *text, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "._-+=,@:/%";
	size_t len = 0;

	if (*word && !word[strspn(word, plain)]) {
		append(text, size, &len, word);
		return text;
	}
	append(text, size, &len, "'");
	for (; *word; word++) {
		const char one[2] = {*word, '\0'};

		append(text, size, &len, *word == '\'' ? "'\\''" : one);
	}
	append(text, size, &len, "'");
	return text;
}
