/*
 * reader_check.c - checks and copies of the single tables. Called by reader.c, one thread; pure.
 */
#include "store/reader_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "schema/calls.h"
#include "store/text.h"

#define THREADS_MAX 65536

int pmp_reading_bad(struct pmp_reading *r, const char *table, size_t row, const char *column)
{
	return pmp_fail(r->diag, PMP_EFORMAT, "'%s' is damaged: wrong '%s' in row %zu of '/%s'",
			r->path, column, row, table);
}

char *pmp_reading_text(struct pmp_reading *r, const char *text)
{
	static char none[1];
	size_t len = strlen(text);
	char *copy = pmp_model_text(r->model, text, len);

	if (!copy) {
		r->no_memory = true;
		return none;
	}
	pmp_text_clean_in_place(copy, len);
	return copy;
}

void *pmp_reading_alloc(struct pmp_reading *r, size_t count, size_t size)
{
	void *memory = pmp_model_alloc(r->model, count ? count : 1, size);

	if (!memory)
		r->no_memory = true;
	return memory;
}

static uint64_t call_key(const char *name)
{
	return pmp_hash_bytes(6, name, strlen(name));
}

bool pmp_reading_call(const struct pmp_reading *r, const char *name, uint32_t *id)
{
	uint32_t row = pmp_keymap_find(&r->calls, call_key(name));

	if (row == UINT32_MAX)
		return false;
	*id = r->call_ids[row];
	return true;
}

void pmp_reading_release(struct pmp_reading *r)
{
	pmp_load_close(r->load);
	pmp_keymap_free(&r->calls);
	free(r->call_ids);
}

int pmp_reading_calls(struct pmp_reading *r)
{
	const struct pmp_row_calls *rows = r->load->tables[PMP_FILE_TABLE_calls].rows;

	CHECK(ROWS(r, calls) >= 1 && ROWS(r, calls) <= UINT16_MAX, calls, 0, "name");
	r->call_ids = calloc(ROWS(r, calls), sizeof(*r->call_ids));
	r->no_memory |= !r->call_ids;
	for (size_t i = 0; !r->no_memory && i < ROWS(r, calls); i++) {
		if (i)
			r->call_ids[i] = (uint16_t)pmp_call_find(rows[i].name);
		if (pmp_keymap_add(&r->calls, call_key(rows[i].name), (uint32_t)i, NULL) ==
		    UINT32_MAX)
			r->no_memory = true;
	}
	return 0;
}

/* Rows of a table, and room for as many of the model; leaves the function when there is none or nothing to do. */
#define BEGIN(table, member, member_count)                                                         \
	const struct pmp_row_##table *rows = r->load->tables[PMP_FILE_TABLE_##table].rows;         \
	size_t count = ROWS(r, table);                                                             \
                                                                                                   \
	r->model->member = pmp_reading_alloc(r, count, sizeof(*r->model->member));                 \
	r->model->member_count = r->model->member ? count : 0;                                     \
	if (!r->model->member)                                                                     \
	return 0

int pmp_read_modules(struct pmp_reading *r)
{
	BEGIN(modules, modules, module_count);
	for (size_t i = 0; i < count; i++)
		r->model->modules[i] = (struct pmp_model_module){
			pmp_reading_text(r, rows[i].path), pmp_reading_text(r, rows[i].build_id)};
	return 0;
}

int pmp_read_frames(struct pmp_reading *r)
{
	BEGIN(frames, frames, frame_count);
	for (size_t i = 0; i < count; i++) {
		CHECK(rows[i].line <= INT32_MAX, frames, i, "line");
		r->model->frames[i] =
			(struct pmp_model_frame){pmp_reading_text(r, rows[i].function),
						 pmp_reading_text(r, rows[i].file), rows[i].line};
	}
	return 0;
}

int pmp_read_addresses(struct pmp_reading *r)
{
	size_t frames = ROWS(r, frames);

	BEGIN(addresses, addresses, address_count);
	for (size_t i = 0; i < count; i++) {
		CHECK(rows[i].module == PMP_NONE || rows[i].module < ROWS(r, modules), addresses, i,
		      "module");
		CHECK(rows[i].frame_count <= frames, addresses, i, "frame_count");
		CHECK(rows[i].first_frame <= frames - rows[i].frame_count, addresses, i,
		      "first_frame");
		r->model->addresses[i] = (struct pmp_model_address){
			rows[i].module, rows[i].offset, rows[i].first_frame, rows[i].frame_count};
	}
	return 0;
}

