/*
 * crash_words.c - what the kernel said of a fault, for people. Called by run_tables.c; pure.
 */
#include "store/crash_words.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NULL_PAGE 4096
#define STACK_REACH                                                                                \
	(UINT64_C(1)                                                                               \
	 << 16) /* a frame that does not fit lies so far from the stack pointer at most */
#define GUARD_REACH (UINT64_C(2) << 20)

static const struct {
	int signal, code;
	const char *words;
} kinds[] = {
	{SIGFPE, FPE_INTDIV, "integer division by zero"},
	{SIGFPE, FPE_INTOVF, "integer overflow"},
	{SIGFPE, FPE_FLTDIV, "floating-point division by zero"},
	{SIGFPE, FPE_FLTOVF, "floating-point overflow"},
	{SIGFPE, FPE_FLTUND, "floating-point underflow"},
	{SIGFPE, FPE_FLTRES, "inexact floating-point result"},
	{SIGFPE, FPE_FLTINV, "invalid floating-point operation"},
	{SIGILL, ILL_ILLOPC, "illegal instruction"},
	{SIGILL, ILL_ILLOPN, "illegal instruction"},
	{SIGBUS, BUS_ADRALN, "misaligned address"},
	{SIGBUS, BUS_ADRERR,
	 "a mapped file that is shorter than its mapping, or a full disk behind it"},
	{SIGBUS, BUS_OBJERR, "the hardware reports an error"},
	{SIGXCPU, SI_KERNEL, "the limit of CPU time is reached"},
	{SIGXFSZ, SI_KERNEL, "the limit of file sizes is reached"},
	{SIGINT, SI_KERNEL, "interrupted at the terminal"},
	{SIGQUIT, SI_KERNEL, "interrupted at the terminal"},
	{SIGHUP, SI_KERNEL, "the terminal was closed"},
	{SIGSEGV, SI_KERNEL, "an address that no program can have: freed or overwritten memory?"},
};

static const char *kind_of(const struct pmp_crash_info *c)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].signal == c->signal && kinds[i].code == c->code)
			return kinds[i].words;
	return NULL;
}

static bool is_near_stack(const struct pmp_crash_info *c)
{
	return c->address >= c->sp - GUARD_REACH && c->address < c->sp + STACK_REACH;
}

/* A bad pointer: by what lies, or does not lie, where it points. */
static void describe_access(const struct pmp_crash_info *c, char *text, size_t size)
{
	if (c->address == c->ip && c->ip < NULL_PAGE)
		snprintf(text, size, "call of a null pointer");
	else if (c->address == c->ip)
		snprintf(text, size, "call of 0x%" PRIx64 ", where there is no code", c->address);
	else if (c->address == 0)
		snprintf(text, size, "null pointer");
	else if (c->address < NULL_PAGE)
		snprintf(text, size, "null pointer + %" PRIu64, c->address);
	else if (is_near_stack(c))
		snprintf(text, size, "the stack has no more room (%" PRIu64 " frames)", c->depth);
	else if (c->code == SEGV_ACCERR)
		snprintf(text, size, "0x%" PRIx64 " is protected memory", c->address);
	else
		snprintf(text, size, "there is no memory at 0x%" PRIx64, c->address);
}

static void describe_sender(const struct pmp_crash_info *c, int32_t pid, char *text, size_t size)
{
	if (c->signal == SIGABRT && c->sender == pid)
		snprintf(text, size, "the program called abort");
	else if (c->sender == pid)
		snprintf(text, size, "the program sent it to itself");
	else if (c->sender == 0)
		snprintf(text, size, "sent by a process of another container");
	else
		snprintf(text, size, "sent by process %d", c->sender);
}

void pmp_crash_words(const struct pmp_crash_info *c, int32_t pid, char *text, size_t size)
{
	const char *name = sigabbrev_np(c->signal), *kind = kind_of(c);
	char words[160];

	if (c->code <= 0)
		describe_sender(c, pid, words, sizeof(words));
	else if (kind)
		snprintf(words, sizeof(words), "%s", kind);
	else if (c->signal == SIGSEGV)
		describe_access(c, words, sizeof(words));
	else
		snprintf(words, sizeof(words), "kind %d", c->code);
	if (name)
		snprintf(text, size, "SIG%s: %s", name, words);
	else
		snprintf(text, size, "signal %d: %s", c->signal, words);
}
