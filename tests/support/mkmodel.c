/*
 * mkmodel.c - models of made-up runs. Used by the tests of metrics/, render/ and cli/; see mkmodel.h.
 */
#include "mkmodel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A growing array of one kind of row, copied into the model at the end. */
struct rows {
	size_t size, count, capacity;
	char *data;
};

struct mk {
	struct pmp_model *model;
	struct rows frames, addresses, paths, regions, stats, gaps, messages;
};

static void *need(void *memory)
{
	if (!memory) {
		fputs("mkmodel: out of memory\n", stderr);
		exit(99);
	}
	return memory;
}

static void *add_row(struct rows *rows)
{
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? 2 * rows->capacity : 64;
		rows->data = need(reallocarray(rows->data, rows->capacity, rows->size));
	}
	return memset(rows->data + rows->size * rows->count++, 0, rows->size);
}

static char *text(struct mk *mk, const char *string)
{
	return need(pmp_model_text(mk->model, string, strlen(string)));
}

static int64_t to_ns(double seconds)
{
	return (int64_t)llround(seconds * 1e9);
}

static void set_run(struct mk *mk, const char *command, uint32_t ranks, uint32_t nodes)
{
	mk->model->run = (struct pmp_model_run){
		.command = text(mk, command),
		.mpi = text(mk, "Open MPI 4.1.4"),
		.mode = text(mk, "profile"),
		.job = text(mk, "4711"),
		.created = text(mk, "2026-11-23T12:00:00Z"),
		.version = text(mk, "0.1.0"),
		.ranks = ranks,
		.nodes = nodes,
		.complete = true,
	};
}

static void set_ranks(struct mk *mk, uint32_t ranks, uint32_t nodes)
{
	mk->model->ranks = need(pmp_model_alloc(mk->model, ranks, sizeof(*mk->model->ranks)));
	mk->model->rank_count = ranks;
	for (uint32_t r = 0; r < ranks; r++) {
		char host[32], cpus[32];

		snprintf(host, sizeof(host), "node%02u", r / ((ranks + nodes - 1) / nodes));
		snprintf(cpus, sizeof(cpus), "%u", r % ((ranks + nodes - 1) / nodes));
		mk->model->ranks[r] = (struct pmp_model_rank){
			.rank = r,
			.host = text(mk, host),
			.cpus = text(mk, cpus),
			.pid = 1000 + (int32_t)r,
			.ending = text(mk, ""),
			.max_rss_bytes = 24 << 20,
			.threads = 1,
			.last_path = PMP_NONE,
		};
	}
}

struct mk *mk_new(const char *command, uint32_t ranks, uint32_t nodes)
{
	struct mk *mk = need(calloc(1, sizeof(*mk)));

	mk->model = need(pmp_model_new());
	mk->frames.size = sizeof(struct pmp_model_frame);
	mk->addresses.size = sizeof(struct pmp_model_address);
	mk->paths.size = sizeof(struct pmp_model_path);
	mk->regions.size = sizeof(struct pmp_model_region);
	mk->stats.size = sizeof(struct pmp_model_stat);
	mk->gaps.size = sizeof(struct pmp_model_gap);
	mk->messages.size = sizeof(struct pmp_model_message);
	set_run(mk, command, ranks, nodes);
	set_ranks(mk, ranks, nodes);
	*(struct pmp_model_path *)add_row(&mk->paths) = (struct pmp_model_path){0, PMP_NONE};
	*(struct pmp_model_region *)add_row(&mk->regions) =
		(struct pmp_model_region){0, text(mk, "")};
	mk->model->modules = need(pmp_model_alloc(mk->model, 1, sizeof(*mk->model->modules)));
	mk->model->modules[0] = (struct pmp_model_module){text(mk, "/home/user/app"), text(mk, "")};
	mk->model->module_count = 1;
	mk->model->comms = need(pmp_model_alloc(mk->model, 2, sizeof(*mk->model->comms)));
	mk->model->comms[0] = (struct pmp_model_comm){0, text(mk, ""), 0, 0};
	mk->model->comms[1] = (struct pmp_model_comm){1, text(mk, "MPI_COMM_WORLD"), ranks, 0};
	mk->model->comm_count = 2;
	return mk;
}

uint32_t mk_frame(struct mk *mk, uint32_t parent, const char *function, const char *file,
		  uint32_t line)
{
	uint32_t frame = (uint32_t)mk->frames.count, address = (uint32_t)mk->addresses.count;
	bool is_known = function[0] || file[0];

	if (is_known)
		*(struct pmp_model_frame *)add_row(&mk->frames) =
			(struct pmp_model_frame){text(mk, function), text(mk, file), line};
	*(struct pmp_model_address *)add_row(&mk->addresses) =
		(struct pmp_model_address){.module = 0,
					   .offset = 0x1000 + 16 * address,
					   .first_frame = frame,
					   .frame_count = is_known};
	*(struct pmp_model_path *)add_row(&mk->paths) = (struct pmp_model_path){parent, address};
	return (uint32_t)mk->paths.count - 1;
}

uint32_t mk_region(struct mk *mk, uint32_t parent, const char *name)
{
	*(struct pmp_model_region *)add_row(&mk->regions) =
		(struct pmp_model_region){parent, text(mk, name)};
	return (uint32_t)mk->regions.count - 1;
}

