/*
 * writer.c - from arenas to one complete file, or to none. Collective over a group: every step ends in pmp_agree, so that no process
 * is left waiting in a collective call when another has failed. Called in MPI_Finalize through the plugin and by `pmprof collect`.
 *
 * Rank 0 alone has the file open: the others send it the rows of the long tables, it adds the small ones; then everybody reads its
 * rows back; only then the file gets its name. Several processes writing through MPI-IO were tried: when one of them fails, HDF5
 * leaves the others waiting (docs/ARCHITECTURE.md). Must not touch the arenas: they are the truth until the file is there.
 */
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/catalog.h"
#include "store/h5_file.h"
#include "store/h5_table.h"
#include "store/merge.h"
#include "store/rank_info.h"
#include "store/run_tables.h"
#include "store/run_warnings.h"

/* Room for HDF5's own structures besides the rows. */
#define SPARE_BYTES INT64_C(262144)

struct job {
	const struct pmp_group *group;
	const struct pmp_write_options *options;
	struct pmp_diag *diag;
	const struct pmp_arena_view **arenas; /* of this process, in order of their ranks */
	size_t arena_count;
	struct pmp_catalog catalog;
	struct pmp_arena_keys *keys; /* per arena */
	struct pmp_slab *slabs;      /* per arena */
	struct pmp_plan plan;
	struct pmp_run_tables run_tables; /* on rank 0 */
	struct pmp_h5_table tables[PMP_SLAB_COUNT];
	struct pmp_h5_block *blocks[PMP_SLAB_COUNT];
	char *part; /* path.part */
};

static int by_rank(const void *a, const void *b)
{
	const struct pmp_arena_view *x = *(const struct pmp_arena_view *const *)a;
	const struct pmp_arena_view *y = *(const struct pmp_arena_view *const *)b;

	return x->header.rank < y->header.rank ? -1 : x->header.rank > y->header.rank;
}

static int prepare(struct job *job, const struct pmp_arena_view *arenas, size_t count)
{
	job->arena_count = count;
	job->arenas = calloc(count + 1, sizeof(*job->arenas));
	job->keys = calloc(count + 1, sizeof(*job->keys));
	job->slabs = calloc(count + 1, sizeof(*job->slabs));
	if (asprintf(&job->part, "%s.part", job->options->path) < 0)
		job->part = NULL;
	if (!job->arenas || !job->keys || !job->slabs || !job->part)
		return -PMP_ENOMEM;
	for (size_t i = 0; i < count; i++)
		job->arenas[i] = &arenas[i];
	qsort(job->arenas, count, sizeof(*job->arenas), by_rank);
	return pmp_catalog_init(&job->catalog);
}

static int build_catalog(struct job *job)
{
	int rc = 0;

	for (size_t i = 0; i < job->arena_count && rc == 0; i++)
		rc = pmp_catalog_add(&job->catalog, job->arenas[i], &job->keys[i]);
	return rc;
}

/* Rows of all arenas here, and what rank 0 has to know of them. */
static int build_rows(struct job *job, struct pmp_rank_info *infos, struct pmp_run_info *run)
{
	int rc = 0;

	run->rank = INT32_MAX;
	for (size_t i = 0; i < job->arena_count && rc == 0; i++) {
		rc = pmp_slab_fill(&job->slabs[i], job->arenas[i], &job->keys[i], &job->catalog);
		pmp_rank_info_fill(job->arenas[i], &job->keys[i], &infos[i]);
		infos[i].owner = job->group->rank;
		infos[i].index = (int32_t)i;
		for (int t = 0; t < PMP_SLAB_COUNT; t++)
			infos[i].counts[t] = job->slabs[i].counts[t];
		if (i == 0)
			pmp_run_info_fill(job->arenas[i], run);
	}
	return rc;
}

static int make_plan(struct job *job)
{
	struct pmp_rank_info *infos = calloc(job->arena_count + 1, sizeof(*infos));
	struct pmp_run_info run;
	int rc = infos ? 0 : -PMP_ENOMEM;

	memset(&run, 0, sizeof(run));
	if (rc == 0)
		rc = build_rows(job, infos, &run);
	rc = pmp_agree(job->group, rc);
	if (rc == 0)
		rc = pmp_plan_make(job->group, infos, job->arena_count, &run,
				   job->options->expected_ranks, &job->plan);
	free(infos);
	return pmp_agree(job->group, rc);
}

