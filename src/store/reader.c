/*
 * reader.c - rows of a file to a model, every number checked on the way. Called by the tools, one thread; HDF5 is not known here.
 */
#include "store/reader.h"

#include <string.h>

#include "schema/arena.h"
#include "store/reader_check.h"

static const struct {
	const char *name;
	enum pmp_rank_state state;
} states[] = {
	{"finalized", PMP_RANK_FINALIZED}, {"aborted", PMP_RANK_ABORTED},
	{"signaled", PMP_RANK_SIGNALED},   {"exited", PMP_RANK_EXITED},
	{"vanished", PMP_RANK_VANISHED},   {"missing", PMP_RANK_MISSING},
};

static int read_run(struct pmp_reading *r)
{
	const struct pmp_row_run *row = r->load->tables[PMP_FILE_TABLE_run].rows;
	struct pmp_model_run *run = &r->model->run;

	CHECK(row->ranks >= 1 && row->ranks == ROWS(r, ranks), run, 0, "ranks");
	CHECK(row->nodes <= row->ranks, run, 0, "nodes");
	CHECK(row->wall_ns >= 0, run, 0, "wall_ns");
	CHECK(row->complete <= 1, run, 0, "complete");
	run->command = pmp_reading_text(r, row->command);
	run->mpi = pmp_reading_text(r, row->mpi);
	run->mode = pmp_reading_text(r, row->mode);
	run->job = pmp_reading_text(r, row->job);
	run->created = pmp_reading_text(r, row->created);
	run->version = pmp_reading_text(r, row->version);
	run->ranks = row->ranks;
	run->nodes = row->nodes;
	run->begin_real_ns = row->begin_real_ns;
	run->wall_s = (double)row->wall_ns * 1e-9;
	run->complete = row->complete;
	return 0;
}

static int read_job(struct pmp_reading *r)
{
	const struct pmp_row_job *row = r->load->tables[PMP_FILE_TABLE_job].rows;
	struct pmp_model_job *job;

	CHECK(ROWS(r, job) <= 1, job, 1, "scheduler");
	if (ROWS(r, job) == 0)
		return 0;
	CHECK(row->memory_node_bytes >= 0, job, 0, "memory_node_bytes");
	CHECK(row->memory_cpu_bytes >= 0, job, 0, "memory_cpu_bytes");
	CHECK(row->started_s >= 0, job, 0, "started_s");
	CHECK(row->ends_s >= 0, job, 0, "ends_s");
	job = pmp_reading_alloc(r, 1, sizeof(*job));
	r->model->run.batch = job;
	if (!job)
		return 0;
	*job = (struct pmp_model_job){
		.scheduler = pmp_reading_text(r, row->scheduler),
		.id = pmp_reading_text(r, row->id),
		.name = pmp_reading_text(r, row->name),
		.cluster = pmp_reading_text(r, row->cluster),
		.queue = pmp_reading_text(r, row->queue),
		.account = pmp_reading_text(r, row->account),
		.array_id = pmp_reading_text(r, row->array_id),
		.array_task = pmp_reading_text(r, row->array_task),
		.nodes = pmp_reading_text(r, row->nodes),
		.folder = pmp_reading_text(r, row->folder),
		.node_count = row->node_count,
		.tasks = row->tasks,
		.cpus_per_task = row->cpus_per_task,
		.memory_node_bytes = row->memory_node_bytes,
		.memory_cpu_bytes = row->memory_cpu_bytes,
		.started_s = row->started_s,
		.ends_s = row->ends_s,
	};
	return 0;
}

static int read_warnings(struct pmp_reading *r)
{
	const struct pmp_row_warnings *rows = r->load->tables[PMP_FILE_TABLE_warnings].rows;
	struct pmp_model_run *run = &r->model->run;

	run->warnings = pmp_reading_alloc(r, ROWS(r, warnings), sizeof(*run->warnings));
	for (size_t i = 0; run->warnings && i < ROWS(r, warnings); i++)
		run->warnings[i] = pmp_reading_text(r, rows[i].text);
	run->warning_count = run->warnings ? ROWS(r, warnings) : 0;
	return 0;
}