void mk_compute(struct mk *mk, uint32_t rank, uint32_t region, struct mk_end from, struct mk_end to,
		int64_t count, double seconds, double max)
{
	*(struct pmp_model_gap *)add_row(&mk->gaps) = (struct pmp_model_gap){
		.rank = rank,
		.region = region,
		.from_path = from.path,
		.from_call = from.call,
		.to_path = to.path,
		.to_call = to.call,
		.count = count,
		.time_ns = to_ns(seconds),
		.max_ns = to_ns(max > 0 ? max : seconds / (double)count),
	};
}

static uint16_t size_class(int64_t bytes)
{
	return bytes ? (uint16_t)(64 - __builtin_clzll((unsigned long long)bytes)) : 0;
}

void mk_call(struct mk *mk, uint32_t rank, uint32_t region, struct mk_end at, int64_t count,
	     double seconds, int64_t bytes_out, int64_t bytes_in)
{
	*(struct pmp_model_stat *)add_row(&mk->stats) = (struct pmp_model_stat){
		.rank = rank,
		.path = at.path,
		.region = region,
		.comm = 1,
		.call = at.call,
		.size_class = size_class(bytes_out > bytes_in ? bytes_out : bytes_in),
		.count = count,
		.time_ns = to_ns(seconds),
		.min_ns = to_ns(seconds / (double)count / 2),
		.max_ns = to_ns(seconds / (double)count * 2),
		.bytes_out = count * bytes_out,
		.bytes_in = count * bytes_in,
	};
}

void mk_message(struct mk *mk, uint32_t rank, uint32_t peer, int64_t count, int64_t bytes)
{
	struct pmp_model_message *sent = add_row(&mk->messages);

	*sent = (struct pmp_model_message){.rank = rank,
					   .peer = peer,
					   .comm = 1,
					   .sent_count = count,
					   .sent_bytes = count * bytes};
	*(struct pmp_model_message *)add_row(&mk->messages) =
		(struct pmp_model_message){.rank = peer,
					   .peer = rank,
					   .comm = 1,
					   .recv_count = count,
					   .recv_bytes = count * bytes};
}

struct pmp_model_rank *mk_rank(struct mk *mk, uint32_t rank)
{
	return &mk->model->ranks[rank];
}

struct pmp_model *mk_model(struct mk *mk)
{
	return mk->model;
}

/* All sorted tables begin with the rank; the order within a rank stays as it was made. */
struct by_rank {
	uint32_t rank;
	size_t index;
};

static int compare_ranks(const void *a, const void *b)
{
	const struct by_rank *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static void *take(struct mk *mk, struct rows *rows, size_t *count)
{
	char *copy = need(pmp_model_alloc(mk->model, rows->count, rows->size));

	if (rows->count)
		memcpy(copy, rows->data, rows->count * rows->size);
	*count = rows->count;
	free(rows->data);
	return copy;
}

static void *take_sorted(struct mk *mk, struct rows *rows, size_t *count)
{
	struct by_rank *order = need(calloc(rows->count + 1, sizeof(*order)));
	char *copy = need(pmp_model_alloc(mk->model, rows->count, rows->size));

	for (size_t i = 0; i < rows->count; i++) {
		memcpy(&order[i].rank, rows->data + i * rows->size, sizeof(uint32_t));
		order[i].index = i;
	}
	qsort(order, rows->count, sizeof(*order), compare_ranks);
	for (size_t i = 0; i < rows->count; i++)
		memcpy(copy + i * rows->size, rows->data + order[i].index * rows->size, rows->size);
	*count = rows->count;
	free(order);
	free(rows->data);
	return copy;
}

static void sum_ranks(struct pmp_model *m)
{
	for (size_t i = 0; i < m->gap_count; i++)
		m->ranks[m->gaps[i].rank].compute_ns += m->gaps[i].time_ns;
	for (size_t i = 0; i < m->stat_count; i++) {
		struct pmp_model_rank *rank = &m->ranks[m->stats[i].rank];
		enum pmp_call_class class = pmp_call_info(m->stats[i].call)->class;

		if (class == PMP_CLASS_MARK)
			continue;
		*(class == PMP_CLASS_IO ? &rank->io_ns : &rank->mpi_ns) += m->stats[i].time_ns;
		rank->calls += m->stats[i].count;
	}
	for (size_t r = 0; r < m->rank_count; r++) {
		struct pmp_model_rank *rank = &m->ranks[r];
		int64_t wall = rank->compute_ns + rank->mpi_ns + rank->io_ns + rank->paused_ns +
			       rank->tool_ns;

		rank->wall_ns = wall;
		m->run.wall_s = fmax(m->run.wall_s, (double)(rank->begin_ns + wall) * 1e-9);
	}
}

struct pmp_model *mk_finish(struct mk *mk)
{
	struct pmp_model *m = mk->model;

	m->frames = take(mk, &mk->frames, &m->frame_count);
	m->addresses = take(mk, &mk->addresses, &m->address_count);
	m->paths = take(mk, &mk->paths, &m->path_count);
	m->regions = take(mk, &mk->regions, &m->region_count);
	m->stats = take_sorted(mk, &mk->stats, &m->stat_count);
	m->gaps = take_sorted(mk, &mk->gaps, &m->gap_count);
	m->messages = take_sorted(mk, &mk->messages, &m->message_count);
	sum_ranks(m);
	free(mk);
	return m;
}
