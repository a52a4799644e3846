#!/usr/bin/env python3
"""The same program says and returns the same, bare and under the profiler: transparency.py LIBRARY RANKS PROGRAM [ARGUMENT...]

RANKS 0: without a launcher. An argument FOLDER becomes a folder that is gone afterwards. Open MPI loses the message of a fatal error now and then by itself; then the run is repeated.
"""
import difflib
import glob
import os
import re
import subprocess
import sys
import tempfile


def normalised(text):
    """Lines without process numbers, job numbers and addresses, and without our own."""
    text = re.sub(r"\[[\w.-]+:\d+\]", "[host:pid]", text)
    text = re.sub(r"by process \[\d+,", "by process [job,", text)
    text = re.sub(r"0x[0-9a-f]+", "address", text)
    return [line for line in text.splitlines() if not line.startswith("pmprof: ")]


def ranks_output(folder, name):
    """Of all ranks, one after the other: mpirun's own merging cuts lines."""
    text = ""
    for path in sorted(glob.glob(os.path.join(folder, "*", "rank.*", name))):
        with open(path, encoding="utf-8", errors="replace") as file:
            text += file.read()
    return text


def run(ranks, command, variables):
    with tempfile.TemporaryDirectory(prefix="pmprof-transparency-") as folder:
        environment = dict(os.environ, PMPROF_SCRATCH=folder, PMPROF_JOB="test", TMPDIR=folder,
                           PMPROF_OUT=os.path.join(folder, "out.pmprof.h5"))
        variables = [f"{name}={value}" for name, value in variables.items()]
        if ranks == 0:
            launcher = ["timeout", "60", "env", *variables]
        else:
            launcher = ["timeout", "60", "mpirun", "--output-filename", f"{folder}/said:nocopy", "-np", str(ranks),
                        "env", *variables]
        command = [folder if word == "FOLDER" else word for word in command]
        result = subprocess.run([*launcher, *command], env=environment, capture_output=True, text=True)
        said = os.path.join(folder, "said")
        out = ranks_output(said, "stdout") if ranks else result.stdout
        err = ranks_output(said, "stderr") if ranks else result.stderr
        return {"exit code": [str(result.returncode)], "output": normalised(out), "errors": normalised(err)}


def run_whole(ranks, command, variables):
    for _ in range(20):
        said = run(ranks, command, variables)
        if not any("ORTE_ERROR_LOG" in line for line in said["errors"]):
            break
    return said


def main():
    library, ranks, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    for needed in (library, command[0]):
        if not os.access(needed, os.X_OK):
            sys.exit(f"no such program or library: {needed}")
    bare = run_whole(ranks, command, {})
    profiled = run_whole(ranks, command, {"LD_PRELOAD": library})
    for what, before in bare.items():
        for line in difflib.unified_diff(before, profiled[what], f"{what}, bare", f"{what}, profiled", "", "", 1, ""):
            print(line)
    print(f"exit code {bare['exit code'][0]}, {len(bare['output'])} lines of output, {len(bare['errors'])} of errors")
    sys.exit(bare != profiled)


if __name__ == "__main__":
    main()
