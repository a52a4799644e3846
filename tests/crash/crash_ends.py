#!/usr/bin/env python3
"""Crashes inside of callbacks, of malloc and of threads, C++ exceptions, no memory, and ends that are no crash: crash_ends.py BUILD ENDS

ENDS is ends.cc. Function and line are those of the fault, the first failure is of a rank that failed; exit code, output and error
output are as without us, and nothing is printed into the midst of what the MPI library says.
"""
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

from harness import Failure, Place, check, normal

ENDS = sys.argv[2]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ends.cc")
NULL = "SIGSEGV: null pointer"
THROWN = "a C++ exception that nobody caught"

# kind: (what the report says, cause, functions of the program from the innermost on, those whose line is marked)
CRASHES = {
    "store_null": (NULL, None, ["store_null", "main"], "store_null"),
    "throw_it": ("SIGABRT", THROWN, ["throw_it", "main"], "throw_it"),
    "in_callback": (NULL, None, ["store_null", "add", "in_callback", "main"], "in_callback"),
    "in_attribute": (NULL, None, ["store_null", "forget", "in_attribute", "main"], "in_attribute"),
    "in_malloc": ("SIGSEGV: an address that no program can have", None, ["in_malloc", "main"], "in_malloc"),
    "out_of_memory": (NULL, None, ["out_of_memory", "main"], "out_of_memory"),
    "bad_alloc": ("SIGABRT", THROWN, ["bad_alloc", "main"], "bad_alloc"),
    "two_threads": (NULL, None, ["store_null", "store_here"], "store_null"),
    "smash": ("SIGSEGV: an address that no program can have", None, ["smash"], None),
}

# kind: state of the rank, call in which it ended or after which
OTHERS = {
    "abort_mpi": ("aborted", None),
    "leave": ("exited", None),
    "own_handler": ("vanished", None),
    "bad_rank": ("vanished", "MPI_Send"),
    "truncation": ("vanished", "MPI_Recv"),
}
RANKS = 4
VICTIM = 1
TRIES = 6  # on its way down mpirun now and then loses its own messages, with us or without
AT_ONCE = 4


def marks():
    with open(SOURCE, encoding="utf-8") as f:
        return {m.group(1): n for n, line in enumerate(f, 1) for m in re.finditer(r"/\* at (\w+) \*/", line)}


def others_words(text):
    """The error output without our report, which comes in one piece behind everything else. Our wrapper is a frame of the MPI
    library's own stack, where a callback crashed."""
    before, _, report = text.partition("\nCrash\n")
    check("***" not in report and "[vm" not in report, f"something is mixed with the report: {report}")
    before = before.partition("\nEnded by a signal from outside\n")[0]
    return {re.sub(r"\d+", "#", line) for line in normal(before) if "libpmprof.so" not in line}


def go(place, kind, victim):
    command = ["mpirun", "-np", str(RANKS), ENDS, kind, str(victim)]
    for attempt in range(TRIES):
        folder = place.folder(f"{kind}.{victim}.{attempt}")
        bare = place.run(command, folder)
        ours = place.run([place.pmprof, "run", "--", *command], folder)
        check(bare.code == ours.code, f"{kind}: exit code {ours.code}, without us {bare.code}")
        if victim == "all" or others_words(bare.err) == others_words(ours.err):
            break
    else:
        raise Failure(f"{kind}: error output\n{ours.err}\nwithout us\n{bare.err}")
    check(sorted(bare.out.splitlines()) == sorted(ours.out.splitlines()), f"{kind}: output {ours.out}, without us {bare.out}")
    files = [name for name in os.listdir(folder) if name.endswith(".h5")]
    check(len(files) == 1, f"{kind}: files {files}, said {ours.err}")
    report = place.run([place.pmprof, "report", "--format", "json", files[0]], folder)
    check(report.code == 0, f"{kind}: {report.err}")
    return json.loads(report.out), ours.err


def check_crash(crash, kind, lines):
    words, cause, functions, mark = CRASHES[kind]
    own = [frame for frame in crash["frames"] if (frame["file"] or "").endswith("ends.cc")]
    check(crash["what"].startswith(words), f"{kind}: {crash['what']!r}")
    check(cause is None or cause in (crash["cause"] or ""), f"{kind}: cause {crash['cause']!r}, stack {crash['frames']}")
    check([frame["function"] for frame in own] == functions, f"{kind}: stack {crash['frames']}")
    for frame in own:
        check(frame["function"] != mark or frame["line"] == lines[mark], f"{kind}: {frame}, not line {lines.get(mark)}")


def crash_of(place, kind, victim, lines):
    report, said = go(place, kind, victim)
    failures = [crash for crash in report["crashes"] if crash["is_failure"]]
    check(failures, f"{kind}: no failure: {said}")
    check(victim == "all" or [crash["rank"] for crash in failures] == [victim], f"{kind}: failures {failures}")
    for crash in failures:
        check_crash(crash, kind, lines)
    first = min(failures, key=lambda crash: crash["time_s"])
    check(said.count("FIRST FAILURE") == 1 and f"FIRST FAILURE: rank {first['rank']}," in said, f"{kind}: run said {said}")


def end_of(place, kind, state, call):
    report, _ = go(place, kind, VICTIM)
    rank = report["ranks"][VICTIM]
    check(rank["state"] == state, f"{kind}: the rank is said to be {rank['state']}")
    check(not any(crash["is_failure"] for crash in report["crashes"]), f"{kind}: failures {report['crashes']}")
    if call:
        check(rank["in_call"] and rank["last_call"]["call"] == call, f"{kind}: ended in {rank['last_call']}")


def outside_of_mpi(place, kind):
    """Before MPI_Init and after MPI_Finalize: what there is on record is told, nobody is blamed"""
    report, said = go(place, kind, VICTIM)
    check(report["crashes"] == [] and "FAILURE" not in said, f"{kind}: {said} {report['crashes']}")
    check(report["run"]["complete"] == (kind == "after"), f"{kind}: complete is {report['run']['complete']}")


def attempt(place, case, *arguments):
    try:
        case(place, *arguments)
    except Failure as failure:
        return failure
    return None


def main():
    lines, bad = marks(), 0
    place = Place(sys.argv[1])
    cases = [(crash_of, kind, victim, lines) for kind in CRASHES for victim in (VICTIM, "all")]
    cases += [(end_of, kind, *expected) for kind, expected in OTHERS.items()]
    cases += [(outside_of_mpi, kind) for kind in ("before", "after")]
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for failure in pool.map(lambda case: attempt(place, *case), cases):
                if failure:
                    bad += 1
                    print(failure)
    finally:
        place.close()
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
