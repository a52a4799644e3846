/* unwind_scenes.c - see the header. KEEP ends functions whose last call must not become a jump. */
#include "unwind_scenes.h"

#include <alloca.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unwind_probe.h"

#define NOINLINE __attribute__((noinline))
#define KEEP()   __asm__ volatile("" ::: "memory")
#define USE(p)   __asm__ volatile("" ::"r"(p) : "memory")

NOINLINE int scene_recursion(int depth)
{
	int below = 0;

	if (depth > 0)
		below = scene_recursion(depth - 1);
	else
		probe();
	KEEP();
	return below + 1;
}

NOINLINE int scene_alloca(int depth, unsigned bytes)
{
	char *block = alloca(bytes + 1);

	memset(block, depth, bytes + 1);
	USE(block);
	if (depth > 0)
		scene_alloca(depth - 1, bytes);
	probe();
	KEEP();
	return block[bytes / 2];
}

NOINLINE int scene_variable_array(int depth, unsigned words)
{
	uint64_t *outer = alloca((words % 7 + 1) * sizeof(*outer));

	outer[0] = words;
	for (unsigned i = 1; i < 3; i++) {
		uint64_t *more = alloca((words + i) * sizeof(*more));

		more[0] = i;
		USE(more);
		probe();
	}
	if (depth > 0)
		scene_variable_array(depth - 1, words + 3);
	KEEP();
	return (int)outer[0];
}

/* Leaves its memory as it is: return addresses of earlier calls stay in it. */
NOINLINE static int shifted_inner(unsigned bytes)
{
	char *block = alloca(bytes);

	USE(block);
	probe();
	KEEP();
	return 1;
}

NOINLINE int scene_shifted(unsigned outer_bytes, unsigned inner_bytes)
{
	char *block = alloca(outer_bytes);

	USE(block);
	shifted_inner(inner_bytes);
	KEEP();
	return 2;
}

NOINLINE static int by_one(unsigned choice, int depth)
{
	int r = scene_pointers(choice * 5 + 1, depth - 1);

	KEEP();
	return r;
}

NOINLINE static int by_two(unsigned choice, int depth)
{
	volatile char pad[200];

	pad[depth & 127] = 1;
	int r = scene_pointers(choice * 3 + 2, depth - 1);

	KEEP();
	return r + pad[depth & 127];
}

NOINLINE static int by_three(unsigned choice, int depth)
{
	double x[8] = {(double)depth};

	USE(x);
	int r = scene_pointers(choice / 3, depth - 1);

	USE(x);
	return r + (int)x[0];
}

NOINLINE int scene_pointers(unsigned choice, int depth)
{
	static int (*const table[])(unsigned, int) = {by_one, by_two, by_three};
	int r = 0;

	if (depth > 0)
		r = table[choice % 3](choice, depth);
	else
		probe();
	KEEP();
	return r;
}

static int by_value(const void *a, const void *b)
{
	const int *x = a, *y = b;

	probe();
	KEEP();
	return (*x > *y) - (*x < *y);
}

NOINLINE int scene_qsort(void)
{
	int v[] = {5, 3, 9, 1, 7, 2, 8, 4, 6, 0, 11, 10};

	qsort(v, sizeof(v) / sizeof(v[0]), sizeof(v[0]), by_value);
	KEEP();
	return v[0] == 0 && v[11] == 11;
}

/* Aligned locals and a variable frame at once: the frame is found through a saved pointer. */
NOINLINE int scene_realigned(int depth, unsigned bytes)
{
	_Alignas(64) volatile char line[128];
	char *block = alloca(bytes + 1);

	line[depth & 127] = (char)depth;
	block[0] = 1;
	USE(block);
	probe();
	if (depth > 0)
		scene_realigned(depth - 1, bytes + 40);
	probe();
	return line[depth & 127] + ((uintptr_t)line % 64 != 0) * 1000;
}

static jmp_buf target;

NOINLINE static int jump_from(int depth)
{
	if (depth > 0)
		return jump_from(depth - 1) + 1;
	probe();
	if (depth <= 0)
		longjmp(target, 1);
	return 0;
}

NOINLINE int scene_longjmp(int depth)
{
	if (setjmp(target) == 0)
		jump_from(depth);
	probe();
	KEEP();
	return 1;
}

NOINLINE int scene_tree(int depth)
{
	int left = 0;
	int right = 0;

	probe();
	if (depth > 0) {
		left = scene_tree(depth - 1);
		KEEP();
		right = scene_tree(depth - 1);
	}
	KEEP();
	return left + right + 1;
}

#define SITE(n)                                                                                    \
	case n:                                                                                    \
		KEEP();                                                                            \
		probe();                                                                           \
		KEEP();                                                                            \
		return n;
#define SITES4(n)  SITE(n) SITE((n) + 1) SITE((n) + 2) SITE((n) + 3)
#define SITES16(n) SITES4(n) SITES4((n) + 4) SITES4((n) + 8) SITES4((n) + 12)

NOINLINE int scene_sites(unsigned site)
{
	switch (site % 64) {
		SITES16(0)
		SITES16(16)
		SITES16(32)
		SITES16(48)
	}
	return -1;
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

/* 40 depths, 7 sizes of variable frames, three ways down. */
NOINLINE int scene_random(unsigned *seed, int depth)
{
	static const unsigned bytes[] = {0, 16, 48, 112, 240, 496, 1008};
	unsigned choice = next_random(seed) % 10;
	int r = 1;

	if (!depth) {
		probe();
	} else if (choice < 6) {
		char *block = alloca(bytes[next_random(seed) % 7] + 1);

		USE(block);
		r += scene_random(seed, depth - 1);
		USE(block);
	} else {
		r += scene_random(seed, depth - 1);
	}
	KEEP();
	return r;
}

#if defined(__x86_64__)
/* A frame found through rbx, which the walker does not follow, and one without any information. */
__asm__(".text\n"
	".type through_rbx,@function\n"
	"through_rbx:\n"
	"	.cfi_startproc\n"
	"	push %rbx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	.cfi_rel_offset %rbx, 0\n"
	"	mov %rsp, %rbx\n"
	"	.cfi_def_cfa_register %rbx\n"
	"	sub $1024, %rsp\n"
	"	and $-64, %rsp\n"
	"	call *%rdi\n"
	"	mov %rbx, %rsp\n"
	"	.cfi_def_cfa_register %rsp\n"
	"	pop %rbx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size through_rbx, .-through_rbx\n"
	".type unknown_frame,@function\n"
	"unknown_frame:\n"
	"	sub $24, %rsp\n"
	"	call *%rdi\n"
	"	add $24, %rsp\n"
	"	ret\n"
	".size unknown_frame, .-unknown_frame\n");

void through_rbx(void (*function)(void));
void unknown_frame(void (*function)(void));

NOINLINE int scene_assembler(int which)
{
	if (which == 0)
		through_rbx(probe);
	else
		unknown_frame(probe);
	KEEP();
	return 1;
}
#else
int scene_assembler(int which)
{
	return which;
}
#endif
