/*
 * runtime.c - life of the recording process: start, run, end. Called by the lifecycle wrappers on the main thread; pause and
 * resume by anybody. Owns the rank's state. Never prints, exits or fails towards the program.
 */
#include "record/record.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/environment.h"
#include "base/launch.h"
#include "base/mode.h"
#include "base/suggest.h"
#include "record/calibrate.h"
#include "record/crash.h"
#include "record/describe.h"
#include "record/ending.h"
#include "record/foreign.h"
#include "record/lanes.h"
#include "record/python.h"

enum state { STATE_IDLE, STATE_STARTED, STATE_RUNNING, STATE_ENDED, STATE_CLOSED };

static struct pmp_rank rank_state = {.lock = PTHREAD_MUTEX_INITIALIZER};
static enum state state = STATE_IDLE;

static struct pmp_arena_header *header(void)
{
	return pmp_arena_header(&rank_state.arena);
}

/* Recording and in the process that began it. */
static bool is_ours(enum state from, enum state to)
{
	return state >= from && state <= to && header() && header()->pid == getpid();
}

static void forked_child(void)
{
	pmp_lanes_forked();
	pmp_ending_stop();
	state = STATE_CLOSED;
}

/* A slip in a variable's name or value is told, but no reason not to record. */
static void check_environment(struct pmp_diag *diag)
{
	char name[64];
	size_t position = 0;

	if (pmp_clock_init(pmp_env_text(PMP_ENV_PMPROF_CLOCK)))
		pmp_fail(diag, PMP_EINVALID,
			 "unknown PMPROF_CLOCK '%s'; use auto, tsc, monotonic or step",
			 pmp_env_text(PMP_ENV_PMPROF_CLOCK));
	while (pmp_env_unknown(&position, name, sizeof(name))) {
		const char *near =
			pmp_suggest(name, pmp_variables, PMP_ENV_COUNT, sizeof(pmp_variables[0]));

		pmp_fail(diag, PMP_EINVALID, "unknown variable '%s'%s%s", name,
			 near ? "; did you mean " : "", near ? near : "");
	}
}

static int open_arena(const struct pmp_launch *launch, struct pmp_diag *diag)
{
	uint64_t budget;

	if (pmp_env_number(PMP_ENV_PMPROF_MEMORY, &budget))
		pmp_fail(diag, PMP_EINVALID, "PMPROF_MEMORY '%s' is no size; give one like 64M",
			 pmp_env_text(PMP_ENV_PMPROF_MEMORY));
	return pmp_arena_open(&rank_state.arena, launch, budget, diag);
}

/* In an open arena with its header: the tables, and the calling thread's lane. */
static int open_tables(struct pmp_diag *diag)
{
	int rc = pmp_rank_init(&rank_state);

	if (rc == 0) {
		rc = pmp_lanes_start(&rank_state);
		if (rc) {
			pmp_lanes_release();
			pmp_rank_release(&rank_state);
		}
	}
	return rc ? pmp_fail(diag, (enum pmp_err)(-rc), "no memory to record with") : 0;
}

static int start(const struct pmp_start *args, const struct pmp_mode *mode, struct pmp_diag *diag)
{
	struct pmp_launch launch;
	uint64_t init_begin;
	int rc;

	check_environment(diag);
	init_begin = pmp_clock_now();
	pmp_launch_read(&launch);
	rc = open_arena(&launch, diag);
	if (rc)
		return rc;
	/* the header first: whoever finds an arena without one takes it for damaged */
	pmp_describe(header(), &launch, mode->text, args->mpi_library);
	header()->tool_ticks_per_call = pmp_calibrate();
	if (pmp_python_find() == PMP_PYTHON_OTHER)
		pmp_arena_warn(&rank_state.arena, PMP_WARN_PYTHON);
	rc = open_tables(diag);
	if (rc) {
		pmp_arena_close(&rank_state.arena, true);
		return rc;
	}
	header()->init_ticks = init_begin;
	state = STATE_STARTED;
	pthread_atfork(NULL, NULL, forked_child);
	pmp_ending_before_init(header());
	return 0;
}

int pmp_record_start(const struct pmp_start *args, struct pmp_diag *diag)
{
	struct pmp_mode mode;
	int rc;

	if (state != STATE_IDLE)
		return 0;
	state = STATE_CLOSED;
	if (getauxval(AT_SECURE))
		return 0;
	rc = pmp_mode_parse(pmp_env_text(PMP_ENV_PMPROF), &mode, diag);
	if (rc || !mode.profile)
		return rc;
	return start(args, &mode, diag);
}

void pmp_record_running(int32_t rank, int32_t size, int thread_level)
{
	struct pmp_arena_header *head = header();

	if (!is_ours(STATE_STARTED, STATE_STARTED))
		return;
	head->rank = rank;
	head->size = size;
	head->thread_level = (uint32_t)thread_level;
	pmp_describe_clock(head);
	if (pmp_fortran_is_foreign())
		pmp_arena_warn(&rank_state.arena, PMP_WARN_FORTRAN);
	pmp_crash_prepare(&rank_state);
	pmp_ending_watch();
	head->begin_ticks = pmp_lanes_open();
	head->init_ticks = head->begin_ticks - head->init_ticks;
	head->phase = PMP_PHASE_RUNNING;
	state = STATE_RUNNING;
}

bool pmp_record_finalizing(void)
{
	if (!is_ours(STATE_RUNNING, STATE_RUNNING))
		return false;
	header()->finalize_ticks = pmp_lanes_close();
	header()->phase = PMP_PHASE_FINALIZING;
	pmp_ending_note(header(), PMP_END_FINALIZED, 0);
	state = STATE_ENDED;
	return true;
}

void pmp_record_abort(int code)
{
	if (is_ours(STATE_STARTED, STATE_ENDED))
		pmp_ending_note(header(), PMP_END_ABORT, code);
}

const char *pmp_record_path(void)
{
	return is_ours(STATE_STARTED, STATE_ENDED) ? rank_state.arena.files[0].path : NULL;
}

uint64_t pmp_record_bytes(void)
{
	return is_ours(STATE_STARTED, STATE_ENDED) ? header()->tool_bytes : 0;
}

void pmp_record_close(bool remove)
{
	if (!is_ours(STATE_STARTED, STATE_ENDED))
		return;
	pmp_lanes_close();
	pmp_ending_stop();
	pmp_ending_unwatch();
	state = STATE_CLOSED;
	/* another thread may just be looking into the arena, in a region mark or when it ends: then it stays mapped */
	if (!pmp_lanes_release()) {
		if (remove)
			pmp_arena_remove(&rank_state.arena);
		return;
	}
	pmp_rank_release(&rank_state);
	pmp_arena_close(&rank_state.arena, remove);
}

void pmp_record_pause(void)
{
	pmp_lanes_pause();
}

void pmp_record_resume(void)
{
	pmp_lanes_resume();
}

void pmp_record_warn(enum pmp_warning bit)
{
	if (is_ours(STATE_STARTED, STATE_ENDED))
		pmp_arena_warn(&rank_state.arena, bit);
}

uint32_t pmp_record_comm(const struct pmp_comm *record, const char *name)
{
	return is_ours(STATE_STARTED, STATE_RUNNING) ? pmp_rank_comm(&rank_state, record, name) : 0;
}

void pmp_record_comm_name(uint32_t comm, const char *name)
{
	if (is_ours(STATE_STARTED, STATE_RUNNING))
		pmp_rank_comm_name(&rank_state, comm, name);
}
