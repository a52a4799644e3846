#!/bin/bash
#BSUB -J "sweep[1-12]"
#BSUB -n 8
#BSUB -R "span[ptile=4]"
#BSUB -W 00:15
#BSUB -o sweep.%J.%I.out
#
# A scaling sweep as a job array. Copy this file, edit the lines above and the marked ones, then: bsub < sweep-array.sh
# and when all are done: pmprof speedup sweep.*.pmprof.h5
# [1-(number of rank counts x repeats)], here 4 x 3: LSF counts from 1.

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="mpirun -np"             # EDIT: what is followed by the number of ranks
program="./heat 4096 2000"      # EDIT: the program and its arguments
counts=(1 2 4 8)                # EDIT: numbers of ranks

n=${counts[(LSB_JOBINDEX - 1) % ${#counts[@]}]}
repeat=$(((LSB_JOBINDEX - 1) / ${#counts[@]} + 1))

# shellcheck disable=SC2086 # both are meant to be split into words
pmprof run --out "sweep.n$n.r$repeat.pmprof.h5" -- $launch "$n" $program
