#!/usr/bin/env python3
"""Interpreters that cannot be looked into are left alone, and the report says so: fake_test.py PMPROF PROGRAM"""
import json
import os
import subprocess
import sys
import tempfile

# mode of fake_python.c: is it told?
MODES = {"none": False, "newer": True, "older": True, "unmapped": True, "unaligned": True, "zeros": True, "types": True, "loop": True}


def main():
    pmprof, program = sys.argv[1:]
    bad = []
    with tempfile.TemporaryDirectory(prefix="pmprof-fake-") as folder:
        for mode, is_told in MODES.items():
            out = os.path.join(folder, mode + ".pmprof.h5")
            done = subprocess.run([pmprof, "run", "-q", "--out", out, "--", "mpirun", "-np", "2", program, mode], capture_output=True,
                                  text=True, timeout=60, check=False)
            if done.returncode or done.stdout != "done\ndone\n" or done.stderr:
                bad.append(f"{mode}: {done.returncode} {done.stdout!r} {done.stderr!r}")
                continue
            report = json.loads(subprocess.run([pmprof, "report", "--format", "json", out], capture_output=True, text=True, check=True).stdout)
            paths = {(row["frames"][0]["function"], row["count"]) for row in report["paths"] if row["call"] == "MPI_Barrier"}
            told = [text for text in report["run"]["warnings"] if "only CPython 3.11 is known" in text]
            if paths != {("work", 20)} or len(told) != is_told:
                bad.append(f"{mode}: {paths}, {report['run']['warnings']}")
    print("\n".join(bad) or f"{len(MODES)} interpreters that are none")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
