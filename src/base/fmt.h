/*
 * fmt.h - numbers for people: three significant digits and a unit
 *
 * All return a small struct by value, so that no buffer has to be kept: printf("%s", pmp_fmt_seconds(t).text). NaN, the
 * project's "undefined", is written as such. Text is UTF-8 (only µ is not ASCII).
 */
#ifndef PMP_FMT_H
#define PMP_FMT_H

#include <stddef.h>
#include <stdint.h>

struct pmp_fmt {
	char text[40];
};

/* pmp_fmt_seconds - "12.4 s", "503 ms", "2.31 µs", "85.0 ns", "12 400 s" */
struct pmp_fmt pmp_fmt_seconds(double seconds);

/* pmp_fmt_age - whole seconds in the largest unit of which there are two: "95 s", "3 min", "2 h", "12 d" */
struct pmp_fmt pmp_fmt_age(int64_t seconds);

/* pmp_fmt_number - without a unit: "49.6", "0.0512", "12 400" */
struct pmp_fmt pmp_fmt_number(double value);

/* pmp_fmt_bytes - "8 B", "1.50 KiB", "3.20 GiB" */
struct pmp_fmt pmp_fmt_bytes(double bytes);

/* pmp_fmt_bytes_short - at most four characters for a narrow cell: "8", "1.5k", "640M" (powers of 1024), "" for 0 */
struct pmp_fmt pmp_fmt_bytes_short(double bytes);

/* pmp_fmt_count - exact, grouped by threes with spaces: "10 000" */
struct pmp_fmt pmp_fmt_count(int64_t count);

/* pmp_fmt_percent - of a ratio: 0.61 -> "61 %", 0.0023 -> "0.2 %", 0.0001 -> "<0.1 %", 12.5 -> "1250 %" */
struct pmp_fmt pmp_fmt_percent(double ratio);

/* pmp_fmt_size_class - "1-2 KiB": the sizes of size class k of schema/arena.def */
struct pmp_fmt pmp_fmt_size_class(unsigned size_class);

/* pmp_fmt_shell - a word as a shell takes it: as it is, or in single quotes; cut when @size does not hold it. Return: @text */
const char *pmp_fmt_shell(const char *word, char *text, size_t size);

#endif
