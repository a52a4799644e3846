#!/usr/bin/env python3
"""The module for Python: regions counted exactly, files as tables: module_test.py PMPROF MODULE RANKS

MODULE is the folder that holds the package pmprof.
"""
import json
import os
import subprocess
import sys
import tempfile

pmprof, module, ranks = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, module)
import pmprof as tables  # noqa: E402 pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
REGIONS = {"step": 14, "step/größe/π": 10, "step/left": 4, "step/left/failing": 4, "inner": 3, "inner/inner": 3}  # begins, on each rank
CALLS = {("step", "MPI_Allreduce"): 10, ("", "MPI_Allreduce"): 1, ("step/größe/π", "MPI_Bcast"): 10, ("inner", "MPI_Barrier"): 3,
         ("inner/inner", "MPI_Barrier"): 3, ("", "MPI_Barrier"): 4}
bad = []


def check(condition, text):
    if not condition:
        bad.append(text)


def execute(command, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PMPROF")}
    done = subprocess.run(command, env={**environment, "PYTHONPATH": module, "PYTHONDONTWRITEBYTECODE": "1", **more},
                          capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 0, f"{command}: {done.returncode}: {done.stderr}")
    return done.stdout


def check_profile(run):
    """Calls per region and rank, and entries of regions, are those of annotated.py."""
    named = run.named("profile")
    moved = named[named.call.isin(["MPI_Allreduce", "MPI_Bcast", "MPI_Barrier"])]
    for rank in range(ranks):
        mine = moved[moved["rank"] == rank].groupby(["region", "call"])["count"].sum().to_dict()
        check(mine == CALLS, f"rank {rank}: {mine}, not {CALLS}")
        begins = named[(named["rank"] == rank) & (named.call == "pmprof_region_begin")].groupby("region")["count"].sum().to_dict()
        check(begins == REGIONS, f"rank {rank}: regions {begins}, not {REGIONS}")


def check_tables(run, path):
    """The tables say what the report says, in texts, not bytes."""
    report = json.loads(execute([pmprof, "report", "--format", "json", path]))
    check(len(run.ranks) == ranks and run.attributes["ranks"] == ranks, f"{len(run.ranks)} ranks")
    check(run["profile"] is run.profile and "profile" in list(run), "tables by name and as attributes")
    check(run.ranks.state.tolist() == ["finalized"] * ranks, f"states {run.ranks.state.tolist()}")
    counts = {row["path"]: row["count"] for row in report["regions"]}
    for name, count in REGIONS.items():
        check(counts.get(name) == count * ranks, f"the report has {counts}, not {name} {count * ranks} times")
    names = {name for name, row in zip(run.region_names(), run.regions.itertuples()) if name}
    check(names == set(REGIONS), f"regions {names}")
    check(run.stack(0) == [], "the root has frames")
    for table in run:
        check(len(run.named(table)) == len(run[table]), f"names in {table}")
    check(run.named("events").call.isin(["MPI_Bcast"]).sum() == 10 * ranks, "calls of events have no names")
    check(not any(isinstance(value, bytes) for frame in run.values() for column in frame for value in frame[column][:3]), "bytes are left")
    try:
        run.nonsense  # pylint: disable=pointless-statement
        check(False, "a table that is not there")
    except AttributeError as error:
        check("profile" in str(error), f"does not name the tables: {error}")


def check_wrong_files(folder, path):
    """Each gives one line."""
    other, torn = os.path.join(folder, "other.h5"), os.path.join(folder, "torn.h5")
    import h5py  # pylint: disable=import-outside-toplevel
    with h5py.File(other, "w") as f:
        f["x"] = 1
    with open(path, "rb") as whole, open(torn, "wb") as part:
        part.write(whole.read()[:3000])
    for name, kind, words in [(other, tables.FileError, "is no pmprof file"), (torn, tables.FileError, "pmprof file"),
                              (__file__, tables.FileError, "is no pmprof file"), (folder, tables.FileError, "is no pmprof file"),
                              (folder + "/none", FileNotFoundError, "No such file")]:
        try:
            tables.read(name)
            check(False, f"{name}: was read")
        except kind as error:
            check(words in str(error) and "\n" not in str(error), f"{name}: {error}")


def main():
    program = ["mpirun", "-np", str(ranks), "/usr/bin/python3", os.path.join(HERE, "annotated.py")]
    with tempfile.TemporaryDirectory(prefix="pmprof-python-") as folder:
        path = os.path.join(folder, "annotated.pmprof.h5")
        alone = execute(program)
        check(alone.split() == ["alone", str(ranks)] * ranks, f"without the library: {alone!r}")
        profiled = execute([pmprof, "run", "-q", "--out", path, "--", *program])
        check(profiled == alone.replace("alone", "recording"), f"with the library: {profiled!r}")
        run = tables.read(path)
        check_profile(run)
        check_tables(run, path)
        if ranks == 1:
            check_wrong_files(folder, path)
    print("\n".join(bad) or f"{ranks} ranks: {sum(CALLS.values())} calls each as expected")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