/* The slices of a rank in the long tables. */
static int check_slices(struct pmp_reading *r, size_t i, const struct pmp_row_ranks *row)
{
#define SLICE(table)                                                                               \
	CHECK(row->table##_first <= ROWS(r, table) &&                                              \
		      row->table##_count <= ROWS(r, table) - row->table##_first,                   \
	      ranks, i, #table "_count")
	SLICE(profile);
	SLICE(compute);
	SLICE(messages);
	SLICE(events);
#undef SLICE
	return 0;
}

static int check_rank(struct pmp_reading *r, size_t i, const struct pmp_row_ranks *row)
{
	struct pmp_sums *sums = &r->sums;

	CHECK(row->rank == i, ranks, i, "rank");
	CHECK(row->pid >= 0, ranks, i, "pid");
	CHECK(row->begin_ns >= 0, ranks, i, "begin_ns");
	CHECK_SUM(row->wall_ns, time, ranks, i, "wall_ns");
	CHECK_SUM(row->init_ns, time, ranks, i, "init_ns");
	CHECK_SUM(row->compute_ns, time, ranks, i, "compute_ns");
	CHECK_SUM(row->mpi_ns, time, ranks, i, "mpi_ns");
	CHECK_SUM(row->io_ns, time, ranks, i, "io_ns");
	CHECK_SUM(row->paused_ns, time, ranks, i, "paused_ns");
	CHECK_SUM(row->tool_ns, time, ranks, i, "tool_ns");
	CHECK_SUM(row->tool_hidden_ns, time, ranks, i, "tool_hidden_ns");
	CHECK_SUM(row->user_ns, cpu, ranks, i, "user_ns");
	CHECK_SUM(row->system_ns, cpu, ranks, i, "system_ns");
	CHECK_SUM(row->max_rss_bytes, out, ranks, i, "max_rss_bytes");
	CHECK_SUM(row->calls, count, ranks, i, "calls");
	CHECK_SUM(row->lost, in, ranks, i, "lost");
	CHECK(row->begin_ns <= INT64_MAX - row->wall_ns, ranks, i, "begin_ns");
	CHECK(row->last_path == PMP_NONE || row->last_path < ROWS(r, paths), ranks, i, "last_path");
	CHECK(row->in_call <= 1, ranks, i, "in_call");
	return check_slices(r, i, row);
}

static int read_rank(struct pmp_reading *r, size_t i, const struct pmp_row_ranks *row,
		     struct pmp_model_rank *to)
{
	int rc = check_rank(r, i, row);
	size_t s = 0;
	uint32_t call = 0;

	if (rc)
		return rc;
	while (s < sizeof(states) / sizeof(states[0]) && strcmp(states[s].name, row->state) != 0)
		s++;
	CHECK(s < sizeof(states) / sizeof(states[0]), ranks, i, "state");
	CHECK(row->last_call[0] == '\0' || pmp_reading_call(r, row->last_call, &call), ranks, i,
	      "last_call");
	*to = (struct pmp_model_rank){
		.rank = row->rank,
		.host = pmp_reading_text(r, row->host),
		.cpus = pmp_reading_text(r, row->cpus),
		.pid = row->pid,
		.state = states[s].state,
		.code = row->code,
		.ending = pmp_reading_text(r, row->ending),
		.begin_ns = row->begin_ns,
		.wall_ns = row->wall_ns,
		.init_ns = row->init_ns,
		.compute_ns = row->compute_ns,
		.mpi_ns = row->mpi_ns,
		.io_ns = row->io_ns,
		.paused_ns = row->paused_ns,
		.tool_ns = row->tool_ns,
		.tool_hidden_ns = row->tool_hidden_ns,
		.user_ns = row->user_ns,
		.system_ns = row->system_ns,
		.max_rss_bytes = row->max_rss_bytes,
		.calls = row->calls,
		.lost = row->lost,
		.threads = row->threads,
		.last_path = row->last_path,
		.last_call = call,
		.in_call = row->in_call,
	};
	return 0;
}

static int read_ranks(struct pmp_reading *r)
{
	const struct pmp_row_ranks *rows = r->load->tables[PMP_FILE_TABLE_ranks].rows;
	int rc = 0;

	r->model->ranks = pmp_reading_alloc(r, ROWS(r, ranks), sizeof(*r->model->ranks));
	memset(&r->sums, 0, sizeof(r->sums));
	for (size_t i = 0; r->model->ranks && i < ROWS(r, ranks) && rc == 0; i++)
		rc = read_rank(r, i, &rows[i], &r->model->ranks[i]);
	r->model->rank_count = ROWS(r, ranks);
	return rc;
}

/* The tables in the order in which they refer to each other: `calls` first. */
static int (*const steps[])(struct pmp_reading *) = {
	pmp_reading_calls, read_run,          read_job,           read_warnings,
	pmp_read_modules,  pmp_read_frames,   pmp_read_addresses, pmp_read_paths,
	pmp_read_regions,  pmp_read_comms,    read_ranks,         pmp_read_profile,
	pmp_read_compute,  pmp_read_messages, pmp_read_events,    pmp_read_crashes,
};

int pmp_read(const char *path, struct pmp_model **model, struct pmp_diag *diag)
{
	struct pmp_diag own = {""};
	struct pmp_reading r = {.path = path, .diag = &own};
	int rc = pmp_load_open(path, &r.load, &own);

	if (rc == 0) {
		r.model = pmp_model_new();
		if (!r.model)
			r.no_memory = true;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0 && !r.no_memory; i++)
		rc = steps[i](&r);
	if (rc == 0 && r.no_memory)
		rc = pmp_fail(&own, PMP_ENOMEM, "out of memory while reading '%s'", path);
	pmp_reading_release(&r);
	if (rc) {
		pmp_model_free(r.model);
		if (diag && diag->text[0] == '\0')
			*diag = own;
		return rc;
	}
	*model = r.model;
	return 0;
}
