/* process.h - what /proc tells of a process; everything here may be out of date when it is read */
#ifndef PMP_PROCESS_H
#define PMP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMP_PROCESS_PATH 4352
#define PMP_PROCESS_NAME 256

bool pmp_process_exists(int pid);

/* pmp_process_is_ours - may we look into it as far as users go? @owner: whose it is otherwise */
bool pmp_process_is_ours(int pid, char *owner, size_t size);

/* pmp_process_parent - its process id, 0 when there is no such process */
int pmp_process_parent(int pid);

/* pmp_process_name - of its program, as the kernel has it; "" unknown */
void pmp_process_name(int pid, char *name, size_t size);

/* pmp_process_arena - the arena that it has mapped. Return: false when it has none. */
bool pmp_process_arena(int pid, char path[PMP_PROCESS_PATH]);

/* pmp_process_tracer - the process that traces it (a debugger), 0: none */
int pmp_process_tracer(int pid);

/* What one thread does, seen from the kernel. */
struct pmp_task {
	int tid;
	char state; /* 'R' running, 'S' sleeping, 'D' in the kernel, 'T' stopped, 't' traced, 'Z' dead; '?' gone */
	uint64_t cpu_ns; /* used so far, in steps of a clock tick (10 ms) */
	char name[32];
};

/* pmp_process_task - of one thread. Return: false when it is gone. */
bool pmp_process_task(int pid, int tid, struct pmp_task *task);

/* pmp_process_tasks - all threads, the main thread first. Return: how many, at most @max; 0 when the process is gone. */
size_t pmp_process_tasks(int pid, struct pmp_task *tasks, size_t max);

#endif
