/*
 * store_tool.c - the store from the command line, for tests: make arenas, write, read. Prints what it got; exit code: the error's number.
 *
 *   store_tool make DIR RANKS [lanes=N] [paths=N] [depth=N] [events=N] [ring=N] [uneven=1] [exe=F] [build_id=HEX]
 *                             [offset=N] [host=NAME%d] [damage=1]
 *   store_tool write OUT DIR [keep=1] [alive=1] [ranks=N] [symbols=1] [launcher=STATUS] [limit=BYTES [after=N]]   (under mpirun: collectively)
 *       limit: no file may grow beyond so many bytes; from the Nth reduction of the group with the file begun on
 *   store_tool read FILE [dump=1] [direct=1]      direct: without the child process
 *   store_tool view ARENA
 *   store_tool jobs
 *   store_tool symbols FILE BUILD_ID OFFSET...     offsets are return addresses, ascending
 */
#include <inttypes.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mkarena.h"
#include "schema/calls.h"
#include "store/collect.h"
#include "store/load.h"
#include "store/reader.h"
#include "store/symbols.h"

static const char *option(int argc, char **argv, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	return NULL;
}

static int number(int argc, char **argv, const char *name)
{
	const char *text = option(argc, argv, name);

	return text ? atoi(text) : 0;
}

static int make(int argc, char **argv)
{
	const char *offset = option(argc, argv, "offset");
	struct mkarena_run run = {
		.ranks = atoi(argv[3]),
		.lanes = number(argc, argv, "lanes"),
		.paths = number(argc, argv, "paths"),
		.depth = number(argc, argv, "depth"),
		.events = number(argc, argv, "events"),
		.ring = number(argc, argv, "ring"),
		.is_uneven = number(argc, argv, "uneven") != 0,
		.exe = option(argc, argv, "exe"),
		.build_id = option(argc, argv, "build_id"),
		.offset = offset ? strtoull(offset, NULL, 0) : 0,
		.host = option(argc, argv, "host"),
	};

	mkarena_run(&run, argv[2]);
	return 0;
}

static int finish(int rc, const struct pmp_diag *diag)
{
	if (rc)
		fprintf(stderr, "%s\n", diag->text);
	return -rc;
}

/*
 * As a quota does: the write that goes beyond it fails. Set from the start, it is found when room is reserved; set later, HDF5 runs
 * into it. The reductions of the group tell how far the writer is.
 */
static struct pmp_group real_group;
static char late_part[4096]; /* the file while it is being written */
static rlim_t late_limit;
static int late_after;

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

static int counting_reduce(const struct pmp_group *group, enum pmp_reduce op, int64_t *values,
			   size_t count)
{
	if (late_after > 0 && access(late_part, F_OK) == 0 && --late_after == 0)
		limit_files(late_limit);
	return real_group.reduce(group, op, values, count);
}

static void set_limit(struct pmp_group *group, const char *path, int bytes, int after)
{
	if (after == 0) {
		limit_files((rlim_t)bytes);
		return;
	}
	snprintf(late_part, sizeof(late_part), "%s.part", path);
	real_group = *group;
	late_limit = (rlim_t)bytes;
	late_after = after;
	group->reduce = counting_reduce;
}

static int open_job(char *given, struct pmp_job *job)
{
	int rc = pmp_job_open(given, job);

	*job = rc == -PMP_ENOTFOUND ? (struct pmp_job){.name = strdup(given)} : *job;
	return rc == -PMP_ENOTFOUND ? 0 : rc;
}

