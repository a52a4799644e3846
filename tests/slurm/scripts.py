#!/usr/bin/env python3
"""scripts.py SOURCE: the templates of batch scripts are right as far as a shell can tell, and there is one of each kind per system."""
import glob
import os
import shutil
import subprocess
import sys

KINDS = ("profile.sh", "sweep.sh", "sweep-array.sh", "collect.sh")


def main():
    top = os.path.join(sys.argv[1], "scripts")
    failed = 0
    for system in ("slurm", "pbs", "lsf", "flux"):
        names = sorted(glob.glob(os.path.join(top, system, "*.sh")))
        missing = [kind for kind in KINDS if os.path.join(top, system, kind) not in names]
        checker = ["shellcheck"] if shutil.which("shellcheck") else ["bash", "-n"]
        bad = [name for name in names if subprocess.run([*checker, name], check=False).returncode or not os.access(name, os.X_OK)]
        failed += len(missing) + len(bad)
        if missing or bad:
            print(f"{system}: missing {missing}, wrong {bad}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
