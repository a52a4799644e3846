#!/usr/bin/python3
"""Two builds of one program, really run: `solve` 20 % slower is found with 5 repeats and named; identical builds give no finding; a
change of counts is found with one repeat. real_runs.py PMPROF FOLDER_OF_PROGRAMS"""
import json
import os
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "witness"))
from witness import BUSY, SKIPPED, foreign_seconds  # noqa: E402

REPEATS = 5
problems = []


def check(condition, text):
    if not condition:
        problems.append(text)


def line_of(mark):
    with open(os.path.join(SOURCE, "stencil.c"), encoding="utf-8") as source:
        return next(i for i, line in enumerate(source, 1) if f"/* {mark} */" in line)


def record(pmprof, program, out):
    command = [pmprof, "run", "--out", out, "--", "mpirun", "-np", "2", program, "300"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if not os.path.exists(out):
        sys.exit(f"no file: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return out


def diff(pmprof, *arguments):
    done = subprocess.run([pmprof, "diff", "--format", "json", *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 5):
        sys.exit(f"exit {done.returncode}: {done.stderr}")
    made = json.loads(done.stdout)
    print(f"exit {done.returncode}: " + "\n  ".join(made["sentences"]))
    return done.returncode, made


def check_slower(code, made):
    check(code == 1 and made["verdict"] == "findings", f"slower: exit {code}, {made['verdict']}")
    slower = [row for row in made["findings"] if row["state"] == "slower"]
    if not slower:
        return check(False, "slower: nothing is found")
    first = slower[0]
    check(first["subject"] == "solve", f"slower: named {first['subject']}")
    cause = first["cause"] or first
    check(first["what"] == "computation" and 1.1 < cause["ratio"] < 1.35, f"slower: {first['what']}, {cause['ratio']}")
    check(f"stencil.c:{line_of('SOLVE')}" in made["sentences"][0], f"slower: line {line_of('SOLVE')} is not named")
    check(not made["counts"], f"slower: counts differ {made['counts']}")


def check_counts(code, made):
    check(code == 1, f"counts: exit {code}")
    findings = [row for row in made["counts"] if row["is_finding"]]
    check(len(findings) == 1, f"counts: {len(findings)} findings")
    for row in findings:
        check((row["call"], row["before"], row["after"], row["line"]) == ("MPI_Bcast", 60, 120, line_of("BCAST")), f"counts: {row}")


def attempt(pmprof, programs, folder):
    problems.clear()
    files = {name: [] for name in ("stencil", "again", "stencil_slower")}
    for i in range(REPEATS):  # in turns, so that what the machine does happens to all
        for name in files:
            program = os.path.join(programs, "stencil" if name == "again" else name)
            files[name].append(record(pmprof, program, os.path.join(folder, f"{name}{i}.pmprof.h5")))
    chatty = record(pmprof, os.path.join(programs, "stencil_chatty"), os.path.join(folder, "chatty.pmprof.h5"))
    check_slower(*diff(pmprof, "--mixed", *files["stencil"], "--", *files["stencil_slower"]))
    code, made = diff(pmprof, *files["stencil"], "--", *files["again"])
    check(code != 1 and not made["findings"], "identical builds: a finding")
    check_counts(*diff(pmprof, "--mixed", files["stencil"][0], chatty))


def main():
    pmprof, programs = sys.argv[1:3]
    calm = 0
    for _ in range(3):
        begin, foreign = time.monotonic(), foreign_seconds()
        with tempfile.TemporaryDirectory(prefix="pmprof-diff-") as folder:
            attempt(pmprof, programs, folder)
        share = (foreign_seconds() - foreign) / (time.monotonic() - begin) / os.cpu_count()
        calm += share < BUSY
        print(f"{len(problems)} problems; others had {share:.0%} of the processors")
        if not problems:
            return 0
    for problem in problems:
        print(" ", problem)
    return 1 if calm else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
