#!/usr/bin/env python3
"""scripts/bench runs and its JSON is whole; no figure is judged. usage: test_bench.py SCRIPT BUILD"""
import json
import subprocess
import sys

done = subprocess.run([sys.executable, sys.argv[1], "--build", sys.argv[2], "--quick", "--json"], text=True,
                      stdout=subprocess.PIPE, timeout=200, check=True)
rows = json.loads(done.stdout)["rows"]
names = " ".join(r["name"] for r in rows)
for part in ("clock reads", "Comm_rank", "Iprobe", "Waitall", "Allreduce", "64 sites", "64 communicators", "tree",
             "2 threads", "MPI_Finalize", "file", "memory"):
    assert part in names, part
for r in rows:
    assert {"name", "value", "unit", "limit", "ratio", "goal", "met"} <= r.keys(), r
