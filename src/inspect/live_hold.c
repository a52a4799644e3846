/*
 * live_hold.c - ptrace, for as short as possible. Called by live_stack.c, one thread.
 *
 * PTRACE_SEIZE and PTRACE_INTERRUPT send no signal, and without PTRACE_O_EXITKILL the end of this process, whatever it is, detaches.
 * A signal that is on its way to the thread is handed on unchanged.
 */
#include "inspect/live_hold.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#define PATIENCE_NS INT64_C(200000000) /* for a thread to stop */
#define SPIN_NS     INT64_C(500000)    /* most stop within that, and should not wait for us */
#define PAUSE_NS    20000
#define RED_ZONE    128
#define STACK_MAX   ((size_t)1 << 20) /* what is copied of a stack */
#define PAGE        UINT64_C(4096)

#if defined(__x86_64__)
#define STACK_POINTER(registers) (registers).rsp
#elif defined(__aarch64__)
#define STACK_POINTER(registers) (registers).sp
#endif

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool pmp_hold_read(int pid, uint64_t address, void *data, size_t bytes)
{
	struct iovec local = {data, bytes}, remote = {(void *)(uintptr_t)address, bytes};

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

/* Up to the end of what is mapped, or STACK_MAX: the kernel stops at the first piece that is not all there. */
static void copy_stack(int pid, struct pmp_held *held)
{
	struct iovec local, remote[STACK_MAX / PAGE];
	const size_t parts = sizeof(remote) / sizeof(remote[0]);
	uint64_t begin = held->sp - RED_ZONE, at = begin;
	ssize_t got;

	held->stack = malloc(STACK_MAX);
	if (!held->stack)
		return;
	local = (struct iovec){held->stack, STACK_MAX};
	for (size_t i = 0; i < parts; i++) {
		uint64_t next = (at / PAGE + 1) * PAGE;

		remote[i] = (struct iovec){(void *)(uintptr_t)at, (size_t)(next - at)};
		at = next;
	}
	got = process_vm_readv(pid, &local, 1, remote, parts, 0);
	held->stack_begin = begin;
	held->stack_bytes = got > 0 ? (size_t)got : 0;
}

static void copy(int pid, int tid, struct pmp_held *held)
{
	struct iovec registers = {&held->registers, sizeof(held->registers)};

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &registers))
		return;
	held->sp = STACK_POINTER(held->registers);
	copy_stack(pid, held);
}

/* Wait until it has stopped. Return: the signal that it is about to get and that it shall get, 0 none; -1: gone; -2: does not stop. */
static int await_stop(int tid)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	int64_t begin = now_ns();
	int status;

	for (;;) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0 && errno != EINTR)
			return -1;
		if (got == tid && !WIFSTOPPED(status))
			return -1;
		if (got == tid)
			return status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
		if (now_ns() - begin > PATIENCE_NS)
			return -2;
		if (now_ns() - begin < SPIN_NS)
			sched_yield();
		else
			nanosleep(&pause, NULL);
	}
}

enum pmp_hold pmp_hold_copy(int pid, int tid, struct pmp_held *held)
{
	int64_t begin = now_ns();
	int signal;

	*held = (struct pmp_held){.stack = NULL};
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return errno == ESRCH ? PMP_HOLD_GONE : PMP_HOLD_FORBIDDEN;
	begin = now_ns();
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return PMP_HOLD_GONE;
	signal = await_stop(tid);
	if (signal == -1)
		return PMP_HOLD_GONE;
	if (signal == -2)
		return PMP_HOLD_BUSY;
	copy(pid, tid, held);
	ptrace(PTRACE_DETACH, tid, NULL, (void *)(uintptr_t)signal);
	held->stopped_ns = now_ns() - begin;
	return PMP_HOLD_OK;
}
