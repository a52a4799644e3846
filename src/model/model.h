/*
 * model.h - one run in plain memory: what a file says, no I/O, no HDF5, no MPI
 *
 * Everything a report needs; filled by store/reader.c or, in tests, by tests/support/mkmodel.c. Indices are valid or PMP_NONE,
 * parents are smaller than their children, times are nanoseconds, strings are never NULL.
 */
#ifndef PMP_MODEL_H
#define PMP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMP_NONE UINT32_MAX

/* The batch job; texts "" and numbers 0 where the scheduler did not say. */
struct pmp_model_job {
	char *scheduler; /* "Slurm" */
	char *id, *name, *cluster, *queue, *account, *array_id, *array_task;
	char *nodes; /* as the scheduler writes the list */
	char *folder;
	uint32_t node_count, tasks, cpus_per_task;
	int64_t memory_node_bytes, memory_cpu_bytes;
	int64_t started_s, ends_s; /* since 1970 */
};

struct pmp_model_run {
	char *command;
	char *mpi; /* "Open MPI 4.1.4" */
	char *mode;
	char *job;
	char *created;  /* ISO 8601, UTC */
	char *version;  /* of the pmprof that wrote the file */
	uint32_t ranks; /* world size */
	uint32_t nodes;
	int64_t begin_real_ns; /* CLOCK_REALTIME at the earliest begin */
	double wall_s; /* latest end minus earliest begin of the measured interval, over all ranks */
	bool complete; /* every rank reached MPI_Finalize and nothing was lost */
	char **warnings;
	size_t warning_count;
	struct pmp_model_job *batch; /* NULL: not under a batch system */
};

enum pmp_rank_state {                     /* name in file and JSON */
		      PMP_RANK_FINALIZED, /* "finalized" */
		      PMP_RANK_ABORTED,   /* "aborted": MPI_Abort, code */
		      PMP_RANK_SIGNALED,  /* "signaled": code is the signal */
		      PMP_RANK_EXITED, /* "exited": exit without MPI_Finalize, code is the status */
		      PMP_RANK_VANISHED, /* "vanished": no end on record (SIGKILL, _exit, node lost) */
		      PMP_RANK_MISSING, /* "missing": no data of this rank at all */
		      PMP_RANK_STATE_COUNT
};

struct pmp_model_rank {
	uint32_t rank;
	char *host;
	char *cpus; /* allowed processors, "0-3" */
	int32_t pid;
	enum pmp_rank_state state;
	int32_t code;
	char *ending; /* one line in words: "killed by SIGKILL (exit status 137 of the launcher)", "" when finalized */
	int64_t begin_ns; /* since the earliest begin of all ranks, clocks aligned */
	int64_t wall_ns; /* length of this rank's measured interval: compute + mpi + io + paused + tool */
	int64_t init_ns;    /* inside MPI_Init, before the interval */
	int64_t compute_ns; /* of the main thread (lane 0), as the next four */
	int64_t mpi_ns;     /* all classes but I/O */
	int64_t io_ns;      /* MPI-IO */
	int64_t paused_ns;
	int64_t tool_ns; /* measured cost of ours inside the interval, not part of compute or mpi */
	int64_t tool_hidden_ns; /* estimated cost of ours that is contained in compute and mpi: calls * cost per call */
	int64_t user_ns, system_ns;
	int64_t max_rss_bytes;
	int64_t calls;
	int64_t lost; /* calls not recorded */
	uint32_t threads;
	uint32_t last_path; /* of the call in flight or last completed; PMP_NONE */
	uint32_t last_call; /* enum pmp_call_id, 0 none */
	bool in_call;       /* it died inside last_call */
};

struct pmp_model_module {
	char *path;
	char *build_id; /* hex, "" unknown */
};

/* One source frame at an address; an address has several when functions were inlined, innermost first. */
struct pmp_model_frame {
	char *function; /* demangled; "" unknown */
	char *file;     /* as in the debug data, "" unknown */
	uint32_t line;  /* 0 unknown */
};

