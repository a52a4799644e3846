#!/usr/bin/env python3
"""The same program, bare and in every mode of the profiler: suite.py --pmprof COMMAND --library FILE --programs BARE LINKED STATIC --table calls.def --ranks N

Compared are output, errors and exit code, rank by rank and line by line, and what is left in folders, as processes and in shared
memory. Chapters that the bare program itself does not repeat from run to run are a fault of the suite and fail it, too. At the
end stand the size of the suite and the functions of the table that no chapter calls, counted in the recorded files.
"""
import argparse
import ctypes
import difflib
import glob
import os
import re
import subprocess
import sys
import tempfile

import h5py

PR_SET_CHILD_SUBREAPER = 36

# name of the mode, environment variables, what is special about it: program linked or static, run, no preload, paused, no file
MODES = {
    "preload": ({}, ()),
    "linked": ({}, ("linked",)),
    "static": ({}, ("static",)),
    "run": ({}, ("run",)),
    "paused": ({}, ("paused",)),
    "off": ({"PMPROF": "off"}, ("no file",)),
    "linked, off": ({"PMPROF": "off"}, ("linked", "no file")),
    "step clock": ({"PMPROF_CLOCK": "step"}, ()),
    "no call paths": ({"PMPROF_UNWIND": "none", "PMPROF_CLOCK": "monotonic"}, ()),
    "libgcc, own rows": ({"PMPROF_UNWIND": "libgcc", "PMPROF_GATHER": "0"}, ()),
    "libunwind, no names": ({"PMPROF_UNWIND": "libunwind", "PMPROF_SYMBOLS": "0"}, ()),
    "little memory": ({"PMPROF_MEMORY": "2M"}, ("may lack file",)),
    "least memory": ({"PMPROF_MEMORY": "1k"}, ("may lack file",)),
    "no plugin": ({"PMPROF_PLUGIN": "/nonexistent/libpmprof-hdf5.so"}, ("no file", "arenas")),
    "no way out": ({"PMPROF_OUT": "/nonexistent/out.h5"}, ("no file", "arenas")),
}

# The modes of the suite that runs each time
MOST_USED = ["preload", "linked", "static", "run", "paused", "off", "little memory"]

# Never in a profile: they bound the recorded interval. The programs call them all the same.
BOUNDS = {"MPI_Init", "MPI_Init_thread", "MPI_Finalize", "MPI_Pcontrol"}


def normalised(text):
    """Lines without process numbers and addresses, and without our own."""
    text = re.sub(r"\[[\w.-]+:\d+\]", "[host:pid]", text)
    text = re.sub(r"0x[0-9a-f]+", "address", text)
    return [line for line in text.splitlines() if not line.startswith("pmprof: ")]


def lines_of_ranks(said):
    """Rank by rank: mpirun's own merging cuts lines."""
    found = {}
    for name in "stdout", "stderr":
        for path in sorted(glob.glob(os.path.join(said, "*", "rank.*", name))):
            with open(path, encoding="utf-8", errors="replace") as file:
                found[f"{name} of {os.path.basename(os.path.dirname(path))}"] = normalised(file.read())
    return found


def files_in(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names)


