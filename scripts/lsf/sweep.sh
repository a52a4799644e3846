#!/bin/bash
#BSUB -n 8
#BSUB -R "span[ptile=4]"
#BSUB -x
#BSUB -W 01:00
#BSUB -o sweep.%J.out
#
# A scaling sweep within one allocation, and its report. Copy this file, edit the lines above and the marked ones, then:
# bsub < sweep.sh     When the run limit comes first, submit it again: the runs that the folder has are not repeated.

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="mpirun -np {n}"         # EDIT: {n} is the number of ranks
program="./heat 4096 2000"      # EDIT: the program and its arguments
ranks=1,2,4,8                   # EDIT: up to what the job has
repeat=5
folder=heat.scale

# shellcheck disable=SC2086 # the program's words
pmprof scale --ranks "$ranks" --repeat "$repeat" --launch "$launch" --out "$folder" -- $program
