/*
 * api.c - the table of functions behind include/pmprof/pmprof.h, exported as pmprof_api_1. Called by the program on any thread.
 */
#define PMPROF_API_ONLY
#include <pmprof/pmprof.h>

#include <string.h>

#include "record/rank.h"
#include "record/record.h"

/*
 * The caller's frame is the program's: the header's functions are inlined into it. A tail call would give up our frame while it
 * is looked at; the empty statement behind the call keeps it.
 */
#define KEEP_FRAME() __asm__ volatile("" ::: "memory")

static void region_begin(const char *name)
{
	pmp_region_begin(name, __builtin_frame_address(0));
	KEEP_FRAME();
}

static void region_end(const char *name)
{
	pmp_region_end(name, __builtin_frame_address(0));
	KEEP_FRAME();
}

/* A name of Fortran as C has it: without the blanks at its end, cut where all names are. */
static void copy_name(char text[PMP_TEXT_MAX], const char *name, size_t length)
{
	while (length && name[length - 1] == ' ')
		length--;
	if (length > PMP_TEXT_MAX - 1)
		length = PMP_TEXT_MAX - 1;
	memcpy(text, name, length);
	text[length] = '\0';
}

static void region_begin_fortran(const char *name, size_t length)
{
	char text[PMP_TEXT_MAX];

	copy_name(text, name, length);
	pmp_region_begin_at(name, text, __builtin_frame_address(0));
	KEEP_FRAME();
}

static void region_end_fortran(const char *name, size_t length)
{
	char text[PMP_TEXT_MAX];

	if (name)
		copy_name(text, name, length);
	pmp_region_end(name ? text : NULL, __builtin_frame_address(0));
	KEEP_FRAME();
}

extern const struct pmprof_api pmprof_api_1;
__attribute__((visibility("default"))) const struct pmprof_api pmprof_api_1 = {
	.size = sizeof(struct pmprof_api),
	.region_begin = region_begin,
	.region_end = region_end,
	.pause = pmp_record_pause,
	.resume = pmp_record_resume,
	.region_begin_fortran = region_begin_fortran,
	.region_end_fortran = region_end_fortran,
};
