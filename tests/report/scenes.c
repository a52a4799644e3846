/*
 * scenes.c - the made-up runs of the report's goldens. Every number in a golden can be worked out from here.
 */
#include <signal.h>
#include <string.h>

#include "mkmodel.h"

#define EACH_RANK(r, n) for (uint32_t r = 0; r < (n); r++)

/* A stencil code: main calls solve, which exchanges halos, reduces, and writes now and then. */
struct stencil {
	struct mk *mk;
	struct mk_end isend, irecv, wait, reduce, start, end, begin_solve, begin_halo, barrier,
		write;
	uint32_t solve, halo;
};

static struct stencil new_stencil(uint32_t ranks, uint32_t nodes, bool has_regions)
{
	struct mk *mk = mk_new("./heat 2000 500", ranks, nodes);
	uint32_t in_main = mk_frame(mk, 0, "main", "/home/user/heat.c", 120);
	uint32_t in_solve = mk_frame(mk, in_main, "solve", "/home/user/heat.c", 84);
	struct stencil s = {
		.mk = mk,
		.isend = {mk_frame(mk, in_solve, "exchange", "/home/user/halo.c", 52),
			  PMP_CALL_MPI_Isend},
		.irecv = {mk_frame(mk, in_solve, "exchange", "/home/user/halo.c", 49),
			  PMP_CALL_MPI_Irecv},
		.wait = {mk_frame(mk, in_solve, "exchange", "/home/user/halo.c", 55),
			 PMP_CALL_MPI_Waitall},
		.reduce = {mk_frame(mk, in_main, "solve", "/home/user/heat.c", 97),
			   PMP_CALL_MPI_Allreduce},
		.barrier = {mk_frame(mk, 0, "main", "/home/user/heat.c", 115),
			    PMP_CALL_MPI_Barrier},
		.write = {mk_frame(mk, 0, "main", "/home/user/heat.c", 131),
			  PMP_CALL_MPI_File_write_at_all},
		.begin_solve = {mk_frame(mk,
					 mk_frame(mk, in_main, "solve", "/home/user/heat.c", 88),
					 "pmprof_region_begin", "/usr/include/pmprof/pmprof.h", 66),
				PMP_CALL_pmprof_region_begin},
		.begin_halo = {mk_frame(mk, in_solve, "exchange", "/home/user/halo.c", 47),
			       PMP_CALL_pmprof_region_begin},
	};

	if (has_regions) {
		s.solve = mk_region(mk, 0, "solve");
		s.halo = mk_region(mk, s.solve, "halo");
	}
	return s;
}

/* 500 steps: @compute seconds of computation, @wait seconds of waiting for halos, @reduce seconds in the reduction. */
static void add_steps(const struct stencil *s, uint32_t rank, uint32_t ranks, double compute,
		      double wait, double reduce)
{
	uint32_t right = (rank + 1) % ranks, left = (rank + ranks - 1) % ranks;

	if (s->solve)
		mk_call(s->mk, rank, s->solve, s->begin_solve, 500, 0, 0, 0);
	if (s->halo)
		mk_call(s->mk, rank, s->halo, s->begin_halo, 500, 0, 0, 0);
	mk_compute(s->mk, rank, 0, s->start, s->barrier, 1, 0.01, 0);
	mk_call(s->mk, rank, 0, s->barrier, 1, 0.001, 0, 0);
	mk_compute(s->mk, rank, s->solve, s->solve ? s->begin_solve : s->wait, s->reduce, 500,
		   compute, 0);
	mk_call(s->mk, rank, s->halo, s->irecv, 1000, 0.002, 0, 16000);
	mk_call(s->mk, rank, s->halo, s->isend, 1000, 0.004, 16000, 0);
	mk_call(s->mk, rank, s->halo, s->wait, 500, wait, 0, 0);
	mk_call(s->mk, rank, s->solve, s->reduce, 500, reduce, 8, 8);
	if (ranks > 1)
		mk_message(s->mk, rank, right, 500, 16000);
	if (ranks > 2)
		mk_message(s->mk, rank, left, 500, 16000);
	mk_rank(s->mk, rank)->user_ns = (int64_t)((compute + wait + reduce) * 1e9);
	mk_rank(s->mk, rank)->tool_ns = 2000000;
}

