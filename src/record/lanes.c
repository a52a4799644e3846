/*
 * lanes.c - lanes and threads; owns the gate and the pause. Attaching happens on a thread's first recorded call, detaching when it
 * ends; starting, closing and pausing come from runtime.c, api.c and the wrappers. One lock, taken before the rank's; nothing
 * here is on the hot path.
 */
#include "record/lanes.h"

#include <pthread.h>

#include "base/clock.h"
#include "record/hot.h"

static struct pmp_recorder nobody = {.gate = PMP_GATE_NOBODY};
static struct pmp_recorder refused = {.gate = PMP_GATE_REFUSED};

_Thread_local struct pmp_recorder *pmp_self __attribute__((tls_model("initial-exec"))) = &nobody;
uint32_t pmp_gate = PMP_GATE_OFF;

static struct {
	pthread_mutex_t lock;
	struct pmp_rank *rank;
	struct pmp_recorder *all; /* of all lanes */
	unsigned count;
	pthread_key_t key; /* its destructor tells us that a thread ends */
	bool has_key;
	bool is_open;
	bool is_paused;
	uint32_t next_gate;
	uint64_t pause_begin;
	uint64_t pause_total; /* of all pauses that ended */
	uint64_t last_resume;
} lanes = {.lock = PTHREAD_MUTEX_INITIALIZER, .next_gate = PMP_GATE_FIRST};

static void set_gate(uint32_t gate)
{
	__atomic_store_n(&pmp_gate, gate, __ATOMIC_RELEASE);
}

/* Time that was paused since this lane's last event. Locked. */
static void account_pause(struct pmp_recorder *self)
{
	uint64_t ticks = lanes.pause_total - self->paused_seen;
	uint64_t since_base = lanes.last_resume > self->base ? lanes.last_resume - self->base : 0;

	self->paused_seen = lanes.pause_total;
	if (ticks > since_base)
		ticks = since_base; /* the pause began while a call was going on, or before the lane did */
	if (ticks)
		pmp_recorder_paused(self, ticks);
}

static struct pmp_recorder *free_recorder(void)
{
	for (struct pmp_recorder *r = lanes.all; r; r = r->next)
		if (!r->is_in_use && r->lane_idx != 0)
			return r;
	return NULL;
}

/* Locked. A lane for a thread that has none: one that is free, else a new one. */
static struct pmp_recorder *take_recorder(void)
{
	struct pmp_recorder *self = free_recorder();

	if (!self && lanes.count < PMP_LANES_MAX) {
		pthread_mutex_lock(&lanes.rank->lock);
		self = pmp_recorder_new(lanes.rank);
		pthread_mutex_unlock(&lanes.rank->lock);
		if (!self)
			return NULL;
		self->next = lanes.all;
		lanes.all = self;
		lanes.count++;
	}
	if (!self || pmp_recorder_open(self, pmp_clock_now()))
		return NULL;
	self->is_in_use = true;
	self->paused_seen = lanes.pause_total;
	return self;
}

static void attach(void)
{
	struct pmp_recorder *self = take_recorder();

	if (!self) {
		pmp_self = &refused;
		pmp_arena_warn(&lanes.rank->arena, PMP_WARN_THREADS);
		return;
	}
	pmp_self = self;
	if (lanes.has_key)
		pthread_setspecific(lanes.key, self);
}

/* Runs when a thread ends that has recorded. Its data stay; its lane may serve another. */
static void detach(void *data)
{
	struct pmp_recorder *self = data;

	if (pmp_self != self)
		return; /* a forked child */
	pthread_mutex_lock(&lanes.lock);
	pmp_self = &nobody;
	if (lanes.is_open && self->is_in_use) {
		account_pause(self);
		pmp_recorder_close(self, pmp_clock_now());
	}
	pmp_recorder_leave(self);
	self->is_in_use = false;
	pthread_mutex_unlock(&lanes.lock);
}

/* The gate is not what the thread has last seen: attach it, or take note of a pause. */
struct pmp_recorder *pmp_enter_cold(void)
{
	struct pmp_recorder *self = pmp_self;
	uint32_t gate = __atomic_load_n(&pmp_gate, __ATOMIC_ACQUIRE);