/* Where the rows of a rank go, and who has them: the plan knows each arena by its owner and index. */
static void place_rows(struct job *job, const struct pmp_rank_info *info)
{
	bool is_own = info->owner == job->group->rank;
	const struct pmp_slab *slab = is_own ? &job->slabs[info->index] : NULL;

	if (is_own)
		pmp_slab_place(&job->slabs[info->index], info->shift, job->plan.ranks);
	for (int t = 0; t < PMP_SLAB_COUNT; t++)
		job->blocks[t][job->tables[t].block_count++] = (struct pmp_h5_block){
			.rows = is_own ? pmp_slab_rows(slab, (enum pmp_slab_table)t) : NULL,
			.first = info->firsts[t],
			.count = info->counts[t],
			.owner = info->owner,
		};
}

/* Text columns are as wide as the longest text of all processes. */
static int agree_widths(struct job *job, struct pmp_h5_table *table)
{
	int64_t widths[PMP_FILE_COLUMNS_MAX];
	size_t count = table->schema->column_count;
	int rc;

	pmp_h5_widths(table);
	for (size_t i = 0; i < count; i++)
		widths[i] = (int64_t)table->widths[i];
	rc = job->group->reduce(job->group, PMP_REDUCE_MAX, widths, count);
	for (size_t i = 0; i < count && rc == 0; i++)
		table->widths[i] = (size_t)widths[i];
	return rc;
}

static int lay_out(struct job *job)
{
	int rc = 0;

	for (int t = 0; t < PMP_SLAB_COUNT; t++) {
		job->blocks[t] = calloc(job->plan.count + 1, sizeof(*job->blocks[t]));
		if (!job->blocks[t])
			rc = -PMP_ENOMEM;
		job->tables[t].schema = pmp_slab_schema((enum pmp_slab_table)t);
		job->tables[t].total = job->plan.totals[t];
		job->tables[t].blocks = job->blocks[t];
	}
	rc = pmp_agree(job->group, rc);
	for (size_t i = 0; i < job->plan.count && rc == 0; i++)
		place_rows(job, &job->plan.infos[i]);
	for (int t = 0; t < PMP_SLAB_COUNT && rc == 0; t++)
		rc = agree_widths(job, &job->tables[t]);
	return pmp_agree(job->group, rc);
}

/* On rank 0. Compression is not counted on: what fits uncompressed fits in any case. */
static int64_t file_bytes(const struct job *job)
{
	int64_t bytes = SPARE_BYTES + pmp_run_tables_bytes(&job->run_tables);

	for (int t = 0; t < PMP_SLAB_COUNT; t++)
		bytes += (int64_t)(job->tables[t].total * pmp_h5_row_bytes(&job->tables[t]));
	return bytes;
}

static int no_room(struct job *job, const char *folder, int64_t bytes)
{
	return pmp_fail(job->diag, PMP_EFULL,
			"'%s' has no room for %lld KiB: choose another folder", folder,
			(long long)(bytes / 1024));
}

/* On rank 0, before the first byte: a full disk is found out now rather than in the middle. */
static int check_space(struct job *job)
{
	int64_t bytes = file_bytes(job);
	char *copy = strdup(job->options->path);
	const char *folder = copy ? dirname(copy) : "";
	struct statvfs fs;
	int rc = copy ? 0 : -PMP_ENOMEM;

	if (rc == 0 && (statvfs(folder, &fs) || access(folder, W_OK | X_OK)))
		rc = pmp_fail(job->diag, PMP_EIO, "cannot write into '%s': %m", folder);
	else if (rc == 0 && (long double)fs.f_bavail * fs.f_frsize < bytes)
		rc = no_room(job, folder, bytes);
	if (rc == 0) {
		unlink(job->part); /* of a run that was killed */
		rc = pmp_reserve(job->part, bytes);
		if (rc == -PMP_EFULL)
			no_room(job, folder, bytes);
		else if (rc)
			pmp_fail(job->diag, PMP_EIO, "cannot write '%s': %m", job->part);
		if (rc)
			unlink(job->part);
	}
	free(copy);
	return rc;
}

