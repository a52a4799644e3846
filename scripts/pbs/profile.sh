#!/bin/bash
#PBS -l select=2:ncpus=4:mpiprocs=4
#PBS -l walltime=00:30:00
#PBS -j oe
#
# Profiles one run under PBS (OpenPBS, PBS Professional; Torque: -l nodes=2:ppn=4). Copy this file, edit the lines above and the three
# marked ones, then: qsub profile.sh
#
# A minute before the walltime the file is written from what the ranks have recorded so far, while they go on (pmprof asks qstat once
# for the limit); a run that ends in time writes all of it over that. What a killed job leaves: collect.sh.

cd "$PBS_O_WORKDIR" || exit 1
module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="mpirun"                 # EDIT: whatever starts your program without pmprof
program="./heat 4096 2000"      # EDIT: the program and its arguments

# shellcheck disable=SC2086 # both are meant to be split into words
pmprof run -- $launch $program
