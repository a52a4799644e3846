#!/usr/bin/env python3
"""The table of calls, mpi.h, libmpi and libpmprof.so agree: table_test.py CALLS_DEF PROTOTYPES LIBMPI LIBPMPROF

Parses nothing with the code of pmpi/generate.py: a function that the generator overlooks is found here. The entry points of the
Fortran bindings are looked at by tests/fortran.
"""
import collections
import re
import subprocess
import sys


def exported(library):
    output = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in output.splitlines()}


def complain(what, names):
    if names:
        print(f"{what}: {' '.join(sorted(names))}")
    return bool(names)


def main():
    table, prototypes, libmpi, libpmprof = sys.argv[1:]
    with open(table, encoding="utf-8") as file:
        text = file.read()
    rows = re.findall(r"^PMP_CALL\(\s*(\w+)", text, re.M)
    skipped = re.findall(r"^PMP_SKIP\(\s*(\w+)", text, re.M)
    recorded = {name for name in rows if name.startswith("MPI_")}
    with open(prototypes, encoding="utf-8", errors="replace") as file:
        declared = {"MPI_" + name for name in re.findall(r"\bPMPI_(\w+)\s*\(", file.read())}
    in_mpi, ours = exported(libmpi), exported(libpmprof)
    with_twin = {name for name in declared if name in in_mpi and "P" + name in in_mpi}

    bad = [
        complain("in mpi.h, without a row", declared - recorded - set(skipped)),
        complain("recorded and skipped", recorded & set(skipped)),
        complain("two rows", {n for n, k in collections.Counter(rows + skipped).items() if k > 1}),
        complain("has a row, not exported by us", (with_twin & recorded) - ours),
        complain("exported by us, not in libmpi", {n for n in ours if re.match(r"MPI_.*[a-z]", n)} - with_twin),
        complain("skipped, but exported by us", ours & set(skipped)),
        complain("exported besides", {n for n in ours if not re.match(r"(MPI_|mpi_|pmprof_)", n)}),
    ]
    print(f"{len(declared)} declared, {len(with_twin & recorded)} wrapped, {len(declared & set(skipped))} skipped, "
          f"{len(rows)} rows")
    if len(declared) < 300 or not any(n.startswith("pmprof_") for n in ours):
        sys.exit("that cannot be all")
    sys.exit(any(bad))


if __name__ == "__main__":
    main()
