#!/bin/bash
#flux: --nodes=2
#flux: --requires=hosts:node[01-02]
#flux: --time-limit=5m
#
# Makes files from what a job has left on its nodes: name them above (flux jobs -o '{id} {nodelist}' -a), and their number, then:
#   flux batch collect.sh NAME       NAME: as `pmprof list` shows it on one of the nodes, or in the last line of the job's output

module load pmprof              # EDIT: or export PATH=$HOME/pmprof/bin:$PATH
flux run --tasks-per-node=1 --nodes=2 pmprof collect "${1:?the name of the run, as pmprof list shows it}"
