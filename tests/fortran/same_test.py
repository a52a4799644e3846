#!/usr/bin/env python3
"""The same program records the same in all languages: same_test.py LIBRARY SAME_PY RANKS C_PROGRAM PROGRAM... (SAME_PY may be -)

Compared are calls, their bytes and the messages of each rank with those of the program in C. mpi4py asks MPI more on its own account
(MPI_Comm_rank, MPI_Type_get_extent ...): of it only the calls that move data, wait, or make communicators are compared.
"""
import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "mpi"))
from arena_reader import Arena  # noqa: E402

ENQUIRY = {"MPI_Comm_rank", "MPI_Comm_size"}


def record(library, ranks, command):
    """Per rank: calls and peers"""
    with tempfile.TemporaryDirectory(prefix="pmprof-same-") as folder:
        environment = dict(os.environ, PMPROF_SCRATCH=folder, PMPROF_JOB="test", TMPDIR=folder, PMPROF_PLUGIN="/nonexistent",
                           PMPROF_QUIET="1")
        line = ["timeout", "60", "mpirun", "-np", str(ranks), "env", f"LD_PRELOAD={library}", *command]
        done = subprocess.run(line, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{command} ended with {done.returncode}: {done.stderr}")
        arenas = [Arena(path) for path in sorted(glob.glob(os.path.join(folder, "pmprof-*", "*", "rank-*.arena")))]
        if len(arenas) != ranks:
            sys.exit(f"{command}: {len(arenas)} arenas of {ranks} ranks")
        return {arena.header.rank: (arena.calls(), arena.peers()) for arena in arenas}


def main():
    library, python, ranks, first, *others = sys.argv[1:]
    ranks = int(ranks)
    expected = record(library, ranks, [first])
    bad = 0
    for command in [[program] for program in others] + [["/usr/bin/python3", python]] * (python != "-"):
        found = record(library, ranks, command)
        for rank in range(ranks):
            calls, peers = found[rank]
            wanted = expected[rank][0]
            if command[-1] == python:
                calls = {call: numbers for call, numbers in calls.items() if call in wanted and call not in ENQUIRY}
                wanted = {call: numbers for call, numbers in wanted.items() if call not in ENQUIRY}
            for call in sorted(set(calls) | set(wanted)):
                if calls.get(call) != wanted.get(call):
                    print(f"{command[-1]}, rank {rank}: {call}: {calls.get(call)}, in C {wanted.get(call)}")
                    bad += 1
            if peers != expected[rank][1]:
                print(f"{command[-1]}, rank {rank}: messages {peers}, in C {expected[rank][1]}")
                bad += 1
        print(f"{os.path.basename(command[-1])}: {sum(len(calls) for calls, _ in found.values())} kinds of calls on {ranks} ranks")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
