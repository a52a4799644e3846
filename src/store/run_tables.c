/*
 * run_tables.c - rows of the small tables, on rank 0 only. Called by writer.c after the merge; the one place where endings, warnings
 * and names become text.
 */
#include "store/run_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/batch.h"
#include "model/model.h"
#include "schema/calls.h"
#include "store/crash_words.h"
#include "store/run_symbols.h"
#include "store/run_warnings.h"
#include "store/text.h"

static int set_table(struct pmp_run_tables *t, enum pmp_file_table_id id, const void *rows,
		     size_t count)
{
	t->tables[id].rows = rows;
	t->tables[id].count = count;
	return rows ? 0 : -PMP_ENOMEM;
}

static const char *text(struct pmp_run_tables *t, const char *from)
{
	return pmp_text_clean(t->pool, from, strlen(from));
}

static const struct pmp_rank_info *info_of(const struct pmp_plan *plan, uint32_t rank)
{
	size_t low = 0, high = plan->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if ((uint32_t)plan->infos[mid].rank < rank)
			low = mid + 1;
		else
			high = mid;
	}
	return low < plan->count && (uint32_t)plan->infos[low].rank == rank ? &plan->infos[low]
									    : NULL;
}

static void fill_rank_rows(const struct pmp_rank_info *info, struct pmp_row_ranks *row)
{
	row->profile_first = info->firsts[PMP_SLAB_PROFILE];
	row->profile_count = info->counts[PMP_SLAB_PROFILE];
	row->compute_first = info->firsts[PMP_SLAB_COMPUTE];
	row->compute_count = info->counts[PMP_SLAB_COMPUTE];
	row->messages_first = info->firsts[PMP_SLAB_MESSAGES];
	row->messages_count = info->counts[PMP_SLAB_MESSAGES];
	row->events_first = info->firsts[PMP_SLAB_EVENTS];
	row->events_count = info->counts[PMP_SLAB_EVENTS];
}

static void fill_rank_times(const struct pmp_rank_info *info, struct pmp_row_ranks *row)
{
	row->begin_ns = info->begin_mono + info->shift;
	row->wall_ns = info->wall;
	row->init_ns = info->init;
	row->compute_ns = info->compute;
	row->mpi_ns = info->mpi;
	row->io_ns = info->io;
	row->paused_ns = info->paused;
	row->tool_ns = info->tool;
	row->tool_hidden_ns = info->tool_hidden;
	row->user_ns = info->user;
	row->system_ns = info->system;
}

static void fill_rank(struct pmp_run_tables *t, const struct pmp_rank_info *info,
		      const struct pmp_catalog *catalog, const struct pmp_ending *ending,
		      struct pmp_row_ranks *row)
{
	row->host = text(t, info->host);
	row->cpus = text(t, info->cpus);
	row->pid = info->pid < 0 ? 0 : info->pid;
	row->state = ending->state;
	row->code = ending->code;
	row->ending = text(t, ending->text);
	row->max_rss_bytes = info->max_rss;
	row->tool_bytes = info->tool_bytes;
	row->calls = info->calls;
	row->lost = info->lost;
	row->dropped = info->dropped;
	row->threads = info->threads;
	row->thread_level = info->thread_level;
	row->last_call = info->last_call ? pmp_call_info(info->last_call)->name : "";
	row->last_path = info->last_call
				 ? pmp_catalog_index(catalog, PMP_CATALOG_PATHS, info->last_path)
				 : PMP_NONE;
	row->in_call = info->in_call != 0;
	fill_rank_times(info, row);
	fill_rank_rows(info, row);
}

static size_t count_unknown_ends(const struct pmp_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += pmp_ending_is_unknown(&plan->infos[i]) != 0;
	return count;
}

