#!/usr/bin/env python3
"""valgrind finds neither a leak nor a wrong access in any verb: BUILD SOURCE"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

from cli_harness import Tests, environment

# Blocks that are still reachable at the end are the libraries' (MPI, HDF5, elfutils); what nobody can free any more is a leak.
VALGRIND = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible", "--child-silent-after-fork=yes", "--error-exitcode=99"]
# Of several files each is checked by a child, which ends while the parent holds digests by pointers into their pools: in the
# child they count as possibly lost, in the parent they are freed.
MANY_FILES = [option.replace(",possible", "") for option in VALGRIND]
SKIPPED = 77


def watched(t, folder, *argv, codes=(0,), valgrind=VALGRIND):
    done = subprocess.run([*valgrind, t.pmprof, *argv], cwd=folder, env=environment(PMPROF_SCRATCH=folder),
                          capture_output=True, text=True, timeout=120, check=False)
    t.check(done.returncode in codes, f"{' '.join(argv)}: exit code {done.returncode}, not {codes}:\n{done.stderr}")


def is_sanitized(t):
    libraries = subprocess.run(["ldd", t.pmprof], capture_output=True, text=True, check=True).stdout
    return "libasan" in libraries or b"__asan_init" in open(t.pmprof, "rb").read()


def killed_job(t, folder):
    """the folder of a job that nobody has collected"""
    subprocess.run(["mpirun", "-np", "2", os.path.join(t.build, "examples", "crash"), "kill"], cwd=folder, timeout=60,
                   env=environment(PMPROF_SCRATCH=folder, LD_PRELOAD=os.path.join(t.build, "lib", "libpmprof.so")),
                   capture_output=True, check=False)
    return glob.glob(os.path.join(folder, "pmprof-*", "*"))[0]


def main():
    t = Tests()
    if not shutil.which("valgrind") or is_sanitized(t):
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="pmprof-leaks.") as folder:
        heat = os.path.join(t.build, "examples", "heat")
        watched(t, folder, "run", "--out", "run.h5", "--", "mpirun", "-np", "2", heat, "64", "5")
        job = killed_job(t, folder)
        watched(t, folder, "collect", "--list")
        watched(t, folder, "collect", job, "--out", "collected.h5")
        for name in ("run.h5", "collected.h5"):
            for view in (["--all"], ["--flat", "--sort", "imbalance"], ["--format", "json", "--per-rank"],
                         ["--format", "csv"], ["--format", "md", "--rank", "0"]):
                watched(t, folder, "report", *view, name)
        for more in (["--fresh"], ["--repeat", "2", "--precision", "0", "--expect", "speedup(2) > 0.001", "--format", "json"]):
            watched(t, folder, "scale", "--ranks", "1,2", "--repeat", "1", "--copies", "yes", "--warm-up", "0", "--out",
                    "sweep", *more, "--", heat, "64", "5", codes=(0, 5), valgrind=MANY_FILES)
        watched(t, folder, "scale", "--ranks", "2", "--out", "bad", "--",
                os.path.join(t.build, "examples", "crash"), "exit", codes=(1,), valgrind=MANY_FILES)
        watched(t, folder, "info", "run.h5", "collected.h5")
        watched(t, folder, "doctor", "--", "mpirun", "-np", "2", heat, codes=(0, 1))  # 1: this machine has a problem
        with open(os.path.join(folder, "cut.h5"), "wb") as cut, open(os.path.join(folder, "run.h5"), "rb") as whole:
            cut.write(whole.read()[:20000])
        watched(t, folder, "report", "cut.h5", codes=(3,))
    t.end()


if __name__ == "__main__":
    main()