def left_processes():
    """We are the subreaper: what the run left behind is our child now. Zombies are collected, they are none."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 0
        if pid == 0:
            return 1


def command_of(options, mode, folder, special, chapters):
    bare, linked, static = options.programs
    program = linked if "linked" in special else static if "static" in special else bare
    words = ["timeout", "100", "mpirun", "--output-filename", f"{folder}/said:nocopy", "-np", str(options.ranks)]
    is_preloaded = mode and not {"linked", "static", "run"} & set(special)
    if is_preloaded:
        words += ["env", f"LD_PRELOAD={options.library}"]
    if "run" in special:
        words = words[:2] + [options.pmprof, "run", "--out", f"{folder}/run.pmprof.h5", "--"] + words[2:]
    return words + [program, f"{folder}/work", program] + ["paused"] * ("paused" in special) + chapters


def run(options, mode, chapters=()):
    """Return: what can be seen of the run, and the profile's calls. Mode "": bare."""
    variables, special = MODES.get(mode, ({}, ()))
    with tempfile.TemporaryDirectory(prefix="pmprof-transparency-") as folder:
        for name in "work", "scratch", "tmp":
            os.mkdir(os.path.join(folder, name))
        environment = dict(os.environ, TMPDIR=os.path.join(folder, "tmp"))
        if mode:
            environment.update(PMPROF_SCRATCH=os.path.join(folder, "scratch"), PMPROF_OUT=os.path.join(folder, "run.pmprof.h5"))
        if "static" in special:  # the writer stands beside libpmprof.so, which is not there
            environment["PMPROF_PLUGIN"] = os.path.join(os.path.dirname(options.library), "libpmprof-hdf5.so")
        environment.update(variables)
        result = subprocess.run(command_of(options, mode, folder, special, list(chapters)), env=environment,
                                cwd=os.path.join(folder, "work"), capture_output=True, text=True, check=False)
        seen = {"exit code": [str(result.returncode)], **lines_of_ranks(os.path.join(folder, "said")),
                "files in the working directory": files_in(os.path.join(folder, "work")),
                "files in scratch": [] if "arenas" in special else files_in(os.path.join(folder, "scratch")),
                "processes left": [str(left_processes())]}
        written = glob.glob(os.path.join(folder, "*.pmprof.h5")) + glob.glob(os.path.join(folder, "*.h5"))
        if mode and "may lack file" not in special and bool(written) == ("no file" in special):
            seen["profile"] = [f"{len(written)} files were written", *result.stderr.splitlines()]
        return seen, calls_of(written)


def calls_of(paths):
    calls = set()
    for path in paths:
        with h5py.File(path) as file:
            calls |= {name.decode() for name in file["profile"]["call"]}
    return calls


def differences(bare, other, name):
    count = 0
    for what in sorted(set(bare) | set(other)):
        for line in difflib.unified_diff(bare.get(what, []), other.get(what, []), f"{what}, bare", f"{what}, {name}", "", "", 1, ""):
            print(line)
            count += line[:1] in "+-" and line[:3] not in ("+++", "---")
    return count


def wrapped_functions(options):
    """The functions of the table that the MPI in use has: those that the library stands before."""
    with open(options.table, encoding="utf-8") as file:
        table = set(re.findall(r"PMP_CALL\((MPI_\w+)", file.read()))
    symbols = subprocess.run(["nm", "-D", "--defined-only", options.library], capture_output=True, text=True, check=True).stdout
    return table & {line.split()[-1] for line in symbols.splitlines()}


def say_coverage(options, calls, lines):
    functions = wrapped_functions(options)
    called = functions & (calls | BOUNDS)
    share = 100 * len(called) / len(functions)
    print(f"{options.chapters} chapters, {lines} lines per run, {len(options.modes)} modes, {options.ranks} ranks: "
          f"{len(called)} of {len(functions)} MPI functions called ({share:.1f} %)")
    print("not called: " + (" ".join(sorted(functions - called)) or "none"))
    return share >= options.covered


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pmprof", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--programs", nargs=3, required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--ranks", type=int, required=True)
    parser.add_argument("--modes", nargs="+", default=MOST_USED, choices=[*MODES, "all"])
    parser.add_argument("--only", nargs="+", default=[], metavar="CHAPTER", help="these chapters instead of all")
    parser.add_argument("--covered", type=float, default=0, metavar="PERCENT", help="fail below")
    options = parser.parse_args()
    if "all" in options.modes:
        options.modes = list(MODES)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "chapters.def"), encoding="utf-8") as file:
        options.chapters = len(options.only) or len(re.findall(r"^CHAPTER\(\w+\)$", file.read(), re.MULTILINE))
    return options


def main():
    options = parse()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    bare, _ = run(options, "", options.only)
    if bare["exit code"] not in (["10"],) and not options.only:
        sys.exit("\n".join(["the bare program failed", *(line for lines in bare.values() for line in lines[-5:])]))
    again, _ = run(options, "", options.only)
    failed = ["bare, again"] * (differences(bare, again, "bare, again") > 0)
    calls = set()
    for mode in options.modes:
        seen, recorded = run(options, mode, options.only)
        calls |= recorded
        count = differences(bare, seen, mode)
        failed += [mode] * (count > 0)
        print(f"{mode}: {count} differences")
    is_covered = say_coverage(options, calls, sum(len(lines) for lines in bare.values()))
    print("differences in: " + ", ".join(failed) if failed else "no difference in any mode")
    sys.exit(bool(failed) or not is_covered)


if __name__ == "__main__":
    main()
