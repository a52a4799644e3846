/*
 * launchers.c - the table of launchers: how each is recognised, sets variables for its ranks, and
 * starts one process per node. Used by `pmprof run` and `pmprof doctor`, in the tool's process.
 * Starts nothing but "LAUNCHER --version".
 */
#include "cli/launchers.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/line.h"

#define MAX_PREFIX 8 /* words that may stand before the launcher: "timeout -k 5 60 nice -n 5" */

/* An option that chooses the nodes, and how many words follow it; needed again to reach the same
 * nodes. */
struct node_option {
	const char *name;
	int values;
};

struct pmp_launcher {
	const char *name;
	const char *said;     /* in the output of --version */
	const char *mpi;      /* folder of our libraries for the MPI it belongs to; "" for any */
	const char *per_node; /* options for one process per node */
	const struct node_option *node_options;
	void (*pass)(struct pmp_line *line, const struct pmp_setting *v);
	bool per_context; /* options count only up to the next ":" */
	bool inherits; /* hands its own environment on; pass() adds to the user's --export only */
};

static void pass_openmpi(struct pmp_line *line, const struct pmp_setting *v)
{
	pmp_line_add(line, "-x");
	pmp_line_addf(line, "%s=%s", v->name, v->value);
}

static void pass_hydra(struct pmp_line *line, const struct pmp_setting *v)
{
	pmp_line_add(line, "-genv");
	pmp_line_add(line, v->name);
	pmp_line_add(line, v->value);
}

static const struct node_option openmpi_nodes[] = {
	{"hostfile", 1}, {"machinefile", 1}, {"default-hostfile", 1}, {"H", 1},      {"host", 1},
	{"mca", 2},      {"prtemca", 2},     {"pmixmca", 2},          {"prefix", 1}, {NULL, 0},
};
static const struct node_option hydra_nodes[] = {
	{"f", 1},        {"hosts", 1}, {"hostfile", 1}, {"machinefile", 1},
	{"launcher", 1}, {"iface", 1}, {NULL, 0},
};
static const struct node_option srun_nodes[] = {
	{"w", 1}, {"nodelist", 1}, {"N", 1}, {"nodes", 1}, {"jobid", 1}, {"mpi", 1}, {NULL, 0},
};

enum { OPENMPI, HYDRA, SRUN, LAUNCHERS };

static const struct pmp_launcher launchers[LAUNCHERS] = {
	[OPENMPI] = {"Open MPI", "Open MPI", "openmpi", "--map-by ppr:1:node", openmpi_nodes,
		     pass_openmpi, true, false},
	[HYDRA] = {"MPICH hydra", "HYDRA", "mpich", "-ppn 1", hydra_nodes, pass_hydra, false,
		   false},
	[SRUN] = {"srun", "slurm", "", "--ntasks-per-node=1", srun_nodes, NULL, false, true},
};

/* Names that say it all, after links are followed; other names are asked for their --version. */
static const struct {
	const char *pattern;
	int launcher;
} names[] = {
	{"orterun", OPENMPI},         {"prterun", OPENMPI},     {"mpirun.openmpi", OPENMPI},
	{"mpiexec.openmpi", OPENMPI}, {"mpiexec.hydra", HYDRA}, {"mpirun.mpich", HYDRA},
	{"mpiexec.mpich", HYDRA},     {"srun", SRUN},           {"mpirun*", LAUNCHERS},
	{"mpiexec*", LAUNCHERS},
};

static const char *const prefixes[] = {"timeout", "nice",    "env",     "nohup",
				       "time",    "stdbuf",  "setsid",  "strace",
				       "ltrace",  "numactl", "taskset", NULL};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool pmp_launcher_program(const char *name, char *path)
{
	const char *dirs = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 && realpath(name, path);
	for (const char *dir = dirs ? dirs : "/usr/bin:/bin"; dir; dir = strchr(dir, ':')) {
		char candidate[PATH_MAX];

		dir += *dir == ':';
		snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)strcspn(dir, ":"), dir,
			 name);
		if (access(candidate, X_OK) == 0 && realpath(candidate, path))
			return true;
	}
	return false;
}

