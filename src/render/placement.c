/*
 * placement.c - words for the batch job, the nodes and the binding of ranks. Called by the report and by info; pure.
 */
#include "render/placement.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fmt.h"

#define NODES_SHOWN 6

/* Ranks of one node, and how they share its processors. */
struct seat {
	uint32_t node; /* number of the host, in order of first appearance */
	const char *cpus;
};

struct placement {
	struct seat *seats; /* ranks with a host on record */
	size_t count;
	const char **hosts;
	size_t *ranks; /* on each host */
	size_t host_count;
};

static const char *add(struct pmp_pool *pool, const char *text, const char *label,
		       const char *value)
{
	return value[0] ? pmp_pool_printf(pool, "%s%s%s%s", text, text[0] ? ", " : "", label, value)
			: text;
}

const char *pmp_job_text(const struct pmp_model *model, struct pmp_pool *pool)
{
	const struct pmp_model_job *job = model->run.batch;
	const char *text;

	if (!job)
		return "";
	text = pmp_pool_printf(pool, "%s job %s", job->scheduler, job->id);
	if (job->name[0])
		text = pmp_pool_printf(pool, "%s (%s)", text, job->name);
	if (job->array_task[0])
		text = pmp_pool_printf(pool, "%s, array %s[%s]", text, job->array_id,
				       job->array_task);
	text = add(pool, text, strcmp(job->scheduler, "Slurm") == 0 ? "partition " : "queue ",
		   job->queue);
	text = add(pool, text, "account ", job->account);
	return add(pool, text, "cluster ", job->cluster);
}

static const char *utc(struct pmp_pool *pool, int64_t seconds)
{
	time_t time = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds == 0 || !gmtime_r(&time, &tm) ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return "";
	return pmp_pool_printf(pool, "%s", text);
}

static const char *tasks_text(const struct pmp_model_job *job, struct pmp_pool *pool)
{
	const char *text = "";

	if (job->tasks)
		text = pmp_pool_printf(pool, "%u task%s", job->tasks, job->tasks == 1 ? "" : "s");
	if (job->cpus_per_task)
		text = pmp_pool_printf(pool, "%s%s%u processor%s each", text,
				       text[0] ? " with " : "", job->cpus_per_task,
				       job->cpus_per_task == 1 ? "" : "s");
	if (job->node_count)
		text = pmp_pool_printf(pool, "%s%s%u node%s", text, text[0] ? " on " : "",
				       job->node_count, job->node_count == 1 ? "" : "s");
	return text;
}

const char *pmp_job_limits_text(const struct pmp_model *model, struct pmp_pool *pool)
{
	const struct pmp_model_job *job = model->run.batch;
	const char *text;

	if (!job)
		return "";
	text = tasks_text(job, pool);
	if (job->memory_node_bytes)
		text = add(pool, text, "",
			   pmp_pool_printf(pool, "%s a node",
					   pmp_fmt_bytes((double)job->memory_node_bytes).text));
	if (job->memory_cpu_bytes)
		text = add(pool, text, "",
			   pmp_pool_printf(pool, "%s a processor",
					   pmp_fmt_bytes((double)job->memory_cpu_bytes).text));
	text = add(pool, text, "begun ", utc(pool, job->started_s));
	return add(pool, text, "limit ", utc(pool, job->ends_s));
}

/* Ranks come node by node or in turn over all nodes: the host of the last rank or the one after it is nearly always right. */
static size_t host_number(struct placement *p, const char *host, size_t guess)
{
	for (size_t i = 0; i < p->host_count; i++) {
		size_t at = (guess + i) % p->host_count;

		if (strcmp(p->hosts[at], host) == 0)
			return at;
	}
	p->hosts[p->host_count] = host;
	return p->host_count++;
}

static bool place(const struct pmp_model *model, struct pmp_pool *pool, struct placement *p)
{
	size_t last = 0;

	p->seats = pmp_pool_alloc(pool, model->rank_count, sizeof(*p->seats));
	p->hosts = pmp_pool_alloc(pool, model->rank_count, sizeof(*p->hosts));
	p->ranks = pmp_pool_alloc(pool, model->rank_count, sizeof(*p->ranks));
	if (!p->seats || !p->hosts || !p->ranks)
		return false;
	for (size_t r = 0; r < model->rank_count; r++) {
		const struct pmp_model_rank *rank = &model->ranks[r];

		if (!rank->host || !rank->host[0])
			continue;
		last = host_number(p, rank->host, last);
		p->ranks[last]++;
		p->seats[p->count++] = (struct seat){(uint32_t)last, rank->cpus ? rank->cpus : ""};
	}
	return p->count > 0;
}

static int by_node_and_cpus(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return strcmp(x->cpus, y->cpus);
}

/* "0-3,8" -> 5; 0 when the list is none, or was cut */
static size_t count_cpus(const char *list)
{
	size_t count = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first > 65535)
			return 0;
		count += last - first + 1;
		list = *end == ',' ? end + 1 : end;
	}
	return *list ? 0 : count;
}

static const char *range(struct pmp_pool *pool, size_t low, size_t high)
{
	return low == high ? pmp_pool_printf(pool, "%zu", low)
			   : pmp_pool_printf(pool, "%zu to %zu", low, high);
}

/* Ranks that have the same list of processors run wherever the kernel puts them; others were bound by the launcher. */
static const char *binding_text(struct placement *p, struct pmp_pool *pool)
{
	size_t low = SIZE_MAX, high = 0, equal = 0, neighbours = 0;

	qsort(p->seats, p->count, sizeof(*p->seats), by_node_and_cpus);
	for (size_t i = 0; i < p->count; i++) {
		size_t cpus = count_cpus(p->seats[i].cpus);

		if (cpus == 0)
			return "";
		low = cpus < low ? cpus : low;
		high = cpus > high ? cpus : high;
		if (i && p->seats[i].node == p->seats[i - 1].node) {
			neighbours++;
			equal += strcmp(p->seats[i].cpus, p->seats[i - 1].cpus) == 0;
		}
	}
	const char *count = range(pool, low, high), *s = high == 1 ? "" : "s";

	if (equal == 0)
		return pmp_pool_printf(pool, ", bound to %s processor%s each", count, s);
	if (equal == neighbours)
		return pmp_pool_printf(
			pool, ", not bound: the ranks of a node share %s processor%s", count, s);
	return pmp_pool_printf(pool, ", bound to %s processor%s each, which some of them share",
			       count, s);
}

static const char *host_list(const struct placement *p, struct pmp_pool *pool)
{
	const char *text = "";

	if (p->host_count > NODES_SHOWN)
		return pmp_pool_printf(pool, "%zu nodes (%s ... %s)", p->host_count, p->hosts[0],
				       p->hosts[p->host_count - 1]);
	for (size_t i = 0; i < p->host_count; i++)
		text = pmp_pool_printf(pool, "%s%s%s", text, i ? ", " : "", p->hosts[i]);
	return text;
}

const char *pmp_nodes_text(const struct pmp_model *model, struct pmp_pool *pool)
{
	struct placement p = {0};
	size_t low = SIZE_MAX, high = 0;

	if (!place(model, pool, &p))
		return "";
	for (size_t i = 0; i < p.host_count; i++) {
		low = p.ranks[i] < low ? p.ranks[i] : low;
		high = p.ranks[i] > high ? p.ranks[i] : high;
	}
	return pmp_pool_printf(pool, "%s: %s rank%s%s%s", host_list(&p, pool),
			       range(pool, low, high), high == 1 ? "" : "s",
			       p.host_count > 1 ? " on each" : "", binding_text(&p, pool));
}
