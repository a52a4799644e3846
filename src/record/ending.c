/*
 * ending.c - exit hook and handlers of fatal signals. The handlers run on any thread at any time: they only store to the arena,
 * whose pages are there, make a few system calls, and hand the signal back to whom it belonged. They never allocate, lock, print
 * or wait. In a forked child they note nothing.
 */
#include "record/ending.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/crash.h"
#include "record/describe.h"

#define HANDLER_STACK (UINT64_C(64) << 10)

static const int fatal_signals[] = {
	SIGSEGV, SIGBUS,  SIGFPE, SIGILL,  SIGSYS,  SIGABRT, SIGTERM,
	SIGINT,  SIGQUIT, SIGHUP, SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2,
};

#define SIGNAL_COUNT (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

static struct pmp_arena_header *watched; /* NULL: note nothing */
static struct sigaction before_init[SIGNAL_COUNT];
static struct sigaction former[SIGNAL_COUNT]; /* what our handler replaced */
static bool has_exit_hook;
static void *own_stack;               /* the main thread's alternate stack, if it is ours */
static int stack_flags[SIGNAL_COUNT]; /* SA_ONSTACK where it was taken from the former action */

bool pmp_ending_note(struct pmp_arena_header *header, enum pmp_end end, int code)
{
	uint32_t noted = __atomic_load_n(&header->end, __ATOMIC_RELAXED);
	bool is_late =
		noted == PMP_END_FINALIZED && end != PMP_END_EXIT && end != PMP_END_FINALIZED;

	if (noted != PMP_END_NONE && !is_late)
		return false;
	if (!__atomic_compare_exchange_n(&header->end, &noted, (uint32_t)end, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	header->end_code = code;
	header->end_ticks = pmp_clock_now();
	pmp_describe_clock(header);
	pmp_describe_usage(header);
	return true;
}

static struct pmp_arena_header *own_header(void)
{
	struct pmp_arena_header *header = __atomic_load_n(&watched, __ATOMIC_ACQUIRE);

	return header && header->pid == getpid() ? header : NULL;
}

static void on_exit_hook(int status, void *unused)
{
	struct pmp_arena_header *header = own_header();

	(void)unused;
	if (header)
		pmp_ending_note(header, PMP_END_EXIT, status & 0xff);
}

static size_t slot_of(int signal)
{
	size_t i = 0;

	while (i < SIGNAL_COUNT - 1 && fatal_signals[i] != signal)
		i++;
	return i;
}

/* Will the signal come again by itself when the handler returns, because the faulting instruction runs again? */
static bool is_fault(int signal, const siginfo_t *info)
{
	return info->si_code > 0 &&
	       (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL);
}

static void handle(int signal, siginfo_t *info, void *context)
{
	struct pmp_arena_header *header = own_header();
	int saved = errno;

	if (header && pmp_ending_note(header, PMP_END_SIGNAL, signal))
		pmp_crash_note(signal, info, context);
	else if (header && header->end == PMP_END_SIGNAL)
		pmp_crash_await(); /* the thread that noted it is about to note its stack */
	sigaction(signal, &former[slot_of(signal)], NULL);
	/* blocked until we return; then it meets the former action with the information it came with */
	if (!is_fault(signal, info))
		syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), signal, info);
	errno = saved;
}

/* Without a stack of its own no handler could note that the stack has overflowed. */
static void give_stack(void)
{
	stack_t stack = {0};
	void *memory;

	if (sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE))
		return;
	memory = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED)
		return;
	stack = (stack_t){.ss_sp = memory, .ss_size = HANDLER_STACK};
	if (sigaltstack(&stack, NULL) == 0)
		own_stack = memory;
	else
		munmap(memory, HANDLER_STACK);
}

static bool is_default(const struct sigaction *action)
{
	return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
}

static bool is_same(const struct sigaction *a, const struct sigaction *b)
{
	if ((a->sa_flags & SA_SIGINFO) != (b->sa_flags & SA_SIGINFO))
		return false;
	return a->sa_flags & SA_SIGINFO ? a->sa_sigaction == b->sa_sigaction
					: a->sa_handler == b->sa_handler;
}

void pmp_ending_before_init(struct pmp_arena_header *header)
{
	__atomic_store_n(&watched, header, __ATOMIC_RELEASE);
	if (!has_exit_hook)
		has_exit_hook = on_exit(on_exit_hook, NULL) == 0;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(fatal_signals[i], NULL, &before_init[i]);
}

static void install(size_t i)
{
	struct sigaction ours = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigaction now;

	if (sigaction(fatal_signals[i], NULL, &now) != 0 || now.sa_sigaction == handle)
		return;
	if (!is_default(&now) && is_same(&now, &before_init[i]))
		return; /* the program's own, or ignored */
	former[i] = now;
	/* on an overflowed stack a handler without one of its own never ran: so it shall be with ours lent to us */
	stack_flags[i] = own_stack ? now.sa_flags & SA_ONSTACK : 0;
	former[i].sa_flags &= ~stack_flags[i];
	ours.sa_sigaction = handle;
	sigfillset(&ours.sa_mask);
	sigaction(fatal_signals[i], &ours, NULL);
}

static void take_stack_back(void)
{
	stack_t stack = {0};

	if (!own_stack || sigaltstack(NULL, &stack) != 0 || stack.ss_sp != own_stack ||
	    stack.ss_flags & (SS_ONSTACK | SS_DISABLE))
		return;
	stack = (stack_t){.ss_flags = SS_DISABLE};
	if (sigaltstack(&stack, NULL) == 0)
		munmap(own_stack, HANDLER_STACK);
	own_stack = NULL;
}

void pmp_ending_unwatch(void)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		struct sigaction now;

		if (sigaction(fatal_signals[i], NULL, &now) != 0 || now.sa_sigaction != handle)
			continue; /* the program has set one since */
		former[i].sa_flags |= stack_flags[i];
		sigaction(fatal_signals[i], &former[i], NULL);
	}
	take_stack_back();
}

void pmp_ending_watch(void)
{
	give_stack();
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		install(i);
}

void pmp_ending_stop(void)
{
	pmp_crash_stop();
	__atomic_store_n(&watched, NULL, __ATOMIC_RELEASE);
}
