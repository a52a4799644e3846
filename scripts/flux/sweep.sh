#!/bin/bash
#flux: --nodes=2
#flux: --ntasks=8
#flux: --exclusive
#flux: --time-limit=60m
#
# A scaling sweep within one allocation. Copy this file, edit the lines above and the marked ones, then: flux batch sweep.sh

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
program="./heat 4096 2000"      # EDIT: the program and its arguments
counts="1 2 4 8"                # EDIT: numbers of ranks, up to what the job has
repeat=5

for r in $(seq "$repeat"); do   # one of each, then again: a disturbance hits all alike
	for n in $counts; do
		# shellcheck disable=SC2086 # the program's words
		flux run --ntasks="$n" pmprof run --out "$PWD/sweep.n$n.r$r.pmprof.h5" $program
	done
done
pmprof speedup sweep.*.pmprof.h5
