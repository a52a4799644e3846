#!/usr/bin/env python3
"""examples/heat.py prints what heat.c prints, alone and under the profiler; its regions are counted: heat_test.py PMPROF MODULE PY C"""
import json
import os
import subprocess
import sys
import tempfile

SIZE, STEPS = "64", "50"


def main():
    pmprof, module, python, c = sys.argv[1:]
    os.environ.update(PYTHONPATH=module, PYTHONDONTWRITEBYTECODE="1")
    bad = []
    with tempfile.TemporaryDirectory(prefix="pmprof-heat-") as folder:
        for ranks in (1, 3):
            launch = ["mpirun", "-np", str(ranks)]
            out = os.path.join(folder, f"heat{ranks}.pmprof.h5")
            outputs = [subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout for command in (
                [*launch, c, SIZE, STEPS], [*launch, "/usr/bin/python3", python, SIZE, STEPS],
                [pmprof, "run", "-q", "--out", out, "--", *launch, "/usr/bin/python3", python, SIZE, STEPS])]
            if len(set(outputs)) != 1:
                bad.append(f"{ranks} ranks: in C, in Python, profiled: {outputs}")
            report = json.loads(subprocess.run([pmprof, "report", "--format", "json", out], capture_output=True, text=True,
                                               check=True).stdout)
            regions = {row["path"]: row["count"] for row in report["regions"]}
            wanted = {"solve": ranks, "solve/halo": int(STEPS) * ranks, "solve/relax": int(STEPS) * ranks}
            if any(regions.get(name) != count for name, count in wanted.items()):
                bad.append(f"{ranks} ranks: regions {regions}, not {wanted}")
    print("\n".join(bad) or outputs[0].strip())
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
