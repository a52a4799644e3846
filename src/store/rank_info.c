/*
 * rank_info.c - one arena summed up: clock, interval, where its main thread's time went, its last call. Used by writer.c; no I/O.
 */
#include "store/rank_info.h"

#include <string.h>

#include "schema/calls.h"

/* Clock pairs closer than this give a rate no better than the first calibration. */
#define BASELINE_NS UINT64_C(10000000)
/* Damaged stamps: durations of more than a year, boot times and dates in the far future are cut. */
#define SPAN_MAX (INT64_C(1) << 55)
#define BOOT_MAX (INT64_C(1) << 60)
#define REAL_MAX INT64_C(4000000000000000000)

struct pmp_clock_map pmp_clock_map(const struct pmp_arena_header *h)
{
	struct pmp_clock_map map = {h->ns_per_tick, h->start.ticks, h->start.mono_ns};
	uint64_t ticks = h->latest.ticks - h->start.ticks,
		 ns = h->latest.mono_ns - h->start.mono_ns;

	if (h->tick_is_ns) {
		map.ns_per_tick = 1;
	} else if (h->latest.ticks > h->start.ticks && h->latest.mono_ns > h->start.mono_ns &&
		   ns >= BASELINE_NS) {
		double rate = (double)ns / (double)ticks;

		/* a damaged pair would bend all times: believe the two only when they agree */
		if (rate > h->ns_per_tick * 0.99 && rate < h->ns_per_tick * 1.01)
			map.ns_per_tick = rate;
	}
	return map;
}

int64_t pmp_clock_duration(const struct pmp_clock_map *clock, uint64_t ticks)
{
	long double ns = (long double)ticks * clock->ns_per_tick + 0.5L;

	return ns < SPAN_MAX ? (int64_t)ns : SPAN_MAX;
}

int64_t pmp_clock_mono(const struct pmp_clock_map *clock, uint64_t ticks)
{
	/* stamps before the pair are common: the pair is taken a little after the process began */
	int64_t ns = ticks >= clock->ticks ? pmp_clock_duration(clock, ticks - clock->ticks)
					   : -pmp_clock_duration(clock, clock->ticks - ticks);

	return (int64_t)((uint64_t)ns + clock->mono_ns);
}

static int64_t bounded(int64_t value, int64_t limit)
{
	return value < 0 ? 0 : value > limit ? limit : value;
}

/* Where the measured interval ends when MPI_Finalize was not reached: the last sign of life. */
static uint64_t last_sign(const struct pmp_arena_view *arena)
{
	const struct pmp_arena_header *h = &arena->header;
	uint64_t last = h->end_ticks > h->latest.ticks ? h->end_ticks : h->latest.ticks;

	for (size_t i = 0; i < arena->lane_count; i++) {
		const struct pmp_lane_view *lane = &arena->lanes[i];

		if (lane->lane.last > last)
			last = lane->lane.last;
		if (lane->event_count && lane->events[lane->event_count - 1].enter > last)
			last = lane->events[lane->event_count - 1].enter;
	}
	return last;
}

static const struct pmp_event *last_event(const struct pmp_lane_view *lane)
{
	for (size_t i = lane->event_count; i-- > 0;)
		if (pmp_call_info(lane->events[i].call)->class != PMP_CLASS_MARK)
			return &lane->events[i];
	return NULL;
}

static void note_last_call(const struct pmp_arena_view *arena, uint64_t *const *node_keys,
			   struct pmp_rank_info *info)
{
	for (size_t i = 0; i < arena->lane_count; i++) {
		const struct pmp_event *e = last_event(&arena->lanes[i]);

		if (!e)
			continue;
		info->last_call = e->call;
		info->last_path = node_keys[i][e->node];
		info->in_call = e->leave == 0 && info->end != PMP_END_FINALIZED;
		return;
	}
}

/* Sum up the main thread. Ticks are added first, so that rounding happens once. */
static void sum_main(const struct pmp_lane_view *lane, const struct pmp_clock_map *clock,
		     struct pmp_rank_info *info)
{
	uint64_t mpi = 0, io = 0, compute = 0;

	for (size_t i = 0; i < lane->stat_count; i++) {
		const struct pmp_stat *s = &lane->stats[i];
		enum pmp_call_class class = pmp_call_info(s->call)->class;

		if (class == PMP_CLASS_IO)
			io += s->total;
		else if (class != PMP_CLASS_MARK && class != PMP_CLASS_LIFECYCLE)
			mpi += s->total;
	}
	for (size_t i = 0; i < lane->gap_count; i++)
		compute += lane->gaps[i].total;
	info->mpi = pmp_clock_duration(clock, mpi);
	info->io = pmp_clock_duration(clock, io);
	info->compute = pmp_clock_duration(clock, compute);
	info->paused = pmp_clock_duration(clock, lane->lane.paused);
	info->tool = pmp_clock_duration(clock, lane->lane.tool);
}

