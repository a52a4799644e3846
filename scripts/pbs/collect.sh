#!/bin/bash
#PBS -l select=1:host=node01+1:host=node02
#PBS -l walltime=00:05:00
#PBS -j oe
#
# Makes files from what a job has left on its nodes. Name its nodes in the first line (tracejob or qstat -xf JOBID: exec_host), then:
#   qsub -v JOB=1234 collect.sh

cd "$PBS_O_WORKDIR" || exit 1
module load pmprof                          # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
per_node="mpirun --map-by ppr:1:node"       # EDIT: MPICH: mpirun -ppn 1

runs=$($per_node pmprof list --format csv | cut -d, -f1 | grep "^${JOB:?qsub -v JOB=ID collect.sh}-" | sort -u)
[ -n "$runs" ] || { echo "collect.sh: job $JOB has left nothing on these nodes" >&2; exit 1; }
for run in $runs; do
	$per_node pmprof collect "$run"
done
