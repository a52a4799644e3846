#!/bin/bash
#flux: --nodes=2
#flux: --ntasks=8
#flux: --time-limit=30m
#
# Profiles one run under Flux. Copy this file, edit the lines above and the three marked ones, then: flux batch profile.sh
#
# flux run is none of the launchers that pmprof starts itself, so pmprof stands behind it, once per rank. What a run on several
# nodes leaves that did not end normally: collect.sh.

module load pmprof                      # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
launch="flux run --nodes=2 --ntasks=8"  # EDIT: whatever starts your program without pmprof
program="./heat 4096 2000"              # EDIT: the program and its arguments

# shellcheck disable=SC2086 # both are meant to be split into words
$launch pmprof run $program
