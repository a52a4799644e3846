#!/usr/bin/env python3
"""Calls of MPI from Fortran are recorded; those by names that this version does not know are not, and the report says so.

Written in C: the entry points are the same. What the Fortran bindings record is looked at in tests/fortran.
"""
import json
import os
import subprocess
import sys
import tempfile

from cli_harness import Tests, run

KNOWN = """
void mpi_init_(int *e); void mpi_barrier_(int *c, int *e); void mpi_finalize_(int *e);
double mpi_wtime_(void); void mpi_comm_null_copy_fn_(void);
void (*volatile callback)(void) = mpi_comm_null_copy_fn_;
int main(void){int c = 0, e; mpi_init_(&e); mpi_barrier_(&c, &e); mpi_wtime_(); mpi_finalize_(&e); return e;}
"""
LATER = """
#include <mpi.h>
void mpi_barrier_f08ts_(int *c, int *e) {*e = PMPI_Barrier(PMPI_Comm_f2c(*c));}
"""
UNKNOWN = """
#include <mpi.h>
void mpi_barrier_f08ts_(int *c, int *e);
int main(int n, char **v){int c = 0, e; MPI_Init(&n, &v); mpi_barrier_f08ts_(&c, &e); MPI_Finalize(); return e;}
"""
NONE = """
#include <mpi.h>
int main(int n, char **v){MPI_Init(&n, &v); MPI_Barrier(MPI_COMM_WORLD); MPI_Finalize(); return 0;}
"""


def build(folder, name, text, *options):
    source, path = os.path.join(folder, name + ".c"), os.path.join(folder, name)
    with open(source, "w") as f:
        f.write(text)
    done = subprocess.run(["mpicc", source, "-o", path, *options, "-lmpi_mpifh"], check=False)
    if done.returncode:
        sys.exit(77)  # no Fortran layer in this MPI
    return path


def main():
    t = Tests()
    if not os.path.exists(os.path.join(t.build, "lib", "libpmprof.so")):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        later = build(folder, "liblater.so", LATER, "-shared", "-fPIC")
        programs = [(build(folder, "known", KNOWN), 1, False), (build(folder, "none", NONE), 1, False),
                    (build(folder, "unknown", UNKNOWN, later), 0, True)]
        out = os.path.join(folder, "out.pmprof.h5")
        for program, barriers, is_said in programs:
            done = run([t.pmprof, "run", "--out", out, "--", "mpirun", "-np", "2", program])
            t.check(done.returncode == 0, f"run, {program}: {done}")
            done = run([t.pmprof, "report", "--format", "json", out])
            calls = {c["call"]: c["count"] for c in json.loads(done.stdout)["calls"]}
            t.check(calls.get("MPI_Barrier", 0) == 2 * barriers, f"calls, {program}: {calls}")
            done = run([t.pmprof, "report", out])
            t.check(("from Fortran" in done.stdout) == is_said, f"report, {program}: {done}")
            done = run([t.pmprof, "doctor", "--", program])
            t.check(done.returncode == 0, f"doctor, {program}: {done.stdout}")
    t.end()


if __name__ == "__main__":
    main()
