#!/bin/bash
#BSUB -n 2
#BSUB -R "span[ptile=1]"
#BSUB -m "node01 node02"
#BSUB -W 00:05
#BSUB -o collect.%J.out
#
# Makes files from what a job has left on its nodes: name them above (bhist -l JOBID), and their number behind -n, then:
#   JOB=1234 bsub -env "all" < collect.sh

module load pmprof                          # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
per_node="mpirun --map-by ppr:1:node"       # EDIT: MPICH: mpirun -ppn 1

runs=$($per_node pmprof list --format csv | cut -d, -f1 | grep "^${JOB:?JOB=ID bsub -env all < collect.sh}-" | sort -u)
[ -n "$runs" ] || { echo "collect.sh: job $JOB has left nothing on these nodes" >&2; exit 1; }
for run in $runs; do
	$per_node pmprof collect "$run"
done
