#!/usr/bin/env python3
"""The hot path makes no system call, allocates nothing and takes no lock. usage: test_hot_path.py PROGRAM LIBRARY COUNTER

MPI itself polls its sockets once in a while, by the clock: a system call counts if the library's frame, not one of MPI's, is the
one that called libc.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
ROUNDS = "2000"
program, library, counter = sys.argv[1:4]
scratch = tempfile.TemporaryDirectory(prefix="pmprof-hot-path-")
environment = os.environ | {
    "OMPI_MCA_mpi_yield_when_idle": "0", "PMPROF_OUT": str(pathlib.Path(scratch.name) / "hot.pmprof.h5"), "PMPROF_QUIET": "1"}


def counts():
    """name -> (bare, profiled, whole run)"""
    done = subprocess.run(["env", f"LD_PRELOAD={library}:{counter}", program, ROUNDS], env=environment, text=True,
                          stdout=subprocess.PIPE, timeout=60, check=True)
    return {m[1]: tuple(map(int, m.groups()[1:]))
            for m in re.finditer(r"(\w+): bare (\d+) profiled (\d+) whole (\d+)", done.stdout)}


def is_ours(stack):
    """Frames from the innermost out: does the library call libc, or MPI, which polls for itself now and then?"""
    for frame in stack:
        module = frame.rsplit("/", 1)[-1].split("(")[0]
        if module == pathlib.Path(library).name:
            return True
        if not module.startswith(("libc.so", "libc-", "libpthread", "ld-linux", "[vdso]")):
            return False
    return True


def system_calls(*options):
    """(call, stack) of those between the marks; None when strace cannot be used here."""
    log = pathlib.Path(scratch.name) / "strace"
    done = subprocess.run(["strace", *options, "-f", "-o", str(log), "-E", f"LD_PRELOAD={library}", program, ROUNDS],
                          env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=200, check=False)
    if done.returncode:
        return None
    main, calls, stack = None, [], []
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith(" > "):
            stack.append(line[3:])
            continue
        stack = []
        tid, call = line.split(None, 1)
        if call.startswith("close(-4713"):
            main = tid
        elif call.startswith("close(-4714"):
            return calls
        elif tid == main and not call.endswith("<unfinished ...>"):  # its stack follows where it is resumed
            calls.append((call, stack))
    sys.exit("the marks are not in the log of strace")


def our_system_calls():
    """Stacks take strace a minute: only when there is something to tell apart."""
    calls = system_calls()
    if calls:
        calls = system_calls("-k")
        if calls and not any("hot_path(main" in frame for _, stack in calls for frame in stack):
            return None
    return calls and [call for call, stack in calls if is_ours(stack)]


def excess(runs):
    """What the profiler adds in each of the runs. MPI's polls, by the clock, take locks too, but not in every run."""
    least = {}
    for _ in range(runs):
        for what, (bare, profiled, whole) in counts().items():
            if not whole:
                sys.exit(f"{what}: the counter does not count")
            old = least.get(what, (bare, profiled))
            least[what] = min(old[0], bare), min(old[1], profiled)
        if all(bare == profiled for bare, profiled in least.values()):
            return None
    return next(f"{what}: {profiled} with the profiler, {bare} without, in {ROUNDS} rounds"
                for what, (bare, profiled) in least.items() if bare != profiled)


found = excess(10)
if found:
    sys.exit(found)
if not shutil.which("strace"):
    print("no strace: system calls are not checked")
    sys.exit(SKIPPED)
calls = our_system_calls()
if calls is None:
    print("strace cannot trace here: system calls are not checked")
    sys.exit(SKIPPED)
if calls:
    sys.exit(f"{len(calls)} system calls on the hot path, such as {calls[0]}")
