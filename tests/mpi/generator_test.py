#!/usr/bin/env python3
"""pmpi/generate.py refuses what does not fit together, naming it: generator_test.py GENERATE"""
import os
import subprocess
import sys
import tempfile

GOOD_HEADER = """
# 1 "mpi.h"
typedef int (MPI_Copy_function)(int, void *);
extern int MPI_Send(const void *buf, int count, int datatype,
                    int dest, int tag, MPI_Comm comm) __attribute__((visibility("default")));
int PMPI_Send(const void *buf, int count, int datatype, int dest, int tag, MPI_Comm comm);
extern double MPI_Wtime(void); extern double PMPI_Wtime(void);
int MPI_Old(int a) __attribute__((deprecated("since MPI (2.0), use ((other))")));
int PMPI_Old(int a);
int MPIX_Own(int a);
"""
GOOD_TABLE = """
PMP_CALL(MPI_Send,  P2P,   "comm=comm peer=dest|other tag=tag bytes=send(count, type|datatype, dest) sends=dest")
PMP_CALL(MPI_Old,   SETUP, "")
PMP_CALL(MPI_Newer, SETUP, "comm=whatever")
PMP_SKIP(MPI_Wtime, "a clock")
"""
CASES = [  # what is changed in the table, what the complaint has to name (None: it is good)
    ("as it is", "", "", None),
    ("no row", 'PMP_CALL(MPI_Old,   SETUP, "")', "", ["MPI_Old"]),
    ("a parameter that is not there", "peer=dest|other", "peer=destination", ["MPI_Send", "destination", "dest"]),
    ("in a shape", "send(count", "send(number", ["MPI_Send", "number"]),
    ("no such attribute", "tag=tag", "label=tag", ["MPI_Send", "label"]),
    ("as= of nothing", '"")', '"as=MPI_Oldest")', ["MPI_Old", "MPI_Oldest"]),
    ("both", 'PMP_SKIP(MPI_Wtime, "a clock")', 'PMP_SKIP(MPI_Wtime, "a clock")\nPMP_SKIP(MPI_Old, "x")', ["MPI_Old"]),
]


def generate(script, folder, table):
    paths = {name: os.path.join(folder, name) for name in ("table", "prototypes", "wrappers", "fortran", "exports")}
    for name, text in (("table", table), ("prototypes", GOOD_HEADER)):
        with open(paths[name], "w", encoding="utf-8") as file:
            file.write(text)
    arguments = [part for name in paths for part in (f"--{name}", paths[name])]
    result = subprocess.run([sys.executable, script, "--mpi", "openmpi", *arguments], capture_output=True, text=True)
    if result.returncode:
        return result, "", "", ""
    texts = []
    for name in ("wrappers", "fortran", "exports"):
        with open(paths[name], encoding="utf-8") as file:
            texts.append(file.read())
    return result, *texts


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, old, new, complaint in CASES:
            table = GOOD_TABLE.replace(old, new, 1) if old else GOOD_TABLE
            result, wrappers, fortran, exports = generate(sys.argv[1], folder, table)
            if complaint is None:
                is_right = "PMP_EXPORT int MPI_Send(" in wrappers and "MPI_Old;" in exports and "Newer" not in exports
                is_right = is_right and "void mpi_send_f08_(void *f_buf, MPI_Fint *f_count, " in fortran
                is_right = is_right and all(f"\t{name};" in exports for name in ("mpi_old_", "mpi_old_f08_", "MPI_OLD"))
            else:
                is_right = result.returncode == 1 and all(word in result.stderr for word in complaint)
            if not is_right or "Traceback" in result.stderr:
                print(f"{name}: exit {result.returncode}: {result.stderr}")
                bad += 1
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
