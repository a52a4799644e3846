/* launchers.h - the programs that start MPI jobs, and how each hands environment variables on to
 * the ranks */
#ifndef PMP_LAUNCHERS_H
#define PMP_LAUNCHERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct pmp_launcher; /* a row of the table in launchers.c */

struct pmp_setting {
	const char *name;
	const char *value;
};

/*
 * struct pmp_launched - a command line that may start an MPI job
 * @launcher: NULL when no known launcher stands in it: its environment is all we can set
 * @at:       where in @argv the launcher stands: 0, or behind a prefix such as "timeout 60"
 */
struct pmp_launched {
	char **argv;
	const struct pmp_launcher *launcher;
	size_t at;
};

/* pmp_launcher_find - find the launcher by its name, or, where names are shared (mpirun, mpiexec),
 * by its --version */
void pmp_launcher_find(char **argv, struct pmp_launched *launch);

/* pmp_launcher_program - where the shell would find a program; @path has room for PATH_MAX bytes, links are followed */
bool pmp_launcher_program(const char *name, char *path);

/* pmp_launched_program - the program in the command line: its first word behind the launcher that can be executed; @path
 * as above, "" when there is none */
void pmp_launched_program(const struct pmp_launched *launch, char *path);

/* pmp_launched_has_nodes - is it a job over other nodes than this one: a batch system's allocation, or a list of hosts in the line? */
bool pmp_launched_has_nodes(const struct pmp_launched *launch);

const char *pmp_launcher_name(
	const struct pmp_launcher *launcher); /* "Open MPI"; "none" for NULL */

/* pmp_launcher_mpi - the folder of our libraries for the MPI that the launcher comes with: "mpich"; "" when it starts any, and for NULL */
const char *pmp_launcher_mpi(const struct pmp_launcher *launcher);

/* pmp_launcher_per_node_text - "mpirun --map-by ppr:1:node": for advice */
const char *pmp_launcher_per_node_text(const struct pmp_launcher *launcher);

/*
 * pmp_launcher_line - the command line with which the launcher sets the variables on all nodes
 * @count: variables; LD_PRELOAD among them is put before what the command line itself asks to
 * preload
 * @line:  owned by the caller (pmp_line_free), NULL-terminated
 * @inherit: false: the variables stand in the line; true: they must also be in the launcher's own
 * environment
 */
int pmp_launcher_line(const struct pmp_launched *launch, const struct pmp_setting *variables,
		      size_t count, char ***line, bool *inherit);

/*
 * pmp_launcher_per_node - the line that starts @command once on each node on which @launch ran
 *
 * Return: 0; -PMP_EUNSUPPORTED when the launcher is unknown or all ranks are on this node.
 */
int pmp_launcher_per_node(const struct pmp_launched *launch, char *const *command, char ***line);

#endif
