/*
 * expect.h - test programs that know their own counts, bytes and messages beforehand
 *
 * The program says with each call what it hands over and gets, and with each message whom it goes to or comes from, in terms of
 * MPI_COMM_WORLD. expect_finish writes that as JSON; exact.py compares it with what was recorded, both ways: what was not
 * expected may not be there. The harness itself calls PMPI only.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <mpi.h>

/* Call MPI and expect it in the profile with so many bytes out and in. An error ends the program. */
#define DO(call, out, in) expect_done((call), #call, __LINE__, (long long)(out), (long long)(in))

/* The same for calls that return an error on purpose: no bytes. */
#define FAILS(call) expect_failed((call), #call, __LINE__)

void expect_done(int rc, const char *call, int line, long long out, long long in);
void expect_failed(int rc, const char *call, int line);

/* Bytes that a call made earlier gets later. */
void expect_late(const char *call, long long in);

/* One message to or from a rank of MPI_COMM_WORLD. */
void expect_sent(int world, long long bytes);
void expect_received(int world, long long bytes);

/* rank and size of MPI_COMM_WORLD, after expect_start */
extern int me, all;

/* The beginning without MPI_Init, the end without MPI_Finalize: for programs that call those themselves. */
void expect_begin(const char *path);
void expect_write(void);

/* MPI_Init_thread and MPI_Finalize; argv[1] is the folder for expected.<rank>.json */
void expect_start(int argc, char **argv, int level);
void expect_finish(void);

#endif