static int make_ranks(struct pmp_run_tables *t, const struct pmp_plan *plan,
		      const struct pmp_catalog *catalog, const struct pmp_write_options *options)
{
	struct pmp_row_ranks *rows = pmp_pool_alloc(t->pool, plan->ranks, sizeof(*rows));
	size_t vanished = count_unknown_ends(plan);

	for (uint32_t rank = 0; rows && rank < plan->ranks; rank++) {
		const struct pmp_rank_info *info = info_of(plan, rank);
		struct pmp_ending ending =
			info ? pmp_ending_of(info, options, vanished) : pmp_ending_missing();

		rows[rank].rank = rank;
		rows[rank].last_path = PMP_NONE;
		rows[rank].state = ending.state;
		rows[rank].ending = info ? "" : text(t, ending.text);
		if (info)
			fill_rank(t, info, catalog, &ending, &rows[rank]);
	}
	return set_table(t, PMP_FILE_TABLE_ranks, rows, plan->ranks);
}

static void fill_crash(struct pmp_run_tables *t, const struct pmp_rank_info *info,
		       const struct pmp_catalog *catalog, struct pmp_row_crashes *row)
{
	const struct pmp_crash_info *c = &info->crash;
	char what[256];

	pmp_crash_words(c, info->pid, what, sizeof(what));
	*row = (struct pmp_row_crashes){
		.rank = (uint32_t)info->rank,
		.thread = c->thread,
		.tid = c->tid,
		.signal = c->signal,
		.code = c->code,
		.sender = c->sender,
		.what = text(t, what),
		.address = c->address,
		.ip = c->ip,
		.sp = c->sp,
		.time_ns = c->mono + info->shift,
		.path = pmp_catalog_index(catalog, PMP_CATALOG_PATHS, c->path),
		.depth = (int64_t)c->depth,
		.region = pmp_catalog_index(catalog, PMP_CATALOG_REGIONS, c->region),
	};
}