int pmp_read_paths(struct pmp_reading *r)
{
	BEGIN(paths, paths, path_count);
	CHECK(count >= 1 && rows[0].parent == PMP_NONE && rows[0].address == PMP_NONE, paths, 0,
	      "parent");
	for (size_t i = 0; i < count; i++) {
		CHECK(i == 0 || rows[i].parent < i, paths, i, "parent");
		CHECK(i == 0 || rows[i].address < ROWS(r, addresses), paths, i, "address");
		r->model->paths[i] = (struct pmp_model_path){rows[i].parent, rows[i].address};
	}
	return 0;
}

int pmp_read_regions(struct pmp_reading *r)
{
	BEGIN(regions, regions, region_count);
	CHECK(count >= 1 && rows[0].parent == PMP_NONE, regions, 0, "parent");
	for (size_t i = 0; i < count; i++) {
		CHECK(i == 0 || rows[i].parent < i, regions, i, "parent");
		r->model->regions[i] = (struct pmp_model_region){rows[i].parent,
								 pmp_reading_text(r, rows[i].name)};
	}
	return 0;
}

int pmp_read_comms(struct pmp_reading *r)
{
	BEGIN(comms, comms, comm_count);
	CHECK(count >= 1, comms, 0, "uid");
	for (size_t i = 0; i < count; i++) {
		CHECK(rows[i].size <= INT32_MAX, comms, i, "size");
		CHECK(rows[i].remote_size <= INT32_MAX, comms, i, "remote_size");
		r->model->comms[i] =
			(struct pmp_model_comm){rows[i].uid, pmp_reading_text(r, rows[i].name),
						rows[i].size, rows[i].remote_size};
	}
	return 0;
}

/* Each long table is sorted by rank: who looks for a rank may bisect. */
#define CHECK_PLACE(table, i)                                                                      \
	do {                                                                                       \
		CHECK(rows[i].rank < ROWS(r, ranks), table, i, "rank");                            \
		CHECK((i) == 0 || rows[i].rank >= rows[(i)-1].rank, table, i, "rank");             \
	} while (0)

int pmp_read_profile(struct pmp_reading *r)
{
	struct pmp_sums own = {0}, *sums = &own;

	BEGIN(profile, stats, stat_count);
	for (size_t i = 0; i < count; i++) {
		const struct pmp_row_profile *row = &rows[i];
		uint32_t call = 0;

		CHECK_PLACE(profile, i);
		CHECK(row->thread < THREADS_MAX, profile, i, "thread");
		CHECK(row->path < ROWS(r, paths), profile, i, "path");
		CHECK(row->region < ROWS(r, regions), profile, i, "region");
		CHECK(row->comm < ROWS(r, comms), profile, i, "comm");
		CHECK(pmp_reading_call(r, row->call, &call), profile, i, "call");
		CHECK(row->size_class <= 64, profile, i, "size_class");
		CHECK(row->count > 0, profile, i, "count");
		CHECK_SUM(row->count, count, profile, i, "count");
		CHECK_SUM(row->time_ns, time, profile, i, "time_ns");
		CHECK(row->max_ns >= 0 && row->max_ns <= row->time_ns, profile, i, "max_ns");
		CHECK(row->min_ns >= 0 && row->min_ns <= row->max_ns, profile, i, "min_ns");
		CHECK_SUM(row->bytes_out, out, profile, i, "bytes_out");
		CHECK_SUM(row->bytes_in, in, profile, i, "bytes_in");
		r->model->stats[i] = (struct pmp_model_stat){
			row->rank,      row->thread,     row->path,    row->region,  row->comm,
			(uint16_t)call, row->size_class, row->count,   row->time_ns, row->min_ns,
			row->max_ns,    row->bytes_out,  row->bytes_in};
	}
	return 0;
}

