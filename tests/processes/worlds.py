#!/usr/bin/env python3
"""Worlds that meet are runs of their own, each exact: worlds.py PMPROF PROGRAM RANKS CASE"""
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mpi"))
from exact import check_file, compare, expectations  # noqa: E402 # pylint: disable=wrong-import-position

CHILDREN = 2


def run(folder, ranks, program, case, prefix):
    os.makedirs(os.path.join(folder, "children"), exist_ok=True)
    command = ["timeout", "60", *prefix, "mpirun", "-np", str(ranks), program, folder, case]
    environment = dict(os.environ, PMPROF_SCRATCH=folder)
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def check_world(pmprof, path, folder, ranks):
    """Calls and messages of the file, and how the report says that its ranks ended."""
    differences = check_file(path, expectations(folder, ranks))
    report = json.loads(subprocess.run([pmprof, "report", path, "--format", "json"], capture_output=True, text=True,
                                       check=True).stdout)
    states = {row["rank"]: row["state"] for row in report["ranks"]}
    return differences + compare(path, "state of", {rank: "finalized" for rank in range(ranks)}, states)


def main():
    pmprof, program, ranks, case = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    with tempfile.TemporaryDirectory(prefix="pmprof-worlds-") as folder:
        bare = run(folder, ranks, program, case, [])
        out = os.path.join(folder, "world.pmprof.h5")
        profiled = run(folder, ranks, program, case, [pmprof, "run", "--out", out, "--"])
        differences = compare(case, "result", {"code": bare.returncode, "output": sorted(bare.stdout.splitlines())},
                              {"code": profiled.returncode, "output": sorted(profiled.stdout.splitlines())})
        differences += check_world(pmprof, out, folder, ranks)
        spawned = glob.glob(os.path.join(folder, "world.pmprof.spawned-*.h5")) + glob.glob(
            os.path.join(folder, "world.spawned-*.pmprof.h5"))
        differences += compare(case, "files of", {"children": int(case == "spawn")}, {"children": len(spawned)})
        for path in spawned:
            differences += check_world(pmprof, path, os.path.join(folder, "children"), CHILDREN)
        left = glob.glob(os.path.join(folder, "pmprof-*", "*", "*"))
        differences += compare(case, "left over", {"arenas": []}, {"arenas": left})
    print(bare.stdout + bare.stderr + profiled.stderr + f"{differences} differences")
    sys.exit(differences > 0 or bare.returncode != 0)


if __name__ == "__main__":
    main()