static int prepare_root(struct job *job)
{
	int rc = 0;

	if (job->group->rank == 0) {
		rc = pmp_run_tables_make(&job->run_tables, &job->plan, &job->catalog, job->options);
		if (rc == 0)
			rc = check_space(job);
	}
	return pmp_agree(job->group, rc);
}

/* Files of HDF5 1.10: object headers and indices carry checksums, and any reader of the last years opens them. */
static hid_t access_list(void)
{
	hid_t list = H5Pcreate(H5P_FILE_ACCESS);

	if (list < 0)
		return list;
	/* the file is ours alone until it has its name, and many cluster file systems cannot lock */
	if (H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110) < 0 ||
	    H5Pset_file_locking(list, false, true) < 0) {
		H5Pclose(list);
		return H5I_INVALID_HID;
	}
	return list;
}

/* Nothing else may open a file while one that is being written is open: the driver keeps what went wrong. */
static hid_t open_file(const char *path, unsigned flags)
{
	hid_t list = access_list(), file = H5I_INVALID_HID;

	if (list < 0)
		return list;
	if (pmp_h5_file_driver(list) == 0)
		file = flags & H5F_ACC_TRUNC ? H5Fcreate(path, flags, H5P_DEFAULT, list)
					     : H5Fopen(path, flags, list);
	H5Pclose(list);
	return file;
}

/* What does not fail in HDF5 may have failed below it. */
static int check_file(struct job *job, int rc)
{
	return rc ? rc : pmp_h5_file_check(job->part, job->diag);
}

/* On rank 0. Creating the file has given the room back: hold it again. */
static int create_file(struct job *job, hid_t *file)
{
	int rc;

	*file = open_file(job->part, H5F_ACC_TRUNC);
	if (*file < 0)
		return pmp_h5_fail(job->diag, PMP_EIO, "cannot create '%s'", job->part);
	rc = pmp_reserve(job->part, file_bytes(job));
	return rc ? pmp_fail(job->diag, (enum pmp_err) - rc, "cannot write '%s': %m", job->part)
		  : 0;
}

/* On rank 0; also after a failure. */
static int close_file(struct job *job, hid_t file, int rc)
{
	if (rc == 0)
		rc = pmp_run_tables_write(&job->run_tables, file, job->diag);
	if (file >= 0 && H5Fclose(file) < 0 && rc == 0)
		rc = pmp_h5_fail(job->diag, PMP_EIO, "cannot write '%s'", job->part);
	H5Eclear2(H5E_DEFAULT);
	return check_file(job, rc);
}

static int write_tables(struct job *job)
{
	bool is_writer = job->group->rank == PMP_H5_WRITER;
	hid_t file = H5I_INVALID_HID;
	int rc = pmp_agree(job->group, is_writer ? create_file(job, &file) : 0);

	for (int t = 0; t < PMP_SLAB_COUNT && rc == 0; t++) {
		rc = pmp_h5_write(file, &job->tables[t], job->group, job->diag);
		rc = pmp_agree(job->group, is_writer ? check_file(job, rc) : rc);
	}
	return pmp_agree(job->group, is_writer ? close_file(job, file, rc) : rc);
}

/* Each process reads its rows, by itself: what every node can read is on the disk. */
static int verify(struct job *job)
{
	hid_t file = open_file(job->part, H5F_ACC_RDONLY);
	int rc =
		file < 0 ? pmp_h5_fail(job->diag, PMP_EIO, "cannot open '%s' again", job->part) : 0;

	for (int t = 0; t < PMP_SLAB_COUNT && rc == 0; t++)
		rc = pmp_h5_verify(file, &job->tables[t], job->diag);
	if (rc == 0 && job->group->rank == 0)
		rc = pmp_run_tables_verify(&job->run_tables, file, job->diag);
	if (file >= 0)
		H5Fclose(file);
	return pmp_agree(job->group, rc);
}

