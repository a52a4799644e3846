#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --time=00:30:00
#
# Profiles one run. Copy this file, edit the lines above and the three marked ones, then: sbatch profile.sh
#
# The file is PROGRAM.JOBID-xxxxxx.pmprof.h5 in the folder of submission. A minute before the time limit it is written from what the
# ranks have recorded so far, while they go on (pmprof run --before-limit); a run that ends in time writes all of it over that.
# After scancel or a lost node the records still lie on the nodes: see collect.sh.

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="srun --mpi=pmix"        # EDIT: or mpirun, whatever starts your program without pmprof
program="./heat 4096 2000"      # EDIT: the program and its arguments

# shellcheck disable=SC2086 # both are meant to be split into words
pmprof run -- $launch $program
