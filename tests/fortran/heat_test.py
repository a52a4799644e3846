#!/usr/bin/env python3
"""examples/heat_f08: alone as under the profiler, its regions counted, its lines known: heat_test.py PMPROF PROGRAM"""
import json
import os
import subprocess
import sys
import tempfile

SIZE, STEPS = 64, 50


def main():
    pmprof, program = sys.argv[1:]
    bad = []
    with tempfile.TemporaryDirectory(prefix="pmprof-heat-") as folder:
        for ranks in (1, 3):
            command = ["mpirun", "-np", str(ranks), program, str(SIZE), str(STEPS)]
            bare = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
            out = os.path.join(folder, f"heat{ranks}.pmprof.h5")
            profiled = subprocess.run([pmprof, "run", "-q", "--out", out, "--", *command], capture_output=True, text=True, timeout=60,
                                      check=True).stdout
            report = json.loads(subprocess.run([pmprof, "report", "--format", "json", out], capture_output=True, text=True,
                                               check=True).stdout)
            regions = {row["path"]: row["count"] for row in report["regions"]}
            frames = [(frame["function"], frame["file"]) for path in report["paths"] for frame in path["frames"]]
            print(ranks, regions, profiled.strip())
            if bare != profiled:
                bad.append(f"{ranks} ranks: bare {bare!r}, profiled {profiled!r}")
            if STEPS * ranks not in regions.values():
                bad.append(f"{ranks} ranks: no region entered {STEPS * ranks} times in {regions}")
            if not any((file or "").endswith("heat_f08.f90") and "exchange_halo" in (function or "") for function, file in frames):
                bad.append(f"{ranks} ranks: no call path through exchange_halo of heat_f08.f90")
    print("\n".join(bad))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