static int sync_to_disk(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? -PMP_EIO : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int give_name(struct job *job, struct pmp_write_summary *summary)
{
	struct stat st;
	int rc = 0;

	if (job->group->rank == 0) {
		if (sync_to_disk(job->part) || stat(job->part, &st))
			rc = pmp_fail(job->diag, PMP_EIO, "cannot write '%s': %m", job->part);
		else if (rename(job->part, job->options->path))
			rc = pmp_fail(job->diag, PMP_EIO, "cannot rename '%s' to '%s': %m",
				      job->part, job->options->path);
		else
			summary->file_bytes = (int64_t)st.st_size;
	}
	return pmp_agree(job->group, rc);
}

/* What rank 0 prints; all processes get it. */
static int summarize(struct job *job, struct pmp_write_summary *summary)
{
	double compute = 0;

	for (size_t i = 0; i < job->plan.count; i++)
		compute += (double)job->plan.infos[i].compute;
	for (size_t i = 0; i < job->plan.count; i++)
		summary->crashes += job->plan.infos[i].crash.signal != 0;
	summary->ranks = (int)job->plan.ranks;
	summary->left_out = (int)job->plan.left_out;
	summary->wall_s = (double)job->plan.wall_ns * 1e-9;
	summary->parallel_efficiency =
		job->plan.wall_ns > 0 && job->plan.count
			? compute / (double)job->plan.count / (double)job->plan.wall_ns
			: -1;
	summary->complete = job->run_tables.run.complete;
	if (job->group->rank == 0)
		pmp_run_remark(&job->plan, summary->remark, sizeof(summary->remark));
	return job->group->broadcast(job->group, summary, sizeof(*summary));
}

static int write_all(struct job *job, const struct pmp_arena_view *arenas, size_t count,
		     struct pmp_write_summary *summary)
{
	int rc = pmp_agree(job->group, prepare(job, arenas, count));

	rc = rc ? rc : pmp_agree(job->group, build_catalog(job));
	rc = rc ? rc : pmp_merge(job->group, &job->catalog);
	rc = rc ? rc : make_plan(job);
	if (rc == 0 && job->plan.count == 0)
		rc = pmp_fail(job->diag, PMP_ENOTFOUND, "there is no record to write");
	rc = rc ? rc : lay_out(job);
	rc = rc ? rc : prepare_root(job);
	if (rc)
		return rc;
	rc = write_tables(job);
	rc = rc ? rc : verify(job);
	rc = rc ? rc : give_name(job, summary);
	if (rc && job->group->rank == 0)
		unlink(job->part);
	return rc ? rc : summarize(job, summary);
}

static void release(struct job *job)
{
	for (size_t i = 0; i < job->arena_count; i++) {
		if (job->slabs)
			pmp_slab_free(&job->slabs[i]);
		if (job->keys)
			pmp_arena_keys_free(&job->keys[i]);
	}
	for (int t = 0; t < PMP_SLAB_COUNT; t++)
		free(job->blocks[t]);
	pmp_run_tables_free(&job->run_tables);
	pmp_plan_free(&job->plan);
	pmp_catalog_free(&job->catalog);
	free(job->slabs);
	free(job->keys);
	free(job->arenas);
	free(job->part);
}

int pmp_write(const struct pmp_group *group, const struct pmp_arena_view *arenas,
	      size_t arena_count, const struct pmp_write_options *options,
	      struct pmp_write_summary *summary, struct pmp_diag *diag)
{
	struct pmp_write_summary made;
	struct pmp_diag own = {""};
	struct job job = {.group = group, .options = options, .diag = &own};
	struct pmp_h5_quiet quiet;
	int rc;

	memset(&made, 0, sizeof(made));
	pmp_h5_quiet(&quiet);
	rc = write_all(&job, arenas, arena_count, &made);
	release(&job);
	pmp_h5_restore(&quiet);
	pmp_agree_reason(group, rc, &own);
	if (rc && own.text[0] == '\0')
		pmp_fail(&own, (enum pmp_err) - rc, "cannot write '%s': %s", options->path,
			 pmp_err_text(rc));
	if (rc && diag && diag->text[0] == '\0')
		*diag = own;
	if (rc == 0)
		*summary = made;
	return rc;
}