static int write_file(int argc, char **argv)
{
	struct pmp_collect_options options = {
		.write = {.path = argv[2],
			  .launcher = "mpirun",
			  .expected_ranks = number(argc, argv, "ranks"),
			  .has_launcher_status = option(argc, argv, "launcher") != NULL,
			  .launcher_status = number(argc, argv, "launcher"),
			  .symbols = number(argc, argv, "symbols")},
		.keep = number(argc, argv, "keep") != 0,
		.allow_alive = number(argc, argv, "alive") != 0,
	};
	struct pmp_write_summary summary = {0};
	struct pmp_group group = pmp_group_single;
	struct pmp_job job = {0};
	struct pmp_diag diag = {""};
	bool is_parallel = getenv("OMPI_COMM_WORLD_SIZE") != NULL;
	MPI_Comm comm;
	int rc = 0;

	if (is_parallel) {
		MPI_Init(NULL, NULL);
		MPI_Comm_dup(MPI_COMM_WORLD, &comm);
		rc = pmp_group_mpi(&group, &comm);
	}
	if (option(argc, argv, "limit"))
		set_limit(&group, argv[2], number(argc, argv, "limit"),
			  number(argc, argv, "after"));
	if (rc == 0)
		rc = open_job(argv[3], &job);
	if (rc == 0)
		rc = pmp_collect(&job, &options, &group, &summary, &diag);
	if (rc == 0 && group.rank == 0)
		printf("ranks %d complete %d wall %.9f efficiency %.6f bytes %" PRId64 "\n",
		       summary.ranks, summary.complete, summary.wall_s, summary.parallel_efficiency,
		       summary.file_bytes);
	if (group.rank == 0 || group.size == 1)
		finish(rc, &diag);
	pmp_job_close(&job);
	if (is_parallel) {
		MPI_Comm_free(&comm);
		MPI_Finalize();
	}
	return -rc;
}

static void dump(const struct pmp_model *m)
{
	printf("run %s|%s|%s|%s ranks %u nodes %u wall %.9f complete %d\n", m->run.command,
	       m->run.mpi, m->run.mode, m->run.job, m->run.ranks, m->run.nodes, m->run.wall_s,
	       m->run.complete);
	if (m->run.batch)
		printf("job %s %s (%s) nodes %s tasks %u memory %" PRId64 " ends %" PRId64 "\n",
		       m->run.batch->scheduler, m->run.batch->id, m->run.batch->name,
		       m->run.batch->nodes, m->run.batch->tasks, m->run.batch->memory_node_bytes,
		       m->run.batch->ends_s);
	for (size_t i = 0; i < m->run.warning_count; i++)
		printf("warning %s\n", m->run.warnings[i]);
	for (size_t i = 0; i < m->rank_count; i++) {
		const struct pmp_model_rank *r = &m->ranks[i];

		printf("rank %u host %s state %d code %d ending '%s' begin %" PRId64
		       " wall %" PRId64 " compute %" PRId64 " mpi %" PRId64 " io %" PRId64
		       " calls %" PRId64 " last %s in %d path %u\n",
		       r->rank, r->host, r->state, r->code, r->ending, r->begin_ns, r->wall_ns,
		       r->compute_ns, r->mpi_ns, r->io_ns, r->calls,
		       pmp_call_info(r->last_call)->name, r->in_call, r->last_path);
	}
	for (size_t i = 0; i < m->address_count; i++) {
		const struct pmp_model_address *a = &m->addresses[i];

		printf("address %zu module %d offset 0x%" PRIx64, i, (int)a->module, a->offset);
		for (uint32_t f = 0; f < a->frame_count; f++)
			printf(" [%s %s:%u]", m->frames[a->first_frame + f].function,
			       m->frames[a->first_frame + f].file,
			       m->frames[a->first_frame + f].line);
		printf("\n");
	}
	for (size_t i = 0; i < m->path_count; i++)
		printf("path %zu parent %d address %d\n", i, (int)m->paths[i].parent,
		       (int)m->paths[i].address);
	for (size_t i = 0; i < m->stat_count; i++) {
		const struct pmp_model_stat *s = &m->stats[i];

		printf("stat %u %u path %u region %u comm %u %s size %u count %" PRId64
		       " time %" PRId64 " min %" PRId64 " max %" PRId64 " out %" PRId64
		       " in %" PRId64 "\n",
		       s->rank, s->thread, s->path, s->region, s->comm,
		       pmp_call_info(s->call)->name, s->size_class, s->count, s->time_ns, s->min_ns,
		       s->max_ns, s->bytes_out, s->bytes_in);
	}
	for (size_t i = 0; i < m->gap_count; i++) {
		const struct pmp_model_gap *g = &m->gaps[i];

		printf("gap %u %u %u->%u region %u %s->%s count %" PRId64 " time %" PRId64 "\n",
		       g->rank, g->thread, g->from_path, g->to_path, g->region,
		       pmp_call_info(g->from_call)->name, pmp_call_info(g->to_call)->name, g->count,
		       g->time_ns);
	}
	for (size_t i = 0; i < m->message_count; i++) {
		const struct pmp_model_message *x = &m->messages[i];

		printf("message %u %d comm %u sent %" PRId64 " %" PRId64 " recv %" PRId64
		       " %" PRId64 "\n",
		       x->rank, (int)x->peer, x->comm, x->sent_count, x->sent_bytes, x->recv_count,
		       x->recv_bytes);
	}
	for (size_t i = 0; i < m->event_count; i++) {
		const struct pmp_model_event *e = &m->events[i];

		printf("event %u %u %s enter %" PRId64 " leave %" PRId64 " path %u\n", e->rank,
		       e->thread, pmp_call_info(e->call)->name, e->enter_ns, e->leave_ns, e->path);
	}
}