struct pmp_model_address {
	uint32_t module;
	uint64_t offset;      /* address inside the ELF file of the return address */
	uint32_t first_frame; /* into frames */
	uint32_t frame_count; /* 0: unresolved */
};

struct pmp_model_path { /* a node of the merged tree of call paths; 0 is the root */
	uint32_t parent;
	uint32_t address; /* PMP_NONE for the root */
};

struct pmp_model_region { /* 0 is the root, name "" */
	uint32_t parent;
	char *name;
};

struct pmp_model_comm { /* 0 is "none" */
	uint64_t uid;
	char *name;
	uint32_t size, remote_size;
};

struct pmp_model_stat { /* sorted by rank */
	uint32_t rank, thread;
	uint32_t path, region, comm;
	uint16_t call; /* enum pmp_call_id */
	uint16_t size_class;
	int64_t count, time_ns, min_ns, max_ns, bytes_out, bytes_in;
};

struct pmp_model_gap { /* computation between two events; sorted by rank */
	uint32_t rank, thread;
	uint32_t from_path, to_path, region;
	uint16_t from_call, to_call;
	int64_t count, time_ns, max_ns;
};

struct pmp_model_message { /* sorted by rank */
	uint32_t rank;
	uint32_t peer; /* in MPI_COMM_WORLD; PMP_NONE if not in it */
	uint32_t comm;
	int64_t sent_count, sent_bytes, recv_count, recv_bytes;
};

struct pmp_model_event { /* flight recorder, sorted by rank, thread, time */
	uint32_t rank, thread;
	uint32_t path, region, comm;
	uint16_t call;
	int32_t peer, tag;          /* PMP_NO_PEER, PMP_NO_TAG of schema/arena.h */
	int64_t enter_ns, leave_ns; /* on the common clock; leave -1: never left */
	int64_t bytes;
};

struct pmp_model_crash {       /* a fatal signal; sorted by time */
	uint32_t rank, thread; /* thread PMP_NONE: one that was not recorded */
	int32_t signal, code;
	int32_t sender; /* process, 0 for a fault */
	char *what;     /* "SIGSEGV: null pointer + 16" */
	uint64_t address;
	int64_t time_ns;
	int64_t depth; /* frames; the path may have fewer */
	uint32_t path; /* its stack, 0 unknown */
	uint32_t region;
};

struct pmp_model {
	struct pmp_model_run run;
	struct pmp_model_rank *ranks; /* one per world rank, index = rank */
	struct pmp_model_module *modules;
	struct pmp_model_frame *frames;
	struct pmp_model_address *addresses;
	struct pmp_model_path *paths;
	struct pmp_model_region *regions;
	struct pmp_model_comm *comms;
	struct pmp_model_stat *stats;
	struct pmp_model_gap *gaps;
	struct pmp_model_message *messages;
	struct pmp_model_event *events;
	struct pmp_model_crash *crashes;
	size_t rank_count, module_count, frame_count, address_count, path_count, region_count,
		comm_count;
	size_t stat_count, gap_count, message_count, event_count, crash_count;
	void *memory; /* owner of all of it; see model.c */
};

/* pmp_model_new - an empty model; arrays are allocated from it with pmp_model_alloc and live as long as it does */
struct pmp_model *pmp_model_new(void);
void *pmp_model_alloc(struct pmp_model *model, size_t count,
		      size_t size); /* zeroed; NULL on overflow or no memory */
char *pmp_model_text(struct pmp_model *model, const char *text, size_t len);
void pmp_model_free(struct pmp_model *model);

/*
 * pmp_model_merge_paths - calls that stand on the same lines of the source, all the way up, get the same path
 *
 * Call it when symbols are known. Return: 0 or -PMP_ENOMEM, then the model may only be freed.
 */
int pmp_model_merge_paths(struct pmp_model *model);

#endif
