#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --exclusive
#SBATCH --time=01:00:00
#
# A scaling sweep within one allocation: each number of ranks several times, then the speedup report at the end of the output.
# Copy this file, edit the lines above and the marked ones, then: sbatch sweep.sh
#
# When the time limit comes first, submit it again: the runs that the folder has are not repeated.

module load pmprof                      # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="srun --mpi=pmix --ntasks={n}"   # EDIT: or mpirun -np {n}; {n} is the number of ranks
program="./heat 4096 2000"              # EDIT: the program and its arguments
ranks=1,2,4,8                           # EDIT: up to what the job has
repeat=5
folder=heat.scale                       # the files and scale.json

# shellcheck disable=SC2086 # the program's words
pmprof scale --ranks "$ranks" --repeat "$repeat" --launch "$launch" --out "$folder" -- $program
