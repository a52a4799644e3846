/*
 * live_stack.c - unwinds copies of stacks of another process with libunwind. Called by snapshot.c, one thread.
 *
 * libunwind asks for registers (of the copy), for memory (the copied stack, else the process itself: its code and unwind tables do
 * not change while it runs), and for unwind tables, which _UPT_find_proc_info finds in the files that the process has mapped.
 */
#include "inspect/live_stack.h"

#include <libunwind-ptrace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/live_hold.h"

#define DEPTH_MAX   512
#define THREADS_MAX 1024
#define PAGE        UINT64_C(4096)
#define PAGES       256 /* a power of 2 */

/* What libunwind's callbacks see. There is one at a time: the argument that libunwind hands to them is not always ours. */
static struct {
	int pid;
	void *tables; /* of _UPT_create */
	const struct pmp_held *held;
	struct page {
		uint64_t address;
		bool is_known;
		char bytes[PAGE];
	} * pages; /* what was read of the process, by address modulo PAGES */
} now;

#if defined(__x86_64__)
static bool read_register(const struct user_regs_struct *r, unw_regnum_t number, unw_word_t *value)
{
	const unsigned long long *const all[] = {
		[UNW_X86_64_RAX] = &r->rax, [UNW_X86_64_RDX] = &r->rdx, [UNW_X86_64_RCX] = &r->rcx,
		[UNW_X86_64_RBX] = &r->rbx, [UNW_X86_64_RSI] = &r->rsi, [UNW_X86_64_RDI] = &r->rdi,
		[UNW_X86_64_RBP] = &r->rbp, [UNW_X86_64_RSP] = &r->rsp, [UNW_X86_64_R8] = &r->r8,
		[UNW_X86_64_R9] = &r->r9,   [UNW_X86_64_R10] = &r->r10, [UNW_X86_64_R11] = &r->r11,
		[UNW_X86_64_R12] = &r->r12, [UNW_X86_64_R13] = &r->r13, [UNW_X86_64_R14] = &r->r14,
		[UNW_X86_64_R15] = &r->r15, [UNW_X86_64_RIP] = &r->rip,
	};

	if (number < 0 || (size_t)number >= sizeof(all) / sizeof(all[0]) || !all[number])
		return false;
	*value = *all[number];
	return true;
}
#elif defined(__aarch64__)
static bool read_register(const struct user_regs_struct *r, unw_regnum_t number, unw_word_t *value)
{
	if (number >= UNW_AARCH64_X0 && number <= UNW_AARCH64_X30)
		*value = r->regs[number - UNW_AARCH64_X0];
	else if (number == UNW_AARCH64_SP)
		*value = r->sp;
	else if (number == UNW_AARCH64_PC)
		*value = r->pc;
	else
		return false;
	return true;
}
#endif

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int wanted,
			  void *arg)
{
	(void)arg;
	return _UPT_find_proc_info(space, ip, info, wanted, now.tables);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *arg)
{
	(void)arg;
	_UPT_put_unwind_info(space, info, now.tables);
}

static int no_dyn_info(unw_addr_space_t space, unw_word_t *list, void *arg)
{
	(void)space, (void)list, (void)arg;
	return -UNW_ENOINFO;
}

static bool read_word(uint64_t address, unw_word_t *word)
{
	struct page *page = &now.pages[address / PAGE % PAGES];
	uint64_t base = address / PAGE * PAGE;

	if (address % PAGE > PAGE - sizeof(*word))
		return pmp_hold_read(now.pid, address, word, sizeof(*word));
	if (!page->is_known || page->address != base) {
		page->is_known = pmp_hold_read(now.pid, base, page->bytes, PAGE);
		page->address = base;
	}
	if (page->is_known)
		memcpy(word, page->bytes + address % PAGE, sizeof(*word));
	return page->is_known;
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *word, int is_write,
			 void *arg)
{
	uint64_t into = address - now.held->stack_begin;

	(void)space, (void)arg;
	if (is_write)
		return -UNW_EINVAL;
	if (address >= now.held->stack_begin && now.held->stack_bytes >= sizeof(*word) &&
	    into <= now.held->stack_bytes - sizeof(*word))
		memcpy(word, now.held->stack + into, sizeof(*word));
	else if (!read_word(address, word))
		return -UNW_EINVAL;
	return 0;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *word,
			   int is_write, void *arg)
{
	(void)space, (void)arg;
	if (is_write || !read_register(&now.held->registers, number, word))
		return -UNW_EBADREG;
	return 0;
}

static int no_float_register(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
			     int is_write, void *arg)
{
	(void)space, (void)number, (void)value, (void)is_write, (void)arg;
	return -UNW_EBADREG;
}

static unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = put_unwind_info,
	.get_dyn_info_list_addr = no_dyn_info,
	.access_mem = access_memory,
	.access_reg = access_register,
	.access_fpreg = no_float_register,
};

/* Return: 0 or -PMP_ENOMEM */
static int unwind(unw_addr_space_t space, struct pmp_pool *pool, struct pmp_live_stack *stack)
{
	uint64_t found[DEPTH_MAX];
	unw_cursor_t cursor;
	unw_word_t ip;
	bool is_exact = true; /* the address is where the thread is, not where it returns to */

	if (!now.held->stack_bytes || unw_init_remote(&cursor, space, now.tables))
		return 0;
	do {
		if (unw_get_reg(&cursor, UNW_REG_IP, &ip) || ip == 0)
			break;
		found[stack->depth++] = ip + is_exact;
		is_exact = unw_is_signal_frame(&cursor) > 0;
	} while (stack->depth < DEPTH_MAX && unw_step(&cursor) > 0);
	stack->addresses = pmp_pool_alloc(pool, stack->depth, sizeof(*found));
	if (!stack->addresses)
		return -PMP_ENOMEM;
	memcpy(stack->addresses, found, stack->depth * sizeof(*found));
	return 0;
}

/* First all are copied, so that they belong to one moment; then all are unwound. */
static size_t copy_all(int pid, const struct pmp_task *tasks, size_t count, struct pmp_held *held,
		       size_t by_result[PMP_HOLD_BUSY + 1])
{
	for (size_t i = 0; i < count; i++)
		by_result[pmp_hold_copy(pid, tasks[i].tid, &held[i])]++;
	return by_result[PMP_HOLD_OK];
}

static int say_why(int pid, const size_t by_result[PMP_HOLD_BUSY + 1], struct pmp_diag *diag)
{
	int tracer = pmp_process_tracer(pid);
	char name[PMP_PROCESS_NAME];

	if (by_result[PMP_HOLD_BUSY])
		return pmp_fail(diag, PMP_EUNSUPPORTED,
				"process %d does not answer: it is in the kernel", pid);
	if (!by_result[PMP_HOLD_FORBIDDEN])
		return pmp_fail(diag, PMP_ENOTFOUND, "there is no process %d any more", pid);
	if (!tracer)
		return pmp_fail(
			diag, PMP_EUNSUPPORTED,
			"looking into process %d is forbidden here (ptrace: see kernel.yama."
			"ptrace_scope, or the container's capabilities)",
			pid);
	pmp_process_name(tracer, name, sizeof(name));
	return pmp_fail(diag, PMP_EUNSUPPORTED,
			"process %d is traced already, by '%s' (process %d)", pid, name, tracer);
}

static int unwind_all(struct pmp_pool *pool, const struct pmp_held *held,
		      struct pmp_live_stack *stacks, size_t count)
{
	unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
	int rc = space && now.tables && now.pages ? 0 : -PMP_ENOMEM;

	if (space)
		unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
	for (size_t i = 0; i < count && rc == 0; i++) {
		now.held = &held[i];
		rc = unwind(space, pool, &stacks[i]);
		stacks[i].stopped_ns = held[i].stopped_ns;
	}
	if (space)
		unw_destroy_addr_space(space);
	return rc;
}

int pmp_live_stacks(int pid, struct pmp_pool *pool, struct pmp_live_stack **stacks, size_t *count,
		    struct pmp_diag *diag)
{
	struct pmp_task *tasks = pmp_pool_alloc(pool, THREADS_MAX, sizeof(*tasks));
	size_t found = tasks ? pmp_process_tasks(pid, tasks, THREADS_MAX) : 0;
	struct pmp_held *held = calloc(found + 1, sizeof(*held));
	struct pmp_live_stack *list = pmp_pool_alloc(pool, found, sizeof(*list));
	size_t by_result[PMP_HOLD_BUSY + 1] = {0};
	int rc = 0;

	for (size_t i = 0; list && i < found; i++)
		list[i].task = tasks[i];
	if (!tasks || !held || !list)
		rc = -PMP_ENOMEM;
	else if (copy_all(pid, tasks, found, held, by_result) == 0)
		rc = say_why(pid, by_result, diag);
	now.pid = pid;
	now.tables = rc ? NULL : _UPT_create(pid);
	now.pages = rc ? NULL : calloc(PAGES, sizeof(*now.pages));
	if (rc == 0)
		rc = unwind_all(pool, held, list, found);
	if (now.tables)
		_UPT_destroy(now.tables);
	free(now.pages);
	for (size_t i = 0; held && i < found; i++)
		free(held[i].stack);
	free(held);
	if (rc)
		return rc;
	*stacks = list;
	*count = found;
	return 0;
}