static struct pmp_model *balanced(void)
{
	static const double compute[] = {10.00, 10.05, 9.98, 10.02};
	struct stencil s = new_stencil(4, 1, true);

	EACH_RANK(r, 4)
	add_steps(&s, r, 4, compute[r], 0.05, 10.10 - compute[r]);
	return mk_finish(s.mk);
}

/* Rank 3 computes 14 s, the others 8 s: mean 9.5, max/mean - 1 = 47.4 %, lost 4*14 - 38 = 18 core-seconds. */
static struct pmp_model *slow_region(void)
{
	struct stencil s = new_stencil(4, 1, true);

	EACH_RANK(r, 4)
	add_steps(&s, r, 4, r == 3 ? 14 : 8, 0.10, r == 3 ? 0.30 : 6.30);
	return mk_finish(s.mk);
}

/* No regions: rank 2 works four times as long between two calls; mean 3.5 s, max/mean - 1 = 128.6 %, lost 18 core-seconds. */
static struct pmp_model *slow_stretch(void)
{
	struct mk *mk = mk_new("./imbalance --slow 2 --factor 4", 4, 1);
	uint32_t in_main = mk_frame(mk, 0, "main", "imbalance.c", 71);
	struct mk_end none = {0, 0};
	struct mk_end barrier = {mk_frame(mk, in_main, "step", "imbalance.c", 40),
				 PMP_CALL_MPI_Barrier};
	struct mk_end reduce = {mk_frame(mk, in_main, "step", "imbalance.c", 44),
				PMP_CALL_MPI_Allreduce};

	EACH_RANK(r, 4)
	{
		double work = r == 2 ? 8 : 2;

		mk_compute(mk, r, 0, none, barrier, 1, 0.001, 0);
		mk_compute(mk, r, 0, barrier, reduce, 100, work, 0);
		mk_compute(mk, r, 0, reduce, barrier, 99, 0.002, 0);
		mk_compute(mk, r, 0, reduce, none, 1, 0.0001, 0);
		mk_call(mk, r, 0, barrier, 100, 0.002, 0, 0);
		mk_call(mk, r, 0, reduce, 100, 8.01 - work, 8, 8);
		mk_rank(mk, r)->user_ns = 8000000000;
	}
	return mk_finish(mk);
}

static struct pmp_model *communication(void)
{
	struct stencil s = new_stencil(8, 2, false);

	EACH_RANK(r, 8)
	add_steps(&s, r, 8, 2.0 + 0.01 * r, 6.07 - 0.01 * r, 1.0);
	return mk_finish(s.mk);
}

/* Rank 2 died of a segmentation fault inside a call, the launcher ended the others. */
static struct pmp_model *crashed(void)
{
	struct stencil s = new_stencil(4, 1, false);

	EACH_RANK(r, 4)
	{
		struct pmp_model_rank *rank = mk_rank(s.mk, r);

		add_steps(&s, r, 4, r == 2 ? 2.9 : 3.0, 0.1, 0.05);
		rank->state = PMP_RANK_SIGNALED;
		rank->code = r == 2 ? SIGSEGV : SIGTERM;
		rank->ending = r == 2 ? (char *)"killed by SIGSEGV" : (char *)"killed by SIGTERM";
		rank->last_path = r == 2 ? s.wait.path : s.reduce.path;
		rank->last_call = r == 2 ? s.wait.call : s.reduce.call;
		rank->in_call = r != 2;
	}
	mk_model(s.mk)->run.complete = false;
	return mk_finish(s.mk);
}

static struct pmp_model *one_rank(void)
{
	struct stencil s = new_stencil(1, 1, true);

	add_steps(&s, 0, 1, 5, 0.001, 0.001);
	return mk_finish(s.mk);
}

/* Four nodes; the ranks of the last one are 20 % slower. */
static struct pmp_model *ranks64(void)
{
	struct stencil s = new_stencil(64, 4, true);

	EACH_RANK(r, 64)
	add_steps(&s, r, 64, r >= 48 ? 12 : 10, 0.10, r >= 48 ? 0.10 : 2.10);
	return mk_finish(s.mk);
}

static struct pmp_model *ranks10k(void)
{
	struct stencil s = new_stencil(10000, 100, true);

