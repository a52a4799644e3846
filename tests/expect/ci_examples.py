#!/usr/bin/env python3
"""examples/ci: the Makefile does what it says, the YAML files are YAML and name the files that the Makefile makes."""
import os
import shutil
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from cli_harness import Tests, environment  # noqa: E402  (path first)


def main():
    t = Tests()
    ci = os.path.join(t.source, "examples", "ci")
    with open(os.path.join(ci, "github.yml")) as f:
        steps = yaml.safe_load(f)["jobs"]["speedup"]["steps"]
    t.check("make check-speedup" in steps[1]["run"] and "speedup.junit.xml" in steps[2]["with"]["path"], "github.yml")
    with open(os.path.join(ci, "gitlab.yml")) as f:
        job = yaml.safe_load(f)["speedup"]
    t.check(job["artifacts"]["reports"]["junit"] == "speedup.junit.xml" and job["allow_failure"] == {"exit_codes": 5}, "gitlab.yml")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("Makefile", "pmprof.expect"):
            shutil.copy(os.path.join(ci, name), folder)
        shutil.copy(os.path.join(t.source, "examples", "pi.c"), os.path.join(folder, "app.c"))
        make = ["make", f"PROFILER={t.pmprof}", "REPEAT=2"]
        done = subprocess.run([*make, "check-speedup"], cwd=folder, env=environment(), capture_output=True, text=True,
                              check=False, timeout=100)
        # which verdict depends on the machine; that there is one does not
        t.check(("Error" in done.stderr) == (done.returncode != 0) and "speedup(2) >= 1.5" in done.stdout, done.stdout + done.stderr)
        schema = os.path.join(t.source, "tests", "expect", "junit.xsd")
        valid = subprocess.run(["xmllint", "--noout", "--schema", schema, "speedup.junit.xml"], cwd=folder, capture_output=True,
                               text=True, check=False)
        t.check(valid.returncode == 0, valid.stderr)
        subprocess.run([*make, "-i", "speedup.md"], cwd=folder, env=environment(), capture_output=True, check=False, timeout=60)
        with open(os.path.join(folder, "speedup.md")) as f:
            t.check("| PASS | count(MPI\\_Reduce, 2) == 2 |" in f.read(), "speedup.md")
    t.end()


if __name__ == "__main__":
    main()
