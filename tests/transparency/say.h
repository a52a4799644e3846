/*
 * say.h - what the chapters of the transparency suite have in common
 *
 * Each chapter prints whatever a program can see of MPI, and nothing that changes from run to run: no times, addresses or process
 * numbers. suite.py compares the output of a bare run with that of a run under the profiler.
 */
#ifndef SAY_H
#define SAY_H

#include <mpi.h>
#include <stddef.h>

/* Call MPI and print its name, arguments as written, error class, and how often error handlers were called. Any thread. */
#define SAY(call) say_result(#call, (call))

void say_result(const char *call, int rc);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_ints(const char *what, const int *values, int count);
void say_status(const char *what, const MPI_Status *status);

/* A status of which nothing was filled in yet, so that a field that was left alone shows */
MPI_Status unfilled(void);

/* The error handlers of the suite count their calls here. */
extern int handled;

/* in MPI_COMM_WORLD, as a ring */
extern int me, all, next, before;

/* a folder that all ranks see, and how this program is started */
extern const char *folder, *program;

#define CHAPTER(name) void chapter_##name(void);
#include "chapters.def"
#undef CHAPTER

/* What a spawned process does instead. */
void worlds_child(void);

#endif