	if (gate == PMP_GATE_OFF || self == &refused)
		return NULL;
	pthread_mutex_lock(&lanes.lock);
	gate = pmp_gate;
	if (gate != PMP_GATE_OFF && self == &nobody) {
		attach();
		self = pmp_self;
	}
	if (gate == PMP_GATE_OFF || self == &refused) {
		self = NULL;
	} else {
		account_pause(self);
		self->gate = gate;
	}
	pthread_mutex_unlock(&lanes.lock);
	return self;
}

/*
 * The guard is held: are we inside the call that took it? Stacks grow downwards, so its wrapper's frame lies above ours and still
 * holds its return address. If not, the call was left by longjmp or an exception.
 */
bool pmp_is_nested(struct pmp_recorder *self, const void *frame)
{
	return (uintptr_t)frame < (uintptr_t)self->guard &&
	       ((const pmp_stack_word *)self->guard)[1] == self->guard_address;
}

int pmp_lanes_start(struct pmp_rank *rank)
{
	pthread_mutex_lock(&lanes.lock);
	lanes.rank = rank;
	lanes.has_key = lanes.has_key || pthread_key_create(&lanes.key, detach) == 0;
	attach();
	pthread_mutex_unlock(&lanes.lock);
	return pmp_self == &refused ? -PMP_EFULL : 0;
}

uint64_t pmp_lanes_open(void)
{
	struct pmp_recorder *self = pmp_self;

	pthread_mutex_lock(&lanes.lock);
	self->base = pmp_clock_now();
	self->lane->begin = self->lane->last = self->base;
	self->gate = lanes.next_gate++;
	lanes.is_open = true;
	set_gate(self->gate);
	pthread_mutex_unlock(&lanes.lock);
	return self->base;
}

static void end_pause(uint64_t now)
{
	lanes.pause_total += now > lanes.pause_begin ? now - lanes.pause_begin : 0;
	lanes.last_resume = now;
	lanes.is_paused = false;
}

/* Other threads may be in a region mark at this very moment: their recorders are not touched. */
uint64_t pmp_lanes_close(void)
{
	struct pmp_recorder *self = pmp_self;
	uint64_t now;

	set_gate(PMP_GATE_OFF);
	pthread_mutex_lock(&lanes.lock);
	now = pmp_clock_now();
	if (lanes.is_paused)
		end_pause(now);
	if (lanes.is_open && self->is_in_use) {
		account_pause(self);
		pmp_recorder_close(self, now);
	}
	lanes.is_open = false;
	pthread_mutex_unlock(&lanes.lock);
	return now;
}

void pmp_lanes_forked(void)
{
	set_gate(PMP_GATE_OFF);
	pmp_self = &refused;
	lanes.is_open = false;
	pthread_mutex_init(&lanes.lock, NULL); /* a thread of the parent's may have held it */
}

bool pmp_lanes_release(void)
{
	if (lanes.count > 1 || (lanes.all && pmp_self != lanes.all))
		return false;
	pthread_mutex_lock(&lanes.lock);
	pmp_self = &nobody;
	if (lanes.has_key)
		pthread_setspecific(lanes.key, NULL);
	if (lanes.all)
		pmp_recorder_free(lanes.all);
	lanes.all = NULL;
	lanes.count = 0;
	pthread_mutex_unlock(&lanes.lock);
	return true;
}

void pmp_lanes_pause(void)
{
	pthread_mutex_lock(&lanes.lock);
	if (lanes.is_open && !lanes.is_paused) {
		set_gate(PMP_GATE_OFF);
		lanes.is_paused = true;
		lanes.pause_begin = pmp_clock_now();
	}
	pthread_mutex_unlock(&lanes.lock);
}

void pmp_lanes_resume(void)
{
	pthread_mutex_lock(&lanes.lock);
	if (lanes.is_open && lanes.is_paused) {
		end_pause(pmp_clock_now());
		set_gate(lanes.next_gate++);
	}
	pthread_mutex_unlock(&lanes.lock);
}

bool pmp_lanes_are_open(void)
{
	return __atomic_load_n(&lanes.is_open, __ATOMIC_RELAXED);
}