/* A rank that was stopped has time since its last completed call: inside the call in flight, or computing. */
static void add_tail(struct pmp_rank_info *info)
{
	/* five times SPAN_MAX fits */
	int64_t known = info->compute + info->mpi + info->io + info->paused + info->tool;
	int64_t rest = info->wall - known;

	if (info->end == PMP_END_FINALIZED || rest <= 0)
		return;
	if (!info->in_call)
		info->compute += rest;
	else if (pmp_call_info(info->last_call)->class == PMP_CLASS_IO)
		info->io += rest;
	else
		info->mpi += rest;
}

/* An estimate, from back-to-back calls: never more than the time it is said to be contained in. */
static int64_t hidden_cost(double ns_per_call, uint64_t calls, const struct pmp_rank_info *info)
{
	double most = (double)(info->compute + info->mpi + info->io);
	double cost = ns_per_call * (double)calls;

	return cost > 0 ? (int64_t)(cost < most ? cost : most) : 0;
}

static void fill_times(const struct pmp_arena_view *arena, struct pmp_rank_info *info)
{
	const struct pmp_arena_header *h = &arena->header;
	struct pmp_clock_map clock = pmp_clock_map(h);
	uint64_t end = h->finalize_ticks ? h->finalize_ticks : last_sign(arena);
	uint64_t begin = h->begin_ticks ? h->begin_ticks : end;

	if (begin > end)
		begin = end;
	info->begin_mono = bounded(pmp_clock_mono(&clock, begin), BOOT_MAX);
	info->wall = pmp_clock_duration(&clock, end - begin);
	info->init = pmp_clock_duration(&clock, h->init_ticks);
	info->real_minus_mono = bounded((int64_t)(h->start.real_ns - h->start.mono_ns), REAL_MAX);
	if (arena->lane_count) {
		sum_main(&arena->lanes[0], &clock, info);
		info->tool_hidden = hidden_cost(h->tool_ticks_per_call * clock.ns_per_tick,
						arena->lanes[0].lane.calls, info);
	}
}

static int64_t positive(uint64_t value)
{
	return value <= PMP_COUNT_MAX ? (int64_t)value : 0;
}

static void fill_crash(const struct pmp_arena_view *arena, const struct pmp_arena_keys *keys,
		       struct pmp_crash_info *info)
{
	struct pmp_clock_map clock = pmp_clock_map(&arena->header);
	const struct pmp_crash *c = arena->crash;

	if (!c)
		return;
	*info = (struct pmp_crash_info){
		.signal = c->signal,
		.code = c->code,
		.sender = c->sender,
		.tid = c->tid,
		.thread = c->lane,
		.address = c->address,
		.ip = c->ip,
		.sp = c->sp,
		.depth = c->depth,
		.path = keys->crash,
		.region = keys->regions[c->region],
		.mono = pmp_clock_mono(&clock, c->ticks),
	};
}

void pmp_rank_info_fill(const struct pmp_arena_view *arena, const struct pmp_arena_keys *keys,
			struct pmp_rank_info *info)
{
	const struct pmp_arena_header *h = &arena->header;

	memset(info, 0, sizeof(*info));
	info->rank = h->rank;
	info->size = h->size;
	info->pid = h->pid;
	info->end = h->end;
	info->end_code = h->end_code;
	info->parent_code_known = h->parent_code_known == 1;
	info->parent_wait_status = h->parent_wait_status;
	info->phase = h->phase;
	info->warnings = h->warnings;
	info->thread_level = h->thread_level;
	info->threads = (uint32_t)arena->lane_count;
	info->is_alive = arena->is_alive;
	info->boot_hash = h->boot_hash;
	info->user = positive(h->user_ns);
	info->system = positive(h->system_ns);
	info->max_rss = positive(h->max_rss_bytes);
	info->tool_bytes = positive(h->tool_bytes);
	info->dropped = positive(arena->dropped);
	for (size_t i = 0; i < arena->lane_count; i++) {
		int64_t calls = positive(arena->lanes[i].lane.calls);
		int64_t lost = positive(arena->lanes[i].lane.lost_keys);

		info->calls += lost < calls ? calls - lost : 0;
		info->lost += lost;
		info->lost_paths += positive(arena->lanes[i].lane.lost_paths);
	}
	memcpy(info->host, h->host, sizeof(info->host));
	memcpy(info->cpus, h->cpus, sizeof(info->cpus));
	memcpy(info->damage, arena->damage, sizeof(info->damage));
	note_last_call(arena, keys->nodes, info);
	fill_crash(arena, keys, &info->crash);
	fill_times(arena, info);
	add_tail(info);
}

void pmp_run_info_fill(const struct pmp_arena_view *arena, struct pmp_run_info *info)
{
	const struct pmp_arena_header *h = &arena->header;

	info->rank = h->rank;
	memcpy(info->job, h->job, sizeof(info->job));
	memcpy(info->exe, h->exe, sizeof(info->exe));
	memcpy(info->command, h->command, sizeof(info->command));
	memcpy(info->mpi_library, h->mpi_library, sizeof(info->mpi_library));
	memcpy(info->clock, h->clock, sizeof(info->clock));
	memcpy(info->mode, h->mode, sizeof(info->mode));
	memcpy(info->cwd, h->cwd, sizeof(info->cwd));
	memcpy(info->batch, h->batch, sizeof(info->batch));
}