int pmp_read_compute(struct pmp_reading *r)
{
	struct pmp_sums own = {0}, *sums = &own;

	BEGIN(compute, gaps, gap_count);
	for (size_t i = 0; i < count; i++) {
		const struct pmp_row_compute *row = &rows[i];

		CHECK_PLACE(compute, i);
		CHECK(row->thread < THREADS_MAX, compute, i, "thread");
		CHECK(row->from_path < ROWS(r, paths), compute, i, "from_path");
		CHECK(row->to_path < ROWS(r, paths), compute, i, "to_path");
		CHECK(row->region < ROWS(r, regions), compute, i, "region");
		CHECK(row->from_call < ROWS(r, calls), compute, i, "from_call");
		CHECK(row->to_call < ROWS(r, calls), compute, i, "to_call");
		CHECK(row->count > 0, compute, i, "count");
		CHECK_SUM(row->count, count, compute, i, "count");
		CHECK_SUM(row->time_ns, time, compute, i, "time_ns");
		CHECK(row->max_ns >= 0 && row->max_ns <= row->time_ns, compute, i, "max_ns");
		r->model->gaps[i] = (struct pmp_model_gap){row->rank,
							   row->thread,
							   row->from_path,
							   row->to_path,
							   row->region,
							   r->call_ids[row->from_call],
							   r->call_ids[row->to_call],
							   row->count,
							   row->time_ns,
							   row->max_ns};
	}
	return 0;
}

int pmp_read_messages(struct pmp_reading *r)
{
	struct pmp_sums own = {0}, *sums = &own;

	BEGIN(messages, messages, message_count);
	for (size_t i = 0; i < count; i++) {
		const struct pmp_row_messages *row = &rows[i];

		CHECK_PLACE(messages, i);
		CHECK(row->peer == PMP_NONE || row->peer < ROWS(r, ranks), messages, i, "peer");
		CHECK(row->comm < ROWS(r, comms), messages, i, "comm");
		CHECK_SUM(row->sent_count, count, messages, i, "sent_count");
		CHECK_SUM(row->sent_bytes, out, messages, i, "sent_bytes");
		CHECK_SUM(row->recv_count, count, messages, i, "recv_count");
		CHECK_SUM(row->recv_bytes, in, messages, i, "recv_bytes");
		r->model->messages[i] = (struct pmp_model_message){
			row->rank,       row->peer,       row->comm,      row->sent_count,
			row->sent_bytes, row->recv_count, row->recv_bytes};
	}
	return 0;
}

int pmp_read_events(struct pmp_reading *r)
{
	struct pmp_sums own = {0}, *sums = &own;

	BEGIN(events, events, event_count);
	for (size_t i = 0; i < count; i++) {
		const struct pmp_row_events *row = &rows[i];

		CHECK_PLACE(events, i);
		CHECK(row->thread < THREADS_MAX, events, i, "thread");
		CHECK(row->path < ROWS(r, paths), events, i, "path");
		CHECK(row->region < ROWS(r, regions), events, i, "region");
		CHECK(row->comm < ROWS(r, comms), events, i, "comm");
		CHECK(row->call < ROWS(r, calls), events, i, "call");
		/* differences of two stamps must fit */
		CHECK(row->enter_ns > INT64_MIN / 4 && row->enter_ns < INT64_MAX / 4, events, i,
		      "enter_ns");
		CHECK(row->leave_ns == -1 ||
			      (row->leave_ns >= row->enter_ns && row->leave_ns < INT64_MAX / 4),
		      events, i, "leave_ns");
		CHECK_SUM(row->bytes, out, events, i, "bytes");
		r->model->events[i] =
			(struct pmp_model_event){row->rank,     row->thread, row->path,
						 row->region,   row->comm,   r->call_ids[row->call],
						 row->peer,     row->tag,    row->enter_ns,
						 row->leave_ns, row->bytes};
	}
	return 0;
}

int pmp_read_crashes(struct pmp_reading *r)
{
	BEGIN(crashes, crashes, crash_count);
	for (size_t i = 0; i < count; i++) {
		const struct pmp_row_crashes *row = &rows[i];

		CHECK(row->rank < ROWS(r, ranks), crashes, i, "rank");
		CHECK(row->thread == PMP_NONE || row->thread < THREADS_MAX, crashes, i, "thread");
		CHECK(row->path < ROWS(r, paths), crashes, i, "path");
		CHECK(row->region < ROWS(r, regions), crashes, i, "region");
		CHECK(row->depth >= 0, crashes, i, "depth");
		CHECK(row->time_ns > INT64_MIN / 4 && row->time_ns < INT64_MAX / 4, crashes, i,
		      "time_ns");
		CHECK(i == 0 || rows[i - 1].time_ns <= row->time_ns, crashes, i, "time_ns");
		r->model->crashes[i] = (struct pmp_model_crash){
			.rank = row->rank,
			.thread = row->thread,
			.signal = row->signal,
			.code = row->code,
			.sender = row->sender,
			.what = pmp_reading_text(r, row->what),
			.address = row->address,
			.time_ns = row->time_ns,
			.depth = row->depth,
			.path = row->path,
			.region = row->region,
		};
	}
	return 0;
}
