#!/bin/bash
#BSUB -n 8
#BSUB -R "span[ptile=4]"
#BSUB -W 00:30
#BSUB -o profile.%J.out
#
# Profiles one run under LSF. Copy this file, edit the lines above and the three marked ones, then: bsub < profile.sh
#
# A minute before the run limit the file is written from what the ranks have recorded so far, while they go on (pmprof asks bjobs once
# for the limit, which LSF knows to the minute: hence 120); a run that ends in time writes all of it over that.

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="mpirun"                 # EDIT: whatever starts your program without pmprof; under jsrun: jsrun -n 8 pmprof run PROGRAM
program="./heat 4096 2000"      # EDIT: the program and its arguments

# shellcheck disable=SC2086 # both are meant to be split into words
pmprof run --before-limit 120 -- $launch $program
