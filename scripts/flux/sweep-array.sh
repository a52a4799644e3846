#!/bin/bash
#
# A scaling sweep as many jobs: run it where `flux submit` works (not with flux batch). Copy it, edit the marked lines, start it.
# When all are done (flux watch --all): pmprof speedup sweep.*.pmprof.h5

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
program="./heat 4096 2000"      # EDIT: the program and its arguments
counts="1 2 4 8"                # EDIT: numbers of ranks
repeat=3

for n in $counts; do
	for r in $(seq "$repeat"); do
		# shellcheck disable=SC2086 # the program's words
		flux submit --ntasks="$n" --exclusive --time-limit=15m --job-name="sweep.n$n.r$r" \
			pmprof run --out "$PWD/sweep.n$n.r$r.pmprof.h5" $program
	done
done