static int by_time(const void *a, const void *b)
{
	const struct pmp_row_crashes *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int make_crashes(struct pmp_run_tables *t, const struct pmp_plan *plan,
			const struct pmp_catalog *catalog)
{
	struct pmp_row_crashes *rows = pmp_pool_alloc(t->pool, plan->count + 1, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; rows && i < plan->count; i++)
		if (plan->infos[i].crash.signal)
			fill_crash(t, &plan->infos[i], catalog, &rows[count++]);
	if (rows)
		qsort(rows, count, sizeof(*rows), by_time);
	return set_table(t, PMP_FILE_TABLE_crashes, rows, count);
}

static int make_modules(struct pmp_run_tables *t, const struct pmp_catalog_list *list)
{
	struct pmp_row_modules *rows = pmp_pool_alloc(t->pool, list->count, sizeof(*rows));

	for (size_t i = 0; rows && i < list->count; i++) {
		rows[i].path = text(t, list->entries[i].text);
		rows[i].build_id = text(t, list->entries[i].build_id);
	}
	return set_table(t, PMP_FILE_TABLE_modules, rows, list->count);
}

static int make_paths(struct pmp_run_tables *t, const struct pmp_catalog *catalog)
{
	const struct pmp_catalog_list *list = &catalog->lists[PMP_CATALOG_PATHS];
	struct pmp_row_paths *rows = pmp_pool_alloc(t->pool, list->count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < list->count; i++) {
		rows[i].parent =
			pmp_catalog_index(catalog, PMP_CATALOG_PATHS, list->entries[i].parent);
		rows[i].address =
			pmp_catalog_index(catalog, PMP_CATALOG_ADDRESSES, list->entries[i].value);
	}
	if (rows)
		rows[0] = (struct pmp_row_paths){PMP_NONE, PMP_NONE};
	return set_table(t, PMP_FILE_TABLE_paths, rows, list->count ? list->count : 1);
}

static int make_regions(struct pmp_run_tables *t, const struct pmp_catalog *catalog)
{
	const struct pmp_catalog_list *list = &catalog->lists[PMP_CATALOG_REGIONS];
	struct pmp_row_regions *rows = pmp_pool_alloc(t->pool, list->count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < list->count; i++) {
		rows[i].parent =
			pmp_catalog_index(catalog, PMP_CATALOG_REGIONS, list->entries[i].parent);
		rows[i].name = text(t, list->entries[i].text);
	}
	if (rows)
		rows[0] = (struct pmp_row_regions){PMP_NONE, ""};
	return set_table(t, PMP_FILE_TABLE_regions, rows, list->count ? list->count : 1);
}

static int make_comms(struct pmp_run_tables *t, const struct pmp_catalog_list *list)
{
	struct pmp_row_comms *rows = pmp_pool_alloc(t->pool, list->count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < list->count; i++) {
		rows[i].uid = list->entries[i].value;
		rows[i].name = text(t, list->entries[i].text);
		rows[i].size = list->entries[i].size;
		rows[i].remote_size = list->entries[i].remote_size;
	}
	return set_table(t, PMP_FILE_TABLE_comms, rows, list->count ? list->count : 1);
}

static int make_calls(struct pmp_run_tables *t)
{
	struct pmp_row_calls *rows = pmp_pool_alloc(t->pool, PMP_CALL_COUNT, sizeof(*rows));

	for (unsigned id = 1; rows && id < PMP_CALL_COUNT; id++) {
		rows[id].name = pmp_call_info(id)->name;
		rows[id].class = pmp_class_name(pmp_call_info(id)->class);
	}
	if (rows)
		rows[0] = (struct pmp_row_calls){"", ""};
	return set_table(t, PMP_FILE_TABLE_calls, rows, PMP_CALL_COUNT);
}

/* A column of /job from the lines of the arena. */
static void set_job_value(struct pmp_run_tables *t, const struct pmp_file_column *column,
			  const char *lines, char *row)
{
	char value[1024] = "";
	const char *words = "";
	int64_t number;

	if (column->type == PMP_FILE_TEXT) {
		if (pmp_batch_value(lines, column->name, value, sizeof(value)))
			words = text(t, value);
		memcpy(row + column->offset, &words, sizeof(words));
	} else if (pmp_batch_number(lines, column->name, &number) &&
		   (column->type == PMP_FILE_I64 || number < UINT32_MAX)) {
		memcpy(row + column->offset, &number, pmp_file_type_bytes(column->type));
	}
}

/* One row when there was a batch system, else none. */
static int make_job(struct pmp_run_tables *t, const struct pmp_plan *plan)
{
	const struct pmp_file_table *schema = &pmp_file_tables[PMP_FILE_TABLE_job];
	struct pmp_row_job *row = pmp_pool_alloc(t->pool, 1, sizeof(*row));

	for (size_t i = 0; row && i < schema->column_count; i++)
		set_job_value(t, &schema->columns[i], plan->run.batch, (char *)row);
	return set_table(t, PMP_FILE_TABLE_job, row, row && row->scheduler[0]);
}

static uint32_t count_nodes(const struct pmp_plan *plan)
{
	uint32_t nodes = 0;

	for (size_t i = 0; i < plan->count; i++) {
		size_t first = 0;

		while (strcmp(plan->infos[first].host, plan->infos[i].host) != 0)
			first++;
		nodes += first == i;
	}
	return nodes;
}

/* Every rank reached MPI_Finalize and nothing was lost. */
static uint8_t is_complete(const struct pmp_run_tables *t, const struct pmp_plan *plan)
{
	const struct pmp_row_ranks *rows = t->tables[PMP_FILE_TABLE_ranks].rows;

	if (plan->count != plan->ranks || plan->left_out)
		return 0;
	for (size_t i = 0; i < plan->count; i++)
		if (strcmp(rows[i].state, "finalized") != 0 || rows[i].lost ||
		    plan->infos[i].damage[0])
			return 0;
	return 1;
}

static void make_run(struct pmp_run_tables *t, const struct pmp_plan *plan)
{
	const struct pmp_run_info *run = &plan->run;
	char created[32] = "";
	time_t now = time(NULL);
	struct tm utc;

	if (gmtime_r(&now, &utc))
		strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &utc);
	t->run = (struct pmp_row_run){
		.format = PMP_FILE_FORMAT,
		.major = PMP_FILE_MAJOR,
		.minor = PMP_FILE_MINOR,
		.version = PMP_VERSION,
		.created = text(t, created),
		.command = text(t, run->command),
		.exe = text(t, run->exe),
		.cwd = text(t, run->cwd),
		.mpi = text(t, run->mpi_library),
		.mode = text(t, run->mode),
		.job = text(t, run->job),
		.clock = text(t, run->clock),
		.ranks = plan->ranks,
		.nodes = count_nodes(plan),
		.begin_real_ns = plan->begin_real_ns,
		.wall_ns = plan->wall_ns,
		.clock_error_ns = plan->clock_error_ns,
		.complete = is_complete(t, plan),
	};
}