static const struct pmp_launcher *ask_version(const char *program)
{
	char text[4096];
	char *argv[] = {(char *)program, (char *)"--version", NULL};
	int status;

	if (pmp_child_output(argv, 5, text, sizeof(text), &status))
		return NULL;
	for (size_t i = 0; i < LAUNCHERS; i++)
		if (strcasestr(text, launchers[i].said))
			return &launchers[i];
	return NULL;
}

static const struct pmp_launcher *recognise(const char *word)
{
	char path[PATH_MAX];

	if (!pmp_launcher_program(word, path))
		return NULL;
	const char *candidates[] = {base_name(path), base_name(word)};

	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (fnmatch(names[i].pattern, candidates[c], 0) != 0)
				continue;
			if (names[i].launcher < LAUNCHERS)
				return &launchers[names[i].launcher];
			return ask_version(word);
		}
	return NULL;
}

static bool is_prefix(const char *word)
{
	for (size_t i = 0; prefixes[i]; i++)
		if (strcmp(base_name(word), prefixes[i]) == 0)
			return true;
	return false;
}

void pmp_launcher_find(char **argv, struct pmp_launched *launch)
{
	*launch = (struct pmp_launched){.argv = argv};
	for (size_t i = 0; argv[i] && i < MAX_PREFIX; i++) {
		launch->launcher = recognise(argv[i]);
		if (launch->launcher) {
			launch->at = i;
			return;
		}
		if (!is_prefix(argv[0]))
			return;
	}
}

void pmp_launched_program(const struct pmp_launched *launch, char *path)
{
	for (size_t i = launch->at + !!launch->launcher; launch->argv[i]; i++)
		if (pmp_launcher_program(launch->argv[i], path))
			return;
	*path = '\0';
}

const char *pmp_launcher_name(const struct pmp_launcher *launcher)
{
	return launcher ? launcher->name : "none";
}

const char *pmp_launcher_mpi(const struct pmp_launcher *launcher)
{
	return launcher ? launcher->mpi : "";
}

const char *pmp_launcher_per_node_text(const struct pmp_launcher *launcher)
{
	if (launcher == &launchers[SRUN])
		return "srun --ntasks-per-node=1";
	return launcher == &launchers[HYDRA] ? "mpirun -ppn 1" : "mpirun --map-by ppr:1:node";
}

/* srun: the user's own --export=LIST would shut ours out; names alone take their value from srun's
 * environment. */
static void add_export(struct pmp_line *line, const char *word, const struct pmp_setting *v,
		       size_t count)
{
	char text[1024];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", word);

	for (size_t i = 0; i < count && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",%s", v[i].name);
	pmp_line_add(line, len < sizeof(text) ? text : word);
}

static void add_variables(struct pmp_line *line, const struct pmp_launcher *launcher,
			  const struct pmp_setting *v, size_t count)
{
	for (size_t i = 0; launcher->pass && i < count; i++)
		launcher->pass(line, &v[i]);
}

/* Theirs ("-x LD_PRELOAD=theirs") stands behind ours and would win: put ours in front of it. */
static bool merge_preload(struct pmp_line *line, const char *word, const struct pmp_setting *v,
			  size_t count)
{
	static const char name[] = "LD_PRELOAD=";

	if (strncmp(word, name, strlen(name)) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(v[i].name, "LD_PRELOAD") != 0)
			continue;
		pmp_line_addf(line, "%s%s:%s", name, v[i].value, word + strlen(name));
		return true;
	}
	return false;
}

/* A word of the user's line, changed where it would undo what we set. */
static void add_word(struct pmp_line *line, const struct pmp_launched *launch, size_t i,
		     const struct pmp_setting *v, size_t count)
{
	const char *word = launch->argv[i];
	bool is_option = launch->launcher && i > launch->at;

	if (is_option && launch->launcher->inherits && strncmp(word, "--export=", 9) == 0)
		add_export(line, word, v, count);
	else if (!is_option || strcmp(launch->argv[i - 1], "-x") != 0 ||
		 !merge_preload(line, word, v, count))
		pmp_line_add(line, word);
}