	EACH_RANK(r, 10000)
	add_steps(&s, r, 10000, r == 777 ? 12 : 10, 0.10, r == 777 ? 0.10 : 2.10);
	return mk_finish(s.mk);
}

/* Only rank 0 writes for 2 s while the others wait in a barrier behind it. */
static struct pmp_model *input_output(void)
{
	struct stencil s = new_stencil(4, 1, false);
	struct mk_end write = {s.write.path, PMP_CALL_MPI_File_write_at};

	EACH_RANK(r, 4)
	{
		add_steps(&s, r, 4, 8, 0.01, 0.01);
		if (r == 0)
			mk_call(s.mk, r, 0, write, 20, 2, 1 << 20, 0);
		else
			mk_call(s.mk, r, 0, s.barrier, 20, 2, 0, 0);
	}
	return mk_finish(s.mk);
}

/* A balanced program, four ranks on two processors: what differs between ranks is the scheduler's doing. */
static struct pmp_model *crowded(void)
{
	static const double compute[] = {4.6, 4.0, 4.1, 5.0};
	struct stencil s = new_stencil(4, 1, true);

	EACH_RANK(r, 4)
	{
		add_steps(&s, r, 4, compute[r], 0.01, 5.05 - compute[r]);
		mk_rank(s.mk, r)->cpus = (char *)"0-1";
	}
	return mk_finish(s.mk);
}

/* What a file of an attacker may say: escape sequences, broken UTF-8, markup, very long names, no debug data. */
static struct pmp_model *hostile(void)
{
	struct mk *mk = mk_new("./\033[31mred\nline \xff\xfe | <b>", 2, 1);
	uint32_t region = mk_region(mk, 0, "a|b,\"c\"\033]0;title\007");
	struct mk_end none = {0, 0};
	struct mk_end bare = {mk_frame(mk, 0, "", "", 0), PMP_CALL_MPI_Barrier};
	struct mk_end named = {
		mk_frame(mk, 0,
			 "std::vector<std::pair<long, std::string>, std::allocator<"
			 "std::pair<long, std::string> > >::operator=(std::vector const&)",
			 "/usr/include/c++/12/bits/stl_vector.h", 1234567),
		PMP_CALL_MPI_Sendrecv_replace};

	EACH_RANK(r, 2)
	{
		mk_compute(mk, r, region, none, bare, 1, r ? 3 : 1, 0);
		mk_call(mk, r, region, bare, 1, 0.5, 0, 0);
		mk_call(mk, r, 0, named, 7, r ? 0.5 : 2.5, 1 << 20, 1 << 20);
	}
	mk_rank(mk, 1)->calls = 0;
	return mk_finish(mk);
}

/* Nothing happened: MPI_Init, MPI_Finalize. */
static struct pmp_model *nothing(void)
{
	return mk_finish(mk_new("./true", 2, 1));
}

/* In a batch job: an element of an array that asked for two nodes. */
static struct pmp_model *batch(void)
{
	static struct pmp_model_job job = {
		.scheduler = (char *)"Slurm",
		.id = (char *)"4714",
		.name = (char *)"heat",
		.cluster = (char *)"",
		.queue = (char *)"debug",
		.account = (char *)"fluids",
		.array_id = (char *)"4711",
		.array_task = (char *)"3",
		.nodes = (char *)"node[00-01]",
		.folder = (char *)"/home/user/heat",
		.node_count = 2,
		.tasks = 8,
		.memory_node_bytes = INT64_C(4) << 30,
		.started_s = 1795441000,
		.ends_s = 1795444600,
	};
	struct pmp_model *model = communication();

	model->run.batch = &job;
	return model;
}

struct pmp_model *mk_scene(const char *name)
{
	static const struct {
		const char *name;
		struct pmp_model *(*make)(void);
	} scenes[] = {
		{"balanced", balanced},
		{"slow-region", slow_region},
		{"slow-stretch", slow_stretch},
		{"communication", communication},
		{"crashed", crashed},
		{"one-rank", one_rank},
		{"ranks64", ranks64},
		{"ranks10k", ranks10k},
		{"io", input_output},
		{"crowded", crowded},
		{"batch", batch},
		{"hostile", hostile},
		{"nothing", nothing},
	};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (strcmp(scenes[i].name, name) == 0)
			return scenes[i].make();
	return NULL;
}