int pmp_run_tables_make(struct pmp_run_tables *t, const struct pmp_plan *plan,
			const struct pmp_catalog *catalog, const struct pmp_write_options *options)
{
	const char **warnings = NULL;
	size_t warning_count = 0;
	int rc;

	memset(t, 0, sizeof(*t));
	t->pool = pmp_pool_new();
	if (!t->pool)
		return -PMP_ENOMEM;
	rc = make_ranks(t, plan, catalog, options);
	rc = rc ? rc : make_crashes(t, plan, catalog);
	rc = rc ? rc : make_job(t, plan);
	rc = rc ? rc : make_modules(t, &catalog->lists[PMP_CATALOG_MODULES]);
	rc = rc ? rc : make_paths(t, catalog);
	rc = rc ? rc : make_regions(t, catalog);
	rc = rc ? rc : make_comms(t, &catalog->lists[PMP_CATALOG_COMMS]);
	rc = rc ? rc : make_calls(t);
	rc = rc ? rc : pmp_run_symbols(t, catalog, options->symbols != 0);
	rc = rc ? rc : pmp_run_warnings(t->pool, plan, &warnings, &warning_count);
	if (rc)
		return rc;
	make_run(t, plan);
	rc = set_table(t, PMP_FILE_TABLE_warnings, warnings, warning_count);
	return rc ? rc : pmp_pool_failed(t->pool) ? -PMP_ENOMEM : 0;
}

void pmp_run_tables_free(struct pmp_run_tables *tables)
{
	pmp_pool_free(tables->pool);
	memset(tables, 0, sizeof(*tables));
}

/* A table as the block to write, with its widths. */
static struct pmp_h5_table as_h5(const struct pmp_run_tables *t, int id, struct pmp_h5_block *block)
{
	struct pmp_h5_table table = {.schema = &pmp_file_tables[id],
				     .total = t->tables[id].count,
				     .blocks = block,
				     .block_count = 1};

	*block = (struct pmp_h5_block){t->tables[id].rows, 0, t->tables[id].count, PMP_H5_WRITER};
	pmp_h5_widths(&table);
	return table;
}

int64_t pmp_run_tables_bytes(const struct pmp_run_tables *t)
{
	int64_t bytes = 0;

	for (int id = 0; id < PMP_FILE_TABLE_COUNT; id++) {
		struct pmp_h5_block block;
		struct pmp_h5_table table;

		if (!t->tables[id].rows)
			continue;
		table = as_h5(t, id, &block);
		bytes += (int64_t)(table.total * pmp_h5_row_bytes(&table));
	}
	return bytes;
}

int pmp_run_tables_write(const struct pmp_run_tables *t, hid_t file, struct pmp_diag *diag)
{
	int rc = pmp_h5_write_attributes(file, &pmp_file_tables[PMP_FILE_TABLE_run], &t->run, diag);

	for (int id = 0; id < PMP_FILE_TABLE_COUNT && rc == 0; id++) {
		struct pmp_h5_block block;
		struct pmp_h5_table table;

		if (!t->tables[id].rows)
			continue;
		table = as_h5(t, id, &block);
		rc = pmp_h5_write(file, &table, &pmp_group_single, diag);
	}
	return rc;
}

int pmp_run_tables_verify(const struct pmp_run_tables *t, hid_t file, struct pmp_diag *diag)
{
	int rc = 0;

	for (int id = 0; id < PMP_FILE_TABLE_COUNT && rc == 0; id++) {
		struct pmp_h5_block block;
		struct pmp_h5_table table;

		if (!t->tables[id].rows)
			continue;
		table = as_h5(t, id, &block);
		rc = pmp_h5_verify(file, &table, diag);
	}
	return rc;
}
