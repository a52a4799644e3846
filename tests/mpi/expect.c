/*
 * expect.c - the table of expectations. Linked into the exact-count programs only; threads take a lock.
 */
#include "expect.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int me, all;

struct row {
	char name[64];
	long long count, out, in;
};

struct peer {
	long long sent, sent_bytes, received, received_bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct row rows[512];
static struct peer peers[64];
static const char *folder;

static struct row *row_of(const char *call)
{
	size_t len = strcspn(call, "(");
	struct row *row = rows;

	while (row->name[0] && (strncmp(row->name, call, len) != 0 || row->name[len]))
		row++;
	if (!row->name[0])
		snprintf(row->name, sizeof(row->name), "%.*s", (int)len, call);
	return row;
}

static void count(const char *call, int calls, long long out, long long in)
{
	pthread_mutex_lock(&lock);
	struct row *row = row_of(call);

	row->count += calls;
	row->out += out;
	row->in += in;
	pthread_mutex_unlock(&lock);
}

void expect_done(int rc, const char *call, int line, long long out, long long in)
{
	count(call, 1, out, in);
	if (rc == MPI_SUCCESS)
		return;
	fprintf(stderr, "line %d: %s failed with %d\n", line, call, rc);
	PMPI_Abort(MPI_COMM_WORLD, 99);
}

void expect_failed(int rc, const char *call, int line)
{
	count(call, 1, 0, 0);
	if (rc != MPI_SUCCESS)
		return;
	fprintf(stderr, "line %d: %s did not fail\n", line, call);
	PMPI_Abort(MPI_COMM_WORLD, 99);
}

void expect_late(const char *call, long long in)
{
	count(call, 0, 0, in);
}

void expect_sent(int world, long long bytes)
{
	pthread_mutex_lock(&lock);
	peers[world].sent++;
	peers[world].sent_bytes += bytes;
	pthread_mutex_unlock(&lock);
}

void expect_received(int world, long long bytes)
{
	pthread_mutex_lock(&lock);
	peers[world].received++;
	peers[world].received_bytes += bytes;
	pthread_mutex_unlock(&lock);
}

void expect_begin(const char *path)
{
	folder = strdup(path);
	PMPI_Comm_rank(MPI_COMM_WORLD, &me);
	PMPI_Comm_size(MPI_COMM_WORLD, &all);
}

void expect_start(int argc, char **argv, int level)
{
	int provided;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		exit(2);
	}
	MPI_Init_thread(&argc, &argv, level, &provided);
	expect_begin(argv[1]);
}

static void write_calls(FILE *file)
{
	const char *comma = "";

	for (const struct row *row = rows; row->name[0]; row++, comma = ",")
		fprintf(file,
			"%s\n  {\"call\": \"%s\", \"count\": %lld, \"bytes_out\": %lld, "
			"\"bytes_in\": %lld}",
			comma, row->name, row->count, row->out, row->in);
}

static void write_peers(FILE *file)
{
	const char *comma = "";

	for (int i = 0; i < all; i++) {
		const struct peer *peer = &peers[i];

		if (!peer->sent && !peer->received)
			continue;
		fprintf(file,
			"%s\n  {\"peer\": %d, \"sent\": %lld, \"sent_bytes\": %lld, \"received\": "
			"%lld, "
			"\"received_bytes\": %lld}",
			comma, i, peer->sent, peer->sent_bytes, peer->received,
			peer->received_bytes);
		comma = ",";
	}
}

void expect_write(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/expected.%d.json", folder, me);
	FILE *file = fopen(path, "w");
	if (!file) {
		perror(path);
		PMPI_Abort(MPI_COMM_WORLD, 98);
		return;
	}
	fprintf(file, "{\"rank\": %d, \"calls\": [", me);
	write_calls(file);
	fprintf(file, "],\n \"peers\": [");
	write_peers(file);
	fprintf(file, "]}\n");
	fclose(file);
}

void expect_finish(void)
{
	expect_write();
	MPI_Finalize();
}
