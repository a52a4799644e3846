#!/usr/bin/env python3
"""Every way MPI_Finalize can go: finishing_test.py LIBRARY PMPROF PROGRAM LINKED

The program ends as without us each time. There is a file, or one line that says why not and how to collect, and the arenas.
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

LIBRARY, PMPROF, PROGRAM, LINKED = sys.argv[1:]


class Run:
    """ranks: for each group of processes its variables; arguments: of the program"""

    def __init__(self, folder, ranks, arguments, program=PROGRAM, **variables):
        self.folder = folder
        environment = dict(os.environ, PMPROF_SCRATCH=folder, TMPDIR=folder, **variables)
        groups = []
        for count, extra in ranks:
            exports = [part for name, value in extra.items() for part in ("-x", f"{name}={value}")]
            groups += [":", "-np", str(count), *exports, program, *arguments]
        result = subprocess.run(["timeout", "90", "mpirun", *groups[1:]], env=environment, cwd=folder,
                                capture_output=True, text=True)
        self.code, self.out = result.returncode, sorted(result.stdout.split("\n"))
        self.said = [line for line in result.stderr.split("\n") if line.startswith("pmprof:")]
        self.others = [line for line in result.stderr.split("\n") if line and not line.startswith("pmprof:")]

    @property
    def files(self):
        return glob.glob(os.path.join(self.folder, "*.h5"))

    @property
    def arenas(self):
        return glob.glob(os.path.join(self.folder, "pmprof-*", "*", "*.arena"))

    def ends_well(self, ranks):
        expected = sorted(["", *(f"rank {r}: 0" for r in ranks)])
        return self.code == 0 and self.out == expected and not self.others


PRELOADED = {"LD_PRELOAD": LIBRARY}


def normal(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"])
    return run, run.ends_well([0, 1]) and len(run.files) == 1 and not run.arenas and \
        re.fullmatch(r"pmprof: 2 ranks, .*; read it with: pmprof report finishing\.\S+\.pmprof\.h5", run.said[0])


def each_writes(folder):
    run = Run(folder, [(3, PRELOADED)], ["0"], PMPROF_GATHER="0")
    return run, run.ends_well([0, 1, 2]) and len(run.files) == 1 and not run.arenas and "3 ranks" in run.said[0]


def each_without_folder(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"], PMPROF_GATHER="0", PMPROF_OUT="/nonexistent/x.h5")
    return run, kept(run, 2, "/nonexistent")


def linked(folder):
    run = Run(folder, [(2, {})], ["0"], program=LINKED)
    return run, run.ends_well([0, 1]) and len(run.files) == 1 and not run.arenas


def quiet(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"], PMPROF_QUIET="1", PMPROF_KEEP="1")
    return run, run.ends_well([0, 1]) and len(run.files) == 1 and len(run.arenas) == 2 and not run.said


def off(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"], PMPROF="off")
    return run, run.ends_well([0, 1]) and not run.files and not run.arenas and not run.said


def kept(run, ranks, reason):
    """No file, the arenas, one line; what it says to run makes a file"""
    if not run.ends_well(range(2)) or run.files or len(run.arenas) != ranks or len(run.said) != 1:
        return False
    command = re.search(r"no file was written: .*%s.*; the records are kept, to write it: pmprof (collect .+)$" % reason,
                        run.said[0])
    if not command:
        return False
    collect = subprocess.run([PMPROF, *shlex.split(command.group(1))], cwd=run.folder, capture_output=True, text=True)
    run.said.append(collect.stderr)
    return bool(run.files)


def late(folder):
    run = Run(folder, [(2, PRELOADED)], ["4"], PMPROF_FINALIZE_TIMEOUT="1")
    return run, kept(run, 2, "not all ranks came to MPI_Finalize")


def one_without_library(folder):
    run = Run(folder, [(1, PRELOADED), (1, {})], ["0"], PMPROF_FINALIZE_TIMEOUT="1")
    return run, kept(run, 1, "not all ranks came to MPI_Finalize")


def goes_elsewhere(run, who):
    return (run.ends_well([0, 1]) and len(run.files) == 1 and not run.arenas and len(run.said) == 2
            and who in run.said[1] and "the next one was used" in run.said[1])


def one_without_scratch(folder):
    run = Run(folder, [(1, PRELOADED), (1, dict(PRELOADED, PMPROF_SCRATCH="/proc"))], ["0"])
    return run, goes_elsewhere(run, "rank 1:")


def no_scratch(folder):
    run = Run(folder, [(2, dict(PRELOADED, PMPROF_SCRATCH="/proc"))], ["0"])
    return run, goes_elsewhere(run, "ranks 0, 1:")


def no_plugin(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"], PMPROF_PLUGIN="/nonexistent.so")
    return run, kept(run, 2, "'/nonexistent.so'")


def no_folder(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"], PMPROF_OUT="/nonexistent/x.h5")
    return run, kept(run, 2, "/nonexistent")


def no_folder_with_space(folder):
    folder = os.path.join(folder, "my scratch")
    os.mkdir(folder)
    return no_folder(folder)


def misspelt(folder):
    run = Run(folder, [(2, PRELOADED)], ["0"], PMPROF_MEMROY="1G")
    return run, run.ends_well([0, 1]) and len(run.files) == 1 and len(run.said) == 2 and "PMPROF_MEMORY" in run.said[0]


def spawned(folder):
    run = Run(folder, [(2, PRELOADED)], ["0", "spawn"], PMPROF_OUT="x.pmprof.h5")
    names = sorted(os.path.basename(path) for path in run.files)
    return run, run.ends_well([0, 0, 1, 1]) and len(names) == 2 and names[0] == "x.pmprof.h5" and \
        re.fullmatch(r"x\.spawned-\d+\.pmprof\.h5", names[1])


def main():
    bad = 0
    for case in (normal, each_writes, each_without_folder, linked, quiet, off, late, one_without_library, one_without_scratch, no_scratch, no_plugin,
                 no_folder, no_folder_with_space, misspelt, spawned):
        with tempfile.TemporaryDirectory(prefix="pmprof-finishing-") as folder:
            run, is_right = case(folder)
            if not is_right:
                bad += 1
                print(f"{case.__name__}: exit {run.code}, output {run.out}, ours {run.said}, others {run.others}, "
                      f"files {run.files}, arenas {run.arenas}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