int pmp_launcher_line(const struct pmp_launched *launch, const struct pmp_setting *variables,
		      size_t count, char ***words, bool *inherit)
{
	const struct pmp_launcher *launcher = launch->launcher;
	struct pmp_line line = {0};

	*inherit = !launcher || launcher->inherits;
	for (size_t i = 0; launch->argv[i]; i++) {
		bool is_context = launcher && launcher->per_context && i > launch->at &&
				  strcmp(launch->argv[i], ":") == 0;

		add_word(&line, launch, i, variables, count);
		if (launcher && (i == launch->at || is_context))
			add_variables(&line, launcher, variables, count);
	}
	if (line.failed) {
		pmp_line_free(line.words);
		return -PMP_ENOMEM;
	}
	*words = line.words;
	return 0;
}

/* "-hostfile", "--hostfile" and "--hostfile=x" all match "hostfile". Return: words to copy, 0 if it
 * is another option. */
static size_t node_words(const struct pmp_launcher *launcher, const char *word)
{
	size_t dashes = strspn(word, "-");

	for (const struct node_option *o = launcher->node_options; o->name && dashes && dashes <= 2;
	     o++) {
		size_t len = strlen(o->name);

		if (strncmp(word + dashes, o->name, len) != 0)
			continue;
		if (word[dashes + len] == '\0')
			return 1 + (size_t)o->values;
		if (word[dashes + len] == '=')
			return 1;
	}
	return 0;
}

/* A batch system's allocation of more than one node, or a list of hosts in the line. */
bool pmp_launched_has_nodes(const struct pmp_launched *launch)
{
	const char *nodes = getenv("SLURM_JOB_NUM_NODES");
	static const char *const batch[] = {"PBS_NODEFILE", "LSB_DJOB_HOSTFILE", "PE_HOSTFILE",
					    NULL};

	if (nodes && atoi(nodes) > 1)
		return true;
	for (size_t i = 0; batch[i]; i++)
		if (getenv(batch[i]))
			return true;
	for (size_t i = launch->at + 1; launch->launcher && launch->argv[i]; i++)
		if (node_words(launch->launcher, launch->argv[i]) == 2)
			return true;
	return false;
}

/* srun takes the number of tasks from the job (SLURM_NTASKS) when it is not told another one: as many as nodes. */
static void add_task_count(struct pmp_line *line, const struct pmp_launched *launch)
{
	static const char *const options[] = {"-N", "--nodes=", "--nodes", NULL};
	const char *count = getenv("SLURM_JOB_NUM_NODES");

	for (size_t i = launch->at + 1; launch->argv[i]; i++)
		for (size_t o = 0; options[o]; o++) {
			size_t len = strlen(options[o]);
			const char *value = launch->argv[i] + len;

			if (strncmp(launch->argv[i], options[o], len) != 0)
				continue;
			if (*value == '\0' && launch->argv[i + 1])
				value = launch->argv[i + 1];
			if (*value >= '0' && *value <= '9')
				count = value;
		}
	if (count)
		pmp_line_addf(line, "--ntasks=%.*s", (int)strspn(count, "0123456789"), count);
}

int pmp_launcher_per_node(const struct pmp_launched *launch, char *const *command, char ***words)
{
	const struct pmp_launcher *launcher = launch->launcher;
	struct pmp_line line = {0};
	char options[64];
	char *rest = options;

	if (!launcher || !pmp_launched_has_nodes(launch))
		return -PMP_EUNSUPPORTED;
	pmp_line_add(&line, launch->argv[launch->at]);
	for (size_t i = launch->at + 1; launch->argv[i]; i++)
		for (size_t n = node_words(launcher, launch->argv[i]); n > 0 && launch->argv[i];
		     n--) {
			pmp_line_add(&line, launch->argv[i]);
			i += n > 1;
		}
	if (launcher == &launchers[SRUN])
		add_task_count(&line, launch);
	snprintf(options, sizeof(options), "%s", launcher->per_node);
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		pmp_line_add(&line, word);
	for (size_t i = 0; command[i]; i++)
		pmp_line_add(&line, command[i]);
	if (line.failed) {
		pmp_line_free(line.words);
		return -PMP_ENOMEM;
	}
	*words = line.words;
	return 0;
}
