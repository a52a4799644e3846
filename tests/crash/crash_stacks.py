#!/usr/bin/env python3
"""What a crash report says of each kind of fault: crash_stacks.py BUILD FAULTS

FAULTS is faults.c: its name and the line of its mark are what the report must say, of the rank that failed and no other. Exit codes
are those without us; a program that survives its faults, or has none, has no crash report.
"""
import json
import os
import pty
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from harness import Failure, Place, check, counts, wait_for

FAULTS = sys.argv[2]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "faults.c")

# kind: (what the report says, function that comes first among the program's own, mark, more words)
KINDS = {
    "null_member": ("SIGSEGV: null pointer + 16", "null_member", "null_member", None),
    "wild": ("SIGSEGV: there is no memory at 0x123456789000", "wild", "wild", None),
    "freed_pointer": ("SIGSEGV: an address that no program can have", "freed_pointer", "freed_pointer", None),
    "call_null": ("SIGSEGV: call of a null pointer", "call_null", "call_null", None),
    "data_as_code": ("SIGSEGV: call of 0x", "data_as_code", "data_as_code", None),
    "divide": ("SIGFPE: integer division by zero", "divide", "divide", None),
    "abort_it": ("SIGABRT: the program called abort", "abort_it", "abort_it", None),
    "assert_it": ("SIGABRT: the program called abort", "assert_it", "assert_it", "a failed assertion"),
    "free_twice": ("SIGABRT: the program called abort", "free_twice", "free_twice", "memory freed twice"),
    "short_file": ("SIGBUS: a mapped file that is shorter", "short_file", "short_file", None),
    "overflow": ("SIGSEGV: the stack has no more room", "deep", None, None),
    "second_thread": ("SIGSEGV: null pointer + 16", "null_member", "null_member", None),
}
RANKS = (4, 2, 3, 1)
AT_ONCE = 4  # the launcher mostly waits for its ranks to die


def marks():
    with open(SOURCE, encoding="utf-8") as f:
        return {m.group(1): n for n, line in enumerate(f, 1) for m in re.finditer(r"/\* at (\w+) \*/", line)}


def own_frames(crash):
    return [frame for frame in crash["frames"] if (frame["file"] or "").endswith("faults.c")]


def check_crash(crash, kind, rank, lines):
    words, function, mark, cause = KINDS[kind]
    frames = own_frames(crash)
    check(crash["rank"] == rank, f"{kind}: rank {crash['rank']} failed, not {rank}")
    check(crash["what"].startswith(words), f"{kind}: {crash['what']!r}")
    check(cause is None or cause in (crash["cause"] or ""), f"{kind}: cause {crash['cause']!r}, stack {crash['frames']}")
    check(frames and frames[0]["function"] == function, f"{kind}: stack {crash['frames']}")
    check(mark is None or frames[0]["line"] == lines[mark], f"{kind}: {frames[0]}, not line {lines.get(mark)}")
    outermost = "in_thread" if kind == "second_thread" else "main"
    check(frames[-1]["function"] == outermost, f"{kind}: the stack begins in {frames[-1]}")


def go(place, kind, ranks, victim):
    """Bare and with us; returns the JSON report, or None when there was nothing to report, and what run said"""
    folder = place.folder(f"{kind}.{ranks}.{victim}")
    command = ["mpirun", "-np", str(ranks), FAULTS, kind, str(victim)]
    bare = place.run(command, folder)
    ours = place.run([place.pmprof, "run", "--", *command], folder)
    check(bare.code == ours.code, f"{kind}: exit code {ours.code}, without us {bare.code}")
    check(bare.out == ours.out, f"{kind}: output {ours.out!r}, without us {bare.out!r}")
    files = [name for name in os.listdir(folder) if name.endswith(".h5")]
    check(len(files) == 1, f"{kind}: files {files}, said {ours.err}")
    report = place.run([place.pmprof, "report", "--format", "json", files[0]], folder)
    return json.loads(report.out), ours.err


def one_rank(place, kind, ranks, lines):
    victim = ranks - 1
    report, said = go(place, kind, ranks, victim)
    failures = [crash for crash in report["crashes"] if crash["is_failure"]]
    check(len(failures) == 1, f"{kind}: {len(failures)} failures: {report['crashes']}")
    check_crash(failures[0], kind, victim, lines)
    check(f"FIRST FAILURE: rank {victim}," in said and KINDS[kind][0] in said, f"{kind}: run said {said}")
    for crash in report["crashes"]:
        if not crash["is_failure"]:
            check("SIGTERM" in crash["what"] and crash["time_s"] >= failures[0]["time_s"], f"{kind}: {crash['what']}")
            check(any(frame["line"] == lines["wait"] for frame in own_frames(crash)), f"{kind}: survivor {crash['frames']}")


