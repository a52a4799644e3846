#!/bin/bash
#PBS -l select=2:ncpus=4:mpiprocs=4
#PBS -l place=excl
#PBS -l walltime=01:00:00
#PBS -j oe
#
# A scaling sweep within one allocation, and its report. Copy this file, edit the lines above and the marked ones, then: qsub sweep.sh
# When the walltime comes first, submit it again: the runs that the folder has are not repeated.

cd "$PBS_O_WORKDIR" || exit 1
module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="mpirun -np {n}"         # EDIT: {n} is the number of ranks
program="./heat 4096 2000"      # EDIT: the program and its arguments
ranks=1,2,4,8                   # EDIT: up to what the job has
repeat=5
folder=heat.scale

# shellcheck disable=SC2086 # the program's words
pmprof scale --ranks "$ranks" --repeat "$repeat" --launch "$launch" --out "$folder" -- $program
