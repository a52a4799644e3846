#!/bin/bash
#SBATCH --ntasks-per-node=1
#SBATCH --time=00:05:00
#
# Makes files from what a job has left on its nodes: it was cancelled, it ran into its time limit, a rank or a node died.
# Submit it to the nodes of that job (sacct -j JOBID -o NodeList, or `pmprof info` of a file written before the limit):
#
#   sbatch --nodelist=node[01-02] collect.sh JOBID
#
# Records lie in /dev/shm (or in PMPROF_SCRATCH, if that was set: set it here, too). Some sites empty it between jobs; then only
# the file written before the time limit is left, or set PMPROF_SCRATCH to a local disk.

module load pmprof                                   # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
per_node="srun --mpi=pmix --ntasks-per-node=1"       # EDIT: or mpirun --map-by ppr:1:node

job=${1:?the id of the job, as in: sbatch --nodelist=NODES collect.sh JOBID}

# the runs of that job, on any of the nodes: pmprof run names them JOBID-xxxxxx, srun pmprof run slurm.pmix.JOBID.STEP
runs=$(srun --ntasks-per-node=1 pmprof list --format csv | cut -d, -f1 | grep -E "^($job-|slurm\.pmix\.$job\.|$job\.)" | sort -u)
[ -n "$runs" ] || { echo "collect.sh: job $job has left nothing on $SLURM_JOB_NODELIST" >&2; exit 1; }
for run in $runs; do
	$per_node pmprof collect "$run"
done