static int read_directly(const char *path)
{
	struct pmp_load load = {.base = calloc(1, (size_t)64 << 20), .size = (size_t)64 << 20};
	struct pmp_diag diag = {""};
	int rc;

	if (!load.base)
		return PMP_ENOMEM;
	rc = pmp_h5_load(path, &load, &diag);
	free(load.base);
	return finish(rc, &diag);
}

static int read_file(int argc, char **argv)
{
	struct pmp_model *model = NULL;
	struct pmp_diag diag = {""};
	int rc;

	if (number(argc, argv, "direct"))
		return read_directly(argv[2]);
	rc = pmp_read(argv[2], &model, &diag);
	if (rc == 0 && number(argc, argv, "symbols"))
		rc = pmp_symbolize_model(model, &diag);
	if (rc == 0 && number(argc, argv, "dump"))
		dump(model);
	if (rc == 0)
		pmp_model_free(model);
	return finish(rc, &diag);
}

static int view_file(char **argv)
{
	struct pmp_arena_view view;
	struct pmp_diag diag = {""};
	int rc = pmp_arena_view_open(argv[2], &view, &diag);
	uint64_t calls = 0;

	if (rc)
		return finish(rc, &diag);
	for (size_t i = 0; i < view.lane_count; i++)
		for (size_t s = 0; s < view.lanes[i].stat_count; s++)
			calls += view.lanes[i].stats[s].count;
	printf("rank %d lanes %zu calls %" PRIu64 " dropped %" PRIu64 " alive %d damage '%s'\n",
	       view.header.rank, view.lane_count, calls, view.dropped, view.is_alive, view.damage);
	pmp_arena_view_close(&view);
	return 0;
}

static int look_up(int argc, char **argv)
{
	struct pmp_symbol *symbols = calloc((size_t)argc, sizeof(*symbols));
	struct pmp_pool *pool = pmp_pool_new();
	struct pmp_symbol_frames frames = {0};
	size_t count = (size_t)argc - 4;
	int rc;

	for (size_t i = 0; i < count; i++)
		symbols[i].offset = strtoull(argv[4 + i], NULL, 0);
	rc = pmp_symbols_resolve(argv[2], argv[3], symbols, count, &frames, pool);
	for (size_t i = 0; i < count; i++) {
		printf("0x%" PRIx64, symbols[i].offset);
		for (size_t f = 0; f < symbols[i].count; f++)
			printf(" [%s|%s|%u]", frames.frames[symbols[i].first + f].function,
			       frames.frames[symbols[i].first + f].file,
			       frames.frames[symbols[i].first + f].line);
		printf("\n");
	}
	free(frames.frames);
	free(symbols);
	pmp_pool_free(pool);
	return -rc;
}

static int list_jobs(void)
{
	struct pmp_job *jobs = NULL;
	size_t count = 0;
	int rc = pmp_jobs_list(&jobs, &count);

	for (size_t i = 0; i < count; i++) {
		printf("%s arenas %zu alive %d", jobs[i].dir, jobs[i].arenas, jobs[i].is_alive);
		for (size_t dir = 1; dir < jobs[i].dir_count; dir++)
			printf(" also %s", jobs[i].dirs[dir]);
		putchar('\n');
	}
	pmp_jobs_free(jobs, count);
	return -rc;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "make") == 0)
		return make(argc, argv);
	if (argc >= 4 && strcmp(argv[1], "write") == 0)
		return write_file(argc, argv);
	if (argc >= 3 && strcmp(argv[1], "read") == 0)
		return read_file(argc, argv);
	if (argc >= 3 && strcmp(argv[1], "view") == 0)
		return view_file(argv);
	if (argc >= 2 && strcmp(argv[1], "jobs") == 0)
		return list_jobs();
	if (argc >= 4 && strcmp(argv[1], "symbols") == 0)
		return look_up(argc, argv);
	fprintf(stderr, "usage: store_tool make|write|read|view|symbols ...\n");
	return 100;
}
