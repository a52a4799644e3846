#!/usr/bin/env python3
"""A disk that fails one process while several write a file: bad_disk_test.py LIBRARY PMPROF PROGRAM BAD_DISK

Nobody waits for ever, in MPI_Finalize and in `pmprof collect` under the launcher; the program ends as without us, the reason is
said once, no part of a file stays, and the records are still there to be written elsewhere.
"""
import glob
import os
import subprocess
import sys
import tempfile

LIBRARY, PMPROF, PROGRAM, BAD_DISK = sys.argv[1:]


def launch(folder, ranks, command, preload, **variables):
    """PMPROF_GATHER=0: each rank brings its own records, as the nodes of a large job do"""
    environment = dict(os.environ, PMPROF_SCRATCH=folder, TMPDIR=folder, PMPROF_GATHER="0", BAD_DISK=".h5.part", **variables)
    return subprocess.run(["timeout", "60", "mpirun", "-np", str(ranks), "-x", f"LD_PRELOAD={preload}", *command],
                          env=environment, cwd=folder, capture_output=True, text=True)


def arenas(folder):
    return glob.glob(os.path.join(folder, "pmprof-*", "*", "*.arena"))


def left(folder):
    return glob.glob(os.path.join(folder, "*.h5*"))


def said(run):
    return [line for line in run.stderr.split("\n") if line.startswith("pmprof:")]


def wrong_at_end(folder, ranks, fault):
    """In MPI_Finalize; then, with a disk that works, all of it is written"""
    run = launch(folder, ranks, [PROGRAM, "0"], f"{LIBRARY}:{BAD_DISK}", **fault)
    ours = said(run)
    if run.returncode or sorted(run.stdout.splitlines()) != [f"rank {r}: 0" for r in range(ranks)]:
        return f"exit {run.returncode}, output {run.stdout!r}"
    if len(ours) != 1 or "no file was written" not in ours[0]:
        return f"said {run.stderr!r}"
    if left(folder) or len(arenas(folder)) != ranks:
        return f"left {left(folder)}, {len(arenas(folder))} records"
    return None


def wrong_in_collect(folder, ranks, fault):
    job = os.path.dirname(arenas(folder)[0])
    collect = [PMPROF, "collect", "-o", "late.pmprof.h5", job]
    run = launch(folder, 2, collect, BAD_DISK, **fault)
    if run.returncode in (0, 124) or left(folder) or len(arenas(folder)) != ranks:
        return f"collect: exit {run.returncode}, {run.stderr!r}, left {left(folder)}, {len(arenas(folder))} records"
    run = launch(folder, 2, collect, BAD_DISK)
    if run.returncode or len(left(folder)) != 1 or arenas(folder):
        return f"collect afterwards: exit {run.returncode}, {run.stderr!r}, left {left(folder)}"
    return None


def main():
    bad = 0
    cases = [(ranks, "write", "0", after) for ranks, after in ((2, "0"), (3, "1"), (4, "0"))]
    cases += [(ranks, "read", str(who), after) for ranks, who in ((2, 1), (3, 0), (4, 3)) for after in ("0", "2")]
    for ranks, what, who, after in cases:
        with tempfile.TemporaryDirectory(prefix="pmprof-bad-disk-") as folder:
            fault = {"BAD_DISK_FAILS": what, "BAD_DISK_RANKS": who, "BAD_DISK_AFTER": after}
            wrong = wrong_at_end(folder, ranks, fault)
            if wrong is None and who in "01" and after == "0":
                wrong = wrong_in_collect(folder, ranks, fault)
            if wrong:
                bad += 1
                print(f"{ranks} ranks, {what} fails on rank {who} after {after}: {wrong}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
