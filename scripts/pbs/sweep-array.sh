#!/bin/bash
#PBS -J 0-11
#PBS -l select=2:ncpus=4:mpiprocs=4
#PBS -l walltime=00:15:00
#PBS -j oe
#
# A scaling sweep as a job array (Torque: #PBS -t 0-11, and PBS_ARRAYID below). Copy this file, edit the lines above and the marked
# ones, then: qsub sweep-array.sh    and when all are done: pmprof speedup sweep.*.pmprof.h5
# -J 0-(number of rank counts x repeats - 1), here 4 x 3 - 1.

cd "$PBS_O_WORKDIR" || exit 1
module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="mpirun -np"             # EDIT: what is followed by the number of ranks
program="./heat 4096 2000"      # EDIT: the program and its arguments
counts=(1 2 4 8)                # EDIT: numbers of ranks

n=${counts[PBS_ARRAY_INDEX % ${#counts[@]}]}
repeat=$((PBS_ARRAY_INDEX / ${#counts[@]} + 1))

# shellcheck disable=SC2086 # both are meant to be split into words
pmprof run --out "sweep.n$n.r$repeat.pmprof.h5" -- $launch "$n" $program