def all_ranks(place, kind, ranks, lines):
    """Some may be killed before their fault; those that failed have all the same stack, and are one group"""
    report, said = go(place, kind, ranks, "all")
    failures = [crash for crash in report["crashes"] if crash["is_failure"]]
    check(failures, f"{kind}: no failure: {said}")
    for crash in failures:
        check_crash(crash, kind, crash["rank"], lines)
    check(said.count("FIRST FAILURE") == 1, f"{kind}: run said {said}")
    if len(failures) > 1:
        check("The same in " in said, f"{kind}: not folded: {said}")


def silent(place, kind, ranks):
    report, said = go(place, kind, ranks, 0)
    check(report["crashes"] == [] and "FAILURE" not in said and "Crash" not in said, f"{kind}: {said} {report['crashes']}")


def not_by_signal(place, kind, ranks):
    """A rank that ended otherwise comes first; that the launcher has then ended the others with a signal is no news"""
    report, said = go(place, kind, ranks, ranks - 1)
    check(not any(crash["is_failure"] for crash in report["crashes"]), f"{kind}: {report['crashes']}")
    check("FAILURE" not in said, f"{kind}: {said}")
    folder = place.folder(f"{kind}.{ranks}.{ranks - 1}")
    file = next(name for name in os.listdir(folder) if name.endswith(".h5"))
    text = place.run([place.pmprof, "report", file], folder).out
    check("signal from outside" not in text and f"rank {ranks - 1}" in text, f"{kind}: {text}")


def stripped(place):
    """Without symbols there are still places in the program, and nothing but the program's: no wrapper, no start-up code, no gap"""
    folder = place.folder("stripped")
    program = os.path.join(folder, "stripped")
    subprocess.run(["strip", "-o", program, FAULTS], check=True)
    said = place.run([place.pmprof, "run", "--", "mpirun", "-np", "2", program, "call_null", "0"], folder).err
    file = next(name for name in os.listdir(folder) if name.endswith(".h5"))
    report = json.loads(place.run([place.pmprof, "report", "--format", "json", file], folder).out)
    for crash in report["crashes"]:
        modules = [os.path.basename(frame["module"] or "") for frame in crash["frames"]]
        check("stripped" in modules and "libpmprof.so" not in modules, f"stripped: {crash}")
        check(not any((frame["function"] or "").startswith("__libc_start") for frame in crash["frames"]), f"stripped: {crash}")
    stack = said[said.find("FIRST FAILURE"):said.find("  Its last MPI calls")]
    check(stack.count("stripped+0x") >= 3 and "\n\n" not in stack, f"stripped: {said}")


def at_terminal(place):
    """Ctrl-C: the kernel sends the signal, and that is no failure of the program"""
    folder = place.folder("terminal")
    counted = os.path.join(folder, "count.0")
    master, slave = pty.openpty()
    process = subprocess.Popen(["setsid", "--ctty", "--wait", place.pmprof, "run", "--", place.crash, "hang", "--at", "20", "--counts", folder],
                               cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=place.environment())
    os.close(slave)
    try:
        wait_for(lambda: os.path.exists(counted) and os.path.getsize(counted) and counts(folder, 1)[0] >= 20, "the program to reach its end")
        os.write(master, b"\x03")
        process.wait(20)
        said = os.read(master, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    file = next(name for name in os.listdir(folder) if name.endswith(".h5"))
    report = json.loads(place.run([place.pmprof, "report", "--format", "json", file], folder).out)
    check([(c["what"], c["is_failure"]) for c in report["crashes"]] == [("SIGINT: interrupted at the terminal", False)],
          f"terminal: {report['crashes']}")
    check(b"FAILURE" not in said, f"terminal: {said}")


def attempt(place, case, *arguments):
    try:
        case(place, *arguments)
    except Failure as failure:
        return failure
    return None


def main():
    lines, bad = marks(), 0
    place = Place(sys.argv[1])
    cases = [(one_rank, kind, RANKS[i % len(RANKS)], lines) for i, kind in enumerate(KINDS)]
    cases += [(all_ranks, kind, 3, lines) for kind in ("null_member", "assert_it")]
    cases += [(not_by_signal, "wrong_rank", 3)]
    cases += [(silent, kind, ranks) for kind, ranks in (("survives", 2), ("nothing", 3))]
    cases += [(stripped,), (at_terminal,)]
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
