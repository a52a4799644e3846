#!/bin/bash
#SBATCH --array=0-11
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --exclusive
#SBATCH --time=00:15:00
#
# A scaling sweep as a job array: each element is one run, so that the queue may start them when it has room for them.
# Copy this file, edit the lines above and the marked ones, then: sbatch sweep-array.sh
#
# When all elements are done:  pmprof speedup sweep.*.pmprof.h5
# --array=0-(number of rank counts x repeats - 1), here 4 x 3 - 1.

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="srun --mpi=pmix"        # EDIT: what takes --ntasks=N; for mpirun write -np below
program="./heat 4096 2000"      # EDIT: the program and its arguments
counts=(1 2 4 8)                # EDIT: numbers of ranks

n=${counts[SLURM_ARRAY_TASK_ID % ${#counts[@]}]}
repeat=$((SLURM_ARRAY_TASK_ID / ${#counts[@]} + 1))

# shellcheck disable=SC2086 # both are meant to be split into words
pmprof run --out "sweep.n$n.r$repeat.pmprof.h5" -- $launch --ntasks=$n $program
