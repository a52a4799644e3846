#!/usr/bin/env python3
"""Calls of MPI from Fortran are not recorded: `run`, `doctor` and the report say so. (Written in C: the entry points are the same.)"""
import os
import subprocess
import sys
import tempfile

from cli_harness import Tests, run

WHOLE = """
void mpi_init_(int *e); void mpi_barrier_(int *c, int *e); void mpi_finalize_(int *e);
int main(void){int c = 0, e; mpi_init_(&e); mpi_barrier_(&c, &e); mpi_finalize_(&e); return e;}
"""
PART = """
#include <mpi.h>
void mpi_barrier_(int *c, int *e);
int main(int n, char **v){int c = 0, e; MPI_Init(&n, &v); mpi_barrier_(&c, &e); MPI_Finalize(); return e;}
"""
NONE = """
#include <mpi.h>
int main(int n, char **v){MPI_Init(&n, &v); MPI_Barrier(MPI_COMM_WORLD); MPI_Finalize(); return 0;}
"""


def build(folder, name, text):
    source, path = os.path.join(folder, name + ".c"), os.path.join(folder, name)
    with open(source, "w") as f:
        f.write(text)
    done = subprocess.run(["mpicc", source, "-o", path, "-lmpi_mpifh"], check=False)
    if done.returncode:
        sys.exit(77)  # no Fortran layer in this MPI
    return path


def main():
    t = Tests()
    if not os.path.exists(os.path.join(t.build, "lib", "libpmprof.so")):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        whole, part, none = build(folder, "whole", WHOLE), build(folder, "part", PART), build(folder, "none", NONE)
        out = os.path.join(folder, "out.pmprof.h5")

        done = run([t.pmprof, "run", "--out", out, "--", "mpirun", "-np", "2", whole])
        lines = [line for line in done.stderr.splitlines() if line.startswith("pmprof:")]
        t.check(done.returncode == 0 and len(lines) == 1 and "from Fortran" in lines[0], f"run, whole: {done}")
        done = run([t.pmprof, "doctor", "--", whole])
        t.check(done.returncode == 1 and "from Fortran" in done.stdout, f"doctor, whole: {done.stdout}")

        for program, expected in ((part, True), (none, False)):
            run([t.pmprof, "run", "--out", out, "--", "mpirun", "-np", "2", program])
            done = run([t.pmprof, "report", out])
            t.check(("from Fortran" in done.stdout) == expected, f"report, {program}: {done}")
            done = run([t.pmprof, "doctor", "--", program])
            t.check(done.returncode == 0 and ("mpi_barrier_" in done.stdout) == expected, f"doctor, {program}: {done}")
    t.end()


if __name__ == "__main__":
    main()
